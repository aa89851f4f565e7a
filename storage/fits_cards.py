"""Cards of a FITS header, as JSOC's exports write them, to plain values.

astropy parses the 200 cards of a SHARP header in about 10 ms and stumbles over `nan` written without quotes;
here they take 0.2 ms, since most cards are the same from header to header and each is parsed once.
FITS standard 4.0, section 4; CONTINUE: section 4.2.1.2.
"""

import math
import re
from collections.abc import Mapping
from functools import lru_cache

from astropy.io import fits

from pores.frame import Keyword

CARD = 80
BLOCK = 2880
QUALITY_KEYWORDS = frozenset({"QUALITY", "QUAL_S", "QUALLEV1"})  # unsigned words, stored as signed integers
DRMS_MISSING_INT = -(2**31)
NOT_A_VALUE = frozenset({"", "nan", "-nan", "inf", "-inf", "+inf", "missing"})
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([EeDd][+-]?\d+)?")
# How the image is stored, not what it shows.
STRUCTURE = re.compile(
    r"SIMPLE|XTENSION|BITPIX|NAXIS\d*|PCOUNT|GCOUNT|EXTEND|TFIELDS|THEAP|T(TYPE|FORM|UNIT|SCAL|ZERO|NULL|DIM)\d+"
    r"|BSCALE|BZERO|BLANK|CHECKSUM|DATASUM|LONGSTRN"
    r"|Z(IMAGE|SIMPLE|TENSION|EXTEND|BITPIX|NAXIS\d*|TILE\d+|CMPTYPE|NAME\d+|VAL\d+|MASKCMP|QUANTIZ|DITHER0|SCALE"
    r"|ZERO|BLANK|PCOUNT|GCOUNT|HECKSUM|DATASUM)"
)
_END = "END".ljust(CARD)
_SCALING = ("BSCALE", "BZERO", "BLANK")
_NAME = re.compile(r"[A-Z0-9_-]{1,8}")
_COMMENTS = ("COMMENT", "HISTORY")  # texts of any length
_LONGEST = 66  # characters of a string in a card, with the & that continues it
_CACHED = 16_384  # cards kept parsed: the headers of some 50 records
_HEADERS = 32  # headers kept parsed: a file's is asked for several times


def values(header: bytes) -> dict[str, Keyword]:
    """Every keyword of a header with a value, the first card of a name counting.

    Parameters
    ----------
    header : bytes
        Cards of 80 characters, with or without END and padding.

    Returns
    -------
    dict
        None where the value is undefined, empty, `nan`, `inf` or DRMS's missing integer; QUALITY unsigned.
    """
    return dict(_values(header))


