"""Windows found again in another image: weighted, normalised cross-correlation with a sub-pixel peak.

With weights w that move with the template t, and <> the mean weighted by w, the correlation at shift d is

    C(d) = <(t - <t>) (f_d - <f_d>)> / sqrt(<(t - <t>)^2> <(f_d - <f_d>)^2>),    f_d(p) = f(p + d),

1 where the image f is the template but for brightness and contrast. The sums over all shifts are convolutions
made by FFT for all windows at once (Lewis 1995, Vision Interface, 120). The peak is that of the quadratic
surface fitted by least squares to the 3 x 3 correlations around the largest.
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from pores.windows import Image, Windows, cut

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_SAME = 1e-6  # variance over that of the template from which on windows have a pattern at all


@dataclass(frozen=True, eq=False)
class Match:
    """Where windows are found.

    Attributes
    ----------
    dx, dy : ndarray, (n,)
        Shift in pixels; NaN where there is no peak among the shifts looked at, or not all around it is known.
    correlation : ndarray, (n,)
        At the peak, at most 1; NaN where the shift is.
    """

    dx: Floats
    dy: Floats
    correlation: Floats


def match(windows: Windows, image: Image, expected: tuple[Floats, Floats], reach: float) -> Match:
    """Find windows in an image.

    Parameters
    ----------
    windows : Windows
    image : ndarray, (y, x)
        Where to look; NaN where unknown.
    expected : tuple of ndarray, (n,)
        Shift (x, y) around which to look, pixels.
    reach : float
        Largest departure from it, pixels.
    """
    start = [np.rint(shift).astype(np.intp) for shift in expected]
    around = int(np.ceil(reach + 0.5)) + 1
    target = cut(image, windows.x + start[0], windows.y + start[1], windows.half + around)
    surface = correlations(windows, target)
    shift = np.arange(-around, around + 1)
    off = [whole[:, None] + shift - want[:, None] for whole, want in zip(start, expected, strict=True)]
    near = np.hypot(off[0][:, None, :], off[1][:, :, None]) <= reach
    dx, dy, height = _peak(surface, near)
    return Match(start[0] + dx, start[1] + dy, height)


def correlations(windows: Windows, target: Image) -> Image:
    """Correlation at every shift for which a window lies in its target, (n, shifts in y, shifts in x).

    NaN where the window or what it would lie on is unknown or has no pattern.

    Parameters
    ----------
    windows : Windows
    target : ndarray, (n, size, size)
        Part of the image in which to look.
    """
    weight = windows.weight / np.maximum(windows.weight.sum(axis=(1, 2), keepdims=True), np.float32(1e-6))
    known = np.isfinite(windows.image) & (weight > 0)
    template = np.where(known, windows.image, 0)
    level = (weight * template).sum(axis=(1, 2), keepdims=True)
    template = np.where(known, template - level, 0)
    scale = np.sqrt((weight * template**2).sum(axis=(1, 2), keepdims=True))
    scale = np.where(scale > 0, scale, 1).astype(np.float32)
    there = np.isfinite(target)
    found = np.where(there, target - level, 0) / scale
    sums = _Sums(found.shape[-1], windows.weight.shape[-1])
    mean, square = sums(weight, found), sums(weight, found**2)
    spread = square - mean**2
    surface = sums(weight * template / scale, found) / np.sqrt(np.maximum(spread, np.float32(_SAME)))
    unknown = (spread <= _SAME) | ~windows.whole[:, None, None]
    if not there.all():
        unknown |= sums((weight > 0).astype(np.float32), (~there).astype(np.float32)) > 0.5
    return np.asarray(np.where(unknown, np.nan, surface), np.float32)


class _Sums:
    """Sums of products of two stacks of images at all shifts at which the second holds the first."""

    def __init__(self, size: int, small: int) -> None:
        self._shape = (scipy.fft.next_fast_len(size, real=True),) * 2
        self._shifts = size - small + 1
        self._transforms: dict[int, tuple[Image, NDArray[np.complex64]]] = {}

    def __call__(self, small: Image, large: Image) -> Image:
        product = self._transform(small).conj() * self._transform(large)
        n = self._shifts
        return np.asarray(scipy.fft.irfft2(product, s=self._shape)[:, :n, :n], np.float32)

    def _transform(self, images: Image) -> NDArray[np.complex64]:
        """Each stack is transformed once."""
        if id(images) not in self._transforms:
            self._transforms[id(images)] = images, scipy.fft.rfft2(images.astype(np.float32), s=self._shape)
        return self._transforms[id(images)][1]


def _peak(surface: Image, near: Bools) -> tuple[Floats, Floats, Floats]:
    """Shift (x, y) from the middle and height of the peaks of surfaces among the shifts that are near."""
    n, ny, nx = surface.shape
    candidates = np.where(near & np.isfinite(surface), surface, -2.0)
    row, col = np.unravel_index(candidates.reshape(n, -1).argmax(axis=1), (ny, nx))
    row, col = np.clip(row, 1, ny - 2), np.clip(col, 1, nx - 2)
    step = np.arange(-1, 2)
    around = surface[
        np.arange(n)[:, None, None], row[:, None, None] + step[:, None], col[:, None, None] + step
    ]
    dx, dy, rise = _vertex(around.astype(float))
    inner = around[:, 1, 1] >= around.max(axis=(1, 2), initial=-2.0)  # False where one of them is NaN
    with np.errstate(invalid="ignore"):
        inner &= (np.abs(dx) <= 1) & (np.abs(dy) <= 1)
    height = np.minimum(around[:, 1, 1] + rise, 1.0)
    found = (col - nx // 2 + dx, row - ny // 2 + dy, height)
    x, y, height = (np.where(inner, value, np.nan) for value in found)
    return x, y, height


def _vertex(z: Floats) -> tuple[Floats, Floats, Floats]:
    """Vertex (x, y) of the quadratic surface fitted to (n, 3, 3) values, and its rise above the middle.

    NaN where the surface has no maximum.
    """
    along, across = z.sum(axis=1), z.sum(axis=2)
    gx, gy = (along[:, 2] - along[:, 0]) / 6, (across[:, 2] - across[:, 0]) / 6
    hxx, hyy = ((part[:, 0] - 2 * part[:, 1] + part[:, 2]) / 3 for part in (along, across))
    hxy = (z[:, 2, 2] - z[:, 2, 0] - z[:, 0, 2] + z[:, 0, 0]) / 4
    det = hxx * hyy - hxy**2
    det = np.where((det > 0) & (hxx < 0), det, np.nan)
    x, y = (hxy * gy - hyy * gx) / det, (hxy * gx - hxx * gy) / det
    return x, y, (gx * x + gy * y) / 2
