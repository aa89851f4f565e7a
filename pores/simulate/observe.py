"""A noise-free scene turned into the segments of a SHARP record, in the steps in which JSOC stores them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pores.geometry import mu_map
from pores.limb_darkening import profile
from pores.simulate.instrument import PHOTON_NOISE, field_noise, smooth_noise
from pores.simulate.parameters import ERROR_SEGMENTS, SimulationParameters
from pores.simulate.scene import Scene, Seen

Image = NDArray[np.float32]

DISK_CENTRE_DN_S = 62_400.0
ACTIVE_G, PATCH_SMOOTHING_PX, PATCH_SHARE = 90.0, 7.0, 0.06  # of the line-of-sight field, for `bitmap`
CONFIDENT_G, CONFIDENT, LESS_CONFIDENT = 220.0, 90, 60  # total field, values of `conf_disambig`
QUIET, ACTIVE, IN_PATCH = 1, 2, 32  # bits of `bitmap`
FIELD_ERROR_G = {"Br": 18.0, "Bp": 42.0, "Bt": 45.0}


@dataclass(frozen=True)
class Stored:
    """How JSOC stores a segment: bits per pixel, scale, what a missing pixel is, unit."""

    bits: int
    bscale: float
    bzero: float
    blank: int
    unit: str


STORED = {
    "continuum": Stored(32, 3.0, 97304.0, -(2**31), "DN/s"),
    "magnetogram": Stored(32, 0.1, 0.0, -(2**31), "Mx/cm^2"),
    **{name: Stored(32, 0.01, 0.0, -(2**31), "Mx/cm^2") for name in ("Br", "Bp", "Bt")},
    **{name: Stored(32, 0.001, 0.0, -(2**31), "Mx/cm^2") for name in ERROR_SEGMENTS},
    "bitmap": Stored(16, 1.0, 0.0, -(2**15), ""),
    "conf_disambig": Stored(16, 1.0, 0.0, -(2**15), ""),
}


def observe(scene: Scene, seen: Seen, frame: int) -> dict[str, NDArray[Any]]:
    """All segments of a record as integers (ny, nx); `physical` gives their values."""
    parameters = scene.parameters
    rng = np.random.default_rng([parameters.seed, 5, frame])
    field = np.stack([scene.native(image) for image in (seen.br, seen.bp, seen.bt)])
    # Noise comes along up, west and north; Bt is southward.
    field += np.float32(parameters.noise) * field_noise(rng, seen.place, parameters.shape) * _SIGNS
    line = np.array(seen.place.line_of_sight(), np.float32)[:, None, None] * _SIGNS
    values: dict[str, NDArray[Any]] = {
        "continuum": _continuum(rng, scene.native(seen.intensity), seen, parameters),
        **dict(zip(("Br", "Bp", "Bt"), field, strict=True)),
        "magnetogram": (line * field).sum(0),
        **{f"{name}_err": _error(rng, level, field) for name, level in FIELD_ERROR_G.items()},
    }
    values["bitmap"] = _bitmap(values["magnetogram"])
    values["conf_disambig"] = _confidence(field, values["bitmap"])
    return {name: _integers(values[name], STORED[name]) for name in STORED}


def physical(name: str, stored: NDArray[Any]) -> NDArray[Any]:
    """The values that the stored integers of a segment mean: float32, integers for masks."""
    how = STORED[name]
    if how.bits == 16:
        return stored
    return (stored * how.bscale + how.bzero).astype(np.float32)


_SIGNS = np.array([1, 1, -1], np.float32)[:, None, None]


def _continuum(
    rng: np.random.Generator, intensity: Image, seen: Seen, parameters: SimulationParameters
) -> NDArray[np.floating]:
    """Continuum in DN/s: with limb darkening, and photon noise that goes with the root of intensity."""
    photons = PHOTON_NOISE * parameters.noise * np.sqrt(intensity.clip(min=0.01))
    dark = profile(mu_map(seen.place.grid, seen.place.observer), "pierce_slaughter_6173")
    noisy = intensity + photons * smooth_noise(rng, parameters.shape)
    return np.asarray(DISK_CENTRE_DN_S * dark * noisy)


def _error(rng: np.random.Generator, level: float, field: NDArray[np.float32]) -> Image:
    """Standard error as the inversion reports it: scattered, larger in strong field."""
    scatter = np.exp(np.float32(0.15) * smooth_noise(rng, (field.shape[1], field.shape[2])))
    return np.asarray(np.float32(level) * scatter * (1 + np.abs(field[0]) / 3000), np.float32)


def _bitmap(los: Image) -> NDArray[np.int16]:
    active = ndimage.gaussian_filter(np.abs(los), 1.5) > ACTIVE_G
    inside = ndimage.gaussian_filter(active.astype(np.float32), PATCH_SMOOTHING_PX) > PATCH_SHARE
    return np.asarray(np.where(active, ACTIVE, QUIET) + IN_PATCH * inside, np.int16)


def _confidence(field: NDArray[np.float32], bitmap: NDArray[np.int16]) -> NDArray[np.int16]:
    strength = ndimage.uniform_filter(np.sqrt((field**2).sum(0)), 5)
    sure = (strength > CONFIDENT_G) & (bitmap >= IN_PATCH)
    return np.where(sure, CONFIDENT, LESS_CONFIDENT).astype(np.int16)


def _integers(values: NDArray[Any], how: Stored) -> NDArray[Any]:
    return np.rint((values - how.bzero) / how.bscale).astype(f"int{how.bits}")
