"""Figures behind docs/decisions/0013-survival.md: lives of known law, watched through a window.

::

    python -m benchmarks.studies.survival
"""

from collections.abc import Callable
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from catalog.formats import SQL_TYPES, arrow_schema
from catalog.schema import TABLES
from catalog.sql_files import shipped

Floats = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int], Floats]
CADENCE_H = 0.2
MIN_OBS = 2
LAWS: dict[str, Draw] = {
    "exponential, mean 2 h": lambda rng, n: rng.exponential(2, n),
    "exponential, mean 6 h": lambda rng, n: rng.exponential(6, n),
    "Weibull, shape 2, scale 8 h": lambda rng, n: 8 * rng.weibull(2, n),
    "Weibull, shape 0.7, scale 4 h": lambda rng, n: 4 * rng.weibull(0.7, n),
}
WINDOWS_H = (12, 48)
ASKED = ("lives", "survival_by", "lifetimes_by")
SAMPLES, BIRTHS = 400, 150


@dataclass(frozen=True)
class Watched:
    """Lives of which something was seen: frames of their ends, and whether these are true ends."""

    first: NDArray[np.int64]
    last: NDArray[np.int64]
    birth_seen: NDArray[np.bool_]
    death_seen: NDArray[np.bool_]

    @property
    def censored(self) -> float:
        """Share of the lives that were not seen whole."""
        return 1 - float((self.birth_seen & self.death_seen).mean())


def frames_of(born: Floats, lived: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last frame of lives in continuous time; the briefest end before the first."""
    return np.ceil(born / CADENCE_H).astype(int), np.floor((born + lived) / CADENCE_H).astype(int)


def watch(draw: Draw, rng: np.random.Generator, births: int, window_h: float) -> Watched:
    """Watch lives that are born at a constant rate, also long before, from time 0 for a while.

    Parameters
    ----------
    draw : callable
        Lives of a law, h.
    rng : numpy.random.Generator
    births : int
        Mean number of births in the window.
    window_h : float
    """
    before_h = 30 * float(draw(np.random.default_rng(0), 10_000).mean())
    n = rng.poisson(births * (window_h + before_h) / window_h)
    first, last = frames_of(rng.uniform(-before_h, window_h, n), draw(rng, n))
    end = round(window_h / CADENCE_H) - 1
    kept = (np.minimum(last, end) - np.maximum(first, 0)) >= MIN_OBS - 1
    first, last = first[kept], last[kept]
    # what is there in the first frame began before it as far as is known, and so at the end
    return Watched(np.maximum(first, 0), np.minimum(last, end), first > 0, last < end)


def true_median(draw: Draw) -> float:
    """Median lifetime_h of lives of a law that are in two frames at least, h."""
    rng = np.random.default_rng(0)
    first, last = frames_of(rng.uniform(0, CADENCE_H, 1_000_000), draw(rng, 1_000_000))
    frames = last - first
    return float(np.median(frames[frames >= MIN_OBS - 1])) * CADENCE_H


def catalogue(samples: dict[str, Watched]) -> duckdb.DuckDBPyConnection:
    """What is asked, over the lives of some samples, each named by its `product`."""
    connection = duckdb.connect()
    for table in (TABLES["tracks"], TABLES["pores"]):
        columns = ", ".join(f"{column.name} {SQL_TYPES[column.type]}" for column in table.columns)
        connection.execute(f"CREATE TABLE {table.name} ({columns})")
    parts = [_tracks(name, sample) for name, sample in samples.items()]
    connection.register("simulated", pa.concat_tables(parts))
    connection.execute("INSERT INTO tracks BY NAME FROM simulated")
    for file in shipped():
        if file.name in ASKED:
            connection.execute(file.body)
    return connection


def _tracks(product: str, lives: Watched) -> pa.Table:
    n = len(lives.first)
    start = np.datetime64("2014-06-10T00:00:00", "ms")
    step = np.timedelta64(round(CADENCE_H * 3_600_000), "ms")
    columns = {
        "track_id": [f"{product} {i}" for i in range(n)],
        "product": [product] * n,
        "t_birth": start + lives.first * step,
        "t_death": start + lives.last * step,
        "lifetime_h": (lives.last - lives.first) * step / np.timedelta64(1, "h"),
        "n_obs": (lives.last - lives.first + 1).astype(np.int32),
        "birth": np.where(lives.birth_seen, "emerged", "censored"),
        "death": np.where(lives.death_seen, "decayed", "censored"),
        "kind": ["pore"] * n,
        "passing": [False] * n,
        "min_mu": [0.9] * n,
        "run_id": ["simulated"] * n,
    }
    schema = arrow_schema(TABLES["tracks"])
    fields = [pa.field(name, schema.field(name).type) for name in columns]
    return pa.table(columns, schema=pa.schema(fields))


_MEDIANS = f"""
SELECT median_lifetime_h, survival_median_h, survival_low_h, survival_high_h
FROM lifetimes_by(true, ?, 'pore', {MIN_OBS}, 0)
ORDER BY product"""


def medians(connection: duckdb.DuckDBPyConnection, births: str) -> Floats:
    """Naive median, that of Kaplan and Meier and its limits of each sample, by name; inf: not reached."""
    rows = connection.execute(_MEDIANS, [births]).fetchall()
    return np.array([[np.inf if value is None else value for value in row] for row in rows], float)


def main() -> None:
    """Print the tables of the decision."""
    print(
        "| law | window, h | censored | true | naive | `seen` | within limits | `all` | within limits |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
    )
    for window_h in WINDOWS_H:
        for law, draw in LAWS.items():
            rng, truth = np.random.default_rng(1), true_median(draw)
            samples = {f"sample {i}": watch(draw, rng, BIRTHS, window_h) for i in range(SAMPLES)}
            censored = float(np.mean([sample.censored for sample in samples.values()]))
            with catalogue(samples) as connection:
                seen, every = medians(connection, "seen"), medians(connection, "all")
            cells = [law, f"{window_h}", f"{censored:.0%}", f"{truth:.1f}", _told(seen[:, 0], truth)]
            cells += [_told(seen[:, 1], truth), _covered(seen, truth)]
            cells += [_told(every[:, 1], truth), _covered(every, truth)]
            print("| " + " | ".join(cells) + " |")


def _told(values: Floats, truth: float) -> str:
    """The middle estimate, and how far from the truth."""
    middle = float(np.median(values))
    return f"{middle:.1f} ({middle / truth - 1:+.0%})" if np.isfinite(middle) else "not reached"


def _covered(values: Floats, truth: float) -> str:
    """Share of the samples within whose limits the truth is, give or take half a frame."""
    slack = CADENCE_H / 2
    inside = (values[:, 2] <= truth + slack) & (truth - slack <= values[:, 3])
    return f"{inside.mean():.0%}"


if __name__ == "__main__":
    main()
