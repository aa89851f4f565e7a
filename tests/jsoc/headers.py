"""FITS headers by their bytes: keywords as the archive's database prints them, and files stripped of them."""

import re
from array import array
from pathlib import Path
from sys import byteorder

CARD, BLOCK = 80, 2880
START = 16 * BLOCK  # bytes read of a file; a SHARP header takes 7 to 9 blocks
STRUCTURE = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|EXTEND|TFIELDS|THEAP|T(TYPE|FORM)\d+|BSCALE|BZERO|BLANK"
    r"|CHECKSUM|DATASUM|Z(IMAGE|SIMPLE|EXTEND|BITPIX|NAXIS\d*|TILE\d+|CMPTYPE|NAME\d+|VAL\d+)"
)
PER_SEGMENT = frozenset(
    f"DATA{what}" for what in ("VALS", "MIN", "MAX", "MEDN", "MEAN", "RMS", "SKEW", "KURT")
) | {"BUNIT", "MISSVALS"}
_OF_EXPORT = frozenset(
    {"LONGSTRN", "HEADSUM", "DRMS_ID", "PRIMARYK", "LICENSE", "POLICY"}
)  # not in the database
_INTEGER = re.compile(r"[+-]?\d+")
_REAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([EeDd][+-]?\d+)?")
_TIME = re.compile(r"\d{4}\.\d\d\.\d\d_.*|\d{4}-\d\d-\d\dT.*")

Values = dict[str, tuple[str, str]]  # keyword -> (type, text)


def image_values(path: Path) -> tuple[Values, str]:
    """Keywords of the image's header with their types, and its size as `744x377`."""
    with path.open("rb") as file:
        start = file.read(START)
    cards = _cards(start, 0)
    if _plain(cards, "NAXIS") == "0":
        cards = _cards(start, -(-(len(cards) + 1) * CARD // BLOCK) * BLOCK)
    z = "Z" if _plain(cards, "ZIMAGE") else ""
    size = f"{_plain(cards, z + 'NAXIS1')}x{_plain(cards, z + 'NAXIS2')}"
    found: Values = {}
    for card in cards:
        name = card[:8].rstrip()
        if name in ("HISTORY", "COMMENT"):
            kind, text = found.get(name, ("string", ""))
            found[name] = (kind, text + card[8:].strip())
        elif card[8:10] == "= " and name not in _OF_EXPORT and not STRUCTURE.fullmatch(name):
            found.setdefault(_database_name(name), typed(card[10:]))
    return found, size


def typed(text: str) -> tuple[str, str]:
    """Type of a card's value and its text."""
    text = text.strip()
    if text.startswith("'"):
        text = re.sub("''", "'", text[1:].rpartition("'")[0]).strip()
        if text.lower() in ("nan", "-nan", "inf", "-inf"):
            return "double", "nan"
        return ("time" if _TIME.fullmatch(text) else "string"), text
    text = text.partition("/")[0].strip()
    if _INTEGER.fullmatch(text):
        return "int" if abs(int(text)) < 2**31 else "longlong", text
    if _REAL.fullmatch(text):
        return "double", text.lower()
    return ("double", "nan") if text.lower() in ("nan", "") else ("string", text)


def _database_name(name: str) -> str:
    """DATE-OBS is DATE__OBS there, and _BUNIT in new exports is BUNIT."""
    return name.lstrip("_").replace("-", "__")


def _cards(content: bytes, at: int) -> list[str]:
    text = content[at : at + START].decode("latin-1")
    cards: list[str] = []
    for i in range(0, len(text), CARD):
        card = text[i : i + CARD]
        if card.rstrip() == "END":
            return cards
        cards.append(card)
    raise ValueError("header without END")


def _plain(cards: list[str], name: str) -> str:
    for card in cards:
        if card[:8].rstrip() == name:
            return card[10:].partition("/")[0].strip()
    return ""


def bare(content: bytes) -> bytes:
    """A file as the archive stores it: structure cards only, sums right for it."""
    cards = _cards(content, 0)
    size = _padded_header(cards)
    if _plain(cards, "NAXIS") != "0":
        return _rewritten(cards, content[size:])
    second = _cards(content, size)
    return content[:size] + _rewritten(second, content[size + _padded_header(second) :])


def _padded_header(cards: list[str]) -> int:
    return -(-(len(cards) + 1) * CARD // BLOCK) * BLOCK


def _rewritten(cards: list[str], data: bytes) -> bytes:
    kept = [c for c in cards if STRUCTURE.fullmatch(c[:8].rstrip()) and c[:8] not in ("CHECKSUM", "DATASUM ")]
    total = _sum(data)
    kept.append(f"DATASUM = '{total:<8}'".ljust(CARD))
    zero = _header([*kept, f"CHECKSUM= '{'0' * 16}'".ljust(CARD)])
    encoded = _encoded(~_sum(zero, total) & 0xFFFFFFFF)
    return _header([*kept, f"CHECKSUM= '{encoded}'".ljust(CARD)]) + data


def _header(cards: list[str]) -> bytes:
    text = "".join([*cards, "END".ljust(CARD)])
    return text.ljust(-(-len(text) // BLOCK) * BLOCK).encode("latin-1")


def _sum(content: bytes, start: int = 0) -> int:
    words = array("I", content + bytes(-len(content) % 4))
    if byteorder == "little":
        words.byteswap()
    total = sum(words) + start
    while total >> 32:
        total = (total & 0xFFFFFFFF) + (total >> 32)
    return total


def _encoded(value: int) -> str:
    """ASCII of a checksum (FITS standard 4.0, appendix J): no punctuation, rotated by one."""
    excluded = {*range(0x3A, 0x41), *range(0x5B, 0x61)}
    text = [0] * 16
    for i, byte in enumerate(value.to_bytes(4, "big")):
        four = [byte // 4 + 0x30] * 4
        four[0] += byte % 4
        while any(code in excluded for code in four):
            for j in (0, 2):
                if four[j] in excluded or four[j + 1] in excluded:
                    four[j], four[j + 1] = four[j] + 1, four[j + 1] - 1
        for j in range(4):
            text[4 * j + i] = four[j]
    characters = "".join(map(chr, text))
    return characters[-1] + characters[:-1]
