"""Runs with known answers to questions of pore research, in one lake, each a product of its own."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from scipy import stats

from catalog.query import named
from tests.sql.conftest import Life, Row, Run, make_run, pore_id, time

Floats = NDArray[np.float64]
Rows = list[dict[str, Any]]


class Asked:
    """The lake of all runs, and questions to one of them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def query(self, product: str, name: str, **params: str) -> Rows:
        """The answer to a named query, less other products."""
        question = named(name, params)
        return [row for row in self._rows(question.sql, question.values) if row["product"] == product]

    def view(self, product: str, name: str, order: str = "ALL") -> Rows:
        """The rows of a view, less other products."""
        return self._rows(f"FROM {name} WHERE product = '{product}' ORDER BY {order}")

    def _rows(self, sql: str, values: Any = None) -> Rows:
        answer = self.connection.execute(sql, values)
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def of(run: Run, table: str, label: int) -> list[Row]:
    """Rows of a life in a table."""
    return [row for row in run.tables[table] if row["track_id"].endswith(f"_{label:03d}")]


def change(run: Run, table: str, label: int, **values: object) -> None:
    """Change what a table says of a life."""
    for row in of(run, table, label):
        row.update(values)


def series(run: Run, label: int, column: str, values: Floats | list[float]) -> None:
    """Set a column of a life, observation by observation."""
    for row, value in zip(of(run, "pores", label), values, strict=True):
        row[column] = float(value)


GROWTH, DECAY = 1.5, -0.75  # of the largest area, per hour
LARGEST = {label: 2.0 + label for label in range(1, 9)}


def growing(harpnum: int, product: str) -> Run:
    """Pores that grow for four steps and decay for eight; the last is flat on top, another seen in part."""
    run = make_run(harpnum, product, 15, [Life(i, list(range(1, 14)), 1500.0) for i in LARGEST], {}, product)
    hours = (np.arange(13) - 4) * 0.2
    for label, area in LARGEST.items():
        areas = area * (1 + np.where(hours < 0, GROWTH, DECAY) * hours)
        areas = np.minimum(areas, 0.8 * area) if label == 8 else areas
        series(run, label, "area_mm2", areas)
        change(run, "tracks", label, max_area_mm2=float(areas.max()))
    change(run, "tracks", 7, birth="censored", death="merged")
    return run


NOISY_AREAS = np.array([2, 1, 5, 4, 7, 8.5, 10, 9, 9.5, 7, 8, 4, 4.5, 3, 1, 0.7])


def noisy_area(harpnum: int, product: str) -> Run:
    """A pore of which the slopes have errors."""
    run = make_run(harpnum, product, 20, [Life(1, list(range(16)))], {}, product)
    series(run, 1, "area_mm2", NOISY_AREAS)
    change(run, "tracks", 1, max_area_mm2=10.0)
    return run


LINE = {"slope": 0.8, "intercept": 0.5}
_rng = np.random.default_rng(2)
LINE_AREAS = _rng.uniform(2, 12, 40)
LINE_RATES = LINE["intercept"] + LINE["slope"] * LINE_AREAS + _rng.normal(0, 0.3, 40)


def line(harpnum: int, product: str) -> Run:
    """Pores whose rate of growth is on a straight line against their largest area, with scatter."""
    run = make_run(harpnum, product, 12, [Life(1 + i, list(range(1, 10))) for i in range(40)], {}, product)
    steps = np.arange(9) - 4
    for i, (area, rate) in enumerate(zip(LINE_AREAS, LINE_RATES, strict=True)):
        series(run, 1 + i, "area_mm2", area + np.minimum(steps, 0) * 0.2 * rate - np.maximum(steps, 0) * 0.01)
        change(run, "tracks", 1 + i, max_area_mm2=float(area))
    return run


KINDS = {1: "pppppuuuuu", 2: "pppupppppp", 3: "uuuuupppp", 4: "uuuuuuu", 5: "ppp", 6: "uupppuuuup"}


def spots(harpnum: int, product: str) -> Run:
    """A pore that becomes a spot, one that flickers, one that was an umbra, an umbra, a pore, a mixture."""
    lives = [Life(label, list(range(len(kinds)))) for label, kinds in KINDS.items()]
    run = make_run(harpnum, product, 12, lives, {}, product)
    for label, kinds in KINDS.items():
        for k, (row, kind) in enumerate(zip(of(run, "pores", label), kinds, strict=True)):
            row.update(kind="pore" if kind == "p" else "umbra", area_mm2=1.0 + k, spot_area_mm2=10.0 * k)
    return run


