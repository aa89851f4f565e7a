"""The tracks of a HARP, or of one family in it, with all that the tables of its current run tell of them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError, PorelakeError
from storage.lake import Lake
from storage.remote_files import here
from storage.runs import CurrentRun, current_runs, run_of
from storage.tables import Columns, TableError, read_table

_TRACK_ID = re.compile(r"(\d+)_\d{8}_\d{6}_\d+")
_COLUMNS = {
    "harps": ("noaa_ars",),
    "frames": ("t_rec", "usable"),
    "tracks": (
        *("track_id", "family_id", "t_birth", "t_death", "lifetime_h", "n_obs", "birth", "death", "kind"),
        *("parent_track_id", "child_track_id", "max_area_mm2"),
    ),
    "pores": ("pore_id", "track_id", "t_rec", "lon", "lat", "area_mm2", "mean_br"),
    "faint": ("faint_id", "track_id", "t_rec", "lon", "lat", "area_mm2", "mean_br"),
    "links": ("from_pore_id", "to_pore_id", "from_t", "to_t", "kind"),
    "events": (
        *("kind", "cause", "t_rec", "lon", "lat", "n_from", "n_to"),
        *("from_track_ids", "to_track_ids"),
    ),
}


@dataclass(frozen=True, eq=False)
class Chronicle:
    """Tracks of one HARP, and what is known of them.

    Attributes
    ----------
    harpnum : int
    noaa_ars : tuple of int
        NOAA active regions in the patch.
    frames : dict of ndarray
        All frames of the HARP, by time.
    tracks, pores, faint, links, events : dict of ndarray
        Rows of the tables of these names that are of the tracks; tracks by birth, then id.
    """

    harpnum: int
    noaa_ars: tuple[int, ...]
    frames: Columns
    tracks: Columns
    pores: Columns
    faint: Columns
    links: Columns
    events: Columns

    def of_family(self, track_id: str) -> "Chronicle":
        """What is told of the family that a track belongs to."""
        mine = self.tracks["family_id"][self.tracks["track_id"] == track_id][0]
        tracks = _rows(self.tracks, self.tracks["family_id"] == mine)
        ids = set(tracks["track_id"])
        pores, faint = (_rows(part, _among(part["track_id"], ids)) for part in (self.pores, self.faint))
        links = _rows(self.links, _among(self.links["to_pore_id"], set(pores["pore_id"])))
        sides = zip(self.events["from_track_ids"], self.events["to_track_ids"], strict=True)
        events = _rows(self.events, np.array([not ids.isdisjoint([*a, *b]) for a, b in sides], bool))
        return replace(self, tracks=tracks, pores=pores, faint=faint, links=links, events=events)


def chronicle_of_run(lake: Lake, run: CurrentRun) -> Chronicle:
    """All tracks of a run of a HARP.

    Raises
    ------
    InputError
        If it has no tracks.
    PorelakeError
        If a table of the run can't be read, or was written by an older version.
    """
    tables = _tables(lake, run)
    tracks, frames = tables["tracks"], tables["frames"]
    if not len(tracks["track_id"]):
        usable = int(frames["usable"].astype(bool).sum())
        raise InputError(
            f"HARP {run.harpnum}: no tracks to draw in its {len(frames['t_rec'])} frames, {usable} usable"
        )
    noaa = tuple(int(region) for region in tables.pop("harps")["noaa_ars"][0])
    tables["tracks"] = _rows(tracks, np.lexsort((tracks["track_id"].astype(str), tracks["t_birth"])))
    tables["frames"] = _rows(frames, np.argsort(frames["t_rec"]))
    tables["faint"] = _rows(tables["faint"], _among(tables["faint"]["track_id"], set(tracks["track_id"])))
    return Chronicle(run.harpnum, noaa, **tables)


def chronicle_of_family(lake: Lake, track_id: str) -> Chronicle:
    """The family of a track of the current run of its HARP.

    Raises
    ------
    InputError
        If there is no such track; the message says how to list those there are.
    """
    named = _TRACK_ID.fullmatch(track_id)
    if named is None:
        raise InputError(
            f"{track_id}: no track_id; one is <harpnum>_<YYYYMMDD>_<HHMMSS>_<label>; {_listing(lake)}"
        )
    if all(run.harpnum != int(named[1]) for run in current_runs(lake)):
        raise InputError(
            f"{track_id}: the lake {lake.location} has no run of HARP {named[1]}; {_listing(lake)}"
        )
    whole = chronicle_of_run(lake, run_of(lake, int(named[1])))
    if track_id not in whole.tracks["track_id"]:
        of = whole.pores["track_id"][whole.pores["pore_id"] == track_id]
        why = f"it is a feature of track {of[0]}" if len(of) else _listing(lake, whole.harpnum)
        raise InputError(f"{track_id}: no such track in the current run of HARP {whole.harpnum}; {why}")
    return whole.of_family(track_id)


def _listing(lake: Lake, harpnum: int | None = None) -> str:
    where = "" if harpnum is None else f" WHERE harpnum = {harpnum}"
    return (
        f'`porelake sql --lake {lake.location} "SELECT track_id, lifetime_h FROM tracks{where}"` lists them'
    )


def _tables(lake: Lake, run: CurrentRun) -> dict[str, Columns]:
    try:
        return {name: read_table(_path(lake, run, name), columns) for name, columns in _COLUMNS.items()}
    except TableError as error:
        again = f"`porelake run --from lake --harp {run.harpnum}` makes it again"
        raise PorelakeError(f"{error}; {again}") from error


def _path(lake: Lake, run: CurrentRun, table: str) -> Path:
    return here(lake, lake.table(table, run.harpnum, run.run_id))


def _rows(columns: Columns, which: NDArray[Any]) -> Columns:
    return {name: values[which] for name, values in columns.items()}


def _among(values: NDArray[Any], wanted: Iterable[str]) -> NDArray[np.bool_]:
    known = set(wanted)
    return np.fromiter((value in known for value in values), bool, len(values))
