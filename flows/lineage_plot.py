"""Lineage plots on demand: the family of a track, or a whole HARP."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from flows.chronicle import Chronicle, chronicle_of_family, chronicle_of_run
from flows.lineage_layout import WEST, lay_out
from flows.words import counted
from pores.errors import InputError
from storage.lake import Lake
from storage.outputs import writable
from storage.runs import run_of

if TYPE_CHECKING:
    from flows.lineage_style import Picture

FORMS = (".png", ".pdf", ".svg")
_EVENTS = frozenset(("merge", "split"))
_ALL = _EVENTS | {"emerged", "decayed", "censored"}
_NUMBERED = 15  # tracks of a HARP that are numbered


def write_lineage(lake: Lake, track_id: str | None, harpnum: int | None, out: Path) -> str:
    """Draw the family of a track, or a whole HARP.

    Returns
    -------
    str
        The tracks that are numbered in the picture, line by line, and the file.

    Raises
    ------
    InputError
        If there is no such track or HARP, both or none is named, or the file's name ends otherwise than in
        .png, .pdf or .svg, or it can't be written.
    """
    if (track_id is None) == (harpnum is None):
        raise InputError("lineage: name a track, as TRACK_ID, or a HARP, as --harp N")
    if out.suffix.lower() not in FORMS:
        raise InputError(f"--out {out}: a name that ends in {', '.join(FORMS)} says what to write")
    place = writable(out, lake)
    from flows.lineage_picture import draw_lineage

    if track_id is not None:
        chronicle = chronicle_of_family(lake, track_id)
        picture = _picture_of_family(chronicle, track_id)
    else:
        assert harpnum is not None
        chronicle = chronicle_of_run(lake, run_of(lake, harpnum))
        picture = picture_of_harp(chronicle)
    draw_lineage(picture, place)
    return "\n".join([*(_line(chronicle, track) for track in sorted(picture.numbered)), str(out)])


def picture_of_harp(chronicle: Chronicle) -> "Picture":
    """A whole HARP as it is drawn."""
    from flows.lineage_style import Picture

    title, subtitle = _titles(chronicle)
    longest = np.argsort(-chronicle.tracks["n_obs"], kind="stable")[:_NUMBERED]
    numbered = tuple(int(track) for track in longest)
    return Picture(lay_out(chronicle, WEST), title, subtitle, None, numbered, _EVENTS, longitude=True)


def _picture_of_family(chronicle: Chronicle, track_id: str) -> "Picture":
    from flows.lineage_style import Picture

    subject = int(np.flatnonzero(chronicle.tracks["track_id"] == track_id)[0])
    others = (track for track in range(len(chronicle.tracks["track_id"])) if track != subject)
    title, subtitle = _titles(chronicle)
    subtitle = f"Track {subject + 1}: {track_id}; {subtitle}"
    return Picture(lay_out(chronicle), title, subtitle, subject, (subject, *others), _ALL)


def _titles(chronicle: Chronicle) -> tuple[str, str]:
    tracks = chronicle.tracks
    noaa = ", ".join(map(str, chronicle.noaa_ars))
    families = len(set(tracks["family_id"]))
    n = len(tracks["track_id"])
    what = (
        f"family of {counted(n, 'track')}"
        if families == 1
        else f"{counted(n, 'track')} in {families} families"
    )
    kinds = chronicle.events["kind"]
    events = ", ".join(counted(int(np.sum(kinds == kind)), kind) for kind in ("merge", "split"))
    return f"HARP {chronicle.harpnum}" + (f" (NOAA {noaa})" if noaa else ""), f"{what}, {events}"


def _line(chronicle: Chronicle, track: int) -> str:
    """One track in words: its number in the picture, its id, and its life."""
    row = {name: values[track] for name, values in chronicle.tracks.items()}
    number = {name: i + 1 for i, name in enumerate(chronicle.tracks["track_id"])}
    start, end = (str(row[name].astype("datetime64[m]")).replace("T", " ") for name in ("t_birth", "t_death"))
    birth = f"split from {number[row['parent_track_id']]}" if row["parent_track_id"] else row["birth"]
    death = f"merged into {number[row['child_track_id']]}" if row["child_track_id"] else row["death"]
    return f"{track + 1:3}  {row['track_id']}  {start} to {end}  {row['lifetime_h']:.1f} h  {birth}, {death}"
