"""The image in the units of a FITS file, decompressed if need be, and how its numbers are scaled."""

import io
import re
import warnings
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from pores.frame import Keyword
from storage.fits_blocks import Unit, units
from storage.fits_cards import BLOCK, CARD
from storage.fits_rice import rice_decoded

MAX_PIXELS = 4096 * 4096
# What astropy needs to decompress an image; without BSCALE it gives the integers as stored.
_COMPRESSION = re.compile(rb"(XTENSION|BITPIX|NAXIS\d?|PCOUNT|GCOUNT|TFIELDS|THEAP|T(TYPE|FORM)\d|Z\w+) *")
_TYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


def image_unit(content: bytes) -> Unit:
    """The unit that holds the image; the whole file is checked.

    Raises
    ------
    ValueError
        What is wrong with the file, in a line.
    """
    images = [unit for unit in units(content) if _axes(unit)]
    if not images:
        raise ValueError("no image in the file")
    ny, nx = _axes(images[0])
    if ny * nx > MAX_PIXELS or 0 in (ny, nx):
        raise ValueError(f"image of {nx} x {ny} pixels")
    return images[0]


def _axes(unit: Unit) -> tuple[int, ...]:
    """(ny, nx) of a 2-D image, compressed or not; () of anything else."""
    compressed = unit.cards.get("ZIMAGE") is True
    if not compressed and unit.cards.get("XTENSION", "IMAGE") != "IMAGE":
        return ()
    z = "Z" if compressed else ""
    if unit.number(f"{z}NAXIS") != 2:
        return ()
    return unit.number(f"{z}NAXIS2"), unit.number(f"{z}NAXIS1")


def stored_image(unit: Unit) -> NDArray[Any]:
    """The image (y, x), numbers as stored; ValueError if it can't be had."""
    if unit.cards.get("ZIMAGE") is True:
        return _decompressed(unit)
    kind = _TYPES.get(unit.number("BITPIX"))
    if kind is None:
        raise ValueError(f"BITPIX {unit.number('BITPIX')}")
    return np.frombuffer(unit.data, kind).reshape(_axes(unit)).astype(np.dtype(kind).newbyteorder("="))


def _decompressed(unit: Unit) -> NDArray[Any]:
    ny, nx = _axes(unit)
    try:
        image = rice_decoded(unit, (ny, nx))
        return _by_astropy(unit) if image is None else image
    except Exception as error:  # astropy's decoders raise many kinds
        raise ValueError(f"image can't be decompressed: {error}".splitlines()[0]) from error


def _by_astropy(unit: Unit) -> NDArray[Any]:
    """Decompress through astropy, which gets the cards of the compression only: none can make it warn."""
    cards = [unit.header[i : i + CARD] for i in range(0, len(unit.header), CARD)]
    needed = b"".join(card for card in cards if _COMPRESSION.fullmatch(card[:8]))
    primary = b"SIMPLE  =                    T".ljust(CARD) + b"BITPIX  =                    8".ljust(CARD)
    primary += b"NAXIS   =                    0".ljust(CARD) + b"EXTEND  =                    T".ljust(CARD)
    file = io.BytesIO(
        _padded(primary + _end(), b" ") + _padded(needed + _end(), b" ") + _padded(unit.data, b"\0")
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with fits.open(file, memmap=False, lazy_load_hdus=True) as units_:
            return np.ascontiguousarray(units_[1].data)


def scaling(cards: dict[str, Keyword], kind: np.dtype[Any]) -> tuple[float, float, int | None]:
    """BSCALE, BZERO and, for integers, BLANK."""
    numbers = {name: cards.get(name) for name in ("BSCALE", "BZERO", "BLANK")}
    bscale, bzero = (
        float(value) if isinstance(value := numbers[name], int | float) else default
        for name, default in (("BSCALE", 1.0), ("BZERO", 0.0))
    )
    blank = numbers["BLANK"]
    return bscale, bzero, int(blank) if isinstance(blank, int | float) and kind.kind != "f" else None


def _end() -> bytes:
    return b"END".ljust(CARD)


def _padded(content: bytes, fill: bytes) -> bytes:
    return content + fill * (-len(content) % BLOCK)
