"""World coordinates of a series of SHARP images: each frame has its own.

CRVAL1 of a HARP drifts by about 0.002 deg from record to record, which adds up to degrees over its life, so
no single FITS WCS holds for a cube. This one asks the grid of each frame.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.time import Time, TimeDelta
from astropy.wcs.wcsapi import BaseLowLevelWCS
from numpy.typing import ArrayLike, NDArray
from sunpy.coordinates import HeliographicCarrington

from pores.geometry import CeaGrid

Floats = NDArray[np.float64]


class SeriesWCS(BaseLowLevelWCS):  # type: ignore[misc]
    """Pixel (x, y, frame) to Carrington longitude and latitude in deg and time in s since the first frame.

    Between frames time is interpolated, and the nearest frame's grid holds.

    Parameters
    ----------
    grids : sequence of CeaGrid or None
        One of each frame; None where it has no coordinates, which makes its longitude and latitude NaN.
    t_rec : ndarray of datetime64[ms], (time,), increasing
        TAI.
    shape : tuple of int
        (ny, nx) of the images.
    """

    def __init__(
        self, grids: Sequence[CeaGrid | None], t_rec: NDArray[np.datetime64], shape: tuple[int, int]
    ) -> None:
        self._grids = list(grids)
        self._seconds = (t_rec - t_rec[0]) / np.timedelta64(1, "s")
        self._start = Time(str(t_rec[0]), format="isot", scale="tai")
        self._shape = (len(t_rec), *shape)

    @property
    def pixel_n_dim(self) -> int:
        """Three: x, y, frame."""
        return 3

    @property
    def world_n_dim(self) -> int:
        """Three: longitude, latitude, time."""
        return 3

    @property
    def array_shape(self) -> tuple[int, ...]:
        """(time, y, x)."""
        return self._shape

    @property
    def pixel_shape(self) -> tuple[int, ...]:
        """(x, y, time)."""
        return self._shape[::-1]

    @property
    def pixel_axis_names(self) -> tuple[str, ...]:
        """Names of the pixel axes."""
        return ("x", "y", "frame")

    @property
    def world_axis_names(self) -> tuple[str, ...]:
        """Names of the world axes."""
        return ("Carrington longitude", "latitude", "time since the first frame")

    @property
    def world_axis_physical_types(self) -> list[str]:
        """As sunpy names Carrington coordinates."""
        return ["custom:pos.heliographic.carrington.lon", "custom:pos.heliographic.carrington.lat", "time"]

    @property
    def world_axis_units(self) -> list[str]:
        """FITS unit strings."""
        return ["deg", "deg", "s"]

    @property
    def axis_correlation_matrix(self) -> NDArray[np.bool_]:
        """(world, pixel): the frame decides on longitude and latitude, too."""
        return np.array([[True, True, True], [True, True, True], [False, False, True]])

    def pixel_to_world_values(self, *pixel_arrays: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Longitude, latitude (deg) and time (s) of 0-based pixels."""
        x, y, frame = np.broadcast_arrays(*(np.asarray(a, float) for a in pixel_arrays))
        lon, lat = self._by_frame(frame, x, y, CeaGrid.to_carrington)
        return lon, lat, _interpolated(frame, np.arange(len(self._seconds), dtype=float), self._seconds)

    def world_to_pixel_values(self, *world_arrays: ArrayLike) -> tuple[Floats, Floats, Floats]:
        """0-based pixels of longitude, latitude (deg) and time (s)."""
        lon, lat, seconds = np.broadcast_arrays(*(np.asarray(a, float) for a in world_arrays))
        frame = _interpolated(seconds, self._seconds, np.arange(len(self._seconds), dtype=float))
        return *self._by_frame(frame, lon, lat, CeaGrid.to_pixel), frame

    @property
    def world_axis_object_components(self) -> list[tuple[str, int | str, Any]]:
        """How SkyCoord and Time give the numbers."""
        return [
            ("place", 0, lambda c: c.spherical.lon.to_value(u.deg)),
            ("place", 1, lambda c: c.spherical.lat.to_value(u.deg)),
            ("time", 0, lambda t: (t.tai - self._start).to_value(u.s)),
        ]

    @property
    def world_axis_object_classes(self) -> dict[str, tuple[Any, ...]]:
        """A SkyCoord in the Carrington frame, and a Time in TAI."""
        rsun = next((grid.rsun_m * u.m for grid in self._grids if grid is not None), None)
        frame = HeliographicCarrington(**({} if rsun is None else {"rsun": rsun}))
        return {
            "place": (SkyCoord, (), {"frame": frame, "unit": "deg"}),
            "time": (Time, (), {}, self._time),
        }

    def _time(self, value: Any) -> Time:
        """Time of seconds since the first frame; a time stays one."""
        return value if isinstance(value, Time) else self._start + TimeDelta(value, format="sec")

    def _by_frame(
        self,
        frame: Floats,
        a: Floats,
        b: Floats,
        of_grid: Callable[[CeaGrid, Floats, Floats], tuple[Floats, Floats]],
    ) -> tuple[Floats, Floats]:
        """Apply each frame's grid to the points that are nearest to it in time."""
        first, second = np.full(frame.shape, np.nan), np.full(frame.shape, np.nan)
        inside = (frame >= -0.5) & (frame <= len(self._grids) - 0.5)
        nearest = np.rint(np.where(inside, frame, -1)).astype(int).clip(max=len(self._grids) - 1)
        for index in np.unique(nearest[inside]):
            grid, here = self._grids[max(index, 0)], inside & (nearest == index)
            if grid is not None:
                first[here], second[here] = of_grid(grid, a[here], b[here])
        return first, second


def _interpolated(at: Floats, known: Floats, values: Floats) -> Floats:
    """Linear interpolation, going on as at the ends for half a step and NaN beyond."""
    if len(known) == 1:
        return np.where(np.abs(at - known[0]) <= 0.5, values[0], np.nan)
    before = np.clip(np.searchsorted(known, at, side="right") - 1, 0, len(known) - 2)
    part = (at - known[before]) / (known[before + 1] - known[before])
    result: Floats = values[before] + part * (values[before + 1] - values[before])
    return np.where((part >= -0.5) & (part <= 1.5), result, np.nan)
