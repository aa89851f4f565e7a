"""Ranges of T_REC as record sets have them, and the fewest runs of records without others between."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from pores.errors import InputError
from pores.record_time import format_t_rec

_OPEN = (np.datetime64("2010-04-01T00:00:00", "ms"), np.datetime64("2100-01-01T00:00:00", "ms"))
_CADENCE = re.compile(r"([1-9]\d*)([smhd])", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True)
class TimeRange:
    """T_RECs from `first` to `last`, both included; TAI, datetime64[ms]."""

    first: np.datetime64
    last: np.datetime64

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InputError(f"--since {self.first} is after --until {self.last}")

    @classmethod
    def between(cls, since: np.datetime64 | None, until: np.datetime64 | None) -> "TimeRange":
        """A range that may be open: from before the first HMI image, to a time no image will reach."""
        return cls(_OPEN[0] if since is None else since, _OPEN[1] if until is None else until)

    def __contains__(self, t_rec: np.datetime64) -> bool:
        return bool(self.first <= t_rec <= self.last)

    def __str__(self) -> str:
        first, last = format_t_rec(self.first), format_t_rec(self.last)
        return first if first == last else f"{first}-{last}"


def cadence_s(cadence: str) -> int:
    """Seconds of a cadence such as `12m`, `1h`, `1d`."""
    match = _CADENCE.fullmatch(cadence)
    if match is None:
        raise InputError(f"--cadence {cadence}: write a number and one of s, m, h, d, such as 1h")
    return int(match[1]) * _UNITS[match[2]]


def runs(
    wanted: Collection[np.datetime64], known: Collection[np.datetime64]
) -> Iterator[list[np.datetime64]]:
    """Wanted T_RECs, those together between which no other is known.

    Examples
    --------
    >>> times = np.arange("2014-01-01T00:00", "2014-01-01T01:00", 12, "datetime64[m]")
    >>> [len(run) for run in runs(times[[0, 1, 3]], times)]
    [2, 1]
    """
    asked = set(wanted)
    run: list[np.datetime64] = []
    for t_rec in sorted(asked.union(known)):
        if t_rec in asked:
            run.append(t_rec)
        elif run:
            yield run
            run = []
    if run:
        yield run
