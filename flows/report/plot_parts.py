"""What the figures of the science plots share: products apart, points, lines, axes."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from flows.report.figures import Figure, Row

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def by_product(rows: Sequence[Row]) -> Iterator[tuple[int, str, list[Row]]]:
    """Rows of each product with its number: products are never drawn as one."""
    ordered = sorted(rows, key=lambda row: str(row["product"]))
    for i, (product, mine) in enumerate(groupby(ordered, key=lambda row: str(row["product"]))):
        yield i, product, list(mine)


def points(i: int, name: str, x: Sequence[Any], y: Sequence[Any], said: Sequence[str]) -> Figure:
    """Points of the i-th kind, by colour and by symbol."""
    return {
        "type": "scatter",
        "mode": "markers",
        "x": list(x),
        "y": list(y),
        "text": list(said),
        "name": name,
        "marker": {"symbol": SYMBOLS[i % len(SYMBOLS)], "size": 9},
        "colour": i % len(SYMBOLS),
    }


def line(i: int, name: str, x: Sequence[Any], y: Sequence[Any], **look: Any) -> Figure:
    """A line of the i-th kind, by colour and by dashes."""
    drawn = {"width": 2, "dash": DASHES[i % len(DASHES)], **look}
    colour = i % len(DASHES)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": list(x),
        "y": list(y),
        "name": name,
        "line": drawn,
        "colour": colour,
    }


def limits(rows: Sequence[Row], value: str, low: str, high: str) -> Figure:
    """Bars from a lower to an upper limit; none to a limit that is not known."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [_distance(row[value], row[high]) for row in rows],
        "arrayminus": [_distance(row[value], row[low]) for row in rows],
        "thickness": 1.4,
        "width": 5,
    }


def _distance(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else abs(b - a)


def centres(rows: Sequence[Row], low: str, high: str, log: bool = False) -> list[float]:
    """Middles of bins, geometric where the bins are logarithmic."""
    return [(row[low] * row[high]) ** 0.5 if log else (row[low] + row[high]) / 2 for row in rows]


def axes(x_title: str, y_title: str, x: Figure | None = None, y: Figure | None = None) -> dict[str, Any]:
    """Layout with these axes."""
    return {
        "xaxis": {"title": {"text": x_title}, **(x or {})},
        "yaxis": {"title": {"text": y_title}, **(y or {})},
    }
