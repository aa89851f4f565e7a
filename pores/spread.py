"""The plane in which a group of features lies, turning with it, and where the group spreads most."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pores.motion import drift_rate

Floats = NDArray[np.float64]

RSUN_MM = 696.0  # RSUN_REF of SHARP headers
_ROUND = 1e-9  # a spread is no spread, or as large in every direction, to within this part of it


@dataclass(frozen=True)
class Plane:
    """A plane that touches the Sun and turns with the mean latitude of a group (Snodgrass 1983).

    Attributes
    ----------
    lon, lat : float
        Carrington longitude of the origin at hour 0 and its latitude, deg.
    """

    lon: float
    lat: float

    @classmethod
    def of(cls, lon: ArrayLike, lat: ArrayLike, hours: ArrayLike) -> Self:
        """The plane whose origin is the mean place of some features, seen at `hours`."""
        north = float(np.mean(np.asarray(lat, float)))
        turned = np.radians(np.asarray(lon, float) - _drift(north, hours))
        mean = np.arctan2(np.sin(turned).mean(), np.cos(turned).mean())
        return cls(float(np.degrees(mean)) % 360, north)

    def place(self, lon: ArrayLike, lat: ArrayLike, hours: ArrayLike) -> tuple[Floats, Floats]:
        """Where features are: Mm west and Mm north of the origin."""
        east_of = np.asarray(lon, float) - self.lon - _drift(self.lat, hours)
        x = np.radians(np.mod(east_of + 180, 360) - 180) * RSUN_MM * np.cos(np.radians(self.lat))
        y = np.radians(np.asarray(lat, float) - self.lat) * RSUN_MM
        return np.asarray(x), np.asarray(y)

    def longitude(self, west_mm: ArrayLike, hours: float) -> Floats:
        """Carrington longitude, deg and without a jump at 360, of places on the latitude of the origin."""
        away = np.degrees(np.asarray(west_mm, float) / (RSUN_MM * np.cos(np.radians(self.lat))))
        return np.asarray(self.lon + away + _drift(self.lat, hours))


def main_direction(x: ArrayLike, y: ArrayLike) -> float:
    """Direction in which places spread most: the first principal axis.

    Parameters
    ----------
    x, y : array_like, (n,)
        West and north, in the same unit.

    Returns
    -------
    float
        Angle from west towards north, deg, (-45, 135]; 0 where no direction stands out.
    """
    places = np.array([x, y], float)
    centred = places - places.mean(axis=1, keepdims=True)
    (xx, xy), (_, yy) = centred @ centred.T
    if np.hypot(xx - yy, 2 * xy) <= _ROUND * (xx + yy):
        return 0.0
    angle = float(np.degrees(np.arctan2(2 * xy, xx - yy)) / 2)
    return angle if angle > -45 else angle + 180


def along(x: ArrayLike, y: ArrayLike, angle_deg: float) -> Floats:
    """Places as seen along one direction: their distance from the origin towards it."""
    angle = np.radians(angle_deg)
    return np.asarray(np.asarray(x, float) * np.cos(angle) + np.asarray(y, float) * np.sin(angle))


def direction_words(angle_deg: float) -> str:
    """A direction, (-45, 135] deg from west towards north, as astronomers say it.

    Examples
    --------
    >>> direction_words(-22.6)
    '23° south of west'
    >>> direction_words(89.8)
    'north'
    >>> direction_words(94)
    '4° east of north'
    """
    near, sides = ("west", ("north", "south")) if angle_deg <= 45 else ("north", ("east", "west"))
    away = round(angle_deg if near == "west" else angle_deg - 90)
    return f"{abs(away)}° {sides[away < 0]} of {near}" if away else near


def _drift(lat: float, hours: ArrayLike) -> Floats:
    """Degrees of Carrington longitude that a latitude gains in some hours."""
    return np.asarray(drift_rate(lat) * np.asarray(hours, float) / 24)
