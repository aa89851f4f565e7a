"""How dark and how magnetic a pore or a spot is on the Sun, before any instrument."""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pores.parameters import DetectParameters
from pores.simulate.instrument import isotropic_response
from pores.simulate.script import INVISIBLE_MM2, Presence, radius_factor
from pores.simulate.stage import PIXEL_MM

Image = NDArray[np.float32]

THRESHOLD = DetectParameters().threshold
EDGE_MM, FIELD_EDGE_MM = 0.20, 0.28  # width of the logistic edge of darkness and field
FIELD_MARGIN_MM = 0.19  # the field reaches a little beyond the darkness
DEPTH_SMALL, DEPTH_SLOPE, DEPTH_STRENGTH, DEPTH_LARGEST = 0.67, 0.045, 0.15, 0.86
UMBRA_EDGE_MM, UMBRA_TEXTURE = 0.6, 0.08
FIELD_G = 2650.0  # radial field per darkness, as real pores show it
PENUMBRA_RADIUS = 2.25  # of a spot, in umbral radii
PENUMBRA_DEPTH, FILAMENT_DEPTH, PENUMBRA_EDGE_MM = 0.27, 0.10, 0.35
RADII_MM = np.linspace(0.1, 6.0, 48)
STRENGTHS = np.linspace(0.7, 1.3, 4)


def depth(radius_mm: float, strength: float) -> float:
    """Darkness of the middle: larger pores and stronger ones are darker."""
    value = DEPTH_SMALL + DEPTH_SLOPE * radius_mm + DEPTH_STRENGTH * (strength - 1)
    return min(value, DEPTH_LARGEST)


def radius_of(area_mm2: float, strength: float) -> float:
    """Radius on the Sun, Mm, of a round pore with that area below the threshold for HMI at disk centre."""
    areas = _areas_of(strength)
    first = int(np.argmax(areas > 0))
    start = float(_vanishing(areas, first))
    return float(np.interp(max(area_mm2, 0.0), [0.0, *areas[first:]], [start, *RADII_MM[first:]]))


def logistic(distance_mm: Image, edge_mm: float) -> Image:
    """1 inside (negative distance), 0 outside, over about four edge widths."""
    return np.asarray(1 / (1 + np.exp(np.clip(distance_mm / np.float32(edge_mm), -30, 30))), np.float32)


def darkness_and_field(presence: Presence, dx_mm: Image, dy_mm: Image) -> tuple[Image, Image]:
    """Darkness (1 - intensity) and unsigned radial field in G around a pore.

    `dx_mm`, `dy_mm` are the distances west and north of its place.
    """
    pore = presence.pore
    radius = radius_of(presence.area_mm2, pore.strength)
    dim = min(1.0, 1.0 - presence.area_mm2 / INVISIBLE_MM2)
    r, angle = np.hypot(dx_mm, dy_mm), np.arctan2(dy_mm, dx_mm)
    distance = r - np.float32(radius) * radius_factor(presence, angle)
    level = np.float32(dim * depth(radius, pore.strength))
    dark = level * logistic(distance, EDGE_MM if pore.kind == "pore" else UMBRA_EDGE_MM)
    field = level * logistic(distance - np.float32(FIELD_MARGIN_MM), FIELD_EDGE_MM)
    if pore.kind == "spot":
        grey = penumbra(presence, radius, r, angle)
        dark = np.maximum(dark * (1 + np.float32(UMBRA_TEXTURE) * _dots(presence, dx_mm, dy_mm)), grey)
        field = np.maximum(field, grey)
    return dark, np.float32(FIELD_G * pore.strength) * field


