"""Connected regions of a mask of which little is set: found by its runs along rows, not by every pixel."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.intp]


def connected(mask: NDArray[np.bool_], diagonal: bool) -> tuple[Ints, Ints]:
    """Connected regions of a mask (y, x).

    Parameters
    ----------
    mask : ndarray of bool
    diagonal : bool
        Whether pixels that touch at a corner are connected.

    Returns
    -------
    pixels : ndarray, (n,)
        Flat indices of the pixels that are set, in raster order.
    region : ndarray, (n,)
        Region of each, numbered from 0 in raster order of the regions' first pixels.
    """
    width = max(mask.shape[1], 1)
    pixels = np.flatnonzero(mask)
    begins = np.flatnonzero((np.diff(pixels, prepend=-2) > 1) | (pixels % width == 0))
    lengths = np.diff(begins, append=len(pixels))
    first = pixels[begins]
    upper, lower = _touching(first, first + lengths - 1, width, diagonal)
    ones, shape = np.ones(len(upper), np.bool_), (len(first), len(first))
    _, region = connected_components(coo_array((ones, (upper, lower)), shape=shape), directed=False)
    return pixels, np.repeat(_in_order(region.astype(np.intp)), lengths)


def _touching(first: Ints, last: Ints, width: int, diagonal: bool) -> tuple[Ints, Ints]:
    """Pairs of runs, one in the row below the other, that share a side (or a corner)."""
    below = (first // width + 1) * width  # where the next row begins
    low = np.maximum(first + width - diagonal, below)
    high = np.minimum(last + width + diagonal, below + width - 1)
    start = np.searchsorted(last, low)
    number = np.searchsorted(first, high, side="right") - start
    upper = np.repeat(np.arange(len(first)), number)
    within = np.arange(len(upper)) - np.repeat(np.cumsum(number) - number, number)
    return upper, np.repeat(start, number) + within


def _in_order(region: NDArray[Any]) -> Ints:
    """Numbers of regions by their first runs."""
    _, where, number = np.unique(region, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(where))[number], np.intp)
