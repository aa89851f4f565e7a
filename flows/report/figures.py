"""Figures for plotly, as the plain data that its script draws; colours and fonts are the page's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.report.wording import moment, number

Row = Mapping[str, Any]
Figure = dict[str, Any]


@dataclass(frozen=True)
class Drawn:
    """A figure, and in words what it shows."""

    figure: Figure
    summary: str


SERIES = (
    ("Number", ("n_pore", "n_umbra")),
    ("Area (Mm²)", ("pore_area_mm2", "umbra_area_mm2")),
    ("Flux (10²⁰ Mx)", ("pore_flux_mx", "umbra_flux_mx")),
    ("Mean |Br| (G)", ("pore_abs_br", "umbra_abs_br")),
)


def time_series(frames: Sequence[Row], dark: Sequence[tuple[datetime, datetime]]) -> Drawn:
    """Number, area, flux and field of pores and umbrae against time, one below the other.

    Parameters
    ----------
    frames : sequence of dict
        Rows of `frames_of_harp`.
    dark : sequence of (datetime, datetime)
        Times without usable frame.
    """
    holes = [{"t_rec": start} for start, _ in dark]  # no line leads over a time without frames
    frames_and_holes = sorted([*frames, *holes], key=lambda row: row["t_rec"])
    times = [row["t_rec"].isoformat() for row in frames_and_holes]
    traces = []
    layout: Figure = {"height": 640, "showlegend": True, "hovermode": "x unified"}
    for i, (title, columns) in enumerate(SERIES):
        axis = "" if i == 0 else str(i + 1)
        for column, name in zip(columns, ("pores", "umbrae"), strict=True):
            scale = 1e-20 if column.endswith("_mx") else 1.0
            found = [row.get(column) for row in frames_and_holes]
            values = [None if value is None else value * scale for value in found]
            if name == "umbrae" and not any(values):
                continue
            traces.append(line(times, values, name, f"y{axis}", shown=i == 0))
        bottom = 1 - (i + 1) * 0.25 + 0.03
        layout[f"yaxis{axis}"] = {
            "title": {"text": title},
            "domain": [max(bottom, 0), bottom + 0.2],
            "rangemode": "tozero",
        }
    layout["xaxis"] = {"title": {"text": "Time (TAI)"}, "type": "date", "anchor": f"y{len(SERIES)}"}
    layout["shapes"] = [band(*span) for span in dark]
    return Drawn({"data": traces, "layout": layout}, _summary(frames))


def _summary(frames: Sequence[Row]) -> str:
    usable = [row for row in frames if row["usable"]]
    if not usable:
        return f"{len(frames)} frames, none of which could be used."
    most = max(usable, key=lambda row: row["n_pore"])
    largest = max(usable, key=lambda row: row["pore_area_mm2"])
    return (
        f"{len(usable)} of {len(frames)} frames: at most {most['n_pore']} pores at once"
        f" ({moment(most['t_rec'])} TAI), at most {number(largest['pore_area_mm2'], 1)} Mm² of pores"
        f" ({moment(largest['t_rec'])} TAI)."
    )


def line(x: Sequence[Any], y: Sequence[Any], name: str, axis: str, shown: bool) -> Figure:
    """A line with points; the second kind is dashed and has other symbols, whatever colours are seen."""
    second = name == "umbrae"
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "legendgroup": name,
        "showlegend": shown,
        "x": list(x),
        "y": list(y),
        "yaxis": axis,
        "colour": 1 if second else 0,
        "line": {"width": 1.8, "dash": "dash" if second else "solid"},
        "marker": {"size": 4, "symbol": "square" if second else "circle"},
    }


def band(start: datetime, end: datetime) -> Figure:
    """A shade over a time in which nothing could be seen."""
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": start.isoformat(),
        "x1": end.isoformat(),
        "y0": 0,
        "y1": 1,
        "shade": True,
    }
