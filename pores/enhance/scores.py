"""How well a doubled image agrees with another one: with the published network's, or with the truth."""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from pores.enhance.scenes import Image

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

WINDOW_PX = 64  # fine pixels of the windows whose power is averaged
# Edges, cycles per fine pixel: beyond, a telescope of 28 cm has next to no power.
BANDS = np.linspace(0.04, 0.28, 7)


@dataclass(frozen=True)
class Agreement:
    """Figures of one image against another.

    Attributes
    ----------
    rms : float
        Of the difference, in units of the quiet Sun.
    correlation : float
        Of the two.
    contrast_ratio : float
        Standard deviations, one over the other, where both are quiet.
    power_ratio_least, power_ratio_most : float
        Of azimuthally averaged power in bands of spatial frequency, where both are quiet.
    """

    rms: float
    correlation: float
    contrast_ratio: float
    power_ratio_least: float
    power_ratio_most: float

    def rounded(self) -> dict[str, float]:
        """The figures by name, to four digits after the point."""
        return {name: round(float(value), 4) for name, value in asdict(self).items()}


def agreement(ours: Image, other: Image, compared: Mask, quiet: Mask) -> Agreement:
    """Compare two images (y, x) where `compared`, and their granulation where whole windows are `quiet`."""
    one, two = ours[compared].astype(np.float64), other[compared].astype(np.float64)
    corners = _windows(quiet)
    powers = [np.mean([_power(image, corner) for corner in corners], axis=0) for image in (ours, other)]
    spreads = [
        np.sqrt(np.mean([_window(image, corner).var() for corner in corners])) for image in (ours, other)
    ]
    ratio = powers[0] / powers[1]
    return Agreement(
        float(np.sqrt(np.mean((one - two) ** 2))),
        float(np.corrcoef(one, two)[0, 1]),
        float(spreads[0] / spreads[1]),
        float(ratio.min()),
        float(ratio.max()),
    )


def _windows(quiet: Mask) -> list[tuple[int, int]]:
    """Corners of windows, side by side, that are quiet as a whole."""
    rows, cols = (range(0, n - WINDOW_PX + 1, WINDOW_PX // 2) for n in quiet.shape)
    return [(r, c) for r in rows for c in cols if quiet[r : r + WINDOW_PX, c : c + WINDOW_PX].all()]


def _window(image: Image, corner: tuple[int, int]) -> Floats:
    """A window less its plane of best fit: limb darkening is no granulation."""
    part = image[corner[0] : corner[0] + WINDOW_PX, corner[1] : corner[1] + WINDOW_PX].astype(np.float64)
    y, x = np.mgrid[:WINDOW_PX, :WINDOW_PX].reshape(2, -1) / WINDOW_PX
    plane = np.stack((np.ones_like(x), x, y), axis=1)
    fitted = plane @ np.linalg.lstsq(plane, part.ravel(), rcond=None)[0]
    return np.asarray(part - fitted.reshape(part.shape))


def _power(image: Image, corner: tuple[int, int]) -> Floats:
    """Mean power of a window in each band."""
    taper = np.hanning(WINDOW_PX)
    spectrum = np.abs(np.fft.rfft2(_window(image, corner) * taper[:, None] * taper)) ** 2
    k = np.hypot(np.fft.fftfreq(WINDOW_PX)[:, None], np.fft.rfftfreq(WINDOW_PX)[None, :])
    band = np.digitize(k, BANDS)
    return np.array([spectrum[band == i].mean() for i in range(1, len(BANDS))])
