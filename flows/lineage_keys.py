"""Keys of a lineage plot: colour bar, scale of widths, symbols."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray

from flows.lineage_layout import Layout
from flows.lineage_style import BAND, FAINT, GAP, SYMBOLS, UMBRA
from flows.ribbons import area_examples, equivalent_diameter

_COLUMN = 0.92  # inches: of the keys at the right
_BAR = 0.5  # part of the height that the colour bar has


def colour_bar(figure: Figure, axes: Axes, colours: ScalarMappable) -> None:
    """Put the colour bar at the right, above."""
    width, _ = figure.get_size_inches()
    box = axes.get_position()
    left = 1 - _COLUMN / width
    place = figure.add_axes((left, box.y1 - _BAR * box.height, 0.11 / width, _BAR * box.height))
    bar = figure.colorbar(colours, cax=place, label="Mean $B_r$ (G)")
    bar.ax.tick_params(direction="in")
    bar.outline.set_linewidth(0.6)


def scale(figure: Figure, axes: Axes, areas: NDArray[np.float64], factor: float) -> None:
    """Put ribbons of round areas at the right, below, as wide as in the plot."""
    width, height = figure.get_size_inches()
    box, (low, high) = axes.get_position(), axes.get_ylim()
    inch = (high - low) / (box.height * height)  # Mm to one
    tall = 0.45 * box.height * height
    left = 1 - _COLUMN / width
    place = figure.add_axes((left, box.y0, (_COLUMN - 0.05) / width, tall / height))
    place.set(xlim=(0, _COLUMN - 0.05), ylim=(0, tall))
    place.set_axis_off()
    heading = "Area: width is the\nequivalent diameter" + ("" if factor == 1 else f"\n× {factor:g}")
    place.text(0, tall, heading, fontsize=7, va="top")
    level = tall - (0.34 if factor == 1 else 0.47)
    for area in area_examples(areas):
        thick = float(equivalent_diameter(np.array(area))) * factor / inch
        if level - max(thick, 0.13) < 0:
            break
        middle = level - max(thick, 0.13) / 2
        place.add_patch(Rectangle((0, middle - thick / 2), 0.28, thick, color="#888888", linewidth=0))
        place.text(0.34, middle, f"{area:g} Mm²", fontsize=7.5, va="center")
        level -= max(thick, 0.13) + 0.05


def symbols(figure: Figure, layout: Layout, marks: frozenset[str]) -> None:
    """Put the symbols that occur in a row below."""
    there = {mark.kind for mark in layout.marks} & marks
    handles: list[Any] = [
        Line2D([], [], label=symbol.name, **symbol.look) for kind, symbol in SYMBOLS.items() if kind in there
    ]
    if any(join.unseen for join in layout.joins):
        handles.append(Line2D([], [], label="not seen in between", **GAP))
    if layout.faint:
        handles.append(Patch(**FAINT, label="too faint to be a pore"))
    if layout.dark:
        handles.append(Patch(color=BAND, label="no usable frame"))
    if layout.umbrae:
        handles.append(Patch(**{**UMBRA, "facecolor": "#888888", "linewidth": 0.0}, label="umbra"))
    figure.legend(
        handles=handles,
        loc="lower center",
        ncols=4,
        frameon=False,
        fontsize=7.5,
        handletextpad=0.3,
        columnspacing=1.3,
        borderaxespad=0.2,
    )
