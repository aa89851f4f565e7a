"""Connected regions of a mask of which little is set: found by its runs along rows, not by every pixel."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
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
    pixels = np.flatnonzero(mask)
    return pixels, connected_sets([pixels], mask.shape, diagonal)[0]


def connected_sets(sets: Sequence[Ints], shape: tuple[int, ...], diagonal: bool) -> list[Ints]:
    """Connected regions of several masks of one shape; one go for all costs little more than each.

    Parameters
    ----------
    sets : sequence of ndarray
        Flat indices, in raster order, of the pixels that are set in each mask.
    shape : tuple of int
        Rows and columns.
    diagonal : bool
        Whether pixels that touch at a corner are connected.

    Returns
    -------
    list of ndarray
        Region of each pixel of each mask, numbered from 0 in raster order of the regions' first pixels.
    """
    width, height = max(shape[1], 1), shape[0] + 1  # one below the other, a row apart
    pixels = np.concatenate([some + i * height * width for i, some in enumerate(sets)])
    begins = _begins(pixels, height * len(sets), width)
    lengths = np.diff(begins, append=len(pixels))
    first = pixels[begins]
    below, ends = _touching(first, first + lengths - 1, width, diagonal)
    graph = csr_array((np.ones(len(below), np.bool_), below, ends), shape=(len(first), len(first)))
    _, run = connected_components(graph, directed=False)
    region = np.repeat(_in_order(run.astype(np.intp)), lengths)
    stops = np.cumsum([len(some) for some in sets])
    parts = [region[stop - len(some) : stop] for some, stop in zip(sets, stops, strict=True)]
    return [part - part[0] if len(part) else part for part in parts]


def _begins(pixels: Ints, n_rows: int, width: int) -> Ints:
    """Which pixels begin a run: those after a gap, and the first of a row where there is none before it."""
    begins = np.diff(pixels, prepend=-2) > 1
    rows = width * np.arange(n_rows)
    at = np.searchsorted(pixels, rows)
    begins[at[at < len(pixels)]] = True  # the first pixel of a row or of one after it
    return np.flatnonzero(begins)


def _touching(first: Ints, last: Ints, width: int, diagonal: bool) -> tuple[Ints, Ints]:
    """Runs that share a side (or a corner) with each run and are in the row below it, as rows of a matrix.

    Returns the runs below, and where those of each run begin and end among them.
    """
    below = (first // width + 1) * width  # where the next row begins
    low = np.maximum(first + width - diagonal, below)
    high = np.minimum(last + width + diagonal, below + width - 1)
    start = np.searchsorted(last, low)
    number = np.searchsorted(first, high, side="right") - start
    ends = np.concatenate(([0], np.cumsum(number)))
    return np.arange(ends[-1]) + np.repeat(start - ends[:-1], number), ends


def _in_order(region: NDArray[Any]) -> Ints:
    """Numbers of regions by their first runs."""
    _, where, number = np.unique(region, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(where))[number], np.intp)
