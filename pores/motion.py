"""Where a feature should be next: differential rotation and its own motion, on the next frame's grid.

Rotation law: Snodgrass 1983 (ApJ 270, 288), from the cross-correlation of magnetograms, sidereal,

    omega = 2.902 - 0.464 sin^2(b) - 0.328 sin^4(b)  microrad/s   (14.37 deg/day at the equator).

Carrington longitude is counted in a frame that turns once in 25.38 days, 14.1844 deg/day sidereal, so a
feature drifts in Carrington longitude by the difference: +0.18 deg/day at the equator, 0.05 native SHARP
pixels in 12 minutes, which the drift of the patch (CRVAL1) nearly follows. The Earth's motion has no part.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pores.geometry import CeaGrid, Observer, mu_at
from pores.grids import Grids

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SNODGRASS_MICRORAD_S = (2.902, -0.464, -0.328)
CARRINGTON_DEG_DAY = 360 / 25.38
DAY_S = 86400.0
_AT_A_TIME = 20_000


def sidereal_rate(lat: ArrayLike) -> Floats:
    """Sidereal rotation rate of magnetic features at a latitude in deg, deg/day (Snodgrass 1983)."""
    sin2 = np.sin(np.radians(np.asarray(lat, float))) ** 2
    a, b, c = SNODGRASS_MICRORAD_S
    return np.asarray(np.degrees((a + b * sin2 + c * sin2**2) * 1e-6) * DAY_S)


def drift_rate(lat: ArrayLike) -> Floats:
    """Rate at which Carrington longitude grows at a latitude in deg, deg/day."""
    return sidereal_rate(lat) - CARRINGTON_DEG_DAY


@dataclass(frozen=True)
class Places:
    """Where features are on the Sun and how they move there.

    Attributes
    ----------
    lon, lat : ndarray of float, (n,)
        Carrington longitude and latitude, deg.
    vx, vy : ndarray of float, (n,)
        Proper motion, relative to rotation, along x and y of the patch, native pixels per second.
    radius : ndarray of float, (n,)
        Radius of the circle of the feature's area, native pixels.
    """

    lon: Floats
    lat: Floats
    vx: Floats
    vy: Floats
    radius: Floats

    def of(self, which: NDArray[np.intp] | slice) -> "Places":
        """The places of some of the features."""
        return Places(self.lon[which], self.lat[which], self.vx[which], self.vy[which], self.radius[which])


def rotated(places: Places, dt_s: ArrayLike, grid: CeaGrid | Grids) -> tuple[Floats, Floats]:
    """Native pixel (x, y) of places carried by rotation alone for `dt_s` seconds (negative: back)."""
    lon = places.lon + drift_rate(places.lat) * np.asarray(dt_s, float) / DAY_S
    return grid.to_pixel(lon, places.lat)


def expected(places: Places, dt_s: ArrayLike, grid: CeaGrid | Grids) -> tuple[Floats, Floats]:
    """Native pixel (x, y) where features should be after `dt_s` seconds: rotation and proper motion."""
    x, y = rotated(places, dt_s, grid)
    return x + places.vx * np.asarray(dt_s, float), y + places.vy * np.asarray(dt_s, float)


def in_blocks(n: int) -> Iterator[slice]:
    """So many things some thousand at a time, so that what is reckoned in between stays in the cache."""
    for first in range(0, n, _AT_A_TIME):
        yield slice(first, min(first + _AT_A_TIME, n))


def expected_each(places: Places, dt_s: Floats, grids: Grids, k: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Where each feature should be after its own time, on the grid of its own frame k: see `expected`."""
    x, y = np.empty(len(k)), np.empty(len(k))
    for some in in_blocks(len(k)):
        x[some], y[some] = expected(places.of(some), dt_s[some], grids.at(k[some]))
    return x, y


@dataclass(frozen=True)
class View:
    """What one frame shows: its native grid, the observer (None: limb unknown) and the smallest usable mu."""

    grid: CeaGrid
    observer: Observer | None
    mu_min: float

    def holds(self, places: Places, dt_s: float) -> Bools:
        """Whether features would lie wholly inside the patch and the limit of mu, `dt_s` seconds on."""
        x, y = expected(places, dt_s, self.grid)
        ny, nx = self.grid.shape
        inside = (x - places.radius >= -0.5) & (x + places.radius <= nx - 0.5)
        inside &= (y - places.radius >= -0.5) & (y + places.radius <= ny - 0.5)
        return inside & (self._smallest_mu(x, y, places.radius) >= self.mu_min)

    def _smallest_mu(self, x: Floats, y: Floats, radius: Floats) -> Floats:
        """Mu at the limbward edge of circles; mu falls by sin(theta) / R per length towards the limb."""
        if self.observer is None:
            return np.ones(len(x))
        lon, lat = self.grid.to_carrington(x, y)
        mu = mu_at(lon, lat, self.observer, self.grid.rsun_m)
        across = radius * self.grid.pixel_km * 1e3 / self.grid.rsun_m
        return np.asarray(mu - across * np.sqrt(np.clip(1 - mu**2, 0, None)))
