"""The evidence card of a track: what was seen of it, so that anybody can judge it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

from catalog.rows import asked
from catalog.schema import PORES, TRACKS
from flows.movie_colours import FIELD_LIMIT_G, QUIET_RANGE
from flows.report import places
from flows.report.curves import light_curves
from flows.report.family import MOST, family_drawing
from flows.report.lake_rows import HarpRows
from flows.report.rendering import render
from flows.report.sprites import chosen, half_width_mm
from flows.report.wording import moment, number

Row = Mapping[str, Any]

_FACTS = (
    *(
        "track_id",
        "family_id",
        "product",
        "kind",
        "t_birth",
        "t_death",
        "lifetime_h",
        "n_obs",
        "birth",
        "death",
    ),
    *(
        "parent_track_id",
        "child_track_id",
        "passing",
        "max_area_mm2",
        "mean_area_mm2",
        "mean_br",
        "max_flux_mx",
    ),
    *("mean_lon", "mean_lat", "min_mu", "run_id"),
)
_SEEN = (
    *("t_rec", "kind", "area_mm2", "area_msh", "mean_br", "boundary_br", "flux_mx", "min_intensity"),
    *("mean_intensity", "lon", "lat", "mu", "touches_edge"),
)
_BIRTHS = {
    "emerged": "It emerged",
    "split": "It split from another feature",
    "censored": "Its birth was not seen: it was there",
}
_DEATHS = {
    "decayed": "and decayed",
    "merged": "and merged into another feature",
    "censored": "and was still there when it could be followed no longer,",
}


@dataclass(frozen=True)
class Tile:
    """One cut-out of a card."""

    letter: str
    row: Row
    place: float  # of its column in the sprite, per cent
    said: str


def card(rows: HarpRows, track: Row, files: frozenset[str], around: Mapping[str, Any]) -> bytes:
    """Return the card of a track as a page."""
    track_id = track["track_id"]
    seen = rows.seen(track_id)
    family = rows.family(track_id)
    tiles = _tiles(track, seen) if places.sprite(track_id) in files else []
    marks = dict(zip(chosen(seen), (tile.letter for tile in tiles), strict=False))
    life = asked("pore_life", {"track": track_id})
    at = track["number"] - 1
    return render(
        "card.html",
        f"{rows.folder}/{places.card(track_id)}",
        harp=rows.harp,
        track=track,
        lead=lead(track),
        tiles=tiles,
        sprite=places.sprite(track_id),
        quiet_range=QUIET_RANGE,
        field_limit=f"{FIELD_LIMIT_G:.0f}",
        field_of_view=number(2 * half_width_mm(seen), 0) if seen else "",
        seen=seen,
        seen_columns=[PORES.column(name) for name in _SEEN],
        curves=light_curves(seen, rows.dark, marks) if seen else "",
        family=family,
        drawing=family_drawing(family, track_id) if 1 < len(family) <= MOST else "",
        relatives=_relatives(rows, track),
        facts=[(TRACKS.column(name), track[name]) for name in _FACTS],
        life=life,
        before=rows.lives[at - 1] if at else None,
        after=rows.lives[at + 1] if at + 1 < len(rows.lives) else None,
        **around,
    )


def lead(track: Row) -> str:
    """A life in a few sentences."""
    hours = number(track["lifetime_h"], 1)
    birth = _BIRTHS.get(track["birth"], f"It was first seen ({track['birth']})")
    death = _DEATHS.get(track["death"], f"and last seen ({track['death']})")
    took = f"at least {hours} h" if track["censored"] else f"{hours} h"
    said = (
        f"{birth} at {moment(track['t_birth'])} TAI {death} {hours} h later."
        f" Its lifetime is {took}; it was seen in {track['n_obs']} frame{'s'[: track['n_obs'] != 1]}."
        f" Its largest area was {number(track['max_area_mm2'])} Mm²"
    )
    if track["mean_br"] is None:
        return f"{said}; its radial field is not known."
    return f"{said}, with a mean radial field of {number(track['mean_br'], 0)} G."


def _tiles(track: Row, seen: Sequence[Row]) -> list[Tile]:
    shown = chosen(seen)
    last = max(len(shown) - 1, 1)
    return [
        Tile(letter, seen[i], round(100 * place / last, 3), _said(track, seen[i]))
        for place, (letter, i) in enumerate(zip(ascii_lowercase, shown, strict=False))
    ]


def _said(track: Row, row: Row) -> str:
    """A cut-out for those who do not see it."""
    field = "no radial field" if row["mean_br"] is None else f"mean Br {number(row['mean_br'], 0)} G"
    return (
        f"Track {track['number']} at {moment(row['t_rec'])} TAI: intensity above, radial field below,"
        f" outlined; area {number(row['area_mm2'])} Mm², {field},"
        f" darkest pixel {number(row['min_intensity'])}"
    )


def _relatives(rows: HarpRows, track: Row) -> list[tuple[str, Row]]:
    """Tracks that a track came from, went into, or took in or gave off, with what they are to it."""
    found: list[tuple[str, Row]] = []
    for other in rows.family(track["track_id"]):
        if other["track_id"] == track["parent_track_id"]:
            found.append(("parent: this track split from it", other))
        if other["track_id"] == track["child_track_id"]:
            found.append(("child: this track merged into it", other))
        if other["parent_track_id"] == track["track_id"]:
            found.append(("child: it split from this track", other))
        if other["child_track_id"] == track["track_id"]:
            found.append(("parent: it merged into this track", other))
    return found
