"""The quiet Sun's intensity pattern as SHARP frames show it.

A Gaussian random field with the power spectrum that, seen through the instrument, fits those of quiet patches
of real frames (contrast 2.7 % at disk centre), slightly skewed as they are. Granules live for minutes: each
record has its own, but for a part at supergranular scales that stays and rotates with the Sun.
"""

import numpy as np
from numpy.typing import NDArray

from pores.simulate.instrument import Spectrum

Complex = NDArray[np.complex64]
Image = NDArray[np.float32]

POWER = 6.75e-3  # per native pixel, squared contrast, at vanishing frequency and mu 0.96
LARGE, LARGE_K = 0.4, 0.05  # more power at supergranular scales
RISE, KNEE, STEEPNESS = 8.29, 0.2628, 4.908  # of the spectrum on the Sun; the knee is at 1.39 Mm
STATIC_SHARE, STATIC_K = 0.5, 0.035  # share of the power that stays, and up to which frequency
MU_EXPONENT = 0.15  # contrast on the Sun with mu
SKEWNESS = 0.17


def amplitude(spectrum: Spectrum, mu: float) -> NDArray[np.float32]:
    """Amplitude on rfft2's grid that turns white noise of the scene into granulation on the Sun."""
    ky, kx = spectrum.frequencies()
    k = np.hypot(ky, kx)
    power = (
        POWER * (1 + RISE * k) / (1 + (k / KNEE) ** STEEPNESS) * (1 + LARGE * np.exp(-((k / LARGE_K) ** 2)))
    )
    contrast = (mu / 0.96) ** MU_EXPONENT
    return np.asarray(spectrum.oversampling * contrast * np.sqrt(power), np.float32)


def mixed(fresh: Complex, static: Complex, spectrum: Spectrum) -> Complex:
    """Noise that has its large scales in part from the static field, with the same power."""
    ky, kx = spectrum.frequencies()
    share = (STATIC_SHARE * np.exp(-(kx**2 + ky**2) / (2 * STATIC_K**2))).astype(np.float32)
    return np.asarray(np.sqrt(1 - share) * fresh + np.sqrt(share) * static, np.complex64)


def skewed(pattern: Image) -> Image:
    """The pattern with the slight skewness of real frames, of the same mean, zero."""
    sigma = np.float32(pattern.std())
    return pattern + np.float32(SKEWNESS / 6) * (pattern**2 / sigma - sigma)


def mode(sigma: float) -> float:
    """Most frequent value of a skewed pattern of standard deviation sigma (Edgeworth, first order)."""
    return -SKEWNESS / 2 * sigma
