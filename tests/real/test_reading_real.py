"""Every real record is read or explained; pixels, headers, coordinates are those astropy and sunpy find."""

import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.wcs import WCS, FITSFixedWarning

from pores.errors import Reason
from pores.frame import NEEDED_SEGMENTS
from storage.archive import SourceFile, open_source
from storage.cube_log import shapes
from storage.cubes import Cube, append
from storage.fits_blocks import UnreadableFile
from storage.fits_cards import values
from storage.fits_files import read_segment

SERIES = "hmi.sharp_cea_720s"
BROKEN = {
    "1422.20120306_142400_TAI.Bt": "truncated: 141121 of 302318 bytes of data",
    "1422.20120306_142400_TAI.bitmap": "no FITS file",
    "1446.20120306_142400_TAI.Br": "empty file",
    "1455.20120306_142400_TAI.magnetogram": "empty file",
    "1455.20120306_202400_TAI.magnetogram": "truncated",
    "1455.20120307_082400_TAI.bitmap": "truncated",
    "6223.20160109_040000_TAI.bitmap": "truncated",
    "6223.20160109_080000_TAI.bitmap": "header without END",
}


@pytest.fixture(scope="module")
def files(real_data: Path) -> list[SourceFile]:
    return open_source(str(real_data / "sharp")).files(None, SERIES)


@pytest.fixture(scope="module")
def cubes(files: list[SourceFile], tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    root = tmp_path_factory.mktemp("cubes")
    paths = {harpnum: root / f"{harpnum}.h5" for harpnum in sorted({file.name.harpnum for file in files})}
    for harpnum, path in paths.items():
        mine = [file for file in files if file.name.harpnum == harpnum]
        assert append(path, mine).added == len(mine)
    return paths


def as_astropy_has_it(file: SourceFile, scaled: bool) -> tuple[np.ndarray, fits.Header]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(file.path, do_not_scale_image_data=not scaled, memmap=False) as hdus:
            hdus.verify("silentfix+ignore")
            (hdu,) = [hdu for hdu in hdus if hdu.data is not None]
            return np.array(hdu.data), hdu.header.copy()


def test_all_files_are_known_by_name(files: list[SourceFile], real_data: Path) -> None:
    assert len(files) == 62
    assert open_source(str(real_data / "sharp")).listing.others == 0


def test_pixels_and_headers_are_astropys(files: list[SourceFile]) -> None:
    for file in files:
        image = read_segment(file.name, file.read())
        stored, header = as_astropy_has_it(file, scaled=False)
        assert image.stored.dtype == stored.dtype.newbyteorder("="), file.name
        np.testing.assert_array_equal(image.stored, stored)
        plain = values(image.header)
        for card in header.cards:
            if card.keyword in (
                "",
                "COMMENT",
                "HISTORY",
                "SIMPLE",
                "XTENSION",
                "BITPIX",
                "NAXIS1",
                "NAXIS2",
                "PCOUNT",
            ):
                continue
            value = card.value
            if isinstance(value, fits.card.Undefined) or str(value).strip().lower() in ("", "nan", "inf"):
                value = None
            assert plain[card.keyword] == value, (file.name, card.keyword)


def test_physical_values_are_astropys(files: list[SourceFile]) -> None:
    for file in files:
        physical = read_segment(file.name, file.read()).physical()
        expected, header = as_astropy_has_it(file, scaled=True)
        if physical.dtype == np.int16:
            expected = np.nan_to_num(expected)
        scale = header.get("BSCALE", 1.0)
        np.testing.assert_allclose(physical, expected, rtol=1e-7, atol=1e-4 * scale, err_msg=str(file.name))


def test_broken_files_are_explained(real_data: Path) -> None:
    broken = open_source(str(real_data / "broken")).files(None, SERIES)
    assert len(broken) == len(BROKEN)
    for file in broken:
        key = str(file.name).removeprefix(SERIES + ".").removesuffix(".fits")
        with pytest.raises(UnreadableFile, match=f"{key}.fits: {BROKEN[key]}") as caught:
            read_segment(file.name, file.read())
        assert caught.value.reason == Reason.UNREADABLE_FILE


def test_every_checksum_holds_and_sees_a_flipped_bit(files: list[SourceFile]) -> None:
    random = np.random.default_rng(5)
    for file in files:
        content = bytearray(file.read())
        at = int(random.integers(5 * 2880, len(content)))
        content[at] ^= 4
        with pytest.raises(UnreadableFile, match=r"damaged|can.t be decompressed"):
            read_segment(file.name, bytes(content))


def test_nothing_is_lost_in_a_cube(files: list[SourceFile], cubes: dict[int, Path]) -> None:
    for harpnum, path in cubes.items():
        with Cube(path) as cube:
            assert cube.damaged() == []
            for file in (file for file in files if file.name.harpnum == harpnum):
                image = read_segment(file.name, file.read())
                t, segment = file.name.t_rec, file.name.segment
                np.testing.assert_array_equal(cube.stored(t, segment), image.stored)
                assert cube.cards(t, segment) == image.header
                assert image.header in file.read()
        assert append(path, [file for file in files if file.name.harpnum == harpnum]).added == 0


def test_a_cube_is_no_larger_than_its_files(files: list[SourceFile], cubes: dict[int, Path]) -> None:
    """The segments that the chain needs, of the records that have all four."""
    complete = [
        file for file in files if file.name.harpnum in (377, 2875) and file.name.segment in NEEDED_SEGMENTS
    ]
    assert len(complete) == 16
    there = 0
    for harpnum in (377, 2875):
        import h5py

        with h5py.File(cubes[harpnum]) as file:
            there += sum(
                file[shape.path].id.get_storage_size()
                for shape in shapes(file)
                if shape.segment in NEEDED_SEGMENTS
            )
    assert there <= sum(file.size for file in complete)


def test_frames(cubes: dict[int, Path]) -> None:
    with Cube(cubes[377]) as cube:
        (t,) = cube.t_rec
        frame = cube.frame(t)
        assert len(frame.segments) == 11
        assert frame.problems == {}
        assert frame.keywords["T_REC"] == "2011.02.15_02:00:00_TAI"
        assert frame.keywords["USFLUX"] == 2.714760e22
        assert frame.keywords["R_VALUE"] is None
        assert frame.headers["continuum"]["DATAMAX"] == frame.segments["continuum"].max()
        assert frame.headers["continuum"]["BUNIT"] == "DN/s"
        assert set(np.unique(frame.segments["bitmap"])) <= {0, 1, 2, 33, 34}
    with Cube(cubes[14003]) as cube:
        frame = cube.frame(cube.t_rec[0])
        assert frame.keywords["BUNIT"] == "DN/s"
        assert frame.headers["Br"]["BUNIT"] == "Mx/cm^2"
        assert frame.keywords["GWILL"] is None
        assert set(np.unique(frame.segments["bitmap"])) <= {0, 1, 2, 33, 34}
    with Cube(cubes[833]) as cube:
        assert len(cube.t_rec) == 2
        assert cube.frame(cube.t_rec[0]).keywords == {}
    with Cube(cubes[1422]) as cube:
        assert 0.4 < np.isnan(cube.frame(cube.t_rec[0]).segments["Br"]).mean() < 0.5


def _wcs(file: SourceFile) -> WCS:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FITSFixedWarning)
        return WCS(as_astropy_has_it(file, scaled=False)[1])