def penumbra(presence: Presence, radius: float, r: Image, angle: Image) -> Image:
    """Darkness of a penumbra: filaments that run outward, change over an hour, and end raggedly."""
    ragged = np.float32(0.09) * _filaments(presence, 1, angle, np.zeros_like(r))
    outer = np.float32(PENUMBRA_RADIUS * radius) * (radius_factor(presence, angle) + ragged)
    bright = _filaments(presence, 2, angle, r / np.float32(radius))
    level = np.float32(PENUMBRA_DEPTH) + np.float32(FILAMENT_DEPTH) * bright
    return level * logistic(r - outer, PENUMBRA_EDGE_MM)


def _filaments(presence: Presence, layer: int, angle: Image, along: Image) -> Image:
    """Random pattern, about -1 to 1, fine in angle and coarse in radius, turning over with time."""
    rng = np.random.default_rng([presence.pore.number, layer])
    pattern = np.zeros_like(angle)
    for _ in range(14):
        m, phase = int(rng.integers(9, 46)), float(rng.uniform(0, 2 * np.pi))
        wind, rate = float(rng.normal(0, 2.0)), float(rng.normal(0, 2.0))
        pattern += np.cos(m * angle + np.float32(wind) * along + np.float32(phase + rate * presence.hours))
    return pattern * np.float32(1 / math.sqrt(14))


def _dots(presence: Presence, dx_mm: Image, dy_mm: Image) -> Image:
    """Random pattern, about -1 to 1, of a few hundred km: umbral dots and dark nuclei."""
    rng = np.random.default_rng([presence.pore.number, 3])
    pattern = np.zeros_like(dx_mm)
    for _ in range(16):
        kx, ky, phase, rate = rng.normal(0, (2.0, 2.0, 2.0, 1.5))
        pattern += np.cos(
            np.float32(kx) * dx_mm + np.float32(ky) * dy_mm + np.float32(phase + rate * presence.hours)
        )
    return pattern * np.float32(0.35)


@lru_cache(maxsize=1024)
def _areas_of(strength: float) -> NDArray[np.float64]:
    """The seen areas of round pores of a strength, by radius."""
    return np.array([np.interp(strength, STRENGTHS, column) for column in _seen_areas().T])


@lru_cache(maxsize=1)
def _seen_areas() -> NDArray[np.float64]:
    """Area below the threshold as HMI sees it, Mm^2, (strength, radius), of round pores at disk centre.

    Where a pore stays brighter, minus the lack of darkness: a number that reaches zero with it.
    """
    n, step = 192, 0.25  # native pixels
    along = (np.arange(n) - n // 2) * step
    r = (np.hypot(along[:, None], along[None, :]) * PIXEL_MM).astype(np.float32)
    k = np.hypot(np.fft.fftfreq(n, step)[:, None], np.fft.rfftfreq(n, step)[None, :])
    transfer = isotropic_response(k)
    seen = np.empty((STRENGTHS.size, RADII_MM.size))
    for i, strength in enumerate(STRENGTHS):
        for j, radius in enumerate(RADII_MM):
            dark = depth(radius, strength) * logistic(r - np.float32(radius), EDGE_MM)
            seen[i, j] = _area(np.fft.irfft2(np.fft.rfft2(dark) * transfer, s=dark.shape), step)
    return seen


def _area(dark: NDArray[np.float64], step: float) -> float:
    lack = 1 - THRESHOLD - dark.max()
    if lack > 0:
        return float(-lack)
    # The profile along one axis, for a boundary finer than the grid.
    middle = dark[dark.shape[0] // 2, dark.shape[1] // 2 :]
    edge = np.interp(-(1 - THRESHOLD), -middle, np.arange(middle.size)) * step * PIXEL_MM
    return float(np.pi * edge**2)


def _vanishing(areas: NDArray[np.float64], first: int) -> float:
    """Radius at which a pore just reaches the threshold."""
    if first == 0:
        return float(RADII_MM[0])
    lack = -areas[first - 1]
    gain = -areas[first - 2] - lack if first > 1 else lack
    step = RADII_MM[1] - RADII_MM[0]
    return float(min(RADII_MM[first - 1] + step * lack / max(gain, 1e-9), RADII_MM[first] - 1e-6))
