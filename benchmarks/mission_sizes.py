"""What the rows of a lake take, on disk and in memory."""

import time
from functools import partial

from benchmarks.mission_peers import FEATURE
from benchmarks.mission_ways import MEMORY_MB, Ways, bytes_of, files, opened
from benchmarks.process import own_peak_mb
from benchmarks.report import Cells, Table
from benchmarks.timing import Sample
from catalog.schema import TABLES


def size_table(ways: Ways) -> Table:
    """Bytes of a row of each table."""
    lake, names = ways.lake, list(TABLES)
    with opened(lake) as connection:
        n = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0] for name in names}
    own, read = (
        {name: bytes_of(found(name)) for name in names} for found in (lake.table_files, partial(files, lake))
    )
    rows: list[Cells] = [
        (f"`{name}`", n[name], *_size(own[name], n[name]), *_size(read[name], n[name])) for name in names
    ]
    rows.append(("all", sum(n.values()), *_size(sum(own.values()), 0), *_size(sum(read.values()), 0)))
    sqlite = ways.sqlite.stat().st_size
    return Table(
        "Bytes of a row",
        ("table", "rows", "files of HARPs, MB", "bytes a row", "what questions read, MB", "bytes a row"),
        rows,
        f"SQLite: {sqlite / 1e6:.0f} MB with lives and indexes, {sqlite / n['pores']:.0f} bytes for"
        f" {len(FEATURE)} of the {len(TABLES['pores'].columns)} columns of a row of `pores`.",
        {
            "mission.bytes_per_pore_row": Sample((read["pores"] / n["pores"],)),
            "mission.bytes_per_pore_row_sqlite": Sample((sqlite / n["pores"],)),
        },
    )


def _size(size: int, n: int) -> tuple[str, str]:
    """MB, and bytes a row."""
    return f"{size / 1e6:.0f}", f"{size / n:.1f}" if n else ""


def loading_table(ways: Ways) -> Table:
    """Having the features in memory, or in a file of one's own, before anything is asked."""
    rows = [
        ("SQLite, into its file", f"{ways.built_s():.0f}", ""),
        ("pandas, into memory", *ways.alone(_pandas)),
        ("polars, into memory", *ways.alone(_polars)),
    ]
    return Table(
        "Loading the features",
        ("", "s", "peak, MB"),
        rows,
        f"{len(FEATURE)} columns of `pores`, in a process that may take {MEMORY_MB / 1000:g} GB."
        " porelake loads nothing.",
    )


def _pandas(ways: Ways) -> tuple[str, str]:
    import pandas as pd  # type: ignore[import-untyped]

    start = time.perf_counter()
    pd.read_parquet([*map(str, files(ways.lake, "pores"))], columns=[*FEATURE], partitioning=None)
    return f"{time.perf_counter() - start:.0f}", f"{own_peak_mb():.0f}"


def _polars(ways: Ways) -> tuple[str, str]:
    import polars as pl

    start = time.perf_counter()
    pl.scan_parquet(files(ways.lake, "pores"), hive_partitioning=False).select(FEATURE).collect()
    return f"{time.perf_counter() - start:.0f}", f"{own_peak_mb():.0f}"
