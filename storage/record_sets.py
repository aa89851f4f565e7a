"""Record sets: what DRMS calls the records of a series that a text in its own notation names.

`hmi.sharp_cea_720s[3604][2014.01.01_00:00:00_TAI-2014.01.02_00:00:00_TAI@1h][? QUALITY >= 0 ?]{continuum,Br}`
(http://jsoc.stanford.edu/doc/data/hmi/sharp/sharp.htm and "DRMS dataset names").
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from pores.errors import InputError
from pores.record_time import parse_t_rec
from storage.record_times import TimeRange, cadence_s, runs

__all__ = ["RecordSet", "TimeRange", "cadence_s", "requests"]

MOST_TIMES = 10  # JSOC refuses requests of more OR-ed times
_SECOND = np.timedelta64(1000, "ms")
_SERIES = re.compile(r"[A-Za-z]\w*(\.\w+)+", re.ASCII)
_SEGMENT = re.compile(r"\w+", re.ASCII)
_FORBIDDEN = re.compile(r"[\[\]{};\x00-\x1f\x7f]|\?$|!$|--")
_WHOLE = re.compile(
    r"(?P<series>[\w.]+)(\[(?P<harpnum>\d*)\])?(\[(?P<times>[\d.:_TAI,@smhd-]+)\])?"
    r"(?P<conditions>(\[\? [^\[\]]+ \?\])*)(\{(?P<segments>[\w,]+)\})?",
    re.ASCII,
)


@dataclass(frozen=True)
class RecordSet:
    """Records of a SHARP-like series, by HARPNUM and T_REC; its text is what JSOC is asked for.

    Attributes
    ----------
    series : str
    harpnum : int or None
        None: of every HARP.
    times : tuple of TimeRange
        At most ten; none: the HARP's whole life.
    cadence : str or None
        `1h`: of each range, only records that far apart.
    conditions : tuple of str
        SQL on keywords, each in a `[? ?]` of its own. QUALITY is signed there: `QUALITY >= 0`.
    segments : tuple of str
        None: all of the series.

    Raises
    ------
    InputError
        If one of them can't be written in a record set.

    Examples
    --------
    >>> day = TimeRange(np.datetime64("2014-01-01T00:00:00"), np.datetime64("2014-01-02T00:00:00"))
    >>> str(RecordSet("hmi.sharp_cea_720s", 3604, (day,), "1h", ("QUALITY >= 0",), ("Br",)))
    'hmi.sharp_cea_720s[3604][2014.01.01_00:00:00_TAI-2014.01.02_00:00:00_TAI@1h][? QUALITY >= 0 ?]{Br}'
    """

    series: str
    harpnum: int | None
    times: tuple[TimeRange, ...] = ()
    cadence: str | None = None
    conditions: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        require_series(self.series)
        if self.harpnum is not None and self.harpnum < 0:
            raise InputError(f"--harp {self.harpnum}: HARPNUMs are positive")
        if len(self.times) > MOST_TIMES:
            raise InputError(f"{self.series}: {len(self.times)} times in a request, JSOC takes {MOST_TIMES}")
        if self.cadence is not None:
            cadence_s(self.cadence)
        for condition in self.conditions:
            require_condition(condition)
        for segment in self.segments:
            if not _SEGMENT.fullmatch(segment):
                raise InputError(f"{segment!r} is no name of a segment")

    def __str__(self) -> str:
        step = f"@{self.cadence}" if self.cadence else ""
        times = self.times or ((TimeRange.between(None, None),) if step else ())
        parts = [self.series]
        if times or self.harpnum is not None:
            parts.append(f"[{'' if self.harpnum is None else self.harpnum}]")
        if times:
            parts.append(f"[{','.join(f'{time}{step}' for time in times)}]")
        parts += [f"[? {condition.strip()} ?]" for condition in self.conditions]
        if self.segments:
            parts.append(f"{{{','.join(self.segments)}}}")
        return "".join(parts)

    @classmethod
    def parse(cls, text: str) -> "RecordSet":
        """The record set of a text, the inverse of `str`.

        Raises
        ------
        InputError
            If it is none that `str` writes.
        """
        match = _WHOLE.fullmatch(text)
        if match is None:
            raise InputError(f"{text!r} is no record set of HARPs")
        times, steps = _parse_times(match["times"] or "")
        conditions = tuple(re.findall(r"\[\? (.+?) \?\]", match["conditions"]))
        segments = tuple(match["segments"].split(",")) if match["segments"] else ()
        harpnum = int(match["harpnum"]) if match["harpnum"] else None
        return cls(match["series"], harpnum, times, next(iter(steps), None), conditions, segments)

    def halves(self, t_recs: Collection[np.datetime64]) -> "tuple[RecordSet, RecordSet] | None":
        """Two sets that hold half of its T_RECs each; None if it has but one.

        Parameters
        ----------
        t_recs : collection of datetime64
            Its T_RECs at the archive: times between them would be rounded to the next one.
        """
        every = sorted(set(t_recs))
        middle = len(every) // 2
        if not middle:
            return None
        spans = (self._span(half) for half in (every[:middle], every[middle:]))
        first, second = (replace(self, times=times).at(self.cadence) for times in spans)
        return first, second

    def at(self, cadence: str | None) -> "RecordSet":
        """The same times at a cadence; a single time becomes a span of one step: only spans have steps."""
        if cadence is None:
            return replace(self, cadence=None)
        step = (cadence_s(cadence) - 1) * _SECOND
        times = tuple(TimeRange(time.first, max(time.last, time.first + step)) for time in self.times)
        return replace(self, times=times, cadence=cadence)

    def _span(self, t_recs: list[np.datetime64]) -> tuple[TimeRange, ...]:
        """Its times as far as they hold some of these T_RECs."""
        held = ([t for t in t_recs if t in time] for time in self.times or (TimeRange.between(None, None),))
        return tuple(TimeRange(some[0], some[-1]) for some in held if some)


def require_series(series: str) -> None:
    """Refuse what can't be the name of a DRMS series."""
    if not _SERIES.fullmatch(series):
        raise InputError(f"--series {series}: no name of a DRMS series, such as hmi.sharp_cea_720s")


