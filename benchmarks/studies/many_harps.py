"""What a lake of many HARPs costs: publishing its catalogue, opening it, and asking it, by their number.

::

    python -m benchmarks.studies.many_harps DIRECTORY [--harps 1500 15000] [--compact]

The tables are small, so that the number of files is what is measured: 20 rows of `pores`, 5 of `links`, one
of each other table per HARP. `--compact` asks the same of one file per table, by DuckDB alone.
"""

import argparse
import resource
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.process import porelake
from benchmarks.report import Table
from benchmarks.timing import seconds
from catalog.formats import arrow_schema
from catalog.schema import TABLES
from storage.lake import Lake

SERIES, RUN = "hmi.sharp_cea_720s", "f" * 64
ROWS = {"pores": 20, "links": 5}
T0 = np.datetime64("2014-01-01T00:00:00", "ms")
QUESTIONS = {
    '`sql "SELECT 1"`: open': "SELECT 1",
    "rows of one HARP": "SELECT count(*), avg(area_mm2) FROM pores WHERE harpnum = 7",
    "one pore, by `pore_id`": "SELECT * FROM pores WHERE pore_id = '7_20140101T000000_3'",
    "mean over all of `tracks`": "SELECT kind, count(*), avg(lifetime_h) FROM tracks GROUP BY kind",
    "mean over all of `pores`": "SELECT kind, count(*), avg(area_mm2) FROM pores GROUP BY kind",
}


def write_lake(lake: Lake, n_harps: int) -> None:
    """Write tables and pointers of HARPs 1 to n; those that are there stay."""
    tables = {name: pa.Table.from_pylist(_rows(name), arrow_schema(table)) for name, table in TABLES.items()}
    for harpnum in range(1, n_harps + 1):
        pointer = lake.pointer(SERIES, harpnum)
        if pointer.exists():
            continue
        for name, table in tables.items():
            path = lake.table(name, harpnum, RUN)
            path.parent.mkdir(parents=True, exist_ok=True)
            pq.write_table(_of(table, harpnum), path, compression="zstd")
        pointer.parent.mkdir(parents=True, exist_ok=True)
        pointer.write_text(f'{{"series": "{SERIES}", "harpnum": {harpnum}, "run_id": "{RUN}"}}\n')


def _rows(name: str) -> list[dict[str, Any]]:
    """Rows of a table for one HARP: nothing but what must not be null."""
    values = {"string": "x", "timestamp": T0.item(), "bool": True, "int32": 1, "int64": 1, "float64": 0.7}
    row: dict[str, Any] = {
        column.name: values.get(column.type, []) for column in TABLES[name].columns if not column.nullable
    }
    row |= {"run_id": RUN, "kind": "pore"} if "kind" in row else {"run_id": RUN}
    return [row | {"label": i} if "label" in row else row for i in range(ROWS.get(name, 1))]


def _of(table: pa.Table, harpnum: int) -> pa.Table:
    at = table.schema.get_field_index("harpnum")
    table = table.set_column(at, table.schema.field(at), pa.array([harpnum] * len(table), pa.int32()))
    if "pore_id" not in table.schema.names:
        return table
    at = table.schema.get_field_index("pore_id")
    ids = [f"{harpnum}_20140101T000000_{i}" for i in range(len(table))]
    return table.set_column(at, table.schema.field(at), pa.array(ids))


def rows(root: Path, n_harps: int) -> Iterator[tuple[object, ...]]:
    """Time and memory of publishing and of questions, each a process of its own."""
    lake = Lake.at(root)
    write_lake(lake, n_harps)
    yield _row("`publish`", "publish", "--lake", root)
    yield "the catalogue, MB", f"{lake.catalog.stat().st_size / 1e6:.1f}", "", ""
    for name, question in QUESTIONS.items():
        yield _row(name, "sql", question, "--lake", root)


def _row(name: str, *arguments: object) -> tuple[object, ...]:
    """Time, processor time and memory of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = porelake(*arguments, weigh=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return name, f"{done.seconds:.1f}", f"{cpu_s:.1f}", f"{done.peak_mb:.0f}"


def compact_rows(root: Path) -> Iterator[tuple[object, ...]]:
    """The same questions to one file per table."""
    compact = root.with_name(root.name + "-compact")
    compact.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        for name in TABLES:
            source = f"read_parquet('{root}/tables/{name}/*/*.parquet', hive_partitioning = false)"
            order = "ORDER BY harpnum" if name != "runs" else ""
            made = f"COPY (SELECT * FROM {source} {order}) TO '{compact}/{name}.parquet'"
            yield f"writing one file of `{name}`", f"{seconds(lambda: connection.execute(made)):.1f}", ""  # noqa: B023
            connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{compact}/{name}.parquet'")
        for name, question in QUESTIONS.items():
            yield name, f"{seconds(lambda: connection.execute(question).fetchall()):.3f}", ""  # noqa: B023
    shutil.rmtree(compact)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--harps", type=int, nargs="*", default=[1500, 15_000])
    parser.add_argument("--compact", action="store_true")
    given = parser.parse_args()
    for n in sorted(given.harps):
        head = (f"{n} HARPs, {n * len(TABLES)} files", "s", "processor, s", "peak memory, MB")
        print(Table("The catalogue", head, list(rows(given.directory, n))), flush=True)
    if given.compact:
        print(Table("One file per table", ("", "s", ""), list(compact_rows(given.directory))))


if __name__ == "__main__":
    main()
