"""The grids of many frames as arrays, so that features of all of them are placed at once."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pores.geometry import CeaGrid, native_deg, sin_cos

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Grids:
    """What of each grid says where a place on the Sun is: see `CeaGrid`.

    Attributes
    ----------
    crpix_x, crpix_y, cdelt_x, cdelt_y, lon, sin_b, cos_b : ndarray of float, (n,)
        Reference pixel; pixel, deg; Carrington longitude of the patch centre, deg, and sine and cosine of
        its latitude.
    """

    crpix_x: Floats
    crpix_y: Floats
    cdelt_x: Floats
    cdelt_y: Floats
    lon: Floats
    sin_b: Floats
    cos_b: Floats

    @classmethod
    def of(cls, grids: Sequence[CeaGrid]) -> Self:
        """The grids of frames."""
        rows = [(*grid.crpix, *grid.cdelt, grid.crval[0], *sin_cos(grid.crval[1])) for grid in grids]
        return cls(*np.array(rows, float).reshape(-1, len(fields(cls))).T)

    def at(self, k: Ints) -> "Grids":
        """The grid of frame k of each feature."""
        return Grids(*(getattr(self, field.name)[k] for field in fields(self)))

    def to_pixel(self, lon: ArrayLike, lat: ArrayLike) -> tuple[Floats, Floats]:
        """0-based pixel (x, y) of Carrington longitude and latitude in deg, each on its own grid."""
        phi, z = native_deg(lon, lat, self.lon, self.sin_b, self.cos_b)
        return phi / self.cdelt_x + self.crpix_x - 1, z / self.cdelt_y + self.crpix_y - 1
