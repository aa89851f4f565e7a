"""Memory that was freed is kept for what comes next."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # <malloc.h> of glibc
_LARGEST = 32 * 2**20  # bytes of one allocation that are kept
_KEPT = 64 * 2**20  # bytes in all
_MOST = 2**31 - 1  # bytes, the most that can be said


@cache
def keep_freed() -> None:
    """Have the C library keep freed memory of the size of images; does nothing where it isn't glibc.

    An image takes about a megabyte, and HDF5 and numpy allocate several for each. By default the C library
    gives them back to the system, unless much larger ones were freed before, and the system has to clear
    every page of the next: more than half of the time in which an image is read from a cube.
    """
    if library := _glibc():
        library.mallopt(_M_MMAP_THRESHOLD, _LARGEST)
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT)


@contextmanager
def all_freed_kept() -> Iterator[None]:
    """Have the C library keep freed memory meanwhile, however much, and give it back at the end.

    Of arrays of up to 32 MB each: larger ones it always takes from the system and gives back to it.
    For what makes many arrays of a whole series, one after the other: the system would clear each one's
    pages anew, which takes the more of the time the longer the series is.
    """
    keep_freed()
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(_M_TRIM_THRESHOLD, _MOST)
    try:
        yield
    finally:
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT)
        library.malloc_trim(0)


def _glibc() -> ctypes.CDLL | None:
    """The C library, if it is one that can be told what to keep."""
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "mallopt") else None  # musl has none