def without_end(header: bytes) -> bytes:
    """A header without END and padding."""
    at = header.rstrip(b" ")
    return header[: (len(at) - 1) // CARD * CARD] if at.endswith(b"END") else header


def keywords(header: bytes) -> dict[str, Keyword]:
    """The keywords of the record: `values` without those of the storage, `_BUNIT` and its like as `BUNIT`."""
    every = _values(header)
    plain = {name: value for name, value in every.items() if not _is_structure(name)}
    for name in [name for name in plain if name.startswith("_")]:
        value = plain.pop(name)
        plain.setdefault(name[1:], value)
    return plain


def keyword(header: bytes, name: str) -> Keyword:
    """One of the `keywords` of a header; None if it isn't there."""
    every = _values(header)
    return every.get(name, every.get(f"_{name}"))


def as_cards(keywords: Mapping[str, Keyword]) -> bytes:
    """Keywords of a query as cards, named as JSOC's exports name them, long strings continued.

    Those that tell how an image is stored are left out, those whose name FITS has no place for, and comments,
    which no file's keywords count either.
    """
    named = {name.upper().replace("__", "-"): value for name, value in keywords.items()}
    plain = {
        name: value
        for name, value in named.items()
        if _NAME.fullmatch(name) and not _is_structure(name) and name not in _COMMENTS
    }
    return b"".join(_card(name, value) for name, value in sorted(plain.items()))


def with_cards(header: bytes, more: bytes) -> bytes:
    """A header and those of further cards whose keywords it has not."""
    mine = _values(header)
    further = [record for record in _records(more) if _parsed(record)[0] not in mine]
    return header + "".join(further).encode("latin-1")


def image_header(header: bytes) -> fits.Header:
    """Header of the image: all cards but those of its compression, `nan` without quotes made a string."""
    number = _values(header)
    whole = fits.Header.fromstring(header.decode("latin-1"))
    kept = fits.Header()
    kept["SIMPLE"] = True
    for name in ("BITPIX", "NAXIS", "NAXIS1", "NAXIS2"):
        kept[name] = number.get(f"Z{name}", number.get(name))
    for card in whole.cards:
        if not STRUCTURE.fullmatch(card.keyword) or card.keyword in _SCALING:
            card.verify("silentfix")
            kept.append(card)
    return kept


def _records(header: bytes) -> list[str]:
    """Cards before END, those of a long string (CONTINUE) joined."""
    text = header.decode("latin-1")
    cards = [text[at : at + CARD] for at in range(0, len(text), CARD)]
    if _END in cards:
        del cards[cards.index(_END) :]
    if "CONTINUE" not in text:
        return cards
    records: list[str] = []
    for card in cards:
        if card.startswith("CONTINUE") and records:
            records[-1] += card
        else:
            records.append(card)
    return records


@lru_cache(maxsize=_HEADERS)
def _values(header: bytes) -> dict[str, Keyword]:
    parsed = map(_parsed, reversed(_records(header)))
    return dict(reversed({name: value for name, value in parsed if name}.items()))


@lru_cache(maxsize=_CACHED)
def _parsed(record: str) -> tuple[str, Keyword]:
    """Name and value; no name for comments and the like."""
    if record[8:10] != "= ":
        return "", None
    name, text = record[:8].rstrip(), record[10:CARD].lstrip()
    if not text.startswith("'"):
        return name, _value(name, text.partition("/")[0].strip())
    text = _quoted(text)
    for at in range(CARD, len(record), CARD):
        text = text.removesuffix("&") + _quoted(record[at + 8 : at + CARD].lstrip())
    return name, _quality(text) if name in QUALITY_KEYWORDS else _string(text)


@lru_cache(maxsize=_CACHED)
def _is_structure(name: str) -> bool:
    return STRUCTURE.fullmatch(name) is not None


def _quoted(text: str) -> str:
    """Content of the quoted string at the start of `text`; a doubled quote is one, end blanks are none."""
    if "''" not in text[1:]:
        return text[1:].partition("'")[0].rstrip()
    match = re.match(r"'((?:[^']|'')*)'?", text)
    return match.group(1).replace("''", "'").rstrip() if match else ""


def _value(name: str, text: str) -> Keyword:
    if text in ("T", "F"):
        return text == "T"
    if not _NUMBER.fullmatch(text):
        return _string(text)
    try:
        number = int(text)
    except ValueError:
        value = float(text.replace("D", "E").replace("d", "e"))
        return value if math.isfinite(value) else None
    if name in QUALITY_KEYWORDS:
        return number & 0xFFFFFFFF
    return None if number == DRMS_MISSING_INT and name != "BLANK" else number


def _string(text: str) -> str | None:
    return None if text.strip().lower() in NOT_A_VALUE else text


def _card(name: str, value: Keyword) -> bytes:
    """One card, or as many as a long string takes; numbers with all their digits."""
    if isinstance(value, str):
        quoted = value.encode("ascii", "replace").decode().replace("'", "''")
        parts = _parts(quoted) or [""]
        texts = [f"'{part}&'" for part in parts[:-1]] + [f"'{parts[-1]:<8}'"]
    elif isinstance(value, bool):
        texts = [f"{'T' if value else 'F':>20}"]
    else:
        texts = [f"{'' if value is None else repr(value).upper():>20}"]
    cards = [f"{name:<8}= {texts[0]}", *(f"CONTINUE  {text}" for text in texts[1:])]
    return "".join(card.ljust(CARD) for card in cards).encode("ascii")


def _parts(quoted: str) -> list[str]:
    """Pieces that fit into a card each; no doubled quote is torn apart."""
    return re.findall(rf"(?:''|[^']){{1,{_LONGEST // 2}}}", quoted) if len(quoted) > _LONGEST else [quoted]


def _quality(text: str) -> Keyword:
    """Read a quality word written as text, hexadecimal as in keyword queries."""
    try:
        return int(text, 0) & 0xFFFFFFFF
    except ValueError:
        return _string(text)
