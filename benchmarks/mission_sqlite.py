"""The questions of `benchmarks.mission` asked of SQLite: one file, the columns they need."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from benchmarks.mission_peers import BIN_G, FEATURE, HALF, LIFE, Rows, Z
from storage.lake import atomic

_BATCH = 50  # HARPs that are read at a time


class Sqlite:
    """SQLite by the standard library."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file)
        self._connection.execute("PRAGMA mmap_size = 8589934592")

    def headline(self) -> Rows:
        """Lifetimes against Br."""
        return self._rows(_HEADLINE)

    def survival(self) -> Rows:
        """The survival curve."""
        return self._rows(_SURVIVAL)

    def one_harp(self, harpnum: int) -> Rows:
        """Features of a HARP."""
        return self._rows(f"SELECT {_FEATURE} FROM pores WHERE harpnum = ? ORDER BY t_rec, pore_id", harpnum)

    def one_pore(self, pore_id: str) -> Rows:
        """One feature."""
        harpnum = int(pore_id.split("_")[0])
        return self._rows(f"SELECT {_FEATURE} FROM pores WHERE harpnum = ? AND pore_id = ?", harpnum, pore_id)

    def _rows(self, sql: str, *values: object) -> Rows:
        return self._connection.execute(sql, values).fetchall()


def build(connection: duckdb.DuckDBPyConnection, file: Path) -> None:
    """Fill the file from an open catalogue, unless it is there with as many rows."""
    wanted = [connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in _NEEDED]
    if file.exists() and _made(file)[:2] == wanted:
        return
    start = time.perf_counter()
    with atomic(file, flushed=False) as partial, closing(sqlite3.connect(partial)) as new:
        for setting in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
            new.execute(f"PRAGMA {setting}")
        for name, columns in _NEEDED.items():
            new.execute(f"CREATE TABLE {name} ({', '.join(columns)}{_CLUSTERED.get(name, ')')}")
            marks = ", ".join("?" * len(columns))
            for rows in _batches(connection, name, columns):
                new.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
            new.commit()
        new.execute("CREATE TABLE made (tracks, pores, seconds)")
        new.execute("INSERT INTO made VALUES (?, ?, ?)", (*wanted, time.perf_counter() - start))
        new.commit()


def built_s(file: Path) -> float:
    """How long making the file took."""
    return float(_made(file)[-1])


_NEEDED = {"tracks": LIFE, "pores": FEATURE}
_CLUSTERED = {"pores": ", PRIMARY KEY (harpnum, pore_id)) WITHOUT ROWID"}
_FEATURE = ", ".join(FEATURE)


def _made(file: Path) -> list[float]:
    with closing(sqlite3.connect(file)) as there:
        return list(there.execute("SELECT tracks, pores, seconds FROM made").fetchall()[0])


def _batches(connection: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> Iterator[Rows]:
    """Rows of some HARPs at a time, in the order of the tree."""
    names = ", ".join(columns).replace("t_rec", "epoch_ms(t_rec)")
    last = connection.execute("SELECT max(harpnum) FROM harps").fetchall()[0][0]
    order = "harpnum, pore_id" if table == "pores" else "harpnum"
    for first in range(0, last + 1, _BATCH):
        chosen = f"WHERE harpnum >= {first} AND harpnum < {first + _BATCH} ORDER BY {order}"
        yield connection.execute(f"SELECT {names} FROM {table} {chosen}").fetchall()


_CURVE = """
lives AS (
    SELECT
        product,
        {group} AS bin,
        lifetime_h,
        birth <> 'censored' AS born,
        birth <> 'censored' AND death <> 'censored' AS complete
    FROM tracks
    WHERE NOT passing AND kind = 'pore' AND n_obs >= 2
),
times AS (
    SELECT product, bin, lifetime_h, count(*) AS here, sum(complete) AS deaths
    FROM lives WHERE born GROUP BY product, bin, lifetime_h
),
risks AS (
    SELECT *, sum(here) OVER (PARTITION BY product, bin ORDER BY lifetime_h DESC) AS at_risk FROM times
),
curve AS (
    SELECT
        *,
        -- a sum of logarithms, for there is no product
        iif(max(deaths = at_risk) OVER so_far, 0, exp(sum(iif(deaths = at_risk, 0, ln(1.0 - deaths * 1.0
            / at_risk))) OVER so_far)) AS surviving,
        sum(iif(deaths = at_risk, 0, deaths * 1.0 / (at_risk * (at_risk - deaths)))) OVER so_far AS variance
    FROM risks
    WINDOW so_far AS (PARTITION BY product, bin ORDER BY lifetime_h)
)"""
_HEADLINE = f"""
WITH {_CURVE.format(group=f"floor(abs(mean_br) / {BIN_G})")},
ranked AS (
    SELECT
        product,
        bin,
        lifetime_h,
        row_number() OVER (PARTITION BY product, bin ORDER BY lifetime_h) AS place,
        count(*) OVER (PARTITION BY product, bin) AS n
    FROM lives WHERE complete
),
naive AS (
    SELECT product, bin, avg(lifetime_h) AS naive FROM ranked
    WHERE place IN ((n + 1) / 2, n / 2 + 1) GROUP BY product, bin
),
medians AS (
    SELECT product, bin, min(lifetime_h) AS median FROM curve WHERE surviving <= {HALF} GROUP BY product, bin
),
counts AS (
    SELECT product, bin, count(*) AS n, sum(NOT complete) AS n_censored FROM lives GROUP BY product, bin
)
SELECT product, bin, n, n_censored, naive, median
FROM counts LEFT JOIN naive USING (product, bin) LEFT JOIN medians USING (product, bin)
ORDER BY product, bin"""
_LIMIT = """
    iif(
        surviving > 0 AND surviving < 1,
        exp(ln(surviving) * exp({0}{1} * sqrt(variance) / -ln(surviving))),
        surviving
    )"""
_SURVIVAL = f"""
WITH {_CURVE.format(group="0")}
SELECT
    product, lifetime_h, at_risk, deaths, here - deaths, surviving,
    {_LIMIT.format("", Z)}, {_LIMIT.format("-", Z)}
FROM curve ORDER BY product, lifetime_h"""
