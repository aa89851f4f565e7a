"""Twice the resolution by the interpolating cubic spline, on a grid with the same outer edges.

Fine pixels lie a quarter of a native pixel to either side of a native centre. The spline there is a weighted
mean of native pixels whose weights fall by 3.7 per pixel, so that an image can be doubled tile by tile: a
tile and a halo around it, multiplied from either side by one small matrix. A tile is the same to the last bit
whichever others are made (docs/decisions/0003-upsampling.md). Beyond its border an image goes on as its own
point reflection in the border pixel, 2 f(0) - f(x): the natural spline, exact for any ramp.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

Image = NDArray[np.float32]
Ints = NDArray[np.intp]

# Native pixels. Small enough for the cache, and for products that BLAS leaves to one thread.
_TILE, _HALO = 24, 12  # a weight is 1.5e-7 at 12 pixels
_WINDOW, _FINE = _TILE + 2 * _HALO, 2 * _TILE
_REACH = (1, 2, 4, 8)  # half-widths of the boxes that extend data into gaps: by up to 15 pixels
_MARGIN = 24  # what is looked at around windows: gaps, and what a last tile reflects in the border


def double(image: NDArray[np.floating]) -> Image:
    """Image of twice the resolution with the same outer edges.

    Parameters
    ----------
    image : ndarray
        Image (ny, nx); what is not finite is missing.

    Returns
    -------
    ndarray
        Image (2 ny, 2 nx), float32. Fine pixel i lies at native i/2 - 1/4. It is NaN if, and only if, the
        native pixel that holds it is missing; every other is made from finite pixels alone.
    """
    return double_window(image, slice(None), slice(None))


def double_window(image: NDArray[np.floating], rows: slice, cols: slice) -> Image:
    """Doubled image of a window: `double(image)[2 * r0 : 2 * r1, 2 * c0 : 2 * c1]`.

    Equal to the last bit, but for what is near gaps of more than 15 pixels, which is equal to 1e-6.

    Parameters
    ----------
    image : ndarray
        Image (ny, nx).
    rows, cols : slice
        Native pixels r0:r1 and c0:c1 of the window, within the image.
    """
    spans = [side.indices(n)[:2] for side, n in zip((rows, cols), image.shape, strict=True)]
    if any(start >= stop for start, stop in spans):
        return np.zeros([2 * max(stop - start, 0) for start, stop in spans], np.float32)
    tiles = [range(start // _TILE, -(-stop // _TILE)) for start, stop in spans]
    canvas = np.empty([_FINE * len(side) for side in tiles], np.float32)
    by_tile = canvas.reshape(len(tiles[0]), _FINE, len(tiles[1]), _FINE).swapaxes(1, 2)
    for made, windows in zip(by_tile, _windows(image, *tiles), strict=True):
        _doubled(windows, made)
    inside = tuple(
        slice(2 * (start - _TILE * side.start), 2 * (stop - _TILE * side.start))
        for (start, stop), side in zip(spans, tiles, strict=True)
    )
    fine = np.ascontiguousarray(canvas[inside])
    missing = ~np.isfinite(image[rows, cols])
    if missing.any():
        fine[missing.repeat(2, axis=0).repeat(2, axis=1)] = np.nan
    return fine


@dataclass(frozen=True, eq=False)
class FinePixels:
    """Pixels of doubled images of one size: only the tiles in which they lie are made.

    Attributes
    ----------
    y, x : ndarray, (n,)
        Row and column of each pixel of the doubled grid.
    tiles : tuple of ndarray, (k,)
        Rows and columns of the tiles in which they lie.
    tile : ndarray, (n,)
        Which of them each pixel is in.
    """

    y: Ints
    x: Ints
    tiles: tuple[Ints, Ints]
    tile: Ints

    @classmethod
    def at(cls, y: Ints, x: Ints) -> Self:
        """Find the tiles of some pixels."""
        across = int(x.max(initial=0)) // _FINE + 1
        tile = y // _FINE * across + x // _FINE
        found = np.bincount(tile) > 0
        return cls(y, x, np.divmod(np.flatnonzero(found), across), (np.cumsum(found) - 1)[tile])

    def of(self, *images: NDArray[np.floating[Any]]) -> Image:
        """Values that `double(image)` has at these pixels, (images, n)."""
        windows = np.empty((len(images), len(self.tiles[0]), _WINDOW, _WINDOW), np.float32)
        gaps = [self._cut(image, part) for image, part in zip(images, windows, strict=True)]
        made = np.empty((*windows.shape[:2], _FINE, _FINE), np.float32)
        _doubled(windows, made)
        place = (self.tile * _FINE + self.y % _FINE) * _FINE + self.x % _FINE
        values = made.reshape(len(images), len(self.tiles[0]) * _FINE**2).take(place, axis=1)
        for image, row, some in zip(images, values, gaps, strict=True):
            if some:
                row[~np.isfinite(image[self.y // 2, self.x // 2])] = np.nan
        return values

    def _cut(self, image: NDArray[np.floating[Any]], out: Image) -> bool:
        """Take the tiles with their halos, without gaps; whether there may be gaps in them.

        There is more to do only at gaps and borders.
        """
        starts = [_TILE * at - _HALO for at in self.tiles]
        inside = np.ones(len(out), np.bool_)
        for start, n in zip(starts, image.shape, strict=True):
            inside &= (start >= 0) & (start + _WINDOW <= n)
        if inside.any():
            every = sliding_window_view(image, (_WINDOW, _WINDOW))
            out[inside] = every[starts[0][inside], starts[1][inside]]
            inside[inside] = np.isfinite(out[inside]).all(axis=(1, 2))
        for i in np.flatnonzero(~inside):
            y, x = int(self.tiles[0][i]), int(self.tiles[1][i])
            out[i] = _windows(image, range(y, y + 1), range(x, x + 1))[0, 0]
        return not inside.all()


def extended(values: Image, present: NDArray[np.bool_]) -> Image:
    """Image with its gaps filled by means over ever wider boxes of what is there, far away by the mean.

    `present` says where there is something; if it is nowhere, the result is 0.
    """
    if not present.any():
        return np.zeros_like(values)
    filled = np.where(present, values, np.float32(0))
    known = present.astype(np.float32)
    far = filled.sum(dtype=np.float64) / known.sum(dtype=np.float64)
    for reach in _REACH:
        size = 2 * reach + 1
        weight = uniform_filter(known, size, mode="constant")
        new = (known == 0) & (weight > 0.5 / size**2)
        filled[new] = uniform_filter(filled, size, mode="constant")[new] / weight[new]
        known[new] = 1
    filled[known == 0] = far
    return filled


def _weights() -> Image:
    """Weights of a window's native pixels along an axis in each fine pixel of its tile.

    The spline's coefficients are sqrt(3) sum of z^|k| f(k), z = sqrt(3) - 2 (Unser, Aldroubi & Eden 1993,
    IEEE Transactions on Signal Processing 41, 821); the cubic B-spline at distances 5/4, 1/4, 3/4, 7/4 gives
    its value a quarter of a pixel beyond the second of four.
    """
    at = np.arange(-2, _WINDOW + 2)
    coefficients = np.sqrt(3) * (np.sqrt(3) - 2) ** np.abs(at[:, None] - np.arange(_WINDOW))
    taps = np.array([27, 235, 121, 1]) / 384
    weights = np.empty((_FINE, _WINDOW))
    for i in range(_TILE):
        at_native = i + _HALO + 2
        weights[2 * i] = taps[::-1] @ coefficients[at_native - 2 : at_native + 2]
        weights[2 * i + 1] = taps @ coefficients[at_native - 1 : at_native + 3]
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


_WEIGHTS = _weights()
_WEIGHTS_T = np.ascontiguousarray(_WEIGHTS.T)


def _doubled(windows: Image, out: Image) -> None:
    """Tiles (..., y, x), doubled, of windows: the tiles and their halos."""
    np.matmul(_WEIGHTS @ windows, _WEIGHTS_T, out=out)


def _windows(image: NDArray[np.floating[Any]], rows: range, cols: range) -> Image:
    """Windows (n, m, y, x) of n rows and m columns of tiles, without gaps: views of one image."""
    spans = [(_TILE * side.start - _HALO, _TILE * side.stop + _HALO) for side in (rows, cols)]
    parts = [
        slice(max(start - _MARGIN, 0), min(stop + _MARGIN, n))
        for (start, stop), n in zip(spans, image.shape, strict=True)
    ]
    values = np.asarray(image[tuple(parts)], np.float32)
    present = np.isfinite(values)
    if not present.all():
        values = extended(values, present)
    for (start, stop), part, n in zip(spans, parts, image.shape, strict=True):
        beyond = _reflected(values, max(-start, 0), max(stop - n, 0))
        first = max(start, 0) - part.start
        values = beyond[first : first + stop - start].T  # the other axis next
    every = sliding_window_view(values, (_WINDOW, _WINDOW))
    return every[::_TILE, ::_TILE]


def _reflected(values: Image, above: int, below: int) -> Image:
    """Image with rows more at either end, its point reflection; `np.pad` is slow on small images."""
    if len(values) <= max(above, below):
        return np.pad(values, ((above, below), (0, 0)), mode="reflect", reflect_type="odd")
    before = 2 * values[0] - values[above:0:-1]
    after = 2 * values[-1] - values[-2 : -below - 2 : -1]
    return np.concatenate((before, values, after))
