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

from pores.windows import Image, Ints, Windows, cut

Floats = NDArray[np.float64]

_SAME = 1e-6  # variance over that of the template from which on windows have a pattern at all
_CLIMB = 2  # steps


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


@dataclass(frozen=True, eq=False)
class Search:
    """Where to look for windows.

    Attributes
    ----------
    dx, dy : ndarray, (n,)
        Expected shift, pixels.
    reach : float
        Largest departure from it, pixels.
    cost : float
        Correlation that a peak at the reach loses, as the square of the departure, against one at the
        expected shift when the best one is chosen.
    """

    dx: Floats
    dy: Floats
    reach: float
    cost: float


def match(windows: Windows, image: Image, search: Search) -> Match:
    """Find windows in an image (y, x), NaN where it is unknown."""
    start_x, start_y = (np.rint(shift).astype(np.intp) for shift in (search.dx, search.dy))
    around = int(np.ceil(search.reach)) + 2
    target = cut(image, windows.x + start_x, windows.y + start_y, windows.half + around)
    shift = np.arange(-around, around + 1)
    off_x, off_y = (
        start_x[:, None] + shift - search.dx[:, None],
        start_y[:, None] + shift - search.dy[:, None],
    )
    away = np.hypot(off_x[:, None, :], off_y[:, :, None]) / search.reach
    dx, dy, height = _peak(correlations(windows, target), away, search)
    far = np.hypot(start_x + dx - search.dx, start_y + dy - search.dy) > search.reach
    return Match(*(np.where(far, np.nan, value) for value in (start_x + dx, start_y + dy, height)))


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


def _peak(surface: Image, away: Floats, search: Search) -> tuple[Floats, Floats, Floats]:
    """Shift (x, y) from the middle and height of the best peaks of surfaces, `away` in units of the reach."""
    n, ny, nx = surface.shape
    near = np.isfinite(surface) & (away <= 1 + 1 / search.reach)
    worth = np.where(near, surface - search.cost * away**2, -np.inf)
    row, col = np.unravel_index(worth.reshape(n, -1).argmax(axis=1), (ny, nx))
    for _ in range(_CLIMB):  # to the top of the peak: the cost moved it down the slope
        row, col, around = _about(surface, row, col)
        best = np.where(np.isfinite(around), around, -np.inf).reshape(n, 9).argmax(axis=1)
        row, col = row + best // 3 - 1, col + best % 3 - 1
    row, col, around = _about(surface, row, col)
    dx, dy, rise = _vertex(around.astype(float))
    top = around[:, 1, 1] >= around.max(axis=(1, 2))  # False where one of them is NaN
    with np.errstate(invalid="ignore"):
        top &= (np.abs(dx) <= 1) & (np.abs(dy) <= 1)
    found = col - nx // 2 + dx, row - ny // 2 + dy, np.minimum(around[:, 1, 1] + rise, 1.0)
    x, y, height = (np.where(top, value, np.nan) for value in found)
    return x, y, height


def _about(surface: Image, row: Ints, col: Ints) -> tuple[Ints, Ints, Image]:
    """Places, kept off the rim, and the 3 x 3 values about each."""
    row, col = (np.clip(at, 1, n - 2) for at, n in zip((row, col), surface.shape[1:], strict=True))
    step = np.arange(-1, 2)
    each = np.arange(len(surface))[:, None, None]
    return row, col, surface[each, row[:, None, None] + step[:, None], col[:, None, None] + step]


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
