"""Images of a feature of the catalogue: its mask, and cut-outs of a segment around it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError
from storage.lake import Lake
from storage.remote_files import here

if TYPE_CHECKING:
    from sunpy.map import GenericMap

    from storage.cubes import Cube

_FEATURE = """
SELECT pores.harpnum, pores.t_rec, pores.label, pores.x_px, pores.y_px, frames.labels_file
FROM pores
JOIN frames ON pores.run_id = frames.run_id AND pores.t_rec = frames.t_rec
WHERE pores.pore_id = $pore"""
_SERIES = "SELECT series FROM harps WHERE harpnum = $harp ORDER BY series"


@dataclass(frozen=True)
class Feature:
    """Where a feature is: frame, label in the frame's label image, centroid in native pixels."""

    harpnum: int
    t_rec: np.datetime64
    label: int
    x_px: float
    y_px: float
    labels_file: str


def feature(connection: duckdb.DuckDBPyConnection, pore_id: str) -> Feature:
    """Return where a feature is; InputError if the catalogue has none of that name."""
    rows = connection.execute(_FEATURE, {"pore": pore_id}).fetchall()
    if not rows:
        raise InputError(f"{pore_id}: the catalogue has no such pore_id")
    harpnum, t_rec, *rest = rows[0]
    return Feature(harpnum, np.datetime64(t_rec, "ms"), *rest)


def mask(lake: Lake, of: Feature) -> NDArray[np.bool_]:
    """Return the pixels of a feature, (y, x) of the grid that detection worked on."""
    from storage.labels import read_labels

    return np.asarray(read_labels(here(lake, lake.root / of.labels_file), of.t_rec) == of.label)


def cutout(cube: "Cube", of: Feature, segment: str, margin: int) -> "GenericMap":
    """Return a sunpy map of a segment: the native pixels within a margin of the feature's centroid."""
    from astropy import units as u

    whole = cube.maps(segment, np.array([of.t_rec]))[0]
    x, y = round(of.x_px), round(of.y_px)
    return whole.submap([x - margin, y - margin] * u.pix, top_right=[x + margin, y + margin] * u.pix)


def cube_of(connection: duckdb.DuckDBPyConnection, lake: Lake, harpnum: int) -> "Cube":
    """Return the cube of a HARP; of a lake in an object store it is brought here.

    Raises
    ------
    InputError
        If the catalogue has no such HARP, or the lake no cube of it.
    """
    from storage.cubes import Cube
    from storage.remote import pull

    series = [name for (name,) in connection.execute(_SERIES, {"harp": harpnum}).fetchall()]
    if not series:
        raise InputError(f"HARP {harpnum}: the catalogue has none of that number")
    pull(lake, series[0], harpnum)
    return Cube(lake.cube(series[0], harpnum))
