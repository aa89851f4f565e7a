"""FITS files written as JSOC writes them: bytes that depend on pixels and keywords only.

An image goes into the first extension, Rice-compressed row by row, with its keywords in the header there;
only `bitmap` goes into the primary HDU. DATASUM and CHECKSUM are right for the bytes as stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from pores.frame import Keyword
from pores.simulate.observe import Stored

BLOCK, CARD = 2880, 80
_ZEROS = "0" * 16
_EXCLUDED = {*range(0x3A, 0x41), *range(0x5B, 0x61)}  # punctuation between digits and letters in ASCII


@dataclass(frozen=True)
class Segment:
    """One segment of a record: pixels as stored (ny, nx), how they are stored, keywords."""

    name: str
    stored: NDArray[Any]
    how: Stored
    keywords: Mapping[str, Keyword]


def file_bytes(segment: Segment) -> bytes:
    """The whole file of a segment."""
    if segment.name == "bitmap":
        return _primary_image(segment)
    primary = [_card("SIMPLE", True), _card("BITPIX", 16), _card("NAXIS", 0), _card("EXTEND", True)]
    return _header(primary) + _compressed(segment)


def _primary_image(segment: Segment) -> bytes:
    ny, nx = segment.stored.shape
    data = _padded(segment.stored.astype(">i2").tobytes())
    structure: dict[str, Keyword] = {
        "SIMPLE": True,
        "BITPIX": 16,
        "NAXIS": 2,
        "NAXIS1": nx,
        "NAXIS2": ny,
        "EXTEND": True,
    }
    cards = [*_cards(structure), *_cards(segment.keywords), _card("BLANK", segment.how.blank)]
    return _checksummed(cards, data)


def _compressed(segment: Segment) -> bytes:
    """The extension with the Rice-compressed image; astropy compresses, the header is ours."""
    buffer = BytesIO()
    hdu = fits.CompImageHDU(
        segment.stored, compression_type="RICE_1", tile_shape=(1, segment.stored.shape[1])
    )
    hdu.writeto(buffer)
    content = buffer.getvalue()
    with fits.open(BytesIO(content), disable_image_compression=True) as hdus:
        table = hdus[1]
        structure = {name: table.header[name] for name in _structural(table.header)}
        start, size = table.fileinfo()["datLoc"], table.fileinfo()["datSpan"]
    cards = [*_cards(structure), *_cards(segment.keywords), _card("BLANK", segment.how.blank)]
    if segment.how.bits == 32:
        cards += [_card("BZERO", segment.how.bzero), _card("BSCALE", segment.how.bscale)]
    return _checksummed(cards, content[start : start + size])


def _structural(header: fits.Header) -> list[str]:
    """Keywords that describe the table and its compression, in order."""
    kinds = ("XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "TFIELDS", "TTYPE", "TFORM", "Z")
    wanted = [name for name in header if name.startswith(kinds)]
    return [
        name
        for name in wanted
        if name not in ("ZSIMPLE", "ZEXTEND", "ZPCOUNT", "ZGCOUNT", "ZTENSION", "ZBLANK")
    ]


def _cards(keywords: Mapping[str, Keyword]) -> list[bytes]:
    return [_card(name, value) for name, value in keywords.items()]


def _card(name: str, value: Keyword) -> bytes:
    """One card in fixed format; strings at least eight characters long, as the standard asks."""
    if isinstance(value, bool):
        text = f"{'T' if value else 'F':>20}"
    elif isinstance(value, str):
        text = "'" + value.replace("'", "''").ljust(8) + "'"
    elif isinstance(value, int):
        text = f"{value:>20}"
    elif value is None:
        text = " " * 20
    else:
        text = f"{_number(float(value)):>20}"
    return f"{name:<8}= {text}".ljust(CARD).encode("ascii")


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "'nan     '"
    text = repr(value).upper()
    if len(text) > 20:
        text = f"{value:.12E}"
    return text if "." in text else text.replace("E", ".0E")


def _header(cards: list[bytes]) -> bytes:
    text = b"".join([*cards, b"END".ljust(CARD)])
    return text.ljust(-(-len(text) // BLOCK) * BLOCK)


def _padded(data: bytes) -> bytes:
    return data.ljust(-(-len(data) // BLOCK) * BLOCK, b"\0")


def _checksummed(cards: list[bytes], data: bytes) -> bytes:
    """Header and data with DATASUM and CHECKSUM (FITS standard 4.0, appendix J)."""
    total = _sum(data)
    cards = [*cards, _card("CHECKSUM", _ZEROS), _card("DATASUM", str(total))]
    header = _header(cards)
    cards[-2] = _card("CHECKSUM", _encoded(~_sum(header, total) & 0xFFFFFFFF))
    return _header(cards) + data


def _sum(data: bytes, start: int = 0) -> int:
    """32-bit ones' complement sum."""
    total = int(np.frombuffer(data, ">u4").sum(dtype=np.uint64)) + start
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    return total


def _encoded(value: int) -> str:
    """The ASCII encoding of a checksum's complement: letters and digits only, rotated by one place."""
    columns = []
    for byte in value.to_bytes(4, "big"):
        quotient, remainder = divmod(byte, 4)
        four = [quotient + 0x30] * 4
        four[0] += remainder
        while any(code in _EXCLUDED for code in four):
            for i in (0, 2):
                if four[i] in _EXCLUDED or four[i + 1] in _EXCLUDED:
                    four[i] += 1
                    four[i + 1] -= 1
        columns.append(four)
    text = "".join(chr(columns[j][i]) for i in range(4) for j in range(4))
    return text[-1] + text[:-1]
