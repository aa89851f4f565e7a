"""Geometry of ribbons: a width that varies along a line in a picture of time against position."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Point = tuple[float, float, float]  # time (h), position (Mm), width (Mm)

FACTORS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # that widths may be drawn with
_LEGIBLE_PT = 5.0  # median width to which thin ribbons are widened
_VISIBLE_PT = 3.0  # median width below which a crowd does not thin them
_FILLED = 0.4  # part of the picture's height that ribbons side by side fill at most
_WIDEST = 0.34  # and a single one


def equivalent_diameter(area: Floats) -> Floats:
    """Diameter of the circle of an area, in the unit whose square the area has."""
    return np.asarray(2 * np.sqrt(np.asarray(area, float) / np.pi))


def quads(t: Floats, s: Floats, width: Floats) -> Floats:
    """The ribbon between successive points, (n - 1, 4, 2) as (time, position)."""
    low, high = np.column_stack((t, s - width / 2)), np.column_stack((t, s + width / 2))
    return np.stack((low[:-1], low[1:], high[1:], high[:-1]), axis=1)


def outline(t: Floats, s: Floats, width: Floats) -> Floats:
    """The closed outline of a ribbon, (2 n, 2) as (time, position): along the low side, back the high."""
    low, high = np.column_stack((t, s - width / 2)), np.column_stack((t, s + width / 2))
    return np.concatenate((low, high[::-1]))


def join(start: Point, end: Point, n: int = 24) -> tuple[Floats, Floats, Floats]:
    """The ribbon that leads from one point to another and leaves and arrives level: a cubic.

    Returns
    -------
    tuple of ndarray, (n,)
        Time, position and width.
    """
    part = np.linspace(0, 1, n)
    smooth = part**2 * (3 - 2 * part)
    (t0, s0, w0), (t1, s1, w1) = start, end
    return t0 + (t1 - t0) * part, s0 + (s1 - s0) * smooth, w0 + (w1 - w0) * smooth


def widened(t: Floats, by: float) -> Floats:
    """Times of a ribbon; a single one becomes two, `by` before and after it."""
    return np.array([t[0] - by, t[0] + by]) if len(t) == 1 else t


def between(values: Floats) -> Floats:
    """Means of successive values, (n - 1,); of two of which one is unknown (NaN) the other."""
    pairs = np.stack((values[:-1], values[1:]))
    known = np.isfinite(pairs)
    total, count = np.where(known, pairs, 0.0).sum(axis=0), known.sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def width_factor(widths: Floats, frame: NDArray[Any], span: float, height_pt: float) -> float:
    """How many times their true width ribbons are drawn: 1 where they can be seen and have room.

    Parameters
    ----------
    widths : ndarray of float, (n,)
        Of all observations, Mm.
    frame : ndarray, (n,)
        Frame of each.
    span : float
        Height of the picture, Mm.
    height_pt : float
        The same in points.

    Returns
    -------
    float
        The largest of `FACTORS` that leaves room, at most what makes the median width legible; in a crowd
        ribbons lie on one another before they become too thin to be seen.
    """
    _, which = np.unique(frame, return_inverse=True)
    fullest = np.bincount(which, widths).max()
    point = span / height_pt / float(np.median(widths))  # makes the median width one point
    room = min(_FILLED * span / fullest, _WIDEST * span / widths.max())
    most = min(max(1.0, _LEGIBLE_PT * point), max(room, _VISIBLE_PT * point))
    return max([factor for factor in FACTORS if factor <= most * (1 + 1e-9)], default=FACTORS[0])


def extent(s: Floats, width: Floats) -> tuple[float, float]:
    """Lower and upper end of an axis that holds ribbons with a margin, and shows three times the widest."""
    low, high = float((s - width / 2).min()), float((s + width / 2).max())
    span = max(1.16 * (high - low), 3 * float(width.max()))
    middle = (low + high) / 2
    return middle - span / 2, middle + span / 2


def round_limit(values: Floats, step: float) -> float:
    """The whole multiple of a step that no known value exceeds in size, at least one step."""
    known = np.abs(values[np.isfinite(values)])
    return step * max(1.0, float(np.ceil(known.max(initial=0.0) / step - 1e-9)))


def area_examples(areas: Floats) -> list[float]:
    """One to three round areas, 1, 2 or 5 times a power of ten, that tell the scale of ribbons."""
    steps = [digit * 10.0**power for power in range(-2, 5) for digit in (1, 2, 5)]
    low, middle, high = (float(q) for q in np.quantile(areas, (0.1, 0.5, 1.0)))
    chosen = [max(step for step in steps if step <= max(area, steps[0])) for area in (low, middle, high)]
    return sorted(set(chosen))
