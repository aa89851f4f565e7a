"""Writing packs: the files of many HARPs one after the other into one, in flat memory."""

import json
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from storage.footers import seal
from storage.lake import Lake, atomic
from storage.packs import Pack, Run, is_whole, set_whole
from storage.remote_files import bring, put
from storage.tables import checksummed, read_rows, told

# Chosen by measurement, docs/decisions/0021-packs.md. A row group ends with a HARP.
ROWS = 2**15  # of a row group, at least
ROWS_OF_A_COLUMN = 1800  # or so many for each column: for a name, each column of each group is looked at
BYTES = 2**26  # of a row group in memory, if that comes first
PAGE = 32 * 1024  # bytes; pages without a row that is wanted are not unpacked
_AT_ONCE = 2  # packs: reading small files holds the interpreter for half of the time


def make_packs(lake: Lake, packs: Iterable[Pack], schemas: Mapping[str, pa.Schema]) -> None:
    """Make packs of the files of their runs, unless they are there and whole.

    Raises
    ------
    TableError
        If a file is missing or can't be read, or has other columns.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(lambda pack: _make(lake, pack, schemas), packs):
            pass


def _make(lake: Lake, pack: Pack, schemas: Mapping[str, pa.Schema]) -> None:
    for table, path in pack.files(lake, schemas).items():
        if not is_whole(path):
            files = [lake.table(table, harpnum, run) for harpnum, run in pack.runs]
            bring(lake, files)
            _write(path, files, schemas[table])
    put(lake, pack.files(lake, schemas).values())
    set_whole(lake, pack)


def _write(path: Path, files: Iterable[Path], schema: pa.Schema) -> None:
    how = {
        "compression": "zstd",
        "data_page_size": PAGE,
        "write_batch_size": 256,  # rows after which a page may end
        "write_page_checksum": True,
        **_encodings(schema),
    }
    with atomic(path) as partial:
        with pq.ParquetWriter(partial, schema, **how) as writer:
            for rows in _groups(files, schema):
                writer.write_table(rows, row_group_size=max(len(rows), 1))
        seal(partial)


def _encodings(schema: pa.Schema) -> dict[str, Any]:
    """Names of rows as differences, other strings by number."""
    names = set(json.loads((schema.metadata or {}).get(b"key", b"[]"))) - {"run_id"}
    strings = [field.name for field in schema if pa.types.is_string(field.type)]
    return {
        "use_dictionary": [name for name in strings if name not in names],
        "column_encoding": {name: "DELTA_BYTE_ARRAY" for name in strings if name in names},
    }


def _groups(files: Iterable[Path], schema: pa.Schema) -> Iterator[pa.Table]:
    """Rows of the files, some HARPs at a time."""
    waiting: list[pa.Table] = []
    n_rows = n_bytes = 0
    enough = max(ROWS, ROWS_OF_A_COLUMN * len(schema))
    for file in files:
        rows = read_rows(file, schema)
        waiting.append(rows)
        n_rows, n_bytes = n_rows + len(rows), n_bytes + rows.nbytes
        if n_rows >= enough or n_bytes >= BYTES:
            yield pa.concat_tables(waiting)
            waiting, n_rows, n_bytes = [], 0, 0
    if waiting:
        yield pa.concat_tables(waiting)


def runs_in(path: Path) -> list[tuple[Run, int]]:
    """Runs in a pack's table as they come, and how many rows are of each; everything is read.

    Raises
    ------
    TableError
        If any of it is damaged.
    """
    found: list[tuple[Run, int]] = []
    with told(path), checksummed(path) as file:
        for batch in file.iter_batches(use_threads=False):
            for run, n in _stretches(batch):
                before = found.pop()[1] if found and found[-1][0] == run else 0
                found.append((run, before + n))
    return found


def _stretches(batch: pa.RecordBatch) -> Iterator[tuple[Run, int]]:
    """Runs of neighbouring rows, and how many rows they are."""
    runs = batch["run_id"].dictionary_encode()
    keys = np.stack([batch["harpnum"].to_numpy(), runs.indices.to_numpy()])
    starts = [0, *np.flatnonzero(np.any(np.diff(keys), axis=0)) + 1, len(batch)]
    for first, stop in pairwise(starts if len(batch) else []):
        yield (int(keys[0, first]), runs.dictionary[int(keys[1, first])].as_py()), int(stop - first)
