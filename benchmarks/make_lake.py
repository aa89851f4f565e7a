"""Write a lake of a mission's size, tables only: `python -m benchmarks.make_lake OUT`.

15000 HARPs have 2 million tracks and 100 million rows of `pores`. Nothing of it was seen on the Sun: it is
there to measure questions. A lake of fewer HARPs has the first of them.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.lake_lives import Statistics
from benchmarks.lake_records import SERIES
from benchmarks.lake_rows import PRODUCT, harp_rows, run_of_harp
from catalog.build import publish
from catalog.formats import arrow_schema
from catalog.schema import TABLES
from storage.footers import seal
from storage.lake import Lake, atomic
from storage.runs import CurrentRun, set_current

MISSION = 15_000
_CHUNK = 20  # HARPs a process is given at a time


def make(out: Path, harpnums: Sequence[int], workers: int = 1) -> int:
    """Write HARPs into a lake, not published; return the number of features."""
    write = partial(write_harp, Lake.at(out), Statistics())
    if workers == 1:
        return sum(map(write, harpnums))
    with ProcessPoolExecutor(workers) as pool:
        return sum(pool.map(write, harpnums, chunksize=_CHUNK))


def write_harp(lake: Lake, what: Statistics, harpnum: int) -> int:
    """Write the tables of one HARP and make its run the current one; return the number of its features."""
    run_id = run_of_harp(harpnum, what)
    rows = harp_rows(harpnum, what)
    for name, values in rows.items():
        write_rows(lake.table(name, harpnum, run_id), name, values)
    set_current(lake, CurrentRun(SERIES, harpnum, run_id, PRODUCT))
    return len(rows["pores"]["pore_id"])


def write_rows(path: Path, name: str, values: Mapping[str, Any]) -> None:
    """Write rows that are in order already: sorting, and dictionaries of floats, cost the chain most."""
    schema, writing = _writing(name)
    n = max(len(value) for value in values.values() if not isinstance(value, str | int))
    table = pa.Table.from_arrays(
        [_array(values.get(field.name), field, n) for field in schema], schema=schema
    )
    with atomic(path, flushed=False) as partial_path:
        pq.write_table(table, partial_path, compression="zstd", write_page_checksum=True, **writing)
        seal(partial_path)


@cache
def _writing(name: str) -> tuple[pa.Schema, dict[str, Any]]:
    """Schema of a table, and how its columns are encoded."""
    schema = arrow_schema(TABLES[name])
    floats = [field.name for field in schema if pa.types.is_floating(field.type)]
    others = [field.name for field in schema if field.name not in floats]
    return schema, {"use_dictionary": others, "column_encoding": dict.fromkeys(floats, "BYTE_STREAM_SPLIT")}


def _array(values: Any, field: pa.Field, n: int) -> pa.Array:
    """A column: one value for all rows, an array, or null."""
    if values is None and field.nullable:
        return pa.nulls(n, field.type)
    if values is None or isinstance(values, str | int):
        return pa.repeat(pa.scalar(values or 0).cast(field.type), n)
    if isinstance(values, pa.Array):
        return values.cast(field.type)
    return pa.array(values, from_pandas=True).cast(field.type)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.make_lake", description=__doc__)
    parser.add_argument("out", type=Path, help="directory of the lake")
    parser.add_argument("--harps", type=int, default=MISSION, help="how many")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    options = parser.parse_args()
    start = time.perf_counter()
    n = make(options.out, range(1, options.harps + 1), options.workers)
    print(f"{n} rows of pores, {time.perf_counter() - start:.0f} s", file=sys.stderr)
    start = time.perf_counter()
    print(publish(Lake.at(options.out)))
    print(f"published in {time.perf_counter() - start:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
