"""The drawing of a lineage plot: time against position, width for area, colour for the radial field."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from flows.lineage_keys import colour_bar, scale, symbols
from flows.lineage_layout import Join, Layout, Stretch
from flows.lineage_numbers import number_tracks
from flows.lineage_style import (
    BAND,
    BR_STEP_G,
    COLOURS,
    FAINT,
    GAP,
    HALO,
    LINE,
    NO_FIELD,
    STYLE,
    SYMBOLS,
    UMBRA,
    Picture,
)
from flows.ribbons import between, extent, join, outline, quads, round_limit, width_factor
from flows.time_axis import time_ticks
from pores.record_time import tai_to_utc
from pores.spread import direction_words
from storage.lake import atomic

_WIDTH = 7.1  # inches: two columns of a journal
_LEFT, _RIGHT, _TOP, _BOTTOM = 0.62, 1.05, 0.5, 0.92
_LONGITUDE = 0.55  # inches for a second axis at the right


def draw_lineage(picture: Picture, out: Path) -> None:
    """Write a lineage plot; the end of the name says whether as PNG, PDF or SVG."""
    layout = picture.layout
    every = np.concatenate([np.column_stack((stretch.s, stretch.width)) for stretch in layout.stretches])
    shown = (*layout.stretches, *layout.faint)
    low, high = extent(*(np.concatenate([getattr(part, name) for part in shown]) for name in ("s", "width")))
    height = 3.2 + min(0.045 * len(layout.names), 3.0)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(_WIDTH, height + _TOP + _BOTTOM))
        FigureCanvasAgg(figure)
        axes = _axes(figure, height, _RIGHT + (_LONGITUDE if picture.longitude else 0))
        moments = np.concatenate([stretch.t for stretch in layout.stretches])
        factor = width_factor(every[:, 1], np.round(moments, 4), high - low, 72 * height)
        limit = round_limit(np.concatenate([stretch.br for stretch in layout.stretches]), BR_STEP_G)
        colours = ScalarMappable(Normalize(-limit, limit), COLOURS)
        _frame(axes, picture, (low, high))
        _draw(axes, picture, factor, colours)
        _titles(figure, picture)
        colour_bar(figure, axes, colours)
        scale(figure, axes, np.pi / 4 * every[:, 1] ** 2, factor)
        symbols(figure, picture.layout, picture.marks)
        number_tracks(axes, picture, factor)
        _save(figure, out)


def _axes(figure: Figure, height: float, right: float) -> Axes:
    width, whole = figure.get_size_inches()
    inside = ((width - _LEFT - right) / width, height / whole)
    return figure.add_axes((_LEFT / width, _BOTTOM / whole, *inside))


def _frame(axes: Axes, picture: Picture, ends: tuple[float, float]) -> None:
    """The axes: time with dates, position with its direction, shades where nothing was seen."""
    layout = picture.layout
    last = max(stretch.t[-1] for stretch in (*layout.stretches, *layout.faint))
    margin = max(layout.cadence, 0.03 * last)
    hours = (-margin, last + margin)
    axes.set(xlim=hours, ylim=ends)
    ticks = time_ticks(layout.t0, hours)
    axes.set_xticks([hour for hour, _ in ticks], [label for _, label in ticks])
    offset = (layout.t0 - tai_to_utc(layout.t0)) / np.timedelta64(1, "s")
    axes.set_xlabel(f"Time (TAI = UTC + {offset:.0f} s)", labelpad=1)
    where = direction_words(layout.angle)
    axes.set_ylabel(f"Mm towards {where}, turning with latitude {layout.plane.lat:+.1f}°".replace("-", "−"))
    axes.tick_params(top=True, right=not picture.longitude, direction="in", which="both")
    axes.minorticks_on()
    axes.tick_params(axis="x", which="minor", bottom=False, top=False)
    for start, end in layout.dark:
        axes.axvspan(start, end, color=BAND, linewidth=0, zorder=0)
    if picture.longitude:
        _longitudes(axes, layout, last / 2)


def _longitudes(axes: Axes, layout: Layout, middle: float) -> None:
    second = axes.twinx()
    second.set_ylim(*layout.plane.longitude(np.array(axes.get_ylim()), middle))
    second.tick_params(direction="in")
    second.yaxis.set_major_formatter(lambda degrees, _: f"{degrees % 360:g}")
    time = str((layout.t0 + np.timedelta64(round(middle * 60), "m")).astype("datetime64[m]")).replace(
        "T", " "
    )
    second.set_ylabel(f"Carrington longitude (°) at {time}")


def _draw(axes: Axes, picture: Picture, factor: float, colours: ScalarMappable) -> None:
    """Ribbons, the widest below, then what leads from one to another, then symbols."""
    layout = picture.layout
    for link in layout.joins:
        _join(axes, link, factor, colours)
    for stretch in layout.faint:
        around = [outline(stretch.t, stretch.s, stretch.width * factor)]
        axes.add_collection(PolyCollection(around, **FAINT, zorder=1.7), autolim=False)
    for stretch in sorted(layout.stretches, key=lambda stretch: -float(stretch.width.mean())):
        _ribbon(axes, stretch, factor, colours, _edge(picture, stretch.track))
        if stretch.track in layout.umbrae:
            _hatch(axes, stretch, factor)
    for mark in layout.marks:
        if mark.kind not in picture.marks:
            continue
        axes.plot(mark.t, mark.s, zorder=6, **SYMBOLS[mark.kind].look)
        if mark.arity > 2:
            axes.annotate(
                str(mark.arity),
                (mark.t, mark.s),
                (3, 3),
                textcoords="offset points",
                fontsize=6.5,
                weight="bold",
                zorder=7,
                path_effects=[HALO],
            )


def _edge(picture: Picture, track: int) -> tuple[str, float, float]:
    """Colour, line width and order of a ribbon's outline."""
    if track == picture.subject:
        return "black", 1.5, 4
    return ("black", 0.7, 2) if track in picture.layout.umbrae else (LINE, 0.35, 3)


