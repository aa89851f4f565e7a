"""Images of doubled resolution as a product: a cube of float32 images on the x2 grid, with headers to match.

The file is a cube like any other: `storage.cubes.Cube` reads it, `ndcube` and `maps` included. Segments are
named as in the archive, the prepared intensity ``intensity``.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from pores.errors import InputError
from pores.geometry import CeaGrid
from storage.cube_append import Appended
from storage.cube_chunks import PackedImage
from storage.cube_writer import CubeWriter, Record, exclusive
from storage.cubes import Cube
from storage.fits_cards import keywords
from storage.fits_files import FileName, SegmentImage

INTENSITY = "intensity"
# Cards that told of the native image or its file and would be wrong of the doubled one.
_NATIVE = (
    "BSCALE", "BZERO", "BLANK", "CHECKSUM", "DATASUM", "HEADSUM", "DATE", "DRMS_ID", "DATAVALS", "MISSVALS",
    *(f"{prefix}DATA{name}" for prefix in ("", "_") for name in ("MIN", "MAX", "MEDN", "MEAN", "RMS")),
    "BUNIT", "_BUNIT",
)  # fmt: skip

Images = Mapping[str, NDArray[np.float32]]


def write_x2(
    path: Path, cube: Cube, frames: Iterable[tuple[np.datetime64, Images]], how: str = "spline"
) -> Appended:
    """Append doubled images to a product, frame by frame, crash-safe; those that are there already stay.

    Parameters
    ----------
    path : Path
        The product, `Lake.product`.
    cube : Cube
        The cube that the images come from: gives the headers.
    frames : iterable of (t_rec, images)
        Segment name to image (2 ny, 2 nx); ``intensity`` in units of the quiet Sun, others in the archive's.
    how : str
        How intensity was doubled; the field is by spline.

    Raises
    ------
    InputError
        If an image has not twice the size of its native one.
    """
    added = unchanged = 0
    with exclusive(path):
        there = _there(path)
        with CubeWriter(path) as writer:
            for t_rec, images in frames:
                new = {name: image for name, image in images.items() if (t_rec.item(), name) not in there}
                writer.write([_record(cube, t_rec, name, image, how) for name, image in new.items()])
                added += len(new)
                unchanged += len(images) - len(new)
    return Appended(added, unchanged)


def x2_header(
    cube: Cube, t_rec: np.datetime64, segment: str, shape: tuple[int, int], how: str = "spline"
) -> fits.Header:
    """Header of a doubled image: the native one's, on the grid that shares its outer edges.

    Parameters
    ----------
    cube : Cube
    t_rec : numpy.datetime64
    segment : str
        ``intensity`` has the header of ``continuum``, without unit.
    shape : tuple of int
        (2 ny, 2 nx).
    how : str
        How the image was doubled.

    Raises
    ------
    InputError
        If it is not twice the native size.
    UnusableFrame
        If the native header has no coordinates.
    """
    native = "continuum" if segment == INTENSITY else segment
    header, plain = cube.header(t_rec, native), keywords(cube.cards(t_rec, native))
    grid = CeaGrid.from_keywords(plain, (header["NAXIS2"], header["NAXIS1"])).doubled()
    if grid.shape != shape:
        raise InputError(
            f"HARP {cube.harpnum} {t_rec} {segment}: {shape} is not {grid.shape}, twice the native size"
        )
    for name in _NATIVE:
        header.remove(name, ignore_missing=True, remove_all=True)
    header["BITPIX"], header["NAXIS1"], header["NAXIS2"] = -32, grid.shape[1], grid.shape[0]
    for name in ("CRPIX1", "CRPIX2", "CDELT1", "CDELT2"):
        header[name] = grid.wcs_keywords()[name]
    header["BUNIT"] = "" if segment == INTENSITY else plain.get("BUNIT") or ""
    header.add_history(f"Resolution doubled by {how}; the grid shares the outer edges of the archive's.")
    return header


def _record(cube: Cube, t_rec: np.datetime64, segment: str, image: NDArray[np.float32], how: str) -> Record:
    stored = np.ascontiguousarray(image, np.float32)
    shape = (stored.shape[0], stored.shape[1])
    header = x2_header(cube, t_rec, segment, shape, how if segment == INTENSITY else "spline")
    cards = header.tostring(endcard=False, padding=False).encode("latin-1")
    name = FileName(cube.series, cube.harpnum, t_rec.astype("datetime64[ms]"), segment)
    sha256 = hashlib.sha256(cards + stored.tobytes()).hexdigest()
    packed = PackedImage.of(SegmentImage(name, stored, 1.0, 0.0, None, cards))
    return Record(name, stored.nbytes, 0, sha256, packed)


def _there(path: Path) -> set[tuple[object, str]]:
    if not path.exists():
        return set()
    with Cube(path) as product:
        return {(t.item(), name) for t in product.t_rec for name in product.segments(t)}
