"""Where the patch, the observer and a place on the Sun are at a record's time."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pores.geometry import CeaGrid, Observer, mu_at
from pores.simulate.parameters import SimulationParameters

Floats = NDArray[np.float64]

RSUN_M = 6.96e8  # RSUN_REF of SHARP headers
CDELT_DEG = 0.03
CARRINGTON_DEG_DAY = 14.1844  # sidereal rate of Carrington longitude
SYNODIC_DEG_DAY = 13.1988  # rate at which CRLN_OBS falls
OMEGA_DT_DEG_DAY = 13.44  # synodic rate of the HARP's box: 0.002 deg per record past Carrington longitude
CRLN_START_DEG, CRLT_OBS_DEG = 212.35, 1.2
DSUN_MEAN_M, DSUN_SWING_M = 1.5187e11, 4.1e7  # geosynchronous orbit about the Earth
OBS_VR_SWING_M_S = 3000.0


@dataclass(frozen=True)
class Place:
    """The geometry of one record: time since the start, its grid and its observer."""

    hours: float
    grid: CeaGrid
    observer: Observer
    obs_vr: float

    @property
    def mu_center(self) -> float:
        """Cosine of the heliocentric angle at the patch centre."""
        lon, lat = (np.array([angle]) for angle in self.grid.crval)
        return float(mu_at(lon, lat, self.observer, RSUN_M)[0])

    def line_of_sight(self) -> tuple[float, float, float]:
        """Direction of the observer at the patch centre along up, west and north (unit vector)."""
        b0, b = math.radians(self.observer.lat), math.radians(self.grid.crval[1])
        lon = math.radians(self.observer.lon - self.grid.crval[0])
        up = math.sin(b) * math.sin(b0) + math.cos(b) * math.cos(b0) * math.cos(lon)
        west = math.cos(b0) * math.sin(lon)
        north = math.cos(b) * math.sin(b0) - math.sin(b) * math.cos(b0) * math.cos(lon)
        up -= RSUN_M / self.observer.distance_m  # the observer is not at infinity
        length = math.sqrt(up**2 + west**2 + north**2)
        return up / length, west / length, north / length


def place(parameters: SimulationParameters, frame: int) -> Place:
    """The geometry of a record."""
    hours = 0.2 * frame
    day = hours / 24
    phase = 2 * math.pi * (day + 0.13)
    observer = Observer(
        (CRLN_START_DEG - SYNODIC_DEG_DAY * day) % 360,
        CRLT_OBS_DEG + 0.11 * day,
        DSUN_MEAN_M + DSUN_SWING_M * math.cos(phase),
    )
    lon = CRLN_START_DEG + parameters.longitude + (OMEGA_DT_DEG_DAY - SYNODIC_DEG_DAY) * day
    ny, nx = parameters.shape
    grid = CeaGrid(
        parameters.shape,
        ((nx + 1) / 2, (ny + 1) / 2),
        (lon % 360, parameters.latitude),
        (CDELT_DEG, CDELT_DEG),
        RSUN_M,
    )
    return Place(hours, grid, observer, -OBS_VR_SWING_M_S * math.sin(phase) + 120.0)


def carrington_drift(lat: ArrayLike) -> Floats:
    """Rate at which a magnetic feature gains on Carrington longitude, deg per hour.

    Rotation of magnetic features: Komm, Howard & Harvey 1993, Sol. Phys. 145, 1, sidereal.
    """
    square = np.sin(np.radians(np.asarray(lat, float))) ** 2
    return np.asarray((14.42 - 2.00 * square - 2.09 * square**2 - CARRINGTON_DEG_DAY) / 24)


def to_carrington(
    parameters: SimulationParameters, x_mm: ArrayLike, y_mm: ArrayLike, hours: float
) -> tuple[Floats, Floats]:
    """Carrington longitude and latitude, deg, of a place in Mm west and north of the first patch centre.

    The place rotates with the magnetic features of its latitude.
    """
    lat = parameters.latitude + np.degrees(np.asarray(y_mm, float) * 1e6 / RSUN_M)
    across = RSUN_M * math.cos(math.radians(parameters.latitude))
    lon = CRLN_START_DEG + parameters.longitude + np.degrees(np.asarray(x_mm, float) * 1e6 / across)
    return lon + carrington_drift(lat) * hours, lat
