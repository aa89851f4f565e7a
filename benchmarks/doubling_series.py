"""Simulated series through the chain by each product: counts, areas, field and lifetimes."""

from pathlib import Path

import numpy as np

from benchmarks.report import Table
from catalog.query import connect
from flows.pipeline import run_request
from flows.request import Request
from flows.scoring import score_lake
from flows.simulated import simulate_series
from pores.parameters import Enhancement, Parameters
from storage.lake import Lake

SERIES = (("clean", 101), ("interactions", 202))
FRAMES = 40
PRODUCTS: tuple[Enhancement, ...] = ("none", "spline", "network")
_LIVES = "SELECT lifetime_h, birth = 'censored' OR death = 'censored' FROM tracks WHERE kind = 'pore'"
_ROWS = "SELECT area_mm2, abs(mean_br) FROM pores WHERE kind = 'pore'"


def series_table(scratch: Path) -> Table:
    """A row for each series and product."""
    rows: list[tuple[object, ...]] = []
    for scenario, seed in SERIES:
        fits = scratch / f"{scenario}-{seed}"
        simulate_series(fits, scenario, {"seed": seed, "n_frames": FRAMES})
        rows += [
            (f"{scenario} {seed}", product, *_figures(fits, scratch / f"{scenario}-{product}", product))
            for product in PRODUCTS
        ]
    head = (
        "series",
        "product",
        "pores a frame",
        "area, median, Mm²",
        "<abs Br>, G",
        "tracks",
        "complete lives",
        "their median, h",
        "features found, F1",
    )
    return Table("What changes in the catalogue: simulated series", head, rows)


def _figures(fits: Path, lake: Path, product: Enhancement) -> tuple[object, ...]:
    run_request(Request(lake=str(lake), source=str(fits), parameters=Parameters(enhance=product)))
    with connect(Lake.at(lake)) as connection:
        area, br = np.array(connection.execute(_ROWS).fetchall()).T
        lives = np.array(connection.execute(_LIVES).fetchall(), dtype=object)
    complete = lives[~lives[:, 1].astype(bool), 0].astype(float)
    median = f"{np.median(complete):.1f}" if complete.size else ""
    found = score_lake(str(lake), fits / "truth").rows()["features_f1"]
    return (
        f"{len(area) / FRAMES:.1f}",
        f"{np.median(area):.2f}",
        f"{br.mean():.0f}",
        len(lives),
        complete.size,
        median,
        f"{found:.3f}",
    )
