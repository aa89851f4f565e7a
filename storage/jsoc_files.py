"""FITS files written as JSOC writes them: bytes that depend on pixels and keywords only.

An image goes into the first extension, Rice-compressed row by row, with its keywords in the header there;
only `bitmap` goes into the primary HDU. DATASUM and CHECKSUM are right for the bytes as stored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from pores.frame import Keyword
from pores.simulate.observe import Stored
from storage.fits_blocks import ones_complement_sum
from storage.fits_cards import BLOCK, CARD

DESCRIPTOR = 8  # bytes that say where a compressed row is
IN_PRIMARY = "bitmap"
_ZEROS = "0" * 16
_EXCLUDED = {*range(0x3A, 0x41), *range(0x5B, 0x61)}  # punctuation between digits and letters in ASCII


@dataclass(frozen=True)
class Segment:
    """One segment of a record: pixels as stored (ny, nx), how they are stored, keywords."""

    name: str
    stored: NDArray[Any]
    how: Stored
    keywords: Mapping[str, Keyword]


def files_bytes(segments: Sequence[Segment]) -> dict[str, bytes]:
    """The whole file of each segment of a record, by name."""
    contents: dict[str, bytes] = {}
    for bits in sorted({segment.how.bits for segment in segments}):
        tables = [one for one in segments if one.how.bits == bits and one.name != IN_PRIMARY]
        rows = _rice_rows([one.stored for one in tables]) if tables else []
        contents |= {one.name: _with_table(one, row) for one, row in zip(tables, rows, strict=True)}
    return {one.name: contents.get(one.name) or _primary_image(one) for one in segments}


def _primary_image(segment: Segment) -> bytes:
    ny, nx = segment.stored.shape
    data = _padded(segment.stored.astype(">i2").tobytes())
    structure = {"SIMPLE": True, "BITPIX": 16, "NAXIS": 2, "NAXIS1": nx, "NAXIS2": ny, "EXTEND": True}
    cards = [*_cards(structure), *_cards(segment.keywords), _card("BLANK", segment.how.blank)]
    return _checksummed(cards, data)


def _rice_rows(images: Sequence[NDArray[Any]]) -> list[list[bytes]]:
    """The Rice-compressed rows of images of one type and width; astropy compresses them all at once."""
    stack = np.concatenate(images)
    hdu = fits.CompImageHDU(stack, compression_type="RICE_1", tile_shape=(1, stack.shape[1]))
    buffer = BytesIO()
    hdu.writeto(buffer)
    content = buffer.getvalue()
    with fits.open(BytesIO(content), disable_image_compression=True) as hdus:
        start = hdus[1].fileinfo()["datLoc"]
    heap = start + DESCRIPTOR * len(stack)
    places = np.frombuffer(content, ">i4", 2 * len(stack), start).reshape(-1, 2).tolist()
    rows = [content[heap + offset : heap + offset + size] for size, offset in places]
    ends = np.cumsum([len(image) for image in images]).tolist()
    return [rows[end - len(image) : end] for end, image in zip(ends, images, strict=True)]


def _with_table(segment: Segment, rows: list[bytes]) -> bytes:
    """An empty primary HDU and the extension that holds compressed rows."""
    sizes = np.array([len(row) for row in rows])
    descriptors = np.stack([sizes, np.cumsum(sizes) - sizes], axis=1).astype(">i4")
    structure = _structure(segment, int(sizes.sum()), int(sizes.max()))
    cards = [*_cards(structure), *_cards(segment.keywords), _card("BLANK", segment.how.blank)]
    if segment.how.bits == 32:
        cards += [_card("BZERO", segment.how.bzero), _card("BSCALE", segment.how.bscale)]
    primary = _cards({"SIMPLE": True, "BITPIX": 16, "NAXIS": 0, "EXTEND": True})
    return _header(primary) + _checksummed(cards, _padded(descriptors.tobytes() + b"".join(rows)))


def _structure(segment: Segment, heap: int, longest: int) -> dict[str, Keyword]:
    """The keywords of the table and of the compression (FITS standard 4.0, section 10)."""
    ny, nx = segment.stored.shape
    return {
        **{"XTENSION": "BINTABLE", "BITPIX": 8, "NAXIS": 2, "NAXIS1": DESCRIPTOR, "NAXIS2": ny},
        **{
            "PCOUNT": heap,
            "GCOUNT": 1,
            "TFIELDS": 1,
            "TTYPE1": "COMPRESSED_DATA",
            "TFORM1": f"1PB({longest})",
        },
        **{"ZIMAGE": True, "ZBITPIX": segment.how.bits, "ZNAXIS": 2, "ZNAXIS1": nx, "ZNAXIS2": ny},
        **{"ZTILE1": nx, "ZTILE2": 1, "ZCMPTYPE": "RICE_1", "ZNAME1": "BLOCKSIZE", "ZVAL1": 32},
        **{"ZNAME2": "BYTEPIX", "ZVAL2": segment.how.bits // 8},
    }


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
    total = ones_complement_sum(data)
    cards = [*cards, _card("CHECKSUM", _ZEROS), _card("DATASUM", str(total))]
    header = _header(cards)
    cards[-2] = _card("CHECKSUM", _encoded(~ones_complement_sum(header, total) & 0xFFFFFFFF))
    return _header(cards) + data


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
