"""The report as a folder: written file by file, each whole or not at all, the overview last.

What a report wrote is told in `porelake-report.json` in it, so that the next one rewrites what changed only,
removes what is no longer of it, and touches no folder that holds other things.
"""

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib.metadata import version
from pathlib import Path

from catalog.query import connect
from flows.pool import ordered_map
from flows.progress import progress_bars, track
from flows.report.harp_pages import is_picture
from flows.report.places import OVERVIEW
from flows.report.site import Site
from flows.words import counted, size
from pores.errors import InputError
from storage.lake import Lake, atomic
from storage.outputs import require_outside, require_writable, whole_path

MANIFEST = "porelake-report.json"
_WORTH_A_POOL = 2  # HARPs: each takes seconds
_TELL_EVERY_S = 30.0  # whose pictures are there: what a killed report loses

Catalogue = tuple[int, ...]


@dataclass(frozen=True)
class Options:
    """What a report has: of which HARPs (empty: all), and whether with movies."""

    harpnums: tuple[int, ...] = ()
    movies: bool = True


@dataclass(frozen=True)
class Written:
    """What came of some files: how many there are and were written, and their bytes."""

    n: int = 0
    n_new: int = 0
    n_bytes: int = 0

    def __add__(self, other: "Written") -> "Written":
        return Written(self.n + other.n, self.n_new + other.n_new, self.n_bytes + other.n_bytes)


def write_report(lake: Lake, out: Path, options: Options, workers: int | None = None) -> str:
    """Write the report of a lake to a folder; a second time only what changed.

    Parameters
    ----------
    lake : Lake
    out : Path
        A new or empty folder, or one with a report.
    options : Options
    workers : int, optional
        Processes that make the pages of HARPs; all cores by default.

    Returns
    -------
    str
        What was written, in a line.

    Raises
    ------
    InputError
        If there is no catalogue or no such HARP, or the folder holds other things.
    """
    place = _folder(lake, out)
    before = _told(place)
    asked = lake.location, _catalogue(lake), options
    site = _site(*asked)
    groups = list(site.groups())
    runs = {folder: _pictured(run) for run, folder in site.rows.folders.items()}
    place.mkdir(parents=True, exist_ok=True)
    known = {folder: key for folder, key in before.get("pictures", {}).items() if runs.get(folder) == key}
    paths = {path for group in groups for path in group}
    old = set(before.get("files", []))

    def tell(folders: Sequence[str]) -> None:
        _tell(place, paths | old, {**known, **{folder: runs[folder] for folder in folders}})

    tell(())
    write = partial(_write_group, asked, place, frozenset(known))
    total = _write_harps(groups[:-1], write, workers, tell) + write(groups[-1])
    _remove(place, old - paths)
    _tell(place, paths, runs)
    return _said(place / OVERVIEW, site, total)


def _write_harps(
    harps: Sequence[list[str]],
    write: Callable[[list[str]], Written],
    workers: int | None,
    tell: Callable[[Sequence[str]], None],
) -> Written:
    """Write the files of HARPs, and tell now and then of which all are there: a later report goes on so."""
    total, folders, told = Written(), list[str](), time.monotonic()
    with progress_bars():
        made = ordered_map(write, harps, workers, _WORTH_A_POOL)
        for paths, written in zip(harps, track(made, "regions", len(harps)), strict=True):
            total += written
            folders.append(paths[0].split("/")[0])
            if time.monotonic() - told > _TELL_EVERY_S:
                tell(folders)
                told = time.monotonic()
    return total


def _said(overview: Path, site: Site, total: Written) -> str:
    pages = f"{counted(len(site.rows.harps), 'region')}, {counted(len(site.rows.tracks.rows), 'track')}"
    return (
        f"{overview}: {pages}; {counted(total.n, 'file')}, {total.n_new} of them new, {size(total.n_bytes)}"
    )


def _pictured(run_id: str) -> str:
    """What pictures and movies are made from: where it is the same they are."""
    return f"{run_id} {version('porelake')}"


def _catalogue(lake: Lake) -> Catalogue:
    """What tells a lake's catalogue from the next one; InputError if there is none."""
    with connect(lake):  # which brings that of an object store
        stat = lake.catalog.stat()
    return stat.st_ino, stat.st_mtime_ns


@lru_cache(maxsize=1)
def _site(location: str, _catalogue: Catalogue, options: Options) -> Site:
    """The site of a catalogue, once in each process."""
    return Site(Lake.at(location), movies=options.movies, harpnums=options.harpnums)


def _write_group(
    asked: tuple[str, Catalogue, Options], place: Path, pictured: frozenset[str], paths: list[str]
) -> Written:
    site = _site(*asked)
    return sum((_write(site, place, path, path.split("/")[0] in pictured) for path in paths), Written())


def _write(site: Site, place: Path, path: str, pictured: bool) -> Written:
    """Write a file if it is not there as it should be; pictures of a run are as they were."""
    file = place / path
    there = file.is_file()
    if there and pictured and is_picture(path):
        return Written(1, 0, file.stat().st_size)
    content = site.page(path)
    if there and file.read_bytes() == content:
        return Written(1, 0, len(content))
    with atomic(file, flushed=False) as unfinished:
        unfinished.write_bytes(content)
    return Written(1, 1, len(content))


def _folder(lake: Lake, out: Path) -> Path:
    """The folder to write to; InputError if it is none, holds other things, or is of the lake."""
    said = f"--out {out}"
    place = whole_path(said, out)
    require_outside(said, place, lake)
    if place.exists() and not place.is_dir():
        raise InputError(f"{said}: not a folder")
    if place.is_dir() and any(place.iterdir()) and not (place / MANIFEST).is_file():
        raise InputError(f"{said}: the folder holds other things; name a new or empty one")
    require_writable(said, place)
    return place


def _told(place: Path) -> dict[str, dict[str, str]]:
    """What the report that is there tells of itself; nothing if none does, or it can't be read."""
    try:
        told = json.loads((place / MANIFEST).read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _tell(place: Path, files: set[str], pictures: dict[str, str]) -> None:
    """Tell of which files the report is, and of which HARPs the pictures are there, and of which run."""
    os.sync()  # files are not flushed one by one
    with atomic(place / MANIFEST) as unfinished:
        unfinished.write_text(json.dumps({"files": sorted(files), "pictures": pictures}, indent=0) + "\n")


def _remove(place: Path, paths: set[str]) -> None:
    """Remove files that an earlier report wrote, and folders that are left empty."""
    for file in _inside(place, paths):
        file.unlink(missing_ok=True)
        if not any(file.parent.iterdir()):
            file.parent.rmdir()


def _inside(place: Path, paths: set[str]) -> Iterator[Path]:
    """Those of the paths that are below the folder, whatever was told."""
    for path in paths:
        file = place / path
        if file.is_file() and file.resolve().is_relative_to(place):
            yield file
