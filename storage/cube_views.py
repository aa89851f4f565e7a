"""A segment of a cube as the solar community's objects: an NDCube, a sunpy MapSequence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sunpy.map
from astropy import units as u
from ndcube import NDCube
from numpy.typing import NDArray

from pores.errors import InputError, UnusableFrame
from pores.frame import Keyword
from pores.geometry import CeaGrid
from storage.cube_wcs import SeriesWCS
from storage.fits_cards import keywords

if TYPE_CHECKING:
    from storage.cubes import Cube

_SCALING = (
    "BSCALE",
    "BZERO",
    "BLANK",
    "CHECKSUM",
    "DATASUM",
)  # of the stored integers, not of physical values


def ndcube(cube: "Cube", segment: str, t_rec: NDArray[np.datetime64] | None = None) -> NDCube:
    """Images of a segment, physical, (time, y, x), with the coordinates of every frame.

    Images that are smaller than the largest of the series by a pixel or so are padded at their far edges with
    NaN (0 in integers), so that pixel indices stay those of the archive. The WCS, a
    `storage.cube_wcs.SeriesWCS`, gives each frame its own Carrington coordinates. `meta` has `harpnum`,
    `series`, `segment`, `t_rec` and the frames' `headers`.

    Parameters
    ----------
    cube : Cube
    segment : str
    t_rec : ndarray of datetime64, optional
        Which frames; by default all that have the segment.

    Raises
    ------
    InputError
        If the cube has no such image.
    """
    times = _times(cube, segment, t_rec)
    headers = [keywords(cube.cards(t, segment)) for t in times]
    images = [cube.physical(t, segment) for t in times]
    data = _stacked(images)
    grids = [_grid(header, image.shape) for header, image in zip(headers, images, strict=True)]
    names = {"harpnum": cube.harpnum, "series": cube.series, "segment": segment}
    return NDCube(
        data,
        wcs=SeriesWCS(grids, times, (data.shape[1], data.shape[2])),
        unit=_unit(headers),
        mask=np.isnan(data) if data.dtype.kind == "f" else None,
        meta={**names, "t_rec": times, "headers": headers},
    )


def maps(cube: "Cube", segment: str, t_rec: NDArray[np.datetime64] | None = None) -> sunpy.map.MapSequence:
    """Images of a segment as sunpy maps, each with its own header.

    Parameters as for `ndcube`.

    Raises
    ------
    InputError
        If the cube has no such image, or one has no coordinates, without which there is no map.
    """
    pairs = []
    for t in _times(cube, segment, t_rec):
        plain = keywords(cube.cards(t, segment))
        image = cube.physical(t, segment)
        if _grid(plain, image.shape) is None:
            raise InputError(f"HARP {cube.harpnum} {t} {segment}: no coordinates in its header, so no map")
        header = cube.header(t, segment)
        for name in _SCALING:
            header.remove(name, ignore_missing=True)
        header["BITPIX"] = 16 if image.dtype.kind == "i" else -32
        header["BUNIT"] = plain.get("BUNIT") or ""
        pairs.append((image, header))
    return sunpy.map.Map(pairs, sequence=True)


def _times(cube: "Cube", segment: str, t_rec: NDArray[np.datetime64] | None) -> NDArray[np.datetime64]:
    if t_rec is not None:
        return np.sort(np.atleast_1d(np.asarray(t_rec, "datetime64[ms]")))
    times = [t for t in cube.t_rec if segment in cube.segments(t)]
    if not times:
        raise InputError(f"HARP {cube.harpnum} has no segment {segment} in {cube.path}")
    return np.array(times)


def _stacked(images: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """(time, y, x), padded at the far edges."""
    ny, nx = (max(image.shape[axis] for image in images) for axis in (0, 1))
    kind = images[0].dtype
    data = np.full((len(images), ny, nx), np.nan if kind.kind == "f" else 0, kind)
    for target, image in zip(data, images, strict=True):
        target[: image.shape[0], : image.shape[1]] = image
    return data


def _grid(header: dict[str, Keyword], shape: tuple[int, ...]) -> CeaGrid | None:
    try:
        return CeaGrid.from_keywords(header, (shape[0], shape[1]))
    except UnusableFrame:
        return None


def _unit(headers: Sequence[dict[str, Keyword]]) -> u.UnitBase | None:
    """BUNIT as astropy reads it: 1 Mx/cm^2 is 1 G."""
    text = next((header["BUNIT"] for header in headers if header.get("BUNIT")), None)
    if text in (None, "Mx/cm^2"):
        return u.G if text else None
    unit = u.Unit(str(text), parse_strict="silent")
    return None if isinstance(unit, u.UnrecognizedUnit) else unit
