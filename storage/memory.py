"""Memory that was freed is kept for what comes next."""

import ctypes
import sys
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # <malloc.h> of glibc
_LARGEST = 32 * 2**20  # bytes of one allocation that are kept
_KEPT = 64 * 2**20  # bytes in all


@cache
def keep_freed() -> None:
    """Have the C library keep freed memory of the size of images; does nothing where it isn't glibc.

    An image takes about a megabyte, and HDF5 and numpy allocate several for each. By default the C library
    gives them back to the system, unless much larger ones were freed before, and the system has to clear
    every page of the next: more than half of the time in which an image is read from a cube.
    """
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None)
    if hasattr(library, "mallopt"):  # musl has none
        library.mallopt(_M_MMAP_THRESHOLD, _LARGEST)
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT)
