"""Files that people ask for: where they may be written."""

from pathlib import Path

from pores.errors import InputError
from storage.lake import ROOMS, Lake


def writable(out: Path, lake: Lake | None = None) -> Path:
    """Return the whole path of a file that `--out` names, which may be there: it is replaced.

    Raises
    ------
    InputError
        If it is no plain file, or in a directory that is not there, as most names that are mistyped, or where
        the lake that is asked keeps its own files.
    """
    place = out.expanduser().resolve()
    if place.exists() and not place.is_file():
        what = "a directory" if place.is_dir() else "not a file that can be written"
        raise InputError(f"--out {out}: {what}; name another file")
    if lake and (place == lake.catalog or any(place.is_relative_to(lake.root / room) for room in ROOMS)):
        raise InputError(f"--out {out}: the lake keeps its own files there; name another place")
    if not place.parent.is_dir():
        raise InputError(f"--out {out}: there is no directory {place.parent}; make it first")
    return place
