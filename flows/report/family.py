"""The family of a track as a drawing: a bar for each life, lines for splits and merges."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup, escape

from flows.report import places
from flows.report.curves import LEFT, RIGHT, WIDTH, Axis
from flows.report.wording import moment, number
from flows.time_axis import time_ticks

Row = Mapping[str, Any]
MOST = 40  # lives that are drawn
_ROW, _TOP, _BOTTOM = 22, 8, 38


def family_drawing(family: Sequence[Row], track_id: str) -> Markup:
    """Draw the lives of a family against time; each bar leads to its card.

    Parameters
    ----------
    family : sequence of dict
        Tracks in the order of birth.
    track_id : str
        The one that is shown.
    """
    t0 = family[0]["t_birth"]
    ends = [[(row[name] - t0).total_seconds() / 3600 for name in ("t_birth", "t_death")] for row in family]
    last = max(end for _, end in ends)
    margin = max(0.2, 0.02 * last)
    x = Axis(-margin, last + margin, LEFT, WIDTH - RIGHT)
    place = {row["track_id"]: _TOP + i * _ROW + _ROW / 2 for i, row in enumerate(family)}
    bottom = _TOP + len(family) * _ROW + 4
    parts = [_times(np.datetime64(t0, "ms"), x, bottom)]
    for row, (start, end) in zip(family, ends, strict=True):
        y = place[row["track_id"]]
        for other, hour in ((row["parent_track_id"], start), (row["child_track_id"], end)):
            if other in place:
                parts.append(f'<path class="tie" d="M{x.at(hour)} {y}V{place[other]}"/>')
    for row, (start, end) in zip(family, ends, strict=True):
        parts.append(_bar(row, (x.at(start), x.at(end)), place[row["track_id"]], row["track_id"] == track_id))
    said = f"Family of {len(family)} tracks in time; the table below says the same."
    head = f'<svg class="family" viewBox="0 0 {WIDTH} {bottom + _BOTTOM}" role="group" aria-label="{said}">'
    return Markup(head + "".join(parts) + "</svg>")


def _bar(row: Row, ends: tuple[float, float], y: float, own: bool) -> str:
    thick = 3 + min(9.0, 1.6 * row["max_area_mm2"] ** 0.5)
    width = max(ends[1] - ends[0], 3)
    look = "own" if own else row["kind"]
    said = (
        f"Track {row['number']}, {row['kind']}: {moment(row['t_birth'])} to {moment(row['t_death'])} TAI,"
        f" largest {number(row['max_area_mm2'])} Mm²"
    )
    box = f'x="{ends[0]}" y="{y - thick / 2:.1f}" width="{width:.1f}" height="{thick:.1f}"'
    bar = f'<rect class="{look}" {box} rx="1.5"/>'
    label = f'<text class="tick" x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{row["number"]}</text>'
    inside = f"<title>{escape(said)}</title>{label}{bar}"
    if own:
        return f"<g>{inside}</g>"
    return f'<a href="{escape(places.card(row["track_id"]))}">{inside}</a>'


def _times(t0: np.datetime64, x: Axis, bottom: float) -> str:
    parts = [f'<path class="axis" d="M{LEFT} {bottom}H{WIDTH - RIGHT}"/>']
    for hour, label in time_ticks(t0, (x.low, x.high)):
        for line, text in enumerate(label.split("\n")):
            at = f'x="{x.at(hour)}" y="{bottom + 18 + 14 * line}"'
            parts.append(f'<text class="tick" {at} text-anchor="middle">{text}</text>')
    parts.append(f'<text class="tick" x="{WIDTH - RIGHT}" y="{bottom + 34}" text-anchor="end">TAI</text>')
    return "".join(parts)
