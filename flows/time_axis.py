"""A time axis: ticks at round times, with the date where it changes, and the spans that are shaded."""

import numpy as np
from numpy.typing import NDArray

_HOURS = (0.2, 0.5, 1, 2, 3, 6, 12, 24, 48, 120, 240, 720)
Spans = tuple[tuple[float, float], ...]
_MS_PER_H = 3_600_000


def time_ticks(t0: np.datetime64, hours: tuple[float, float], most: int = 8) -> list[tuple[float, str]]:
    """Places and labels of ticks.

    Parameters
    ----------
    t0 : numpy.datetime64
        Time at hour 0.
    hours : tuple of float
        First and last hour of the axis.
    most : int
        Ticks at most.

    Returns
    -------
    list of tuple of float and str
        Hour and label of each; the first one and the first of each day have the date in a second line.
    """
    step = next((step for step in _HOURS if (hours[1] - hours[0]) / step <= most), _HOURS[-1])
    start = t0.astype("datetime64[ms]")
    midnight = start.astype("datetime64[D]").astype("datetime64[ms]")
    since = (start - midnight) / np.timedelta64(_MS_PER_H, "ms")
    first, last = np.ceil((hours[0] + since) / step - 1e-9), np.floor((hours[1] + since) / step + 1e-9)
    ticks, dated = [], None
    for hour in np.arange(first, last + 1) * step:
        time = midnight + np.timedelta64(round(hour * _MS_PER_H), "ms")
        date, clock = str(time.astype("datetime64[m]")).split("T")
        ticks.append((float(hour - since), _label(date, clock, date != dated, step)))
        dated = date
    return ticks


def spans_between(hours: NDArray[np.float64], ends: tuple[float, float], cadence: float) -> Spans:
    """From when to when no frame was seen.

    Parameters
    ----------
    hours : ndarray of float, (n,)
        Frames; each stands for half the cadence before and after it.
    ends : tuple of float
        Hours from which to which there should be a frame at every step.
    cadence : float
        Nominal time between frames, h.
    """
    inside = np.sort(hours[(hours >= ends[0]) & (hours <= ends[1])])
    seen = np.concatenate(([ends[0] - cadence], inside, [ends[1] + cadence]))
    wide = np.flatnonzero(np.diff(seen) > 1.5 * cadence)
    half = cadence / 2
    return tuple((float(seen[i] + half), float(seen[i + 1] - half)) for i in wide)


def _label(date: str, clock: str, new: bool, step: float) -> str:
    if step >= 24:
        return date
    return f"{clock}\n{date if new else ' '}"  # as many lines everywhere: equal baselines
