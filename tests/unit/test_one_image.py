"""One FITS image doubled: pixels stay where they are on the sky."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from flows.one_image import enhance_by_spline
from pores.errors import InputError
from pores.upsample import double

ROWS, COLUMNS = 30, 44
IMAGE = np.random.default_rng(1).normal(1, 0.1, (ROWS, COLUMNS)).astype(np.float32)
PLACE = {"CRPIX1": 12.25, "CRPIX2": 20.0, "CRVAL1": 33.0, "CRVAL2": -21.0, "CUNIT1": "deg", "CUNIT2": "deg"}
SHARP = {"CTYPE1": "CRLN-CEA", "CTYPE2": "CRLT-CEA", "CDELT1": 0.03, "CDELT2": 0.03}
TAN = {"CTYPE1": "HPLN-TAN", "CTYPE2": "HPLT-TAN"}
HEADERS = {
    "sharp": {**PLACE, **SHARP},
    "rotated by CD": {**PLACE, **TAN, "CD1_1": 1.2e-4, "CD1_2": -4e-5, "CD2_1": 5e-5, "CD2_2": 1.3e-4},
    "rotated by PC": {
        **PLACE,
        **TAN,
        "CDELT1": 1e-4,
        "CDELT2": 2e-4,
        "PC1_1": 0.8,
        "PC1_2": -0.6,
        "PC2_1": 0.6,
        "PC2_2": 0.8,
    },
    "rotated by CROTA2": {**PLACE, **TAN, "CDELT1": 1e-4, "CDELT2": 1e-4, "CROTA2": 30.0},
}


def doubled(tmp_path: Path, content: bytes) -> tuple[np.ndarray, fits.Header]:
    (tmp_path / "in.fits").write_bytes(content)
    enhance_by_spline(tmp_path / "in.fits", tmp_path / "out.fits")
    with fits.open(tmp_path / "out.fits") as hdus:
        return np.array(hdus[0].data), hdus[0].header


@pytest.mark.parametrize("kind", HEADERS)
def test_pixels_and_sky(tmp_path: Path, fits_bytes: Callable[..., bytes], kind: str) -> None:
    cards = list(HEADERS[kind].items())
    image, header = doubled(tmp_path, fits_bytes(IMAGE.astype(np.float32), cards, compressed=False))
    np.testing.assert_allclose(image, double(IMAGE), atol=1e-6)
    old, new = WCS(fits.Header(cards)), WCS(header)
    x, y = np.meshgrid([-0.5, 3.0, COLUMNS - 0.5], [-0.5, 7.0, ROWS - 0.5])
    np.testing.assert_allclose(
        new.wcs_pix2world(2 * x + 0.5, 2 * y + 0.5, 0), old.wcs_pix2world(x, y, 0), atol=1e-10
    )
    assert "doubled" in str(header["HISTORY"])


def test_an_image_without_coordinates(tmp_path: Path, fits_bytes: Callable[..., bytes]) -> None:
    image, header = doubled(tmp_path, fits_bytes(IMAGE, [("OBJECT", "pore")], compressed=False))
    assert image.shape == (2 * ROWS, 2 * COLUMNS)
    assert header["OBJECT"] == "pore"
    assert not {"CRPIX1", "CDELT1", "CRPIX2"} & set(header)


def test_what_was_told_of_the_native_pixels_is_gone(tmp_path: Path, fits_bytes: Callable[..., bytes]) -> None:
    counts = np.arange(ROWS * COLUMNS, dtype=np.int32).reshape(ROWS, COLUMNS)
    cards = [("BLANK", -(2**31)), ("DATAMAX", 9.0), ("BUNIT", "DN/s")]
    raw = ("BSCALE  = 3.0", "BZERO   = 97304.0")
    image, header = doubled(tmp_path, fits_bytes(counts, cards, compressed=False, raw=raw))
    np.testing.assert_allclose(image.mean(), 3 * counts.mean() + 97304, rtol=1e-3)
    assert not {"BSCALE", "BZERO", "BLANK", "DATAMAX", "CHECKSUM", "DATASUM"} & set(header)
    assert header["BUNIT"] == "DN/s"
    assert header["BITPIX"] == -32


def test_rice_compressed_as_the_archive_has_them(tmp_path: Path, fits_bytes: Callable[..., bytes]) -> None:
    counts = (1000 * IMAGE).astype(np.int32)
    image, header = doubled(tmp_path, fits_bytes(counts, list(HEADERS["sharp"].items())))
    np.testing.assert_allclose(image, double(counts.astype(np.float32)), atol=0.01)
    assert header["CDELT1"] == 0.015


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "not a readable FITS"), (b"no fits" * 1000, "not a readable FITS"), (None, "not a readable FITS")],
)
def test_what_is_no_image_is_refused(tmp_path: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        (tmp_path / "in.fits").write_bytes(content)
    with pytest.raises(InputError, match=says) as told:
        enhance_by_spline(tmp_path / "in.fits", tmp_path / "out.fits")
    assert "in.fits" in str(told.value)
    assert not (tmp_path / "out.fits").exists()


def test_a_cube_is_no_image(tmp_path: Path, fits_bytes: Callable[..., bytes]) -> None:
    (tmp_path / "in.fits").write_bytes(fits_bytes(np.zeros((2, 3, 4), np.float32), compressed=False))
    with pytest.raises(InputError, match="no image of two axes"):
        enhance_by_spline(tmp_path / "in.fits", tmp_path / "out.fits")


def test_a_truncated_file_is_refused(tmp_path: Path, fits_bytes: Callable[..., bytes]) -> None:
    (tmp_path / "in.fits").write_bytes(fits_bytes(IMAGE, compressed=False)[:3000])
    with pytest.raises(InputError, match=r"in\.fits"):
        enhance_by_spline(tmp_path / "in.fits", tmp_path / "out.fits")
