"""Outlines of features below the resolution of the grid.

Counting steps along pixels makes a circle up to 27 % too long. The outline taken here is the contour of the
intensity at a level between the feature's brightest pixel and its darkest neighbour: where the threshold that
made the mask is crossed, by linear interpolation between pixel centres (marching squares). Sums over it need
its segments, in no order: those of all features are found at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pores.regions import CORNERS, NEIGHBOURS, SIDES, Bools, Floats, Ints, Regions

Image = NDArray[np.floating[Any]]
Step = tuple[int, int]

_BRIGHT = 1.0  # what is missing or beyond the image


@dataclass(frozen=True, eq=False)
class Outlines:
    """Segments of the outlines of features and of their holes.

    Attributes
    ----------
    n : int
        Number of features.
    feature : ndarray, (m,)
        Feature of each segment, 0 to n - 1.
    inner, outer : ndarray of int, (2, 2, m)
        Row and column of the two neighbours between whose centres its first and its second end lie: one of
        the feature, and one that is not, which may be beyond the image.
    outward : ndarray, (2, m)
        How far from the inner towards the outer pixel each end is, 0 to 1.
    """

    n: int
    feature: Ints
    inner: Ints
    outer: Ints
    outward: Floats

    @classmethod
    def of(cls, regions: Regions, intensity: Image) -> Self:
        """Trace all features.

        Where features touch since a region was cut, the outline runs midway between pixels; so it does all
        around a feature that no level sets apart from its neighbours.

        Parameters
        ----------
        regions : Regions
        intensity : ndarray
            Image (y, x) that they were found in; NaN and what is beyond the image count as bright.
        """
        edge = _Edge.of(regions)
        pixel, steps = edge.segments()
        places = np.stack((regions.y[pixel], regions.x[pixel]))[:, None] + steps
        inner, outer, feature = places[:, ::2], places[:, 1::2], regions.feature[pixel]
        level = _levels(regions, edge, intensity)[feature]
        dark, bright = intensity[tuple(inner)].astype(np.float64), _bright(intensity, *outer)
        bright = np.where(bright < level, 2 * level - bright, bright)  # dark, and not of this feature
        outward = np.divide(level - dark, bright - dark, out=np.full(dark.shape, 0.5), where=level > 0)
        return cls(regions.n, feature, inner, outer, outward)

    @property
    def ends(self) -> Floats:
        """Row and column of both ends of each segment, (2, 2, m)."""
        return np.asarray(self.inner + self.outward * (self.outer - self.inner))

    def total_length(self, height: Floats, width: Floats) -> Floats:
        """Length of each feature's outline, (n,), for pixels of its height and width."""
        lengths = self._lengths(height[self.feature], width[self.feature])
        return np.bincount(self.feature, lengths, self.n).astype(np.float64, copy=False)  # int if empty

    def pixels(self, shape: Sequence[int]) -> Ints:
        """Row and column of inner and outer pixels, (2, 2, 2, m); those beyond an image are moved into it."""
        outer = np.clip(self.outer, 0, np.reshape(shape, (2, 1, 1)) - 1)
        return np.stack((self.inner, outer), axis=1)

    def mean(self, values: Floats) -> Floats:
        """Mean over each outline, (n,), of values at `pixels`, (2, 2, m); NaN where all are missing."""
        inner, outer = values
        middle = (inner + self.outward * (outer - inner)).mean(axis=0)
        known = np.isfinite(middle)
        feature, length = self.feature[known], self._lengths(1.0, 1.0)[known]
        total, of = np.bincount(feature, length, self.n), np.bincount(feature, middle[known] * length, self.n)
        return np.asarray(np.divide(of, total, out=np.full(self.n, np.nan), where=total > 0))

    def _lengths(self, height: Floats | float, width: Floats | float) -> Floats:
        down, right = np.diff(self.ends, axis=1)[:, 0]
        return np.asarray(np.hypot(down * height, right * width))


@dataclass(frozen=True, eq=False)
class _Edge:
    """The pixels of features that have a neighbour of another kind.

    Attributes
    ----------
    pixels : ndarray, (k,)
        Which pixels of the regions.
    free : dict of step to ndarray of bool, (k,)
        Whether the neighbour that step away is of no feature at all.
    own : dict of step to ndarray of bool, (k,)
        Whether it is of the same feature.
    """

    pixels: Ints
    free: dict[Step, Bools]
    own: dict[Step, Bools]

    @classmethod
    def of(cls, regions: Regions) -> Self:
        pixels = regions.edge
        beside = {step: regions.beside(regions.labels, step, 0, pixels) for step in NEIGHBOURS}
        label = regions.feature[pixels] + 1
        free = {step: beside[step] == 0 for step in SIDES}
        return cls(pixels, free, {step: labels == label for step, labels in beside.items()})

    def segments(self) -> tuple[Ints, Ints]:
        """Pixel by which each segment is seen, (m,), and the steps from it to the pixels of its ends.

        In a square of four pixels, this one, `h` and `v` beside it and `d` across from it, the outline cuts
        off this pixel or the outer one across from it, or runs between two rows or columns. Pixels of a
        feature that touch at a corner only are not joined.

        Steps are (2, 4, m): rows and columns; inner and outer pixel of the first end, then of the second.
        """
        found: list[tuple[Bools, tuple[Step, Step, Step, Step]]] = []
        here = (0, 0)
        for dy, dx in CORNERS:
            h, v, d = (0, dx), (dy, 0), (dy, dx)
            beside, above, across = self.own[h], self.own[v], self.own[d]
            found.append((~beside & ~above, (here, h, here, v)))
            found.append((beside & above & ~across, (h, d, v, d)))
            if dx > 0:  # two see the same segment: the left one counts it, or the upper one
                found.append((beside & ~above & ~across, (here, v, h, d)))
            if dy > 0:
                found.append((above & ~beside & ~across, (here, h, v, d)))
        pixels = [self.pixels[which] for which, _ in found]
        steps = np.array([step for _, step in found]).transpose(2, 1, 0)
        return np.concatenate(pixels), np.repeat(steps, [len(some) for some in pixels], axis=2)


def _levels(regions: Regions, edge: _Edge, intensity: Image) -> Floats:
    """Level midway between each feature's brightest pixel and its darkest neighbour that shares an edge.

    NaN where there is no such neighbour, or none that is brighter.
    """
    inner = regions.highest(intensity[regions.y, regions.x].astype(np.float64))
    outer = np.full(regions.n, np.inf)
    for step, free in edge.free.items():
        at = edge.pixels[free]
        value = _bright(intensity, regions.y[at] + step[0], regions.x[at] + step[1])
        np.minimum.at(outer, regions.feature[at], value)
    return np.where((inner < outer) & np.isfinite(outer), (inner + outer) / 2, np.nan)


def _bright(intensity: Image, y: Ints, x: Ints) -> Floats:
    """Intensity at pixels; what is missing or beyond the image is bright."""
    rows, cols = intensity.shape
    beyond = (y < 0) | (y >= rows) | (x < 0) | (x >= cols)
    values = intensity[np.where(beyond, 0, y), np.where(beyond, 0, x)].astype(np.float64)
    return np.where(beyond | ~np.isfinite(values), _BRIGHT, values)
