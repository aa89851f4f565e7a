"""Figures of areas, of rates of change and of events, and of what regions have in time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.rows import Answer
from flows.report.figures import Drawn, Figure, Row
from flows.report.plot_parts import axes, by_product, centres, limits, line, points
from flows.report.wording import number

HARPS_DRAWN = 12


def areas(answers: Sequence[Answer]) -> Drawn:
    """Draw the distribution of the largest areas with the log-normal law that fits best."""
    laws = {row["product"]: row for row in answers[1].records()}
    traces, said = [], []
    for i, product, mine in by_product(answers[0].records()):
        counted = [f"{row['n']} pores, {row['n_censored']} censored" for row in mine]
        at, fractions = centres(mine, "area_from", "area_to", log=True), [row["fraction"] for row in mine]
        errors = [row["fraction"] / row["n"] ** 0.5 for row in mine]
        traces.append(
            {**points(i, product, at, fractions, counted), "error_y": {"type": "data", "array": errors}}
        )
        law = laws.get(product)
        if law and law["sigma"]:
            traces.append(_lognormal(i, law, mine))
            said.append(_law_said(law))
    layout = axes(
        "Largest area (Mm²)", "Fraction of the pores in a bin", x={"type": "log"}, y={"rangemode": "tozero"}
    )
    return Drawn({"data": traces, "layout": layout}, " ".join([*said, "Bars: square roots of the counts."]))


def _law_said(law: Row) -> str:
    median, error = number(law["median_mm2"]), number(law["median_err_mm2"])
    return (
        f"{law['product']}: {law['n']} pores, median of the law {median} ± {error} Mm², sigma of ln(area)"
        f" {number(law['sigma'])}; {number(100 * law['below_5_mm2'], 0)} % below 5 Mm²."
    )


def _lognormal(i: int, law: Row, bins: Sequence[Row]) -> Figure:
    """The law as the fraction that it expects in bins of that width in ln(area)."""
    width = np.log(bins[0]["area_to"] / bins[0]["area_from"])
    area = np.geomspace(bins[0]["area_from"], bins[-1]["area_to"], 120)
    z = np.log(area / law["median_mm2"]) / law["sigma"]
    expected = width * np.exp(-0.5 * z**2) / (law["sigma"] * np.sqrt(2 * np.pi))
    return line(i, f"{law['product']}: log-normal", _rounded(area), _rounded(expected))


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.5g}") for value in values]


def growth(answers: Sequence[Answer]) -> Drawn:
    """Draw rates of growth and decay against area with the straight lines through them."""
    rows = answers[0].records()
    laws = {(row["product"], row["phase"]): row for row in answers[1].records()}
    traces, said = [], []
    for i, (product, phase) in enumerate(sorted({(row["product"], row["phase"]) for row in rows})):
        mine = [row for row in rows if (row["product"], row["phase"]) == (product, phase)]
        at, lives = centres(mine, "area_from", "area_to", log=True), [f"{row['n']} lives" for row in mine]
        rates = points(
            i, f"{product}: {phase}, medians and quartiles", at, [row["median_mm2_h"] for row in mine], lives
        )
        traces.append({**rates, "error_y": limits(mine, "median_mm2_h", "q25_mm2_h", "q75_mm2_h")})
        law = laws.get((product, phase))
        if law and law["slope_per_h"] is not None:
            traces.append(_straight(i, law, mine))
            error = "" if law["slope_err_per_h"] is None else f" ± {number(law['slope_err_per_h'], 3)}"
            said.append(
                f"{product}, {phase}: {law['n']} lives, slope {number(law['slope_per_h'], 3)}{error} per hour"
            )
    layout = axes("Largest area (Mm²)", "Rate (Mm² per hour)", x={"type": "log"})
    return Drawn({"data": traces, "layout": layout}, f"{'; '.join(said) or 'Too few lives for a line'}.")


def _straight(i: int, law: Row, bins: Sequence[Row]) -> Figure:
    area = np.geomspace(bins[0]["area_from"], bins[-1]["area_to"], 60)
    rate = law["intercept_mm2_h"] + law["slope_per_h"] * area
    return line(i, f"{law['product']}: {law['phase']}, straight line", _rounded(area), _rounded(rate))


def interactions(answers: Sequence[Answer]) -> Drawn:
    """Draw how often pores merge and split, with Poisson limits."""
    rows = answers[0].records()
    traces = []
    for i, product, mine in by_product(rows):
        seen = [f"{row['n']} in {number(row['pore_hours'], 1)} pore-hours" for row in mine]
        kinds, rates = ([row[name] for row in mine] for name in ("kind", "per_pore_hour"))
        bars = limits(mine, "per_pore_hour", "lower", "upper")
        traces.append({**points(i, product, kinds, rates, seen), "error_y": bars})
    said = [
        f"{row['product']}, {row['kind']}: {number(row['per_pore_hour'], 4)} per pore-hour"
        f" ({number(row['lower'], 4)} to {number(row['upper'], 4)}, {row['n']} seen)"
        for row in rows
    ]
    layout = axes("", "Events per pore-hour", x={"range": [-0.6, 1.6]}, y={"rangemode": "tozero"})
    return Drawn({"data": traces, "layout": layout}, f"{'; '.join(said)}.")


def occurrence(answers: Sequence[Answer]) -> Drawn:
    """Draw how many pores regions have in time since they emerged."""
    regions: dict[tuple[int, str], list[Row]] = {}
    for row in answers[0].records():
        regions.setdefault((row["harpnum"], row["product"]), []).append(row)
    most = {region: max(row["mean_pores"] for row in rows) for region, rows in regions.items()}
    drawn = sorted(regions, key=lambda region: (-most[region], region))[:HARPS_DRAWN]
    traces = [_region(i, regions[region]) for i, region in enumerate(drawn)]
    few = len(regions) <= HARPS_DRAWN
    which = (
        f"Regions: {len(regions)}" if few else f"The {HARPS_DRAWN} of {len(regions)} regions with most pores"
    )
    layout = axes("Time (h)", "Pores in a frame, mean", y={"rangemode": "tozero"})
    return Drawn(
        {"data": traces, "layout": layout},
        f"{which}; at most {number(max(most.values()), 1)} pores in a frame.",
    )


def _region(i: int, rows: Sequence[Row]) -> Figure:
    since = "its first pore" if rows[0]["emergence_seen"] else "the first pore seen"
    name = f"HARP {rows[0]['harpnum']} ({rows[0]['product']}), since {since}"
    said = [f"{row['n_frames']} frames, {row['n_emerged']} emerged" for row in rows]
    at, pores = centres(rows, "since_from_h", "since_to_h"), [row["mean_pores"] for row in rows]
    look = line(i, name, at, pores)["line"]
    return {**points(i, name, at, pores, said), "mode": "lines+markers", "line": look}
