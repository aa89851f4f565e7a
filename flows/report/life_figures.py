"""Figures of lifetimes: survival medians with their limits, survival curves, and how wrong naive ones are."""

from collections.abc import Callable, Sequence

from catalog.rows import Answer
from flows.report.figures import Drawn, Figure, Row
from flows.report.plot_parts import axes, by_product, centres, limits, line, points
from flows.report.wording import number


def lifetimes(low: str, high: str, title: str, log: bool = False) -> Callable[[Sequence[Answer]], Drawn]:
    """Return what draws survival medians with their limits, and naive medians, against a binned quantity.

    The title of the quantity ends with its unit in brackets.
    """

    def draw(answers: Sequence[Answer]) -> Drawn:
        rows = [row for row in answers[0].records() if row[low] is not None]
        traces = []
        for i, product, mine in by_product(rows):
            traces += _medians(i, product, mine, centres(mine, low, high, log))
        layout = axes(title, "Lifetime (h)", x={"type": "log"} if log else {})
        return Drawn({"data": traces, "layout": layout}, _lifetimes_said(rows, low, high, title))

    return draw


def _medians(i: int, product: str, rows: Sequence[Row], at: Sequence[float]) -> list[Figure]:
    said = [
        f"{row['n']} lives, {row['n_censored']} censored; naive median {number(row['median_lifetime_h'])} h"
        for row in rows
    ]
    medians, whole = ([row[name] for row in rows] for name in ("survival_median_h", "median_lifetime_h"))
    naive = points(i, f"{product}: median of lives seen whole (too short)", at, whole, said)
    naive["marker"] = {**naive["marker"], "symbol": f"{naive['marker']['symbol']}-open"}
    survival = points(i, f"{product}: survival median, 95 % limits", at, medians, said)
    bars = limits(rows, "survival_median_h", "survival_low_h", "survival_high_h")
    return [naive, {**survival, "error_y": bars}]


def _lifetimes_said(rows: Sequence[Row], low: str, high: str, title: str) -> str:
    known = [row for row in rows if row["survival_median_h"] is not None]
    n = sum(row["n"] for row in rows)
    if not known:
        return f"{n} lives; in no bin do half of them end while watched, so that there is no survival median."
    longest = max(known, key=lambda row: row["survival_median_h"])
    edges = " and ".join(number(longest[name], 0 if longest[high] > 100 else 1) for name in (low, high))
    unit = title[title.rindex("(") + 1 : -1]
    return (
        f"{n} lives in {len(rows)} bins; the longest survival median is"
        f" {number(longest['survival_median_h'], 1)} h, between {edges} {unit} ({longest['product']})."
    )


def survival(answers: Sequence[Answer]) -> Drawn:
    """Draw survival curves in steps, with confidence limits."""
    traces, said = [], []
    for i, product, mine in by_product(answers[0].records()):
        traces += _curve(i, product, mine)
        half = next((row["lifetime_h"] for row in mine if row["surviving"] <= 0.5), None)
        median = (
            "more than half outlive what was seen"
            if half is None
            else f"half live {number(half, 1)} h or longer"
        )
        said.append(f"{product}: of {mine[0]['at_risk']} lives {median}")
    layout = axes("Lifetime (h)", "Fraction that lives longer", y={"range": [0, 1.03]})
    return Drawn({"data": traces, "layout": layout}, f"{'; '.join(said)}. Shaded: 95 % limits.")


def _curve(i: int, product: str, rows: Sequence[Row]) -> list[Figure]:
    """The limits as a band, the curve, and marks where lives were lost sight of."""
    hours = [0.0, *(row["lifetime_h"] for row in rows)]
    lower, upper, surviving = (
        [1.0, *(row[name] for row in rows)] for name in ("lower", "upper", "surviving")
    )
    edge = {"hoverinfo": "skip", "showlegend": False}
    cut = [row for row in rows if row["censored"]]
    marks = points(
        i,
        f"{product}: seen no longer (censored)",
        [row["lifetime_h"] for row in cut],
        [row["surviving"] for row in cut],
        [f"{row['censored']} seen no longer" for row in cut],
    )
    return [
        {**line(i, product, hours, lower, shape="hv", width=0), **edge},
        {**line(i, product, hours, upper, shape="hv", width=0), **edge, "fill": "tonexty", "band": True},
        line(i, product, hours, surviving, shape="hv"),
        {**marks, "marker": {"symbol": "line-ns-open", "size": 10}},
    ]


def naive(answers: Sequence[Answer]) -> Drawn:
    """Draw the survival of all lives beside that of lives seen whole."""
    traces, said = [], []
    for i, product, mine in by_product(answers[0].records()):
        hours = [0.0, *(row["lifetime_to_h"] for row in mine)]
        surviving, seen_whole = (
            [1.0, *(row[name] for row in mine)] for name in ("surviving", "naive_surviving")
        )
        traces.append(line(i, f"{product}: Kaplan-Meier", hours, surviving, dash="solid"))
        traces.append(line(i, f"{product}: only lives seen whole", hours, seen_whole, dash="dot"))
        gaps = [a - b for a, b in zip(surviving, seen_whole, strict=True) if None not in (a, b)]
        said.append(
            f"{product}: lives seen whole put the fraction that lives longer too low by up to"
            f" {number(max(gaps, default=0))}"
        )
    layout = axes("Lifetime (h)", "Fraction that lives longer", y={"range": [0, 1.03]})
    return Drawn({"data": traces, "layout": layout}, f"{'; '.join(said)}.")
