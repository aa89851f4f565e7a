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
    said = f"--out {out}"
    place = whole_path(said, out)
    if place.exists() and not place.is_file():
        what = "a directory" if place.is_dir() else "not a file that can be written"
        raise InputError(f"{said}: {what}; name another file")
    if lake:
        require_outside(said, place, lake)
    require_parent(said, place)
    return place


def whole_path(said: str, out: Path) -> Path:
    """Return the whole path that an option names, which `said` repeats; InputError if none can be."""
    try:
        place = out.expanduser().resolve()
        place.exists()
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"{said}: can't be written ({why})") from error
    return place


def require_outside(said: str, place: Path, lake: Lake) -> None:
    """Refuse what lies among the files that a lake keeps."""
    if place == lake.catalog or any(place.is_relative_to(lake.root / room) for room in ROOMS):
        raise InputError(f"{said}: the lake keeps its own files there; name another place")


def require_parent(said: str, place: Path) -> None:
    """Refuse what is to be in a directory that is not there, or can't be written to."""
    if not place.parent.is_dir():
        require_writable(said, place.parent)
        raise InputError(f"{said}: there is no directory {place.parent}; make it first")
    require_writable(said, place.parent)


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
