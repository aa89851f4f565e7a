"""What people ask to have written: where it may be."""

import tempfile
from pathlib import Path

from pores.errors import InputError
from storage.lake import ROOMS, Lake


def writable(out: Path, lake: Lake | None = None) -> Path:
    """Return the whole path of a file that `--out` names, which may be there: it is replaced.

    Raises
    ------
    InputError
        If it is no plain file, or in a directory that is not there, as most names that are mistyped, or where
        the lake that is asked keeps its own files; or if nothing can be written there.
    """
    place = out.expanduser().resolve()
    require_writable(f"--out {out}", place.parent)
    if place.exists() and not place.is_file():
        what = "a directory" if place.is_dir() else "not a file that can be written"
        raise InputError(f"--out {out}: {what}; name another file")
    if lake and (place == lake.catalog or any(place.is_relative_to(lake.root / room) for room in ROOMS)):
        raise InputError(f"--out {out}: the lake keeps its own files there; name another place")
    if not place.parent.is_dir():
        raise InputError(f"--out {out}: there is no directory {place.parent}; make it first")
    return place


def require_writable(said: str, directory: Path) -> None:
    """Refuse a directory, there or to be made, that can't be written to; nothing is left of the try.

    Parameters
    ----------
    said : str
        The option and its value, as the user wrote them.
    directory : Path

    Raises
    ------
    InputError
        If so; it says why.
    """
    place = directory.expanduser().resolve()
    there = next(each for each in (place, *place.parents) if _exists(each))
    try:
        with tempfile.TemporaryDirectory(prefix=".porelake-", dir=there):
            pass
    except OSError as error:
        why = "" if there == place else f"{there}: "
        raise InputError(f"{said}: can't be written ({why}{error.strerror})") from error


def _exists(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:  # below a directory that may not be looked into, or a file
        return False