def meeting(harpnum: int, product: str) -> Run:
    """Frame 4 is unusable, 9 and 10 are missing: steps of 0.2, one of 0.4 and one of 0.6 h."""
    lives = [
        Life(1, [0, 1, 2, 3, 5, 6, 7, 8, 11], birth="censored", death="censored"),
        Life(2, [0, 1], birth="censored", death="merged", child=1),
        Life(3, [2, 3], death="merged", child=1),  # across the unusable frame
        Life(4, [6, 7], birth="split", parent=1),
        Life(5, [6], birth="split", parent=6, kind="umbra"),
        Life(6, [0, 1, 2, 3, 5, 6], birth="censored", kind="umbra"),
        Life(7, [5, 6], birth="split", parent=1),  # across the unusable frame
    ]
    run = make_run(harpnum, product, 12, lives, {4: "bad quality"}, product)
    frames = run.tables["frames"]
    run.tables["frames"] = [row for row in frames if row["t_rec"] not in (time(9), time(10))]
    return run


def sparse(harpnum: int, product: str) -> Run:
    """A pore in each of three frames 4 h apart: further than anything is followed."""
    lives = [Life(1, [0]), Life(2, [20]), Life(3, [40])]
    run = make_run(harpnum, product, 41, lives, {}, product)
    run.tables["frames"] = run.tables["frames"][::20]
    run.tables["runs"][0]["config"] = '{"enhance":"spline","track":{"max_step_h":2.0}}'
    return run


EVENTS = (0, 1, 2, 7, 100)


def merging(harpnum: int, product: str) -> Run:
    """As many pairs of which one merges into the other as the product's name says, and a pore alone."""
    n = int(product.split()[-1])
    lives = [Life(200 + i, [0, 1, 2]) for i in range(n)] + [Life(500, [0, 1, 2])]
    lives += [Life(1 + i, [0, 1], death="merged", child=200 + i) for i in range(n)]
    return make_run(harpnum, product, 4, lives, {}, product)


FAMILY = [
    Life(1, [0, 1, 2, 3, 4, 5, 6]),
    Life(2, [1, 2, 3], birth="split", parent=1, death="merged", child=3),
    Life(3, [0, 1, 2, 3, 4, 5], death="merged", child=4),
    Life(4, [2, 3, 4, 5, 6, 7]),
    Life(5, [5, 6], birth="split", parent=4),
    Life(6, [4, 5], birth="split", parent=2, death="merged", child=1),
    Life(7, [0, 1, 2]),
]


def family(harpnum: int, product: str) -> Run:
    """Six tracks that merges and splits connect, some in a ring, and one alone."""
    run = make_run(harpnum, product, 10, FAMILY, {}, product)
    for label in range(1, 7):
        change(run, "tracks", label, family_id=pore_id(harpnum, 0, 1))
    return run


def emerging(harpnum: int, product: str) -> Run:
    """A region that emerges in its third frame; the fifth is unusable."""
    lives = [Life(1, [2, 3, 5, 6, 7], 1000.0), Life(2, [5, 6, 7], -1000.0, area_px=200)]
    run = make_run(harpnum, product, 10, [*lives, Life(3, [6, 7], kind="umbra")], {4: "bad quality"}, product)
    for k, row in enumerate(run.tables["frames"]):
        row.update(usflux=1e20 * (k + 1), mu_center=0.9, r_value=3.5)
    return run


def there_before(harpnum: int, product: str) -> Run:
    """A region that was there when observing began."""
    return make_run(harpnum, product, 4, [Life(1, [0, 1, 2, 3], birth="censored")], {}, product)


AREAS = stats.lognorm(0.7, scale=3.5).rvs(400, random_state=4)


def lognormal(harpnum: int, product: str) -> Run:
    """Pores of log-normal area, a quarter of them seen in part."""
    lives = [Life(1 + i, [0], death="decayed" if i % 4 else "censored") for i in range(AREAS.size)]
    run = make_run(harpnum, product, 2, lives, {}, product)
    for row, area in zip(run.tables["tracks"], AREAS, strict=True):
        row["max_area_mm2"] = float(area)
    return run


