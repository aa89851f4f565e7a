"""Where a SHARP CEA pixel is on the Sun, and at what angle it is seen.

SHARP maps are in an oblique cylindrical equal-area projection: the native equator passes through the
patch centre, (CRVAL1, CRVAL2), where native latitude and longitude are zero and native north is solar
north. With e_up, e_west, e_north the unit vectors there, a pixel at native longitude phi and latitude
theta is in the direction

    n = cos(theta) (cos(phi) e_up + sin(phi) e_west) + sin(theta) e_north,

with phi = CDELT1 (x + 1 - CRPIX1) and sin(theta) = (pi/180) CDELT2 (y + 1 - CRPIX2): any cosine with a
fixed direction is a sum of products of a function of x and one of y (Calabretta & Greisen 2002, A&A 395,
1077, sections 2 and 5.2.2; Thompson 2006, A&A 449, 791; Sun 2013, arXiv:1309.2392).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pores.errors import Reason, UnusableFrame
from pores.frame import Keyword

Floats = NDArray[np.float64]

_CTYPES = {"CTYPE1": "CRLN-CEA", "CTYPE2": "CRLT-CEA"}
_DEGREE = ("deg", "degree")


@dataclass(frozen=True)
class Observer:
    """Where the Sun is seen from: Carrington longitude and latitude in deg, distance to Sun centre in m."""

    lon: float
    lat: float
    distance_m: float

    @classmethod
    def from_keywords(cls, keywords: Mapping[str, Keyword]) -> Self:
        """Read the observer of a record from CRLN_OBS, CRLT_OBS and DSUN_OBS.

        Raises
        ------
        UnusableFrame
            For `Reason.NO_COORDINATES`, if one of them is missing or no number.
        """
        return cls(*(_number(keywords, name) for name in ("CRLN_OBS", "CRLT_OBS", "DSUN_OBS")))


@dataclass(frozen=True)
class CeaGrid:
    """The pixels of a SHARP CEA patch.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns (ny, nx).
    crpix, crval, cdelt : tuple of float
        FITS keywords along x and y: 1-based reference pixel, Carrington longitude and latitude of the
        patch centre in deg, pixel in deg at the patch centre.
    rsun_m : float
        Radius of the Sun, RSUN_REF, in m.
    """

    shape: tuple[int, int]
    crpix: tuple[float, float]
    crval: tuple[float, float]
    cdelt: tuple[float, float]
    rsun_m: float

    @classmethod
    def from_keywords(cls, keywords: Mapping[str, Keyword], shape: tuple[int, int]) -> Self:
        """Read the grid of a record whose images have `shape` (ny, nx).

        Raises
        ------
        UnusableFrame
            For `Reason.NO_COORDINATES`, naming the keyword that is missing or that no SHARP CEA map has.
        """
        for name, ctype in _CTYPES.items():
            _require(name, keywords.get(name), (ctype,))
        for name in ("CUNIT1", "CUNIT2"):
            _require(name, keywords.get(name, "deg"), _DEGREE)
        _require("CROTA2", keywords.get("CROTA2", 0), (0,))
        crpix, crval, cdelt = (_pair(keywords, name) for name in ("CRPIX", "CRVAL", "CDELT"))
        if 0 in cdelt:
            raise UnusableFrame(Reason.NO_COORDINATES, "keyword CDELT is zero")
        return cls(shape, crpix, crval, cdelt, _number(keywords, "RSUN_REF"))

    def doubled(self) -> Self:
        """Return the grid of twice the resolution that shares the outer edges of this one."""
        return replace(
            self,
            shape=(2 * self.shape[0], 2 * self.shape[1]),
            crpix=(2 * self.crpix[0] - 0.5, 2 * self.crpix[1] - 0.5),
            cdelt=(self.cdelt[0] / 2, self.cdelt[1] / 2),
        )

    def to_carrington(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Carrington longitude in [0, 360) and latitude, deg, of 0-based pixels.

        Places above the native pole, where the map ends (180/pi pixels of 1 deg from its centre), are NaN.
        """
        phi, z = self._native(x, y)
        rho = np.sqrt(np.where(np.abs(z) <= 1, 1 - z**2, np.nan))
        up, west = rho * np.cos(phi), rho * np.sin(phi)
        sin_b, cos_b = sin_cos(self.crval[1])
        out = cos_b * up - sin_b * z
        lon = self.crval[0] + np.degrees(np.arctan2(west, out))
        lat = np.degrees(np.arctan2(sin_b * up + cos_b * z, np.hypot(out, west)))
        return _wrapped(lon), lat

    def to_pixel(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
        """0-based pixel (x, y) of Carrington longitude and latitude in deg."""
        phi, z = native_deg(lon, lat, self.crval[0], *sin_cos(self.crval[1]))
        return phi / self.cdelt[0] + self.crpix[0] - 1, z / self.cdelt[1] + self.crpix[1] - 1

    @property
    def pixel_km(self) -> float:
        """Width of a pixel at the patch centre, km."""
        return math.radians(self.cdelt[0]) * self.rsun_m / 1e3

    @property
    def pixel_area_mm2(self) -> float:
        """Area of a pixel on the solar surface, Mm^2: the same everywhere."""
        return abs(math.radians(self.cdelt[0]) * math.radians(self.cdelt[1])) * self.rsun_m**2 / 1e12

    @property
    def pixel_area_msh(self) -> float:
        """Area of a pixel in millionths of a solar hemisphere."""
        return abs(math.radians(self.cdelt[0]) * math.radians(self.cdelt[1])) * 1e6 / (2 * math.pi)

    def wcs_keywords(self) -> dict[str, Keyword]:
        """Return the FITS keywords that place an image on this grid."""
        axes = zip("12", self.crpix, self.crval, self.cdelt, strict=True)
        numbers = {
            f"{name}{i}": v
            for i, *row in axes
            for name, v in zip(("CRPIX", "CRVAL", "CDELT"), row, strict=True)
        }
        return {"WCSAXES": 2, **_CTYPES, "CUNIT1": "deg", "CUNIT2": "deg", **numbers, "RSUN_REF": self.rsun_m}

    def _native(self, x: ArrayLike, y: ArrayLike) -> tuple[Floats, Floats]:
        """Native longitude in rad and sine of native latitude."""
        phi = np.radians(self.cdelt[0] * (np.asarray(x, float) + 1 - self.crpix[0]))
        return phi, np.radians(self.cdelt[1] * (np.asarray(y, float) + 1 - self.crpix[1]))


def native_deg(
    lon: ArrayLike, lat: ArrayLike, lon_0: float | Floats, sin_b: float | Floats, cos_b: float | Floats
) -> tuple[Floats, Floats]:
    """Native longitude, deg, and 180/pi times the sine of native latitude of Carrington coordinates in deg.

    The patch centre is at longitude `lon_0`, deg, and at the latitude of that sine and cosine.
    """
    east_of, north = np.radians(np.asarray(lon, float) - lon_0), np.radians(np.asarray(lat, float))
    out, west = np.cos(north) * np.cos(east_of), np.cos(north) * np.sin(east_of)
    phi = np.degrees(np.arctan2(west, cos_b * out + sin_b * np.sin(north)))
    return phi, np.degrees(cos_b * np.sin(north) - sin_b * out)


def mu_map(grid: CeaGrid, observer: Observer, dtype: type[np.floating] = np.float64) -> NDArray[np.floating]:
    """Cosine of the heliocentric angle of every pixel, (ny, nx).

    Exact for an observer at a finite distance; negative where the surface is turned away, NaN off the map.
    In float32 it is right to 3e-7 and a third of the work.
    """
    phi, z = grid._native(np.arange(grid.shape[1]), np.arange(grid.shape[0]))
    up, west, north = _observer_axes(grid.crval, observer)
    rho = np.sqrt(np.where(np.abs(z) <= 1, 1 - z**2, np.nan))
    along_x, along_y = up * np.cos(phi) + west * np.sin(phi), north * z
    cosine = np.multiply.outer(rho.astype(dtype), along_x.astype(dtype))
    cosine += along_y.astype(dtype)[:, None]
    return _seen_from(cosine, grid.rsun_m / observer.distance_m)


def mu_at(lon: ArrayLike, lat: ArrayLike, observer: Observer, rsun_m: float) -> Floats:
    """Cosine of the heliocentric angle at Carrington longitudes and latitudes in deg."""
    sin_b, cos_b = sin_cos(observer.lat)
    north = np.radians(np.asarray(lat, float))
    away = np.cos(np.radians(np.asarray(lon, float) - observer.lon))
    cosine = np.asarray(sin_b * np.sin(north) + cos_b * np.cos(north) * away)
    return _seen_from(cosine, rsun_m / observer.distance_m)


def native_pixel(x: ArrayLike, scale: int) -> Floats:
    """0-based native pixel of a 0-based pixel of a grid with `scale` pixels to a native one along an axis."""
    return (np.asarray(x, float) + 0.5) / scale - 0.5


def _observer_axes(crval: tuple[float, float], observer: Observer) -> tuple[float, float, float]:
    """Direction of the observer along up, west and north at the patch centre."""
    sin_b, cos_b = sin_cos(crval[1])
    sin_o, cos_o = sin_cos(observer.lat)
    sin_l, cos_l = sin_cos(observer.lon - crval[0])
    return sin_b * sin_o + cos_b * cos_o * cos_l, cos_o * sin_l, cos_b * sin_o - sin_b * cos_o * cos_l


def _seen_from(cosine: NDArray[Any], radius: float) -> NDArray[Any]:
    """Cosine between the normal and the direction of an observer at distance 1, from that at Sun centre."""
    away = np.asarray(cosine * (-2 * radius))
    away += 1 + radius**2
    mu = np.asarray(cosine - radius)
    mu /= np.sqrt(away, out=away)
    return mu


def sin_cos(deg: float) -> tuple[float, float]:
    """Sine and cosine of an angle in deg."""
    return math.sin(math.radians(deg)), math.cos(math.radians(deg))


def _wrapped(lon: Floats) -> Floats:
    """Longitude in [0, 360); the remainder of a tiny negative number rounds to 360 itself."""
    wrapped = np.mod(lon, 360.0)
    return np.where(wrapped == 360.0, 0.0, wrapped)


def _pair(keywords: Mapping[str, Keyword], name: str) -> tuple[float, float]:
    return _number(keywords, f"{name}1"), _number(keywords, f"{name}2")


def _number(keywords: Mapping[str, Keyword], name: str) -> float:
    value = keywords.get(name)
    try:
        number = float(value) if value is not None else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UnusableFrame(
            Reason.NO_COORDINATES, f"keyword {name} is {'missing' if value is None else repr(value)}"
        )
    return number


def _require(name: str, value: Keyword, allowed: tuple[Keyword, ...]) -> None:
    if value not in allowed:
        said = "missing" if value is None else repr(value)
        raise UnusableFrame(Reason.NO_COORDINATES, f"keyword {name} is {said}, not {allowed[0]!r}")
