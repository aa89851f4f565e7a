"""Record-set strings taken apart: `series[377][2011.02.15_TAI/3d@1h][? QUALITY >= 0 ?]{continuum,Br}`."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

EPOCH = datetime(
    1993, 1, 1, tzinfo=UTC
)  # of T_REC's slots; the zone only keeps `datetime` from asking for ours
STEP_S = 720
MAX_TIMES = 10  # OR-ed times in a record set; the archive's server fails on more
_SERIES = re.compile(r"\s*([A-Za-z]\w*\.\w+)\s*")
_TIME = re.compile(
    r"(\d{4})\.(\d\d?)\.(\d\d?)(?:_(\d\d?)(?::(\d\d))?(?::(\d\d(?:\.\d+)?))?(?:h)?)?(?:_?(TAI|UTC|UT|Z))?"
)
_SPAN = re.compile(r"(\d+(?:\.\d+)?)([a-z]+)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "u": STEP_S}
_BAD = "Invalid record set: "

Wanted = Callable[[int], bool]


class BadRecordSetError(ValueError):
    """A record set that the server refuses."""


@dataclass(frozen=True)
class RecordSet:
    """A record set taken apart.

    Attributes
    ----------
    keys : tuple of str
        What stands in the brackets of HARPNUM and T_REC.
    recnums : frozenset of int or None
        Of `[:#123]`.
    """

    series: str
    keys: tuple[str, ...]
    conditions: tuple[str, ...]
    segments: tuple[str, ...]
    recnums: frozenset[int] | None


def parse(text: str) -> RecordSet:
    """Take a record set apart; BadRecordSetError if it is none."""
    match = _SERIES.match(text)
    if match is None:
        raise BadRecordSetError(f"{_BAD}{text!r} names no series")
    keys: list[str] = []
    conditions: list[str] = []
    recnums: frozenset[int] | None = None
    rest = text[match.end() :]
    while rest.startswith("["):
        inside, rest = _bracket(rest)
        if inside.startswith("?"):
            conditions.append(inside[1:-1].strip())
        elif inside.startswith(":#"):
            recnums = frozenset(int(number) for number in re.findall(r"\d+", inside))
        else:
            keys.append(inside.strip())
    segments, rest = _segments(rest)
    if rest.strip() or len(keys) > 2:
        raise BadRecordSetError(f"{_BAD}{text!r}")
    return RecordSet(match[1].lower(), tuple(keys), tuple(conditions), segments, recnums)


def _bracket(text: str) -> tuple[str, str]:
    """What stands in the first bracket, and what follows it."""
    close = "?]" if text.startswith("[?") else "]"
    end = text.find(close)
    if end < 0:
        raise BadRecordSetError(f"{_BAD}no {close} in {text!r}")
    end += len(close)
    return text[1 : end - 1], text[end:].lstrip()


def _segments(text: str) -> tuple[tuple[str, ...], str]:
    if not text.startswith("{"):
        return (), text
    inside, brace, rest = text[1:].partition("}")
    if not brace:
        raise BadRecordSetError(f"{_BAD}no }} in {text!r}")
    return tuple(name for name in re.split(r"[\s,]+", inside) if name), rest


def harpnums(text: str, every: Iterable[int]) -> Wanted:
    """Which HARPs `377`, `377-380`, `377,401`, `$` or nothing means."""
    text = text.removeprefix("HARPNUM=").strip()
    if not text:
        return lambda harpnum: True
    if text in ("^", "$"):
        return (min if text == "^" else max)(every, default=-1).__eq__
    parts = [_numbers(part) for part in text.split(",")]
    return lambda harpnum: any(harpnum in part for part in parts)


def _numbers(text: str) -> range:
    match = re.fullmatch(r"\s*(\d*)(?:(-)(\d*))?\s*", text)
    if match is None or not (match[1] or match[3]):
        raise BadRecordSetError(f"{_BAD}HARPNUM {text!r}")
    if not match[2]:
        return range(int(match[1]), int(match[1]) + 1)
    return range(int(match[1] or 0), int(match[3] or 10**9) + 1)


def slots(text: str, every: Iterable[int]) -> Wanted:
    """Which slots of T_REC a time, a range or a list of them means; nothing means all."""
    text = text.removeprefix("T_REC=").strip()
    if not text:
        return lambda slot: True
    parts = text.split(",")
    if len(parts) > MAX_TIMES:
        raise BadRecordSetError(f"{len(parts)} OR-ed times; at most {MAX_TIMES} work")
    ends = (min(every, default=0), max(every, default=0))
    wanted = [_slots(part.strip(), ends) for part in parts]
    return lambda slot: any(slot in part for part in wanted)


def _slots(text: str, ends: tuple[int, int]) -> range:
    """Slots of one range, `t`, `t1-t2`, `t1-`, `-t2`, `t1/3d`, each with or without `@1h`."""
    text, _, every = text.partition("@")
    step = max(1, round(seconds(every) / STEP_S)) if every else 1
    first_text, slash, length = text.partition("/")
    if slash:
        first = _end(first_text, ends, ends[0])
        return range(first, first + round(seconds(length) / STEP_S), step)
    first_text, dash, last_text = text.partition("-")
    if not text:
        return range(0, ends[1] + 1, step)
    first = _end(first_text, ends, ends[0])
    last = _end(last_text, ends, ends[1]) if dash else first
    return range(first, last + 1, step)


def _end(text: str, ends: tuple[int, int], default: int) -> int:
    text = text.strip()
    if text in ("^", "$"):
        return ends[0] if text == "^" else ends[1]
    return slot(time_s(text)) if text else default


def slot(t_s: float) -> int:
    """Slot of a time, to the nearest."""
    return int((t_s + STEP_S / 2) // STEP_S)


def seconds(text: str) -> float:
    """Length of `12m`, `1h`, `3d`, `720s`, or `5u` (slots)."""
    match = _SPAN.fullmatch(text.strip())
    if match is None or match[2] not in _UNITS:
        raise BadRecordSetError(f"{_BAD}no length of time: {text!r}")
    return float(match[1]) * _UNITS[match[2]]


def time_s(text: str) -> float:
    """TAI seconds since the epoch; a time without a zone is UTC, as the archive has it."""
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise BadRecordSetError(f"{_BAD}no time: {text!r}")
    year, month, day, hour, minute, second = (float(part or 0) for part in match.groups()[:6])
    try:
        whole = datetime(int(year), int(month), int(day), int(hour), int(minute), tzinfo=UTC)
    except ValueError as error:
        raise BadRecordSetError(f"{_BAD}no time: {text!r} ({error})") from error
    tai = (whole - EPOCH).total_seconds() + second
    return tai if match[7] == "TAI" else tai + _offset_s(whole)


def _offset_s(when: datetime) -> float:
    """TAI - UTC since SDO flies."""
    steps = ((2017, 1, 37), (2015, 7, 36), (2012, 7, 35))
    return next((s for year, month, s in steps if (when.year, when.month) >= (year, month)), 34)
