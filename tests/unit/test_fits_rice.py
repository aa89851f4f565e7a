"""Rice tiles decoded directly: equal to what astropy reads, and left to it where anything is unusual."""

import io
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.lib.array_utils import byte_bounds

from storage.fits_blocks import UnreadableFile
from storage.fits_files import FileName, read_segment
from storage.fits_images import image_unit, stored_image
from storage.fits_rice import rice_decoded

BR = FileName("hmi.sharp_cea_720s", 377, np.datetime64("2011-02-15T02:00:00.000", "ms"), "Br")
SHAPE = (12, 40)
TYPES = ("uint8", "int16", "int32")


def image(dtype: str = "int32", shape: tuple[int, int] = SHAPE) -> np.ndarray:
    return np.random.default_rng(5).normal(90, 30, shape).clip(0, 200).astype(dtype)


def file_of(pixels: np.ndarray, **compression: Any) -> bytes:
    """A file without checksums, so that what is changed in it is for the decoder to notice."""
    said = {"compression_type": "RICE_1", "tile_shape": (1, pixels.shape[1]), **compression}
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(pixels, **said)]).writeto(buffer)
    return buffer.getvalue()


def as_astropy_reads(content: bytes) -> np.ndarray:
    with fits.open(io.BytesIO(content)) as units:
        return np.asarray(units[1].data)


@pytest.mark.parametrize("dtype", TYPES)
def test_pixels_are_those_of_astropy(dtype: str) -> None:
    content = file_of(image(dtype))
    found = rice_decoded(image_unit(content), SHAPE)
    assert found is not None, "the layout of the archive goes to the decoder directly"
    assert found.dtype == dtype
    assert found.flags.writeable
    np.testing.assert_array_equal(found, as_astropy_reads(content))


@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_any_numbers_come_back(data: st.DataObject) -> None:
    shapes = st.tuples(st.integers(1, 6), st.integers(1, 70))
    pixels = data.draw(arrays.arrays(st.sampled_from([np.dtype(name) for name in TYPES]), shapes))
    found = rice_decoded(image_unit(file_of(pixels)), pixels.shape)
    np.testing.assert_array_equal(found, pixels)


@pytest.mark.parametrize(
    "compression",
    [
        {"tile_shape": (4, SHAPE[1])},
        {"tile_shape": (1, 16)},
        {"compression_type": "GZIP_1"},
        {"compression_type": "HCOMPRESS_1", "tile_shape": SHAPE},
        {"compression_type": "PLIO_1"},
    ],
    ids=str,
)
def test_other_layouts_are_left_to_astropy(compression: dict[str, Any]) -> None:
    content = file_of(image(), **compression)
    assert rice_decoded(image_unit(content), SHAPE) is None
    np.testing.assert_array_equal(stored_image(image_unit(content)), image())


def test_without_the_decoder_astropy_reads() -> None:
    assert rice_decoded(image_unit(file_of(image())), SHAPE, None) is None


def test_what_is_read_past_the_end_of_a_damaged_tile_is_of_the_file() -> None:
    """astropy's decoder passes over zeros until there is something, wherever that is."""
    behind = []

    def decode(tile: np.ndarray, block_size: int, n_bytes: int, n: int) -> bytes:
        whole = tile.base
        behind.append(byte_bounds(whole)[1] - byte_bounds(tile)[1])
        assert (whole[-256:] > 0).all()
        return bytes(n_bytes * n)

    assert rice_decoded(image_unit(file_of(image())), SHAPE, decode) is not None
    assert len(behind) == SHAPE[0]
    assert min(behind) >= 32 * 4 + 4  # what a block of pixels takes at most


@pytest.mark.parametrize("field", [0, 4], ids=["size", "place"])
@pytest.mark.parametrize("value", [0, 1, 3, 10**6, 2**32 - 1])
def test_a_tile_that_is_not_there_is_noticed(field: int, value: int) -> None:
    content = file_of(image())
    at = content.index(image_unit(content).data) + 8 * 5 + field  # of the sixth row
    broken = content[:at] + value.to_bytes(4, "big") + content[at + 4 :]
    with pytest.raises(UnreadableFile, match="decompressed"):
        read_segment(BR, broken)