def boundaries(harpnum: int, product: str) -> Run:
    """Pores of weak and strong field at their boundary, and one of unknown."""
    lives = [
        *(Life(1, [1, 2, 3]), Life(2, [1, 2, 3, 4, 5]), Life(3, [1, 2, 3, 4, 5, 6, 7])),
        *(Life(4, [1, 2, 3, 4, 5, 6, 7, 8, 9], death="censored"), Life(5, [1, 2])),
    ]
    run = make_run(harpnum, product, 10, lives, {}, product)
    for label, field in {1: 1300.0, 2: -1350.0, 3: 1900.0, 4: -1850.0}.items():
        change(run, "pores", label, boundary_br=field)
    of(run, "pores", 4)[1]["boundary_br"] = -1870.0
    return run


def places(harpnum: int, product: str) -> Run:
    """Pores in both hemispheres and of both polarities."""
    lives = [Life(1, [1, 2, 3], 1000.0), Life(2, [1, 2], -1000.0), Life(3, [1, 2, 3, 4])]
    run = make_run(harpnum, product, 10, lives, {}, product)
    for label, lat in {1: -17.0, 2: 12.0, 3: 13.0}.items():
        change(run, "tracks", label, mean_lat=lat, max_area_mm2=float(label))
    return run


HOURS = np.arange(0, 72, 0.2)


def swinging(seed: int, sign: float, day: float, half_day: float) -> Floats:
    """Br of a pore: a slow fall, swings of 24 and 12 h, highest at 6 and 2 h TAI, and noise of 10 G."""
    swing = day * np.cos(2 * np.pi * (HOURS - 6) / 24) + half_day * np.cos(2 * np.pi * (HOURS - 2) / 12)
    return sign * (1500 - 2 * HOURS) + swing + np.random.default_rng(seed).normal(0, 10, HOURS.size)


FIELDS = {
    1: swinging(1, 1, 40, 15),
    2: swinging(2, -1, 40, 15),
    3: swinging(3, 1, 0, 0),
    4: swinging(4, 1, 0, 20),
    5: swinging(5, 1, 40, 15),
    6: np.full(HOURS.size, 1500.0),
}


def swings(harpnum: int, product: str) -> Run:
    """Pores of three days with swings of the orbit, the second with a gap, and one of a day."""
    everything = list(range(HOURS.size))
    seen = dict.fromkeys(FIELDS, everything)
    seen |= {2: [k for k in everything if not 100 < k < 130], 5: everything[:120]}
    lives = [Life(label, frames, float(FIELDS[label].mean())) for label, frames in seen.items()]
    run = make_run(harpnum, product, HOURS.size, lives, {}, product)
    for label, frames in seen.items():
        series(run, label, "mean_br", FIELDS[label][frames])
    for k, row in enumerate(run.tables["frames"]):
        row["obs_vr"] = 3000 * np.cos(2 * np.pi * (HOURS[k] - 6) / 24)
    return run


def no_swings(harpnum: int, product: str) -> Run:
    """Pores whose field is noise."""
    rng, frames = np.random.default_rng(5), list(range(250))
    run = make_run(harpnum, product, 250, [Life(i, frames, 1500.0) for i in range(1, 41)], {}, product)
    for row in run.tables["pores"]:
        row["mean_br"] = 1500 + float(rng.normal(0, 10))
    return run


def across_zero(harpnum: int, product: str) -> Run:
    """A pore that crosses longitude 0, and an umbra seen once."""
    run = make_run(harpnum, product, 6, [Life(1, [1, 2, 4]), Life(2, [0], kind="umbra")], {}, product)
    for name, values in {
        "lon": [359.5, 0.25, 0.5],
        "lat": [-20, -20.5, -19.5],
        "mu": [0.5, 0.6, 0.8],
    }.items():
        series(run, 1, name, values)
    change(run, "tracks", 1, mean_lon=0.083, mean_lat=-20.0, max_area_mm2=np.pi * 6.96**2)
    for k, row in enumerate(run.tables["frames"]):
        row["t_obs"] = time(k) - np.timedelta64(35_000, "ms")
    run.tables["runs"][0]["finished"] = datetime(2026, 1, 2, 3, 4, 5)
    return run


_ALL = (
    growing,
    noisy_area,
    line,
    spots,
    meeting,
    family,
    emerging,
    there_before,
    lognormal,
    boundaries,
    places,
)
RUNS: dict[str, Callable[[int, str], Run]] = {
    **{build.__name__: build for build in (*_ALL, sparse, swings, no_swings, across_zero)},
    **{f"merging {n}": merging for n in EVENTS},
}
HARPS = {product: harpnum for harpnum, product in enumerate(RUNS, 10)}


def all_runs() -> list[Run]:
    """Every run, ready to be written."""
    return [build(HARPS[product], product) for product, build in RUNS.items()]
