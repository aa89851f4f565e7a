"""Memory that arrays leave, kept for the next ones: every frame takes arrays of the same sizes.

By default glibc gives large blocks back at once, and the kernel clears each page anew for the next array: a
fifth of the time of a frame (docs/decisions/0019-by-need.md).
"""

import ctypes
from functools import lru_cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # malloc.h
_LARGEST, _KEPT = 32 * 2**20, 128 * 2**20  # bytes: of one array, as much as glibc allows, and of all


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """Let this process keep what it frees, up to 128 MB, for its next arrays; with glibc only."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST)
        mallopt(_TRIM_THRESHOLD, _KEPT)
