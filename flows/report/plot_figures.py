"""Figures of the science plots, from the rows of their queries."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from catalog.rows import Answer
from flows.report.figures import Drawn, Figure, Row
from flows.report.wording import number

HARPS_DRAWN = 12
_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross")
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash")


def by_product(rows: Sequence[Row]) -> Iterator[tuple[int, str, list[Row]]]:
    """Rows of each product with its number: products are never drawn as one."""
    ordered = sorted(rows, key=lambda row: str(row["product"]))
    for i, (product, mine) in enumerate(groupby(ordered, key=lambda row: str(row["product"]))):
        yield i, product, list(mine)


def lifetimes(low: str, high: str, title: str, log: bool = False) -> Callable[[Sequence[Answer]], Drawn]:
    """Return what draws survival medians with their limits, and naive medians, against a binned quantity."""

    def draw(answers: Sequence[Answer]) -> Drawn:
        rows = [row for row in answers[0].records() if row[low] is not None]
        traces = []
        for i, product, mine in by_product(rows):
            at = [(row[low] * row[high]) ** 0.5 if log else (row[low] + row[high]) / 2 for row in mine]
            traces += _medians(i, product, mine, at)
        layout = axes(title, "Lifetime (h)", x={"type": "log"} if log else {})
        return Drawn({"data": traces, "layout": layout}, _lifetimes_said(rows, low, high))

    return draw


def _medians(i: int, product: str, rows: Sequence[Row], at: Sequence[float]) -> list[Figure]:
    said = [
        f"{row['n']} lives, {row['n_censored']} censored; naive median {number(row['median_lifetime_h'])} h"
        for row in rows
    ]
    medians = [row["survival_median_h"] for row in rows]
    upper, lower = _distances(medians, rows, "survival_high_h"), _distances(medians, rows, "survival_low_h")
    limits = {
        "type": "data",
        "symmetric": False,
        "array": upper,
        "arrayminus": lower,
        "thickness": 1.4,
        "width": 5,
    }
    common: Figure = {"type": "scatter", "mode": "markers", "x": list(at), "text": said, "colour": i}
    return [
        {
            **common,
            "y": [row["median_lifetime_h"] for row in rows],
            "name": f"{product}: median of lives seen whole (too short)",
            "marker": {"symbol": f"{_SYMBOLS[i % 5]}-open", "size": 9},
        },
        {
            **common,
            "y": medians,
            "error_y": limits,
            "name": f"{product}: survival median, 95 % limits",
            "marker": {"symbol": _SYMBOLS[i % 5], "size": 10},
        },
    ]


def _distances(medians: Sequence[float | None], rows: Sequence[Row], limit: str) -> list[float | None]:
    pairs = [(median, row[limit]) for median, row in zip(medians, rows, strict=True)]
    return [None if a is None or b is None else abs(b - a) for a, b in pairs]


def _lifetimes_said(rows: Sequence[Row], low: str, high: str) -> str:
    known = [row for row in rows if row["survival_median_h"] is not None]
    n = sum(row["n"] for row in rows)
    if not known:
        return f"{n} lives; in no bin do half of them end while watched, so that there is no survival median."
    longest = max(known, key=lambda row: row["survival_median_h"])
    return (
        f"{n} lives in {len(rows)} bins; the longest survival median is"
        f" {number(longest['survival_median_h'], 1)} h, between {number(longest[low], 1)} and"
        f" {number(longest[high], 1)} ({longest['product']})."
    )


def survival(answers: Sequence[Answer]) -> Drawn:
    """Draw survival curves in steps, with confidence limits."""
    rows = answers[0].records()
    traces, said = [], []
    for i, product, mine in by_product(rows):
        hours = [0.0, *(row["lifetime_h"] for row in mine)]
        limits = [[1.0, *(row[name] for row in mine)] for name in ("lower", "upper")]
        line = {"shape": "hv", "width": 0}
        band = {
            "type": "scatter",
            "mode": "lines",
            "x": hours,
            "line": line,
            "hoverinfo": "skip",
            "showlegend": False,
        }
        traces += [
            {**band, "y": limits[0]},
            {**band, "y": limits[1], "fill": "tonexty", "band": True, "colour": i},
        ]
        traces.append(_steps(hours, [1.0, *(row["surviving"] for row in mine)], product, i))
        traces.append(_cut_short(mine, product, i))
        half = next((row["lifetime_h"] for row in mine if row["surviving"] <= 0.5), None)
        median = (
            "more than half outlive what was seen"
            if half is None
            else f"half live {number(half, 1)} h or longer"
        )
        said.append(f"{product}: of {mine[0]['at_risk']} lives {median}")
    layout = axes("Lifetime (h)", "Fraction that lives longer", y={"range": [0, 1.03]})
    return Drawn({"data": traces, "layout": layout}, f"{'; '.join(said)}. Shaded: 95 % limits.")


def _steps(hours: Sequence[float], values: Sequence[float], name: str, i: int) -> Figure:
    line = {"shape": "hv", "width": 2, "dash": _DASHES[i % 5]}
    return {
        "type": "scatter",
        "mode": "lines",
        "x": hours,
        "y": values,
        "name": name,
        "line": line,
        "colour": i,
    }


def _cut_short(rows: Sequence[Row], product: str, i: int) -> Figure:
    cut = [row for row in rows if row["censored"]]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [row["lifetime_h"] for row in cut],
        "y": [row["surviving"] for row in cut],
        "text": [f"{row['censored']} seen no longer" for row in cut],
        "name": f"{product}: seen no longer (censored)",
        "marker": {"symbol": "line-ns-open", "size": 10},
        "colour": i,
    }


def naive(answers: Sequence[Answer]) -> Drawn:
    """Draw the survival of all lives beside that of lives seen whole."""
    rows = answers[0].records()
    traces, said = [], []
    for i, product, mine in by_product(rows):
        hours = [row["lifetime_to_h"] for row in mine]
        for name, column, dash in (
            ("Kaplan-Meier", "surviving", "solid"),
            ("only lives seen whole", "naive_surviving", "dot"),
        ):
            values = [row[column] for row in mine]
            traces.append(
                {**_steps(hours, values, f"{product}: {name}", i), "line": {"width": 2, "dash": dash}}
            )
        gaps = [row["surviving"] - row["naive_surviving"] for row in mine if _both(row)]
        said.append(
            f"{product}: the histogram of lives seen whole misses up to"
            f" {number(100 * max(gaps, default=0), 0)} % of the pores"
        )
    layout = axes("Lifetime (h)", "Fraction that lives longer", y={"range": [0, 1.03]})
    return Drawn({"data": traces, "layout": layout}, f"{'; '.join(said)}.")


def _both(row: Row) -> bool:
    return row["surviving"] is not None and row["naive_surviving"] is not None


def areas(answers: Sequence[Answer]) -> Drawn:
    """Draw the distribution of the largest areas with the log-normal law that fits best."""
    counts, laws = answers[0].records(), {row["product"]: row for row in answers[1].records()}
    traces, said = [], []
    for i, product, mine in by_product(counts):
        centres = [(row["area_from"] * row["area_to"]) ** 0.5 for row in mine]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": centres,
                "y": [row["fraction"] for row in mine],
                "error_y": {"type": "data", "array": [row["fraction"] / row["n"] ** 0.5 for row in mine]},
                "text": [f"{row['n']} pores, {row['n_censored']} censored" for row in mine],
                "name": product,
                "marker": {"symbol": _SYMBOLS[i % 5], "size": 9},
                "colour": i,
            }
        )
        law = laws.get(product)
        if law and law["sigma"]:
            width = np.log(mine[0]["area_to"] / mine[0]["area_from"])
            traces.append(_lognormal(law, width, (mine[0]["area_from"], mine[-1]["area_to"]), i))
            said.append(
                f"{product}: {law['n']} pores, median of the law {number(law['median_mm2'])} ±"
                f" {number(law['median_err_mm2'])} Mm², sigma of ln(area) {number(law['sigma'])};"
                f" {number(100 * law['below_5_mm2'], 0)} % below 5 Mm²"
            )
    layout = axes(
        "Largest area (Mm²)", "Fraction of the pores in a bin", x={"type": "log"}, y={"rangemode": "tozero"}
    )
    return Drawn({"data": traces, "layout": layout}, f"{'; '.join(said)}. Bars: square roots of the counts.")


def _lognormal(law: Row, width: float, ends: tuple[float, float], i: int) -> Figure:
    """The law as the fraction that it expects in bins of that width in ln(area)."""
    area = np.geomspace(*ends, 120)
    z = np.log(area / law["median_mm2"]) / law["sigma"]
    expected = width * np.exp(-0.5 * z**2) / (law["sigma"] * np.sqrt(2 * np.pi))
    rounded = [[float(f"{value:.5g}") for value in values] for values in (area, expected)]
    line = {"width": 2, "dash": _DASHES[i % 5]}
    name = f"{law['product']}: log-normal"
    return {
        "type": "scatter",
        "mode": "lines",
        "x": rounded[0],
        "y": rounded[1],
        "name": name,
        "line": line,
        "colour": i,
    }


def growth(answers: Sequence[Answer]) -> Drawn:
    """Draw rates of growth and decay against area with the straight lines through them."""
    rows, laws = answers[0].records(), answers[1].records()
    traces, said = [], []
    phases = [
        (product, phase)
        for _, product, mine in by_product(rows)
        for phase in sorted({r["phase"] for r in mine})
    ]
    for i, (product, phase) in enumerate(phases):
        mine = [row for row in rows if (row["product"], row["phase"]) == (product, phase)]
        traces.append(_rates(mine, f"{product}: {phase}, medians and quartiles", i))
        for law in laws:
            if (law["product"], law["phase"]) == (product, phase) and law["slope_per_h"] is not None:
                traces.append(_straight(law, (mine[0]["area_from"], mine[-1]["area_to"]), i))
                error = "" if law["slope_err_per_h"] is None else f" ± {number(law['slope_err_per_h'], 3)}"
                said.append(
                    f"{product}, {phase}: {law['n']} lives,"
                    f" slope {number(law['slope_per_h'], 3)}{error} per hour"
                )
    layout = axes("Largest area (Mm²)", "Rate (Mm² per hour)", x={"type": "log"})
    return Drawn({"data": traces, "layout": layout}, f"{'; '.join(said) or 'Too few lives for a line'}.")


def _rates(rows: Sequence[Row], name: str, i: int) -> Figure:
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [(row["area_from"] * row["area_to"]) ** 0.5 for row in rows],
        "y": [row["median_mm2_h"] for row in rows],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [row["q75_mm2_h"] - row["median_mm2_h"] for row in rows],
            "arrayminus": [row["median_mm2_h"] - row["q25_mm2_h"] for row in rows],
        },
        "text": [f"{row['n']} lives" for row in rows],
        "name": name,
        "marker": {"symbol": _SYMBOLS[i % 5], "size": 9},
        "colour": i,
    }


def _straight(law: Row, ends: tuple[float, float], i: int) -> Figure:
    area = np.geomspace(*ends, 60)
    rate = law["intercept_mm2_h"] + law["slope_per_h"] * area
    line = {"width": 2, "dash": _DASHES[i % 5]}
    rounded = [[float(f"{value:.5g}") for value in values] for values in (area, rate)]
    name = f"{law['product']}: {law['phase']}, straight line"
    return {
        "type": "scatter",
        "mode": "lines",
        "x": rounded[0],
        "y": rounded[1],
        "name": name,
        "line": line,
        "colour": i,
    }


def interactions(answers: Sequence[Answer]) -> Drawn:
    """Draw how often pores merge and split, with Poisson limits."""
    rows = answers[0].records()
    traces, said = [], []
    for i, product, mine in by_product(rows):
        limits = {
            "type": "data",
            "symmetric": False,
            "array": [row["upper"] - row["per_pore_hour"] for row in mine],
            "arrayminus": [row["per_pore_hour"] - row["lower"] for row in mine],
            "thickness": 1.4,
        }
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [row["kind"] for row in mine],
                "y": [row["per_pore_hour"] for row in mine],
                "error_y": limits,
                "text": [f"{row['n']} in {number(row['pore_hours'], 1)} pore-hours" for row in mine],
                "name": product,
                "marker": {"symbol": _SYMBOLS[i % 5], "size": 11},
                "colour": i,
            }
        )
        said += [
            f"{product}, {row['kind']}: {number(row['per_pore_hour'], 4)} per pore-hour"
            f" ({number(row['lower'], 4)} to {number(row['upper'], 4)}, {row['n']} seen)"
            for row in mine
        ]
    layout = axes("", "Events per pore-hour", y={"rangemode": "tozero"})
    return Drawn({"data": traces, "layout": layout}, f"{'; '.join(said)}.")


def occurrence(answers: Sequence[Answer]) -> Drawn:
    """Draw how many pores regions have in time since they emerged."""
    rows = answers[0].records()
    harps = sorted({row["harpnum"] for row in rows}, key=lambda harp: -_pores(rows, harp))
    traces = []
    for i, harp in enumerate(harps[:HARPS_DRAWN]):
        mine = [row for row in rows if row["harpnum"] == harp]
        since = "its first pore" if mine[0]["emergence_seen"] else "observing began"
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": [(row["since_from_h"] + row["since_to_h"]) / 2 for row in mine],
                "y": [row["mean_pores"] for row in mine],
                "text": [f"{row['n_frames']} frames, {row['n_emerged']} emerged" for row in mine],
                "name": f"HARP {harp} ({mine[0]['product']}), since {since}",
                "marker": {"symbol": _SYMBOLS[i % 5], "size": 7},
                "line": {"width": 1.8, "dash": _DASHES[i % 5]},
                "colour": i % 5,
            }
        )
    shown = (
        f"{len(harps)} regions"
        if len(harps) <= HARPS_DRAWN
        else f"The {HARPS_DRAWN} of {len(harps)} regions with most pores"
    )
    layout = axes("Time (h)", "Pores in a frame, mean", y={"rangemode": "tozero"})
    return Drawn(
        {"data": traces, "layout": layout},
        f"{shown}; at most {number(max(r['mean_pores'] for r in rows), 1)} pores in a frame.",
    )


def _pores(rows: Sequence[Row], harp: int) -> float:
    return max(float(row["mean_pores"]) for row in rows if row["harpnum"] == harp)


def axes(x_title: str, y_title: str, x: Figure | None = None, y: Figure | None = None) -> dict[str, Any]:
    """Layout with these axes."""
    return {
        "xaxis": {"title": {"text": x_title}, **(x or {})},
        "yaxis": {"title": {"text": y_title}, **(y or {})},
    }
