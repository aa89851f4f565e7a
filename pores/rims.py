"""Rims of dark features: what lies between two distances from them, for all features at once."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pores.parameters import DetectParameters
from pores.regions import Bools, Floats, Ints, Regions


def rim_shares(
    intensity: NDArray[np.floating[Any]],
    regions: Regions,
    pixel_mm: float,
    parameters: DetectParameters,
    asked: Bools | None = None,
) -> Floats:
    """Share of each feature's rim below the penumbra threshold, (n,); 0 where nothing of the rim is known.

    A rim is what is further than `rim_inner_mm` from its feature, and no further than `rim_outer_mm`.

    Parameters
    ----------
    intensity : ndarray
        Image (y, x) that the features were found in.
    regions : Regions
    pixel_mm : float
        Side of a pixel, Mm.
    parameters : DetectParameters
    asked : ndarray of bool, (n,), optional
        Features whose rims are looked at, all by default; 0 for the others.
    """
    looked = np.flatnonzero(asked) if asked is not None else np.arange(regions.n)
    if not len(looked):
        return np.zeros(regions.n)
    inner, outer = (_reaches(mm, pixel_mm) for mm in (parameters.rim_inner_mm, parameters.rim_outer_mm))
    windows = _Windows.around(regions, looked, max(len(inner), len(outer)) // 2)
    index, y, x = windows.places(windows.within(outer) & ~windows.within(inner))
    inside = (y >= 0) & (y < intensity.shape[0]) & (x >= 0) & (x < intensity.shape[1])
    values, index = intensity[y[inside], x[inside]], index[inside]
    known = np.bincount(index[np.isfinite(values)], minlength=len(looked))
    grey = np.bincount(index[values < parameters.penumbra_threshold], minlength=len(looked))
    shares = np.zeros(regions.n)
    shares[looked] = grey / np.maximum(known, 1)
    return shares


@dataclass(frozen=True, eq=False)
class _Windows:
    """A window around each of k features, with a margin on every side, one after the other in memory.

    Attributes
    ----------
    margin : int
    first : ndarray, (k + 1,)
        Where each begins, and where the last ends. A row has a pixel more than the window is wide.
    top, left, width : ndarray, (k,)
        First row and column of each, and pixels of its rows.
    runs : tuple of ndarray, (m,)
        Runs of the features' pixels along rows: window, row, first and last column.
    """

    margin: int
    first: Ints
    top: Ints
    left: Ints
    width: Ints
    runs: tuple[Ints, Ints, Ints, Ints]

    @classmethod
    def around(cls, regions: Regions, looked: Ints, margin: int) -> Self:
        """The windows of some features."""
        sides = np.array([[s for side in regions.boxes[i] for s in (side.start, side.stop)] for i in looked])
        top, bottom, left, right = sides.T
        width = right - left + 2 * margin + 1
        first = np.concatenate(([0], np.cumsum(width * (bottom - top + 2 * margin))))
        return cls(margin, first, top - margin, left - margin, width, _runs(regions, looked))

    def within(self, reaches: Ints) -> Bools:
        """Which pixels of the windows are within a distance; see `_reaches`."""
        window, row, start, stop = (side[:, None] for side in self.runs)
        away = np.flatnonzero(reaches >= 0)
        row = (row - self.top[window] + away - len(reaches) // 2) * self.width[window]
        begin = self.first[window] + row - self.left[window]
        ends = (begin + start - reaches[away], begin + stop + 1 + reaches[away])
        opened, closed = (np.bincount(end.ravel(), minlength=int(self.first[-1])) for end in ends)
        return np.asarray(np.cumsum(opened - closed) > 0)

    def places(self, which: Bools) -> tuple[Ints, Ints, Ints]:
        """Window, row and column in the image of some pixels."""
        at = np.flatnonzero(which)
        window = np.searchsorted(self.first, at, side="right") - 1
        row, col = np.divmod(at - self.first[window], self.width[window])
        return window, row + self.top[window], col + self.left[window]


def _reaches(distance_mm: float, pixel_mm: float) -> Ints:
    """How many pixels along x a distance reaches, in every row around a pixel; -1 where it doesn't."""
    rows = int(distance_mm / pixel_mm) + 1
    steps = np.arange(-rows, rows + 1)
    near = np.sqrt(steps[:, None] ** 2 + np.arange(rows + 1) ** 2) * pixel_mm <= distance_mm
    return np.asarray(np.count_nonzero(near, axis=1) - 1)


def _runs(regions: Regions, looked: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Runs of the pixels of some features: which of them, row, first and last column."""
    index = np.full(regions.n, -1)
    index[looked] = np.arange(len(looked))
    window = index[regions.feature]
    window, y, x = (values[window >= 0] for values in (window, regions.y, regions.x))
    breaks = (np.diff(x) != 1) | (np.diff(y) != 0) | (np.diff(window) != 0)
    begin = np.concatenate(([0], np.flatnonzero(breaks) + 1))
    end = np.concatenate((begin[1:], [len(x)])) - 1
    return window[begin], y[begin], x[begin], x[end]
