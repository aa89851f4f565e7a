"""The pixels of labelled features as flat arrays, and sums over them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Box = tuple[slice, slice]
Labels = NDArray[np.int32]

SIDES = ((-1, 0), (1, 0), (0, -1), (0, 1))  # steps to neighbours along rows and columns
CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))
NEIGHBOURS = SIDES + CORNERS


@dataclass(frozen=True, eq=False)
class Regions:
    """The pixels of all features, by feature and then in raster order.

    Attributes
    ----------
    labels : ndarray of int32, (rows, columns)
        0 where there is no feature, else its number, 1 to n.
    feature : ndarray
        Feature of each pixel, 0 to n - 1.
    y, x : ndarray
        Row and column of each pixel.
    """

    labels: Labels
    feature: Ints
    y: Ints
    x: Ints

    @classmethod
    def of(cls, labels: Labels) -> Self:
        """Take the features of a label image (y, x) in which every label from 1 to the largest occurs."""
        pixels = np.flatnonzero(labels > 0)  # several times faster than of the labels themselves
        return cls.of_pixels(labels, pixels, labels.ravel()[pixels].astype(np.intp) - 1)

    @classmethod
    def of_pixels(cls, labels: Labels, pixels: Ints, feature: Ints) -> Self:
        """The same, given the flat indices of all labelled pixels, in raster order, and their features."""
        order = np.argsort(feature, kind="stable")
        return cls(labels, feature[order], *np.divmod(pixels[order], max(labels.shape[1], 1)))

    @property
    def n(self) -> int:
        """Number of features."""
        return len(self.first)

    @cached_property
    def first(self) -> Ints:
        """Where each feature's pixels begin in the flat arrays."""
        return np.flatnonzero(np.diff(self.feature, prepend=-1))

    @cached_property
    def boxes(self) -> list[Box]:
        """Bounding box of each feature: less work than `ndimage.find_objects`."""
        ends = [self._ends(at) for at in (self.y, self.x)]
        sides = zip(*(side.tolist() for pair in ends for side in pair), strict=True)
        return [(slice(top, bottom + 1), slice(left, right + 1)) for top, bottom, left, right in sides]

    @cached_property
    def area(self) -> Ints:
        """Pixels in each feature."""
        return np.diff(self.first, append=len(self.feature))

    @cached_property
    def at_border(self) -> Bools:
        """Whether a feature has a pixel in the first or last row or column."""
        (top, bottom), (left, right) = (self._ends(at) for at in (self.y, self.x))
        rows, cols = self.labels.shape
        return np.asarray((top == 0) | (left == 0) | (bottom == rows - 1) | (right == cols - 1))

    @cached_property
    def edge(self) -> Ints:
        """Which pixels have one of their eight neighbours beyond the image or not in their feature."""
        inside = np.ones(len(self.feature), np.bool_)
        for step in NEIGHBOURS:
            inside &= self.beside(self.labels, step, 0) == self.feature + 1
        return np.flatnonzero(~inside)

    def beside(
        self, image: NDArray[Any], step: tuple[int, int], beyond: float, at: Ints | slice = slice(None)
    ) -> NDArray[Any]:
        """What an image has a step (rows, columns) beside pixels (all by default), and beyond its border."""
        if not self.at_border.any():
            return np.asarray(image.ravel().take(self._flat[at] + (step[0] * image.shape[1] + step[1])))
        y, x = self.y[at] + step[0], self.x[at] + step[1]
        outside = (y < 0) | (y == image.shape[0]) | (x < 0) | (x == image.shape[1])
        values = image[np.where(outside, 0, y), np.where(outside, 0, x)]
        values[outside] = beyond
        return values

    def total(self, values: NDArray[Any]) -> Floats:
        """Sum of a value per pixel over the finite ones of each feature, NaN where there is none."""
        total, count = self._sums(values)
        return np.where(count > 0, total, np.nan)

    def mean(self, values: NDArray[Any]) -> Floats:
        """Mean of a value per pixel over the finite ones of each feature, NaN where there is none."""
        total, count = self._sums(values)
        return np.where(count > 0, total, np.nan) / np.maximum(count, 1)

    def lowest(self, values: NDArray[Any]) -> Floats:
        """Smallest value of each feature."""
        return self._over(np.minimum, values)

    def highest(self, values: NDArray[Any]) -> Floats:
        """Largest value of each feature."""
        return self._over(np.maximum, values)

    def any(self, which: Bools) -> Bools:
        """Whether it is so for any pixel of each feature."""
        return self._over(np.logical_or, which)

    @cached_property
    def _flat(self) -> Ints:
        """Flat index of each pixel."""
        return np.asarray(self.y * self.labels.shape[1] + self.x)

    def _sums(self, values: NDArray[Any]) -> tuple[Floats, Ints]:
        """Sum over the finite pixels of each feature and how many they are."""
        known = np.isfinite(values)
        if known.all():
            return self._over(np.add, values.astype(np.float64, copy=False)), self.area
        feature = self.feature[known]
        total = np.asarray(np.bincount(feature, values[known], self.n), np.float64)
        return total, np.bincount(feature, minlength=self.n)

    def _ends(self, at: Ints) -> tuple[Ints, Ints]:
        """Least and greatest of each feature."""
        return self._over(np.minimum, at), self._over(np.maximum, at)

    def _over(self, what: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        """Reduce a value per pixel to one per feature."""
        return np.asarray(what.reduceat(values, self.first)) if self.n else values[:0]
