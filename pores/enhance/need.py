"""Which tiles of a frame the detection of its features needs: all others may as well be quiet Sun.

Features are in a few per cent of a frame. A tile is made where a pixel may turn out dark, and then wherever
what was made asks for more of its surroundings: the grey structure that holds a feature must be known to its
end, and the rim of a feature as far as it is looked at (`pores.detect.classify`). What is found then is found
by the same pixels as in the whole doubled image.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter

from pores.connected import connected
from pores.enhance.tiles import Canvas, Image, Place, Tiling
from pores.parameters import DetectParameters

Ints = NDArray[np.intp]

SMALLEST_PX = 12  # fine pixels: features smaller than that may have no seed
SHARPENING = 3.5  # doubled, a region of that size is at most so much further below the mean around it
SLACK = 0.05  # and by this, for what is not linear
_AROUND_PX = 5  # native pixels of that mean
_BESIDE = 1  # native pixels beside a grey structure, or a feature, that are looked at


def expected(image: Image, tiling: Tiling, parameters: DetectParameters) -> set[Place]:
    """Tiles in which, or right beside which, a prepared image (ny, nx) without gaps may have dark regions."""
    touched = np.zeros(tiling.count, np.bool_)
    dark = np.flatnonzero(sharpened(image) < _faintest(parameters) + SLACK)
    _touch(touched, dark, _BESIDE, tiling)
    return _places(touched)


def sharpened(image: Image) -> Image:
    """An estimate of the darkest that the doubled pixels of each native one can be, but for `SLACK`."""
    estimate = np.float32(SHARPENING) * image
    estimate -= np.float32(SHARPENING - 1) * uniform_filter(image, _AROUND_PX, mode="nearest")
    return np.asarray(np.minimum(estimate, image, out=estimate))


def needed(canvas: Canvas, made: set[Place], parameters: DetectParameters, pixel_mm: float) -> set[Place]:
    """Tiles that hold what detection looks at, given the doubled image as far as it is made (1 elsewhere).

    Parameters
    ----------
    canvas : Canvas
        The doubled image.
    made : set of tiles
        Those that are there.
    parameters : DetectParameters
    pixel_mm : float
        Side of a native pixel, Mm.
    """
    lowest, (first_row, first_col) = _lowest(canvas, made)
    grey = lowest < max(parameters.penumbra_threshold, _faintest(parameters))
    pixels, structure = connected(grey, parameters.connectivity == 8)
    level = lowest.ravel()[pixels]
    dark = level < parameters.threshold
    n_dark = np.bincount(structure, weights=dark)
    spot = n_dark * pixel_mm**2 >= parameters.umbra_min_area_mm2  # only there are rims looked at
    seen = (n_dark > 0)[structure] | (level < parameters.faint_threshold)
    y, x = np.divmod(pixels, lowest.shape[1])
    pixels = (y + first_row) * canvas.tiling.shape[1] + x + first_col
    touched = np.zeros(canvas.tiling.count, np.bool_)
    _touch(touched, pixels[seen], _BESIDE, canvas.tiling)
    rim = int(parameters.rim_outer_mm / pixel_mm) + 1
    _touch(touched, pixels[dark & spot[structure]], rim, canvas.tiling)
    return _places(touched)


def _faintest(parameters: DetectParameters) -> float:
    return max(parameters.threshold, parameters.faint_threshold)


def _lowest(canvas: Canvas, made: set[Place]) -> tuple[Image, tuple[int, int]]:
    """Lowest of the doubled pixels of each native one, in the box around the tiles made; its first corner."""
    sides = zip(*(canvas.tiling.fine(place) for place in made), strict=True)
    rows, cols = (slice(min(s.start for s in side), max(s.stop for s in side)) for side in sides)
    part = canvas.out[rows, cols]
    halves = np.minimum(part[::2], part[1::2])
    return np.minimum(halves[:, ::2], halves[:, 1::2]), (rows.start // 2, cols.start // 2)


def _touch(touched: NDArray[np.bool_], pixels: Ints, reach: int, tiling: Tiling) -> None:
    """Mark the tiles that squares of half width `reach` around native pixels (flat indices) touch."""
    at = np.divmod(pixels, tiling.shape[1])
    (y, in_y), (x, in_x) = (np.divmod(one, size) for one, size in zip(at, tiling.tile, strict=True))
    touched[y, x] = True
    to_edge = [
        np.minimum(inside, n - 1 - inside) for inside, n in zip((in_y, in_x), tiling.tile, strict=True)
    ]
    outward = np.minimum(*to_edge) < reach  # only these reach other tiles
    rows, cols = (
        [np.clip(one[outward] + step, 0, n - 1) // size for step in (*range(-reach, reach, size), reach)]
        for one, n, size in zip(at, tiling.shape, tiling.tile, strict=True)
    )
    for i in rows:
        for j in cols:
            touched[i, j] = True


def _places(touched: NDArray[np.bool_]) -> set[Place]:
    rows, cols = np.nonzero(touched)
    return set(zip(rows.tolist(), cols.tolist(), strict=True))
