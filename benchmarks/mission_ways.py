"""Ways to ask a lake the same questions: porelake's catalogue, SQLite, pandas, polars, each in 8 GB."""

import resource
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import duckdb

from benchmarks.mission_peers import FEATURE, Pandas, Peer, Polars, Rows
from benchmarks.mission_sqlite import Sqlite, build, built_s
from catalog.limits import Limits
from catalog.query import connect, named
from catalog.shown import Shown
from storage.lake import Lake
from storage.pack_plan import SIZES
from storage.runs import current_runs

MEMORY_MB, THREADS = 8000, 2
WAYS = ("porelake", "SQLite", "pandas", "polars")
OF_A_HARP = ("frames", "pores", "tracks", "links", "events", "velocities")
_FEATURE = ", ".join(FEATURE)


def opened(lake: Lake) -> duckdb.DuckDBPyConnection:
    """The catalogue as `porelake.connect` opens it, in 8 GB and on two threads."""
    return connect(lake, limits=Limits(memory_mib=int(MEMORY_MB / 1.048576), threads=THREADS))


class Porelake:
    """The catalogue, open."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def headline(self) -> Rows:
        """Lifetimes against Br."""
        question = named("lifetime_vs_br", {})
        columns = "product, br_from / 200, n, n_censored, median_lifetime_h, survival_median_h"
        return self._rows(f"SELECT {columns} FROM ({question.sql})", question.values)

    def survival(self) -> Rows:
        """The survival curve."""
        question = named("survival", {})
        return self._rows(question.sql, question.values)

    def one_harp(self, harpnum: int) -> Rows:
        """Features of a HARP."""
        return self._rows(
            f"SELECT {_FEATURE} FROM pores WHERE harpnum = $harp ORDER BY t_rec, pore_id", {"harp": harpnum}
        )

    def one_pore(self, pore_id: str) -> Rows:
        """One feature."""
        return self._rows(f"SELECT {_FEATURE} FROM pores WHERE pore_id = $pore", {"pore": pore_id})

    def everything(self, harpnum: int) -> int:
        """All columns of all that is of a HARP, as Arrow tables; return the number of rows."""
        return sum(
            self._arrow(f"SELECT * FROM {table} WHERE harpnum = $harp", {"harp": harpnum})
            for table in OF_A_HARP
        )

    def all_of_a_pore(self, pore_id: str) -> int:
        """All columns of a feature."""
        return self._arrow("SELECT * FROM pores WHERE pore_id = $pore", {"pore": pore_id})

    def life(self, track_id: str) -> int:
        """The life of a pore."""
        question = named("pore_life", {"track": track_id})
        return self._arrow(question.sql, question.values)

    def query(self, name: str, given: Mapping[str, str]) -> int:
        """A query that is shipped."""
        question = named(name, given)
        return self._arrow(question.sql, question.values)

    def _arrow(self, sql: str, values: Mapping[str, Any]) -> int:
        """Read an answer as `porelake.connect` does; return its number of rows."""
        return len(self._connection.sql(sql, params=dict(values)).to_arrow_table())

    def _rows(self, sql: str, values: Mapping[str, Any]) -> Rows:
        return self._connection.execute(sql, dict(values)).fetchall()


@dataclass(frozen=True)
class Ways:
    """A lake, and the SQLite file beside it."""

    lake: Lake
    sqlite: Path

    def fill(self) -> None:
        """Make the SQLite file, if it isn't there with the rows of this lake."""
        with opened(self.lake) as connection:
            build(connection, self.sqlite)

    def of(self, name: str) -> Peer:
        """A way, ready to be asked."""
        if name == "porelake":
            return Porelake(opened(self.lake))
        if name == "SQLite":
            return Sqlite(self.sqlite)
        kind: type[Pandas | Polars] = Pandas if name == "pandas" else Polars
        return kind(files(self.lake, "tracks"), files(self.lake, "pores"))

    def built_s(self) -> float:
        """How long making the SQLite file took."""
        return built_s(self.sqlite)

    def alone(self, work: Callable[["Ways"], tuple[str, str]]) -> tuple[str, str]:
        """What a function gives in a process of its own, or that it needs more memory than it may take."""
        with ProcessPoolExecutor(1, get_context("spawn"), initializer=_bound) as pool:
            try:
                return pool.submit(work, self).result()
            except (MemoryError, BrokenProcessPool):
                return "out of memory", f"more than {MEMORY_MB}"


def _bound() -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_MB * 1_000_000,) * 2)


def files(lake: Lake, table: str) -> list[Path]:
    """Files that the catalogue reads for a table: packs, and those of HARPs that are in none."""
    shown = Shown.current(lake, current_runs(lake), SIZES)
    loose = [lake.table(table, harpnum, run_id) for _, harpnum, run_id in shown.loose]
    return [*(pack.file(lake, table) for pack in shown.packs), *loose]


def bytes_of(paths: Iterable[Path]) -> int:
    """Bytes of files."""
    return sum(path.stat().st_size for path in paths)
