"""What HMI sees of a scene, and what a telescope of twice its aperture would see of it.

HMI's point spread function is that of Wachter et al. 2012 (Sol. Phys. 275, 261): a Gaussian core and a
Lorentz-like halo, of the radius in units of lambda / (pi D), and then the square pixel of the CCD. It is what
the network of Diaz Baso & Asensio Ramos 2018 (A&A 614, A5) undoes, for an ideal telescope of 28 cm sampled at
half a CCD pixel (docs/decisions/0012-enhancement.md).
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.special import j0

Floats = NDArray[np.float64]
Image = NDArray[np.float32]
Transfer = Callable[[Floats, Floats], Floats]

PIXEL_ARCSEC = 0.504
WAVELENGTH_M, HMI_APERTURE_M = 6173e-10, 0.14
OVERSAMPLING = 8  # scene pixels to a native one along an axis
EPSILON, OMEGA, K, W = 0.1, 1.8, 3.0, 3.0  # share and exponents of Wachter et al., lengths in lambda / (pi D)
_ARCSEC = float(np.degrees(3600))
_FAR_ARCSEC, _STEPS = 60.0, 24_000


def hmi(image: NDArray[np.floating]) -> Image:
    """Native pixels (ny, nx) of a periodic scene (8 ny, 8 nx)."""
    return _sampled(image, _hmi_transfer, 1)


def twice_hmi(image: NDArray[np.floating]) -> Image:
    """Fine pixels (2 ny, 2 nx) of a periodic scene (8 ny, 8 nx) for an ideal telescope of 28 cm."""
    return _sampled(image, _ideal_transfer, 2)


def psf_hmi(reach: int) -> Floats:
    """HMI's point spread function, its pixel included, on fine pixels (2 reach + 1, 2 reach + 1)."""
    return _kernel(_hmi_transfer, reach)


def psf_twice_hmi(reach: int) -> Floats:
    """That of an ideal telescope of 28 cm, on fine pixels (2 reach + 1, 2 reach + 1)."""
    return _kernel(_ideal_transfer, reach)


def psf_between(reach: int) -> Floats:
    """The kernel that blurs fine pixels of `twice_hmi` into what HMI has there, (2 reach + 1, 2 reach + 1).

    The ratio of the two transfer functions on the grid of half native pixels: what deconvolution by the right
    point spread function takes.
    """
    return _kernel(_ratio, reach)


def ratio_between(k: float) -> float:
    """What a telescope of 28 cm passes over what HMI does, at k cycles per native pixel, mean over angles."""
    angle = np.linspace(0, np.pi / 4, 7)
    return float(np.mean(1 / _ratio(k * np.sin(angle), k * np.cos(angle))))


def _ratio(ky: Floats, kx: Floats) -> Floats:
    ideal = _ideal_transfer(ky, kx)
    return np.where(ideal > 1e-3, _hmi_transfer(ky, kx) / np.maximum(ideal, 1e-3), 0)


def _kernel(transfer: Transfer, reach: int) -> Floats:
    """A transfer function as a kernel of fine pixels, of sum 1 within its reach."""
    n = 16 * reach
    kernel = np.fft.fftshift(np.fft.irfft2(transfer(*_frequencies((n, n), 0.5)), s=(n, n)))
    centre = slice(n // 2 - reach, n // 2 + reach + 1)
    part: Floats = kernel[centre, centre].clip(min=0)
    return np.asarray(part / part.sum())


def _sampled(image: NDArray[np.floating], transfer: Transfer, scale: int) -> Image:
    """A blurred scene at the centres of pixels, `scale` of them to a native one along an axis."""
    ky, kx = _frequencies(image.shape, 1 / OVERSAMPLING)
    offset = (OVERSAMPLING / scale - 1) / 2 / OVERSAMPLING  # of the first pixel's centre, native pixels
    shift = np.exp(2j * np.pi * (ky + kx) * offset)
    blurred = scipy.fft.irfft2(scipy.fft.rfft2(image) * transfer(ky, kx) * shift, s=image.shape)
    step = OVERSAMPLING // scale
    return np.asarray(blurred[::step, ::step], np.float32)


def _frequencies(shape: tuple[int, ...], step: float) -> tuple[Floats, Floats]:
    """Those of rfft2, in cycles per native pixel, for pixels of a step."""
    ky, kx = np.fft.fftfreq(shape[0], step), np.fft.rfftfreq(shape[1], step)
    return np.asarray(ky, np.float64)[:, None], np.asarray(kx, np.float64)[None, :]


def _hmi_transfer(ky: Floats, kx: Floats) -> Floats:
    """Optics and CCD pixel, for frequencies in cycles per native pixel."""
    k, optics = _optics()
    return np.asarray(np.interp(np.hypot(ky, kx), k, optics, right=0.0) * np.sinc(ky) * np.sinc(kx))


def _ideal_transfer(ky: Floats, kx: Floats) -> Floats:
    part = np.clip(np.hypot(ky, kx) * _diffraction_px(2 * HMI_APERTURE_M), 0, 1)
    return np.asarray((np.arccos(part) - part * np.sqrt(1 - part**2)) * 2 / np.pi)


def _diffraction_px(aperture_m: float) -> float:
    """Wavelength over aperture in native pixels."""
    return WAVELENGTH_M / aperture_m * _ARCSEC / PIXEL_ARCSEC


@lru_cache(maxsize=1)
def _optics() -> tuple[Floats, Floats]:
    """Frequencies, and the Hankel transform of Wachter's radial profile, 1 at frequency 0."""
    unit = _diffraction_px(HMI_APERTURE_M) / np.pi
    r = (np.arange(_STEPS) + 0.5) * _FAR_ARCSEC / PIXEL_ARCSEC / _STEPS
    profile = (1 - EPSILON) * np.exp(-((r / unit / OMEGA) ** 2)) + EPSILON / (1 + (r / unit / W) ** K)
    k = np.linspace(0, 1.5, 301)
    transfer = np.array([(profile * r * j0(2 * np.pi * f * r)).sum() for f in k])
    return k, transfer / transfer[0]