def corners(shape: tuple[int, ...]) -> Iterator[tuple[float, float]]:
    ny, nx = shape
    yield from ((-0.5, -0.5), (nx - 0.5, ny - 0.5), (nx / 3, 0.0), (nx / 2 - 0.5, ny / 2 - 0.5))


@pytest.mark.parametrize(
    ("harpnum", "segment"), [(2875, "Br"), (14003, "continuum"), (1441, "bitmap"), (377, "Bt")]
)
def test_coordinates_are_those_of_each_file(
    files: list[SourceFile], cubes: dict[int, Path], harpnum: int, segment: str
) -> None:
    mine = [file for file in files if (file.name.harpnum, file.name.segment) == (harpnum, segment)]
    with Cube(cubes[harpnum]) as cube:
        whole, sequence = cube.ndcube(segment), cube.maps(segment)
    assert whole.data.shape[0] == len(mine) == len(sequence.maps)
    for index, (file, one) in enumerate(zip(mine, sequence.maps, strict=True)):
        expected, _ = as_astropy_has_it(file, scaled=True)
        np.testing.assert_allclose(
            np.nan_to_num(whole.data[index]), np.nan_to_num(expected), rtol=1e-7, atol=1e-4
        )
        np.testing.assert_array_equal(one.data, whole.data[index])
        reference = _wcs(file)
        for x, y in corners(one.data.shape):
            sky, t = whole.wcs.pixel_to_world(x, y, index)
            lon, lat = reference.wcs_pix2world(x, y, 0)
            on_map = one.pixel_to_world(x * u.pix, y * u.pix)
            for found in (sky, on_map):
                assert abs((found.lon.deg - lon + 180) % 360 - 180) < 1e-9
                assert abs(found.lat.deg - lat) < 1e-9
            assert t.scale == "tai"
            assert np.datetime64(t.isot) == file.name.t_rec
            np.testing.assert_allclose(whole.wcs.world_to_pixel(sky, t), (x, y, index), atol=1e-6)
    assert whole[0].wcs.pixel_n_dim == 2


def test_units(cubes: dict[int, Path]) -> None:
    for harpnum, segment, unit in (
        (377, "Br", u.G),
        (14003, "Br", u.G),
        (14003, "continuum", u.Unit("DN/s")),
    ):
        with Cube(cubes[harpnum]) as cube:
            assert cube.ndcube(segment).unit == unit
            assert cube.maps(segment).maps[0].unit.is_equivalent(unit)


def test_series_without_coordinates_still_is_a_cube(cubes: dict[int, Path]) -> None:
    with Cube(cubes[833]) as cube:
        whole = cube.ndcube("continuum")
        assert whole.data.shape == (2, 507, 976)
        assert np.isnan(whole.wcs.low_level_wcs.pixel_to_world_values(1, 1, 0)[0])
        with pytest.raises(Exception, match="no coordinates"):
            cube.maps("continuum")