def require_condition(condition: str) -> None:
    """Refuse a condition that would end its own brackets, or hold more than one statement."""
    if not condition.strip() or _FORBIDDEN.search(condition.strip()) or condition.count("'") % 2:
        raise InputError(f"--where {condition!r}: no condition on keywords, such as 'QUALITY >= 0'")


def requests(
    base: RecordSet,
    wanted: Mapping[np.datetime64, int],
    known: Collection[np.datetime64],
    most_records: int,
    most_bytes: int,
) -> list[RecordSet]:
    """Record sets that hold exactly the wanted records, none too large for a request, by T_REC.

    Parameters
    ----------
    base : RecordSet
        Series, HARP, segments; its times and cadence are replaced.
    wanted : mapping of datetime64 to int
        T_REC to size in bytes.
    known : collection of datetime64
        Every T_REC that `base` has at the archive.
    most_records, most_bytes : int
        Limits of one request; a record that is larger alone makes a request of its own.
    """
    made: list[list[TimeRange]] = []
    records = size = 0
    for run in runs(wanted, known):
        opens = True  # a new range
        for t_rec in run:
            full = records >= most_records or size + wanted[t_rec] > most_bytes
            if not made or full or (opens and len(made[-1]) == MOST_TIMES):
                made.append([])
                records, size, opens = 0, 0, True
            if opens:
                made[-1].append(TimeRange(t_rec, t_rec))
            made[-1][-1] = TimeRange(made[-1][-1].first, t_rec)
            records, size, opens = records + 1, size + wanted[t_rec], False
    return [replace(base, times=tuple(times), cadence=None) for times in made]


def _parse_times(text: str) -> tuple[tuple[TimeRange, ...], set[str]]:
    times, steps = [], set()
    for part in text.split(",") if text else []:
        span, _, step = part.partition("@")
        first, _, last = span.partition("-")
        times.append(TimeRange(parse_t_rec(first), parse_t_rec(last or first)))
        steps |= {step} if step else set()
    return tuple(times), steps