def _hatch(axes: Axes, stretch: Stretch, factor: float) -> None:
    around = [outline(stretch.t, stretch.s, stretch.width * factor)]
    axes.add_collection(PolyCollection(around, **UMBRA, zorder=2), autolim=False)


def _ribbon(
    axes: Axes, stretch: Stretch, factor: float, colours: ScalarMappable, edge: tuple[str, float, float]
) -> None:
    width = stretch.width * factor
    colour, line, order = edge
    filled = _fill(quads(stretch.t, stretch.s, width), between(stretch.br), colours)
    whole = outline(stretch.t, stretch.s, width)
    sides = np.split(whole, 2)  # a seam beside the ribbon only: a join may go on at its ends
    around: dict[str, Any] = {
        "verts": [whole],
        "facecolor": "none",
        "zorder": order,
    }
    for collection in (
        LineCollection(sides, colors="white", linewidths=line + 1.1, zorder=order),
        PolyCollection(**filled, linewidth=0.3, zorder=order),
        PolyCollection(**around, edgecolor=colour, linewidth=line),
    ):
        axes.add_collection(collection, autolim=False)


def _fill(polygons: Any, br: Any, colours: ScalarMappable) -> dict[str, Any]:
    shades = colours.to_rgba(np.ma.masked_invalid(br))
    shades[~np.isfinite(br)] = mpl.colors.to_rgba(NO_FIELD)
    return {"verts": polygons, "facecolor": shades, "edgecolor": shades}


def _join(axes: Axes, link: Join, factor: float, colours: ScalarMappable) -> None:
    t, s, width = join(link.start, link.end)
    if link.unseen:
        axes.plot(t, s, zorder=5, **GAP)
        return
    filled = _fill([outline(t, s, width * factor)], np.array([link.br]), colours)
    axes.add_collection(
        PolyCollection(**{**filled, "edgecolor": LINE}, linewidth=0.35, zorder=1.6), autolim=False
    )


def _titles(figure: Figure, picture: Picture) -> None:
    width, height = figure.get_size_inches()
    figure.text(_LEFT / width, 1 - 0.19 / height, picture.title, fontsize=11, va="center")
    figure.text(_LEFT / width, 1 - 0.38 / height, picture.subtitle, fontsize=8.5, va="center")


def _save(figure: Figure, out: Path) -> None:
    form = out.suffix[1:].lower()
    said = {"png": {"Software": "porelake"}, "pdf": {"Creator": "porelake", "CreationDate": None}}
    metadata = said.get(form, {"Creator": "porelake", "Date": None})
    with atomic(out) as partial:
        figure.savefig(partial, format=form, metadata=metadata)
