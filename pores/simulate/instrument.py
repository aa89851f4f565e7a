"""What HMI and the mapping to CEA do to a scene: optics, pixels, remapping, noise.

The response is that of the whole way from the Sun to a SHARP pixel, in the plane of spatial frequencies:
the optics' diffraction-limited core (an aperture of 14 cm at 6173 A) with a tenth of the light in wings
(index 3, scale 3 pixels, after Wachter et al. 2012, Sol. Phys. 275, 261), the square CCD pixel, and the
smoothing of the mapping to CEA, a Gaussian whose width was fitted to the power spectra of quiet SHARP frames.
Noise-free pixels are samples of the scene so blurred.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pores.simulate.orbit import Place

Floats = NDArray[np.float64]

DIFFRACTION_ARCSEC = 0.9095  # wavelength over aperture
CCD_PIXEL_ARCSEC = 0.504
WING_SHARE, WING_SCALE_PX = 0.1, 3.0
REMAP_SIGMA_PX = 0.459  # Gaussian, CCD pixels
PHOTON_NOISE = 0.0005  # of the quiet Sun in a 720 s average
LOS_NOISE_G, TRANSVERSE_NOISE_G = 9.5, 47.0  # after remapping
NEIGHBOUR = 0.25  # weight of a neighbour: noise of neighbouring SHARP pixels correlates to 0.44


@dataclass(frozen=True)
class Spectrum:
    """The grid of spatial frequencies of a padded scene.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns of the scene.
    oversampling : int
        Scene pixels to a native one along an axis.
    """

    shape: tuple[int, int]
    oversampling: int

    def frequencies(self) -> tuple[Floats, Floats]:
        """Frequencies (ky, kx) in cycles per native pixel, shaped to broadcast as rfft2's result."""
        step = 1 / self.oversampling
        ky = np.asarray(np.fft.fftfreq(self.shape[0], step), np.float64)
        kx = np.asarray(np.fft.rfftfreq(self.shape[1], step), np.float64)
        return ky[:, None], kx[None, :]


def response(spectrum: Spectrum, place: Place) -> NDArray[np.float32]:
    """Transfer function from the solar surface to SHARP pixels, on the grid of rfft2.

    All three act in the plane of the sky, so that towards the limb the surface is seen less sharply along the
    direction to it, by 1 / mu.
    """
    ky, kx = spectrum.frequencies()
    up, west, north = place.line_of_sight()
    side = np.hypot(west, north) or 1.0
    along = (kx * west + ky * north) / side
    across = (ky * west - kx * north) / side
    arcsec = _pixel_arcsec(place)
    sky = np.hypot(along / up, across) / arcsec  # cycles per arcsec
    pixel = np.sinc(sky * CCD_PIXEL_ARCSEC)
    remap = np.exp(-2 * (np.pi * REMAP_SIGMA_PX * CCD_PIXEL_ARCSEC * sky) ** 2)
    return (_optics(sky) * pixel * remap).astype(np.float32)


def isotropic_response(k: Floats) -> Floats:
    """Transfer function at disk centre for frequencies in cycles per native pixel."""
    sky = k / CCD_PIXEL_ARCSEC
    remap = np.exp(-2 * (np.pi * REMAP_SIGMA_PX * k) ** 2)
    return np.asarray(_optics(sky) * np.sinc(k) * remap)


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Noise of unit variance with the neighbour correlation that the mapping to CEA leaves."""
    noise = rng.standard_normal((shape[0] + 2, shape[1] + 2), np.float32)
    noise = noise[1:-1] + np.float32(NEIGHBOUR) * (noise[2:] + noise[:-2])
    noise = noise[:, 1:-1] + np.float32(NEIGHBOUR) * (noise[:, 2:] + noise[:, :-2])
    return noise / np.float32(1 + 2 * NEIGHBOUR**2)


def field_noise(rng: np.random.Generator, place: Place, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Noise of the field along up, west and north, G, (3, ny, nx): small along the line of sight only."""
    line = np.array(place.line_of_sight(), np.float32)[:, None, None]
    noise = np.float32(TRANSVERSE_NOISE_G) * np.stack([smooth_noise(rng, shape) for _ in range(3)])
    along = np.float32(LOS_NOISE_G) * smooth_noise(rng, shape)
    total: NDArray[np.float32] = noise + (along - (line * noise).sum(0)) * line
    return total


def _optics(sky: Floats) -> Floats:
    """Transfer function of the optics at frequencies in cycles per arcsec."""
    part = np.clip(sky * DIFFRACTION_ARCSEC, 0, 1)
    core = (np.arccos(part) - part * np.sqrt(1 - part**2)) * 2 / np.pi
    wings = np.exp(-2 * np.pi * WING_SCALE_PX * CCD_PIXEL_ARCSEC * sky)
    return np.asarray((1 - WING_SHARE) * core + WING_SHARE * wings)


def _pixel_arcsec(place: Place) -> float:
    """Angle that a native pixel at the patch centre, seen from above, subtends at the observer."""
    distance = place.observer.distance_m - place.grid.rsun_m * place.mu_center
    return float(np.degrees(place.grid.pixel_km * 1e3 / distance) * 3600)
