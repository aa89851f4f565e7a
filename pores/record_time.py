"""Record times: T_REC text, TAI and UTC, as numpy datetime64[ms] without zone.

T_REC and T_OBS count TAI, which was 34 s ahead of UTC in 2011 and is 37 s ahead since 2017.
"""

import re
from typing import overload

import erfa
import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError

_T_REC = re.compile(r"(\d{4})\.(\d\d)\.(\d\d)_(\d\d):(\d\d):(\d\d(?:\.\d{1,9})?)_TAI")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)_(\d\d)(\d\d)(\d\d)")
_MS = np.timedelta64(1, "ms")
_Times = NDArray[np.datetime64]


def parse_t_rec(text: str) -> np.datetime64:
    """Time of a T_REC or T_OBS keyword, TAI.

    Parameters
    ----------
    text : str
        As JSOC writes it, with or without a fraction of a second.

    Raises
    ------
    InputError
        If the text is no such time.

    Examples
    --------
    >>> parse_t_rec("2011.02.15_02:00:00_TAI")
    np.datetime64('2011-02-15T02:00:00.000')
    """
    return _time(_T_REC.fullmatch(text.strip()), text, "YYYY.MM.DD_HH:MM:SS_TAI")


def parse_compact(text: str) -> np.datetime64:
    """Time as file names and identifiers carry it, `20110215_020000`.

    Raises
    ------
    InputError
        If the text is no such time.
    """
    return _time(_COMPACT.fullmatch(text), text, "YYYYMMDD_HHMMSS")


def format_t_rec(t: np.datetime64) -> str:
    """T_REC as JSOC writes it; a fraction of a second only where there is one.

    Examples
    --------
    >>> format_t_rec(np.datetime64("2011-02-15T02:00:00.000"))
    '2011.02.15_02:00:00_TAI'
    """
    iso = str(t.astype("datetime64[ms]")).removesuffix(".000")
    return iso.replace("-", ".").replace("T", "_") + "_TAI"


def format_compact(t: np.datetime64) -> str:
    """Time for identifiers, to the second: `20110215_020000`.

    Raises
    ------
    InputError
        If the time is no whole second: two times would share one identifier.
    """
    if t != t.astype("datetime64[s]"):
        raise InputError(f"time {t} is no whole second, as every T_REC is")
    return str(t.astype("datetime64[s]")).replace("-", "").replace(":", "").replace("T", "_")


@overload
def tai_to_utc(t: np.datetime64) -> np.datetime64: ...
@overload
def tai_to_utc(t: _Times) -> _Times: ...
def tai_to_utc(t: np.datetime64 | _Times) -> np.datetime64 | _Times:
    """UTC of TAI times, from 1972 on.

    A time within a leap second, 23:59:60, comes out as the first second of the next day, since
    datetime64 has no other name for it. NaT stays NaT.
    """
    starts, offsets = _leap_seconds()
    return _shift(t, -offsets, starts + offsets)


@overload
def utc_to_tai(t: np.datetime64) -> np.datetime64: ...
@overload
def utc_to_tai(t: _Times) -> _Times: ...
def utc_to_tai(t: np.datetime64 | _Times) -> np.datetime64 | _Times:
    """TAI of UTC times, from 1972 on. NaT stays NaT."""
    starts, offsets = _leap_seconds()
    return _shift(t, offsets, starts)


def _time(match: re.Match[str] | None, text: str, form: str) -> np.datetime64:
    if match is None:
        raise InputError(f"{text!r} is no time of the form {form}")
    year, month, day, hour, minute, second = match.groups()
    try:
        return np.datetime64(f"{year}-{month}-{day}T{hour}:{minute}:{second}", "ms")
    except ValueError as error:
        raise InputError(f"{text!r} is no time: {error}") from error


def _leap_seconds() -> tuple[_Times, NDArray[np.timedelta64]]:
    """UTC from which each offset TAI - UTC holds, and the offset; the table astropy's ERFA carries."""
    table = erfa.leap_seconds.get()
    table = table[table["year"] >= 1972]
    months = (table["year"] - 1970) * 12 + table["month"] - 1
    starts = months.astype("datetime64[M]").astype("datetime64[ms]")
    return starts, (table["tai_utc"] * 1000).astype(np.int64) * _MS


def _shift(t: np.datetime64 | _Times, by: NDArray[np.timedelta64], starts: _Times) -> np.datetime64 | _Times:
    times = np.array(t, "datetime64[ms]", ndmin=1)
    index = np.searchsorted(starts, times, side="right") - 1
    if np.any(index < 0):
        raise InputError(f"no leap seconds are known before {starts[0]}")
    times += by[index]
    return times if isinstance(t, np.ndarray) and t.ndim else times[0]
