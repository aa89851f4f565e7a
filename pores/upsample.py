"""Twice the resolution by the interpolating cubic spline, on a grid with the same outer edges.

The spline's coefficients are had by one recursive filter per axis (Unser, Aldroubi & Eden 1993, IEEE
Transactions on Signal Processing 41, 821). Fine pixels lie a quarter of a native pixel to either side of
a native centre, so that two fixed filters of four taps evaluate it. Beyond its border an image goes on as
its own point reflection in the border pixel, 2 f(0) - f(x): the natural spline, exact for any ramp
(docs/decisions/0003-upsampling.md).
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import spline_filter1d, uniform_filter

Image = NDArray[np.float32]

# Cubic B-spline at distances 5/4, 1/4, 3/4, 7/4 from coefficients k-1, k, k+1, k+2: the spline at k + 1/4.
_TAPS = np.array([27, 235, 121, 1], np.float32) / np.float32(384)
_REACH = (1, 2, 4, 8)  # half-widths of the boxes that extend data into gaps
# A coefficient's weight falls by 3.7 per pixel: 1e-6 in 11. Gaps are extended by up to 15 pixels.
_HALO, _HALO_AT_GAPS = 14, 28


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
    values = np.asarray(image, np.float32)
    missing = ~np.isfinite(values)
    gaps = bool(missing.any())
    if gaps:
        values = extended(values, ~missing)
    fine = _doubled_rows(_doubled_columns(_coefficients(values)))
    if gaps:
        fine[missing.repeat(2, axis=0).repeat(2, axis=1)] = np.nan
    return fine


def double_window(image: NDArray[np.floating], rows: slice, cols: slice) -> Image:
    """Doubled image of a window: `double(image)[2 * r0 : 2 * r1, 2 * c0 : 2 * c1]` to 1e-6.

    Parameters
    ----------
    image : ndarray
        Image (ny, nx).
    rows, cols : slice
        Native pixels r0:r1 and c0:c1 of the window, within the image.
    """
    part, inside = _with_halo(image, (rows, cols), _HALO)
    if not np.isfinite(part).all():
        part, inside = _with_halo(image, (rows, cols), _HALO_AT_GAPS)
    return double(part)[inside]


def _with_halo(
    image: NDArray[np.floating], window: tuple[slice, slice], halo: int
) -> tuple[NDArray[np.floating], tuple[slice, slice]]:
    """Part of the image around a window, and where the doubled window is in the doubled part."""
    spans = [side.indices(n)[:2] for side, n in zip(window, image.shape, strict=True)]
    starts = [max(start - halo, 0) for start, _ in spans]
    part = image[tuple(slice(s, stop + halo) for s, (_, stop) in zip(starts, spans, strict=True))]
    rows, cols = (slice(2 * (a - s), 2 * (b - s)) for s, (a, b) in zip(starts, spans, strict=True))
    return part, (rows, cols)


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


def _coefficients(values: Image) -> Image:
    """Coefficients of the spline at every pixel and at two beyond each border."""
    beyond = _reflected(_reflected(values, _HALO + 2).T, _HALO + 2).T
    across = spline_filter1d(beyond, 3, axis=1, output=np.float32)
    both: Image = spline_filter1d(across, 3, axis=0, output=np.float32)
    return both[_HALO:-_HALO, _HALO:-_HALO]


def _reflected(values: Image, n: int) -> Image:
    """Image with n rows more at either end, its point reflection; `np.pad` is slow on small images."""
    if len(values) <= n:
        return np.pad(values, ((n, n), (0, 0)), mode="reflect", reflect_type="odd")
    above = 2 * values[0] - values[n:0:-1]
    below = 2 * values[-1] - values[-2 : -n - 2 : -1]
    return np.concatenate((above, values, below))


def _doubled_columns(c: Image) -> Image:
    n = c.shape[1] - 4
    fine = np.empty((c.shape[0], 2 * n), np.float32)
    for phase, taps in enumerate((_TAPS[::-1], _TAPS)):
        fine[:, phase::2] = sum(w * c[:, phase + i : phase + i + n] for i, w in enumerate(taps))
    return fine


def _doubled_rows(c: Image) -> Image:
    n = c.shape[0] - 4
    fine = np.empty((2 * n, c.shape[1]), np.float32)
    for phase, taps in enumerate((_TAPS[::-1], _TAPS)):
        fine[phase::2] = sum(w * c[phase + i : phase + i + n] for i, w in enumerate(taps))
    return fine
