"""Doubled images as a product: the same sky, headers that say so, written once."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u

from pores.errors import InputError
from storage.archive import SourceFile
from storage.cubes import Cube, append
from storage.fits_files import FileName
from storage.upscaled import Images, write_x2

T0 = np.datetime64("2011-02-15T02:00:00.000", "ms")
STEP = np.timedelta64(12, "m")


def cards(frame: int) -> list[tuple[str, object]]:
    return [
        ("CTYPE1", "CRLN-CEA"), ("CTYPE2", "CRLT-CEA"), ("CUNIT1", "degree"), ("CUNIT2", "degree"),
        ("CRPIX1", 30.5 + frame / 2), ("CRPIX2", 20.5), ("CRVAL1", 34.8791 + 0.5 * frame), ("CRVAL2", -21.0),
        ("CDELT1", 0.03), ("CDELT2", 0.03), ("RSUN_REF", 696000000), ("DSUN_OBS", 1.47746220503e11),
        ("CRLN_OBS", 21.725103), ("CRLT_OBS", -6.8279), ("RSUN_OBS", 971.671936),
        ("DATE-OBS", "2011-02-15T01:58:12.30"), ("T_OBS", "2011.02.15_01:59:54_TAI"), ("TELESCOP", "SDO/HMI"),
        ("BUNIT", "Mx/cm^2"), ("DATAMAX", 5.0), ("HARPNUM", 377),
    ]  # fmt: skip


@pytest.fixture
def cube(tmp_path: Path, fits_bytes: Callable[..., bytes]) -> Cube:
    """Two frames of Br and continuum, the second a pixel wider."""
    files = []
    for frame in range(2):
        image = np.random.default_rng(frame).normal(0, 1000, (40, 60 + frame)).astype(np.int32)
        content = fits_bytes(image, cards(frame))
        for segment in ("Br", "continuum"):
            name = FileName("hmi.sharp_cea_720s", 377, T0 + frame * STEP, segment)
            files.append(SourceFile(name, str(name), len(content), 1, lambda content=content: content))
    append(tmp_path / "377.h5", files)
    return Cube(tmp_path / "377.h5")


def doubled(cube: Cube) -> Iterator[tuple[np.datetime64, Images]]:
    for t in cube.t_rec:
        image = cube.physical(t, "Br").repeat(2, 0).repeat(2, 1)
        image[0, 0] = np.nan
        yield t, {"Br": image, "intensity": image / 3}


def test_images_come_back_and_are_written_once(cube: Cube, tmp_path: Path) -> None:
    path = tmp_path / "x2.h5"
    assert write_x2(path, cube, doubled(cube)).added == 4
    before = path.read_bytes()
    again = write_x2(path, cube, doubled(cube))
    assert (again.added, again.unchanged) == (0, 4)
    assert path.read_bytes() == before
    product = Cube(path)
    assert (product.series, product.harpnum) == (cube.series, cube.harpnum)
    for t, images in doubled(cube):
        for name, image in images.items():
            np.testing.assert_array_equal(product.frame(t).segments[name], image)


def test_outer_edges_stay_where_they_were(cube: Cube, tmp_path: Path) -> None:
    write_x2(tmp_path / "x2.h5", cube, doubled(cube))
    fine, coarse = (one.maps("Br").maps for one in (Cube(tmp_path / "x2.h5"), cube))
    for a, b in zip(fine, coarse, strict=True):
        ny, nx = b.data.shape
        assert a.data.shape == (2 * ny, 2 * nx)
        for x, y in ((-0.5, -0.5), (nx - 0.5, ny - 0.5), (3.2, 7.9)):
            here = a.pixel_to_world((2 * x + 0.5) * u.pix, (2 * y + 0.5) * u.pix)
            assert here.separation(b.pixel_to_world(x * u.pix, y * u.pix)).deg < 1e-9


def test_header_tells_nothing_of_the_native_pixels(cube: Cube, tmp_path: Path) -> None:
    write_x2(tmp_path / "x2.h5", cube, doubled(cube))
    product = Cube(tmp_path / "x2.h5")
    header = product.header(T0, "Br")
    assert (header["NAXIS1"], header["NAXIS2"], header["BITPIX"], header["BUNIT"]) == (
        120,
        80,
        -32,
        "Mx/cm^2",
    )
    assert product.header(T0, "intensity")["BUNIT"] == ""
    assert "DATAMAX" not in header
    assert header["HARPNUM"] == 377


def test_frames_of_different_size_make_one_ndcube(cube: Cube) -> None:
    whole = cube.ndcube("Br")
    assert whole.data.shape == (2, 40, 61)
    np.testing.assert_array_equal(whole.data[0, :, :60], cube.physical(T0, "Br"))
    assert np.isnan(whole.data[0, :, 60]).all()
    assert whole.mask[0, :, 60].all()
    for index, one in enumerate(cube.maps("Br").maps):
        sky, _ = whole.wcs.pixel_to_world(4.0, 5.0, index)
        assert sky.lon.deg == pytest.approx(one.pixel_to_world(4 * u.pix, 5 * u.pix).lon.deg, abs=1e-9)


def test_a_wrong_size_is_named(cube: Cube, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="twice the native size"):
        write_x2(tmp_path / "x2.h5", cube, [(T0, {"Br": np.zeros((80, 122), np.float32)})])
