"""The units of a FITS file in its bytes: where header and data are, are they whole and unharmed.

FITS standard 4.0, sections 3, 4.4.1 and Appendix J (checksums). The checksums of JSOC's exports are right for
the bytes as stored, while astropy's `checksum=True` reports false failures on some of them, so the bytes are
summed here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pores.errors import InputError, Reason
from pores.frame import Keyword
from storage.fits_cards import BLOCK, CARD, values, without_end

MAX_HEADER = 15 * BLOCK  # 540 cards; a SHARP header has about 220
_ALL_ONES = 0xFFFFFFFF
_END = b"END".ljust(CARD)


class UnreadableFile(InputError):  # noqa: N818 - a finding about a file
    """A file can't be used as the image its name promises; `what` says why without naming the file."""

    def __init__(self, name: str, what: str, reason: Reason = Reason.UNREADABLE_FILE) -> None:
        super().__init__(f"{name}: {what}")
        self.name = name
        self.what = what
        self.reason = reason

    def __reduce__(self) -> tuple[type["UnreadableFile"], tuple[str, str, Reason]]:
        """Say how it is made again in another process."""
        return UnreadableFile, (self.name, self.what, self.reason)


@dataclass(frozen=True, eq=False)
class Unit:
    """A header and its data, bytes as in the file (data without padding)."""

    header: bytes
    cards: dict[str, Keyword]
    data: bytes

    def number(self, name: str, default: int | None = None) -> int:
        """Give an integer keyword of the structure; ValueError if it isn't there."""
        value = self.cards.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"header has no integer {name}")
        return value


def units(content: bytes) -> Iterator[Unit]:
    """Header-data units of a file, each checked against its end of file and its checksums.

    Raises
    ------
    ValueError
        What is wrong, in a line.
    """
    if not content:
        raise ValueError("empty file (0 bytes)")
    if not content.startswith(b"SIMPLE  ="):
        raise ValueError("no FITS file: it does not begin with SIMPLE")
    at = 0
    while at < len(content) and (at == 0 or content.startswith(b"XTENSION", at)):
        header = _header(content, at)
        cards = values(without_end(header))
        size = _data_size(cards)
        begin = at + len(header)
        if begin + size > len(content):
            raise ValueError(f"truncated: {len(content) - begin} of {size} bytes of data")
        at = begin + -(-size // BLOCK) * BLOCK
        _check_sums(header, cards, content[begin:at])
        yield Unit(header, cards, content[begin : begin + size])


def _header(content: bytes, at: int) -> bytes:
    limit = min(len(content), at + MAX_HEADER)
    for block in range(at, limit, BLOCK):
        end = content.find(_END, block, block + BLOCK)
        while end >= 0 and (end - at) % CARD:
            end = content.find(_END, end + 1, block + BLOCK)
        if end >= 0 and block + BLOCK <= len(content):
            return content[at : block + BLOCK]
    raise ValueError("header without END: truncated or damaged")


def _data_size(cards: dict[str, Keyword]) -> int:
    unit = Unit(b"", cards, b"")
    n_axes = unit.number("NAXIS")
    if not 0 <= n_axes <= 8:
        raise ValueError(f"NAXIS {n_axes}")
    if n_axes == 0:
        return 0
    axes = [unit.number(f"NAXIS{i + 1}") for i in range(n_axes)]
    extra, groups, bits = unit.number("PCOUNT", 0), unit.number("GCOUNT", 1), unit.number("BITPIX")
    if min(axes) < 0 or extra < 0 or groups < 0:
        raise ValueError("negative size in the header")
    pixels = 1
    for axis in axes:
        pixels *= axis
    return abs(bits) // 8 * groups * (extra + pixels)


def _check_sums(header: bytes, cards: dict[str, Keyword], data: bytes) -> None:
    """Compare the stored sums, where there are any, with the bytes."""
    stored, data_sum = cards.get("DATASUM"), ones_complement_sum(data)
    if stored is not None and not _same(int(str(stored).strip() or 0), data_sum):
        raise ValueError("damaged: DATASUM does not agree with the data")
    summed = bool(str(cards.get("CHECKSUM") or "").strip(" 0"))
    if summed and not _same(ones_complement_sum(header, data_sum), 0):
        raise ValueError("damaged: CHECKSUM does not agree with header and data")


def _same(a: int, b: int) -> bool:
    """Equality of ones' complement numbers: all ones is another zero."""
    return a % _ALL_ONES == b % _ALL_ONES


def ones_complement_sum(content: bytes, start: int = 0) -> int:
    """32-bit ones' complement sum of big-endian words; what lacks to a whole word counts as zero."""
    content = content + bytes(-len(content) % 4)
    return _fold(int(np.frombuffer(content, ">u4").sum(dtype=np.uint64)) + start)


def _fold(total: int) -> int:
    while total > _ALL_ONES:
        total = (total & _ALL_ONES) + (total >> 32)
    return total
