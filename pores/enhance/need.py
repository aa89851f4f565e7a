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
from pores.enhance.tiles import Image, Mask, Place, Tiling
from pores.parameters import DetectParameters

Ints = NDArray[np.intp]

SHARPENING = (
    3.5  # a doubled pixel is at most this much darker, relative to the mean around it, than its native one
)
SLACK = 0.05  # and by this, for what is not linear
_AROUND_PX = 5  # native pixels of that mean
_BLOCK_PX = 8  # fine pixels that are looked at together


def seeds(image: NDArray[np.floating], parameters: DetectParameters) -> Mask:
    """Native pixels whose doubled pixels may be dark, or faint; of a prepared image (ny, nx)."""
    values = np.nan_to_num(np.asarray(image, np.float32), nan=1.0)
    around = uniform_filter(values, _AROUND_PX, mode="nearest")
    darkest = np.minimum(values, around + np.float32(SHARPENING) * (values - around)) - np.float32(SLACK)
    mask: Mask = darkest < max(parameters.threshold, parameters.faint_threshold)
    return mask


def needed(intensity: Image, tiling: Tiling, parameters: DetectParameters, pixel_mm: float) -> set[Place]:
    """Tiles that hold what detection looks at, given the doubled image as far as it is made (1 elsewhere).

    Parameters
    ----------
    intensity : ndarray
        Doubled intensity (2 ny, 2 nx).
    tiling : Tiling
        Of the native image.
    parameters : DetectParameters
    pixel_mm : float
        Side of a doubled pixel, Mm.
    """
    pixels, structure = connected(
        intensity < max(parameters.penumbra_threshold, parameters.threshold), parameters.connectivity == 8
    )
    flat = intensity.ravel()[pixels]
    dark = flat < parameters.threshold
    holds = np.bincount(structure, weights=dark) > 0
    rim = int(parameters.rim_outer_mm / pixel_mm) + 2
    return (
        _around(pixels[holds[structure]], 2, intensity.shape, tiling)
        | _around(pixels[flat < parameters.faint_threshold], 2, intensity.shape, tiling)
        | _around(pixels[dark], rim, intensity.shape, tiling)
    )


def _around(pixels: Ints, reach: int, shape: tuple[int, ...], tiling: Tiling) -> set[Place]:
    """Tiles that squares of half width `reach` around fine pixels touch, and perhaps some beside them."""
    blocks = np.zeros([-(-n // _BLOCK_PX) for n in shape], np.bool_)
    y, x = np.divmod(pixels, shape[1])
    blocks[y // _BLOCK_PX, x // _BLOCK_PX] = True
    y, x = (at * _BLOCK_PX + _BLOCK_PX // 2 for at in np.nonzero(blocks))
    reach += _BLOCK_PX // 2
    rows, cols = (
        [np.clip(at + step, 0, n - 1) // 2 // size for step in (*range(-reach, reach, 2 * size), reach)]
        for at, n, size in zip((y, x), shape, tiling.tile, strict=True)
    )
    code = np.unique(np.concatenate([i * tiling.count[1] + j for i in rows for j in cols]))
    return {(int(k) // tiling.count[1], int(k) % tiling.count[1]) for k in code}
