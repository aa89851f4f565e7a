"""Light curves of a feature as a drawing in the page: themed, printable, without script."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from flows.report.wording import moment, number
from flows.time_axis import time_ticks

Row = Mapping[str, Any]
WIDTH, LEFT, RIGHT = 760, 62, 14
_PANEL, _GAP, _TOP, _BOTTOM = 104, 28, 40, 40
_DOTS = 160  # observations up to which each has a dot


@dataclass(frozen=True)
class Panel:
    """One quantity against time.

    Attributes
    ----------
    title : str
        With its unit.
    lines : dict of str to str
        Column and CSS class of each line.
    digits : int
        After the point, in what is said of a point.
    zero : bool
        The axis begins at 0.
    """

    title: str
    lines: dict[str, str]
    digits: int
    zero: bool = False


PANELS = (
    Panel("Area (Mm²)", {"area_mm2": "one"}, 2, zero=True),
    Panel("Br (G)", {"mean_br": "one", "boundary_br": "two"}, 0),
    Panel("Intensity (quiet Sun = 1)", {"mean_intensity": "one", "min_intensity": "two"}, 3),
)


@dataclass(frozen=True)
class Axis:
    """A linear axis: values from `low` to `high` onto pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Pixel of a value."""
        return round(self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start), 1)


def light_curves(
    seen: Sequence[Row], dark: Sequence[tuple[datetime, datetime]], marks: Mapping[int, str]
) -> Markup:
    """Draw area, field and intensity of a life against time.

    Parameters
    ----------
    seen : sequence of dict
        Observations, in time.
    dark : sequence of (datetime, datetime)
        Times without usable frame.
    marks : mapping
        Letters of the observations that have a cut-out, by their index.
    """
    t0 = seen[0]["t_rec"]
    hours = [_hours(row["t_rec"], t0) for row in seen]
    margin = max(0.2, 0.02 * hours[-1])
    x = Axis(-margin, hours[-1] + margin, LEFT, WIDTH - RIGHT)
    height = _TOP + len(PANELS) * (_PANEL + _GAP) + _BOTTOM
    parts = [_bands(dark, t0, x, (_TOP, height - _BOTTOM - _GAP))]
    parts += [_text(x.at(hours[i]), 14, letter, "letter", "middle") for i, letter in marks.items()]
    for i, panel in enumerate(PANELS):
        top = _TOP + i * (_PANEL + _GAP)
        parts.append(_panel(panel, seen, hours, x, top))
    parts.append(_times(t0, x, height - _BOTTOM - _GAP))
    return _drawing(parts, height, "curves", _summary(seen))


def _summary(seen: Sequence[Row]) -> str:
    """What the curves show, for those who do not see them."""
    largest = max(seen, key=lambda row: row["area_mm2"])
    said = [
        f"Light curves over {len(seen)} observations: area from {number(seen[0]['area_mm2'])} to"
        f" {number(seen[-1]['area_mm2'])} Mm², largest {number(largest['area_mm2'])} Mm² at"
        f" {moment(largest['t_rec'])} TAI"
    ]
    if field := [row["mean_br"] for row in seen if _known(row["mean_br"])]:
        said.append(f"mean Br between {number(min(field), 0)} and {number(max(field), 0)} G")
    darkest = min(row["min_intensity"] for row in seen)
    said.append(f"darkest pixel {number(darkest)} of the quiet Sun")
    return "; ".join(said) + "."


def _panel(panel: Panel, seen: Sequence[Row], hours: Sequence[float], x: Axis, top: int) -> str:
    values = [row[name] for name in panel.lines for row in seen if _known(row[name])]
    parts = [f'<rect class="frame" x="{LEFT}" y="{top}" width="{WIDTH - LEFT - RIGHT}" height="{_PANEL}"/>']
    parts.append(_text(LEFT, top - 7, panel.title, "title"))
    if not values:
        parts.append(_text(WIDTH / 2, top + _PANEL / 2, "not measured: no such segment", "none", "middle"))
        return "".join(parts)
    low, high, step = _range(values, panel.zero)
    y = Axis(low, high, top + _PANEL, top)
    for tick in np.arange(math.ceil(low / step - 1e-9) * step, high + step * 1e-6, step):
        parts.append(f'<path class="grid" d="M{LEFT} {y.at(tick)}H{WIDTH - RIGHT}"/>')
        parts.append(_text(LEFT - 6, y.at(tick) + 4, _tick(tick, step), "tick", "end"))
    for name, look in panel.lines.items():
        points = [
            (x.at(h), y.at(row[name])) if _known(row[name]) else None
            for h, row in zip(hours, seen, strict=True)
        ]
        parts.append(_line(points, hours, look))
        if len(seen) <= _DOTS:
            parts += [
                _dot(point, look, f"{moment(row['t_rec'])} TAI: {number(row[name], panel.digits)}")
                for point, row in zip(points, seen, strict=True)
                if point is not None
            ]
    return "".join(parts)


def _line(points: Sequence[tuple[float, float] | None], hours: Sequence[float], look: str) -> str:
    """Lines between observations, dashed over gaps."""
    steps = [b - a for a, b in pairwise(hours)]
    usual = min(steps, default=1.0)
    parts = []
    for (a, b), step in zip(pairwise(points), steps, strict=True):
        if a is not None and b is not None:
            gap = " gap" if step > 1.5 * usual else ""
            parts.append((gap, f"M{a[0]} {a[1]}L{b[0]} {b[1]}"))
    drawn = []
    for gap in ("", " gap"):
        path = "".join(d for kind, d in parts if kind == gap)
        drawn.append(f'<path class="line {look}{gap}" d="{path}"/>' if path else "")
    return "".join(drawn)


def _dot(point: tuple[float, float], look: str, said: str) -> str:
    at = f'cx="{point[0]}" cy="{point[1]}" r="2.4"'
    return f'<circle class="dot {look}" {at}><title>{escape(said)}</title></circle>'


def _bands(
    dark: Sequence[tuple[datetime, datetime]], t0: datetime, x: Axis, ends: tuple[float, float]
) -> str:
    parts = []
    for start, end in dark:
        a, b = (min(max(_hours(t, t0), x.low), x.high) for t in (start, end))
        if a < b:
            width = round(x.at(b) - x.at(a), 1)
            box = f'x="{x.at(a)}" y="{ends[0]}" width="{width}" height="{ends[1] - ends[0]}"'
            parts.append(f'<rect class="dark" {box}/>')
    return "".join(parts)


def _times(t0: datetime, x: Axis, bottom: float) -> str:
    parts = []
    for hour, label in time_ticks(np.datetime64(t0, "ms"), (x.low, x.high)):
        clock, _, date = label.partition("\n")
        parts.append(f'<path class="axis" d="M{x.at(hour)} {bottom}v5"/>')
        parts.append(_text(x.at(hour), bottom + 18, clock, "tick", "middle"))
        if date:
            parts.append(_text(x.at(hour), bottom + 32, date, "tick", "middle"))
    parts.append(_text(WIDTH - RIGHT, bottom + 34, "TAI", "tick", "end"))
    return "".join(parts)


def _range(values: Sequence[float], zero: bool) -> tuple[float, float, float]:
    """Ends of an axis and the step of its ticks."""
    low, high = (0.0 if zero else min(values)), max(values)
    span = (high - low) or abs(high) or 1.0
    low, high = (low if zero else low - 0.08 * span), high + 0.12 * span
    rough = (high - low) / 4
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * f for f in (1, 2, 5, 10) if power * f >= rough * 0.999)
    return low, high, step


def _tick(value: float, step: float) -> str:
    return number(value + 0.0, max(0, -math.floor(math.log10(step) + 1e-9)))


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _hours(t: datetime, t0: datetime) -> float:
    return (t - t0).total_seconds() / 3600


def _text(x: float, y: float, text: str, look: str, anchor: str = "start") -> str:
    return f'<text class="{look}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _drawing(parts: Sequence[str], height: int, look: str, said: str) -> Markup:
    head = f'<svg class="{look}" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(said)}">'
    return Markup(head + "".join(parts) + "</svg>")
