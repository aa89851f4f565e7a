"""Rice-compressed images laid out as JSOC writes them, decoded without astropy's work around each tile.

FITS standard 4.0, section 10. A SHARP image has hundreds of tiles; astropy decodes one in 5 us and spends
20 us in Python around that. Here the same decoder, which has no public name, gets the bytes of the tiles
directly. Whatever is laid out in another way is left to astropy's public reader.
"""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.frame import Keyword
from storage.fits_blocks import Unit

try:
    from astropy.io.fits.hdu.compressed._compression import decompress_rice_1_c
except ImportError:  # another astropy may have it elsewhere
    decompress_rice_1_c = None

# Of a tile, block size, bytes per pixel and number of pixels.
Decode = Callable[[NDArray[np.uint8], int, int, int], bytes]
_BLOCK_SIZE = 32
# The decoder looks for the end of a tile after a block only, and passes over zeros until there is something:
# of a damaged tile it reads what lies behind it. That is the next tiles, and behind the last one this.
_BEHIND = b"\xff" * 256
_LAYOUT: dict[str, Keyword] = {
    "ZCMPTYPE": "RICE_1",
    "ZNAXIS": 2,
    "ZTILE2": 1,  # every row of the image is a tile
    "ZNAME1": "BLOCKSIZE",
    "ZVAL1": _BLOCK_SIZE,
    "ZNAME2": "BYTEPIX",
    "ZNAME3": None,
    "TFIELDS": 1,
    "TTYPE1": "COMPRESSED_DATA",
    "NAXIS1": 8,
    "THEAP": None,
}
_BYTES = re.compile(r"1?PB(\(\d+\))?")
_TYPES: dict[int, np.dtype[Any]] = {8: np.dtype(np.uint8), 16: np.dtype(np.int16), 32: np.dtype(np.int32)}
_TILE = np.dtype([("size", ">u4"), ("at", ">u4")])  # bytes, and where they are in the heap


def rice_decoded(
    unit: Unit, shape: tuple[int, int], decode: Decode | None = decompress_rice_1_c
) -> NDArray[Any] | None:
    """The integers of an image (y, x) in native byte order; None if it is laid out in another way.

    Parameters
    ----------
    unit : Unit
        The binary table that holds the image.
    shape : (ny, nx)
    decode : callable, optional
        The decoder of a tile.
    """
    kind = _TYPES.get(unit.number("ZBITPIX"))
    if decode is None or kind is None or not _is_plain(unit, shape, kind):
        return None
    ny, nx = shape
    table, begin = np.frombuffer(unit.data, _TILE, ny), ny * _TILE.itemsize
    end = table["at"].astype(np.int64) + table["size"]
    if not table["size"].all() or end.max() > len(unit.data) - begin:
        return None
    heap = np.frombuffer(unit.data + _BEHIND, np.uint8)[begin:]
    tiles = (decode(heap[at : at + size], _BLOCK_SIZE, kind.itemsize, nx) for size, at in table.tolist())
    return np.frombuffer(bytearray().join(tiles), kind).reshape(shape)


def _is_plain(unit: Unit, shape: tuple[int, int], kind: np.dtype[Any]) -> bool:
    """Whether the table has a row of one descriptor for each row of the image, and nothing else."""
    ny, nx = shape
    wanted = {**_LAYOUT, "ZVAL2": kind.itemsize, "ZTILE1": nx, "NAXIS2": ny}
    has = all(unit.cards.get(name) == value for name, value in wanted.items())
    return has and _BYTES.fullmatch(str(unit.cards.get("TFORM1"))) is not None
