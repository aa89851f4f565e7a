"""Parquet tables: columns of numpy arrays against an Arrow schema, written whole or not at all.

Columns are a dict of equally long arrays. A null is NaN in floats, NaT in times, None in object arrays; lists
are object arrays. What the schema declares without nulls must have none.

Pages and footer have checksums, which are compared whenever rows are read here; files of earlier versions
have none and are read as they are.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from pores.errors import PorelakeError
from storage.footers import is_sealed, seal
from storage.lake import atomic

Columns = dict[str, NDArray[Any]]
Values = Sequence[Any] | NDArray[Any]

ORDER = b"order"  # key of the schema's metadata: JSON list of the columns that a table is sorted by


class TableError(PorelakeError):
    """Columns that do not fit the schema, or a Parquet file that can't be read."""


def write_table(
    path: Path, columns: Mapping[str, Values], schema: pa.Schema, order: Sequence[str] | None = None
) -> None:
    """Write a table as Parquet, sorted; equal columns give equal bytes.

    Parameters
    ----------
    path : Path
        File to write; it is there whole or not at all.
    columns : mapping of str to array of shape (n,)
        Exactly the columns of the schema.
    schema : pyarrow.Schema
        Types, nulls allowed or not, and metadata, which the file keeps.
    order : sequence of str, optional
        Columns to sort by; by default those under ``order`` in the schema's metadata.

    Raises
    ------
    TableError
        If a column is missing, unknown, of another length or type, or has a null where none is allowed.
    """
    table = _table(path.name, columns, schema)
    keys = _order(schema) if order is None else list(order)
    if keys and table.num_rows > 1:
        table = table.take(pc.sort_indices(table, sort_keys=[(key, "ascending") for key in keys]))
    with atomic(path) as partial:
        pq.write_table(table, partial, compression="zstd", write_page_checksum=True)
        seal(partial)


def read_table(path: Path, names: Sequence[str] | None = None) -> Columns:
    """Read a table, or some columns of it, back into arrays.

    Floats come with NaN for null, times as datetime64[ms], strings and lists as objects; integers and
    booleans are native where no value is null, else objects with None.

    Raises
    ------
    TableError
        If the file is absent, damaged or no Parquet, or has no such column.
    """
    return to_columns(_read(path, names))


def to_columns(table: pa.Table) -> Columns:
    """Columns of an Arrow table as arrays, as `read_table` gives them."""
    return {field.name: _to_numpy(table.column(i)) for i, field in enumerate(table.schema)}


def read_schema(path: Path) -> pa.Schema:
    """Read the Arrow schema of a Parquet file, metadata included; TableError if it can't be read."""
    with _opened(path) as file:
        return file.schema_arrow


def read_through(path: Path) -> pa.Schema:
    """Read all of a file, some rows at a time, and return its schema; TableError if any of it is damaged."""
    with _opened(path) as file:
        for _ in file.iter_batches(use_threads=False):
            pass
        return file.schema_arrow


def read_rows(path: Path, schema: pa.Schema) -> pa.Table:
    """Read a table as Arrow has it, with the columns of a schema and no others.

    Raises
    ------
    TableError
        If the file is absent, damaged, lacks a column, or has one of another kind.
    """
    with told(path), checksummed(path) as file:  # threads cost more than they bring where files are small
        return file.read(schema.names, use_threads=False).select(schema.names).cast(schema)


def n_rows(path: Path) -> int:
    """Rows of a table; TableError if it can't be read."""
    with told(path):
        return pq.read_metadata(path).num_rows  # type: ignore[no-any-return]  # pyarrow types it as Any


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Name the file that can't be read."""
    try:
        yield
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise TableError(f"{path}: not a table of this version, or damaged: {_line(error)}") from error


@contextmanager
def checksummed(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a file so that its checksums are compared; ValueError if its footer is damaged."""
    is_sealed(path)
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        yield file


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    try:
        with checksummed(path) as file:
            yield file
    except (OSError, ValueError, pa.ArrowException) as error:
        raise TableError(f"{path}: not a readable Parquet file: {_line(error)}") from error


def _read(path: Path, names: Sequence[str] | None) -> pa.Table:
    with _opened(path) as file:
        missing = set(names or ()) - set(file.schema_arrow.names)
        if not missing:
            return file.read(columns=None if names is None else list(names))
    raise TableError(f"{path}: no column {', '.join(sorted(missing))}")


def _table(name: str, columns: Mapping[str, Values], schema: pa.Schema) -> pa.Table:
    """Arrow table of the columns, checked against the schema."""
    if missing := [field for field in schema.names if field not in columns]:
        raise TableError(f"{name}: missing column {', '.join(missing)}")
    if extra := [column for column in columns if column not in schema.names]:
        raise TableError(f"{name}: unknown column {', '.join(extra)}")
    lengths = {column: len(values) for column, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise TableError(f"{name}: columns differ in length: {lengths}")
    return pa.Table.from_arrays([_arrow(name, columns[field.name], field) for field in schema], schema=schema)


def _arrow(table: str, values: Values, field: pa.Field) -> pa.Array:
    """One column as an Arrow array of the field's type; what does not fit is an error, never changed."""
    array = values if isinstance(values, np.ndarray) else _objects(values)
    try:
        _check_kind(array, field.type)
        result = _convert(array, field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise TableError(f"{table}: column {field.name} does not fit {field.type}: {_line(error)}") from error
    if result.null_count and not field.nullable:
        row = pc.index(result.is_null(), True).as_py()
        raise TableError(f"{table}: column {field.name} is null in row {row}, but is declared without nulls")
    return result


def _convert(array: NDArray[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_timestamp(kind) and array.dtype.kind == "M":
        return pa.array(array.astype("datetime64[us]")).cast(kind)
    if array.dtype.kind in "OU":
        return pa.array(_items(array, kind), type=kind, from_pandas=pa.types.is_floating(kind))
    return pa.array(array, from_pandas=True).cast(kind)


def _items(array: NDArray[Any], kind: pa.DataType) -> list[Any]:
    """Python objects of an array; lists from whatever sequence holds them."""
    if pa.types.is_integer(kind) and any(isinstance(item, float | np.floating) for item in array):
        raise TypeError("a float stands where an integer should")
    if not pa.types.is_list(kind):
        return array.tolist()  # type: ignore[no-any-return]  # numpy types it as Any
    if any(isinstance(item, str) for item in array):
        raise TypeError("a string stands where a list of values should")
    return [None if item is None else list(item) for item in array]


# numpy kinds that an Arrow type takes; objects are looked at one by one by Arrow
_KINDS = (
    (pa.types.is_floating, "fiuO"),
    (pa.types.is_integer, "iuO"),
    (pa.types.is_boolean, "bO"),
    (pa.types.is_string, "UO"),
    (pa.types.is_timestamp, "MO"),
    (pa.types.is_list, "O"),
)


def _check_kind(array: NDArray[Any], kind: pa.DataType) -> None:
    if array.ndim != 1:
        raise TypeError(f"an array of {array.ndim} dimensions")
    if array.size and not any(test(kind) and array.dtype.kind in kinds for test, kinds in _KINDS):
        raise TypeError(f"values of dtype {array.dtype}")


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    """Put a Python sequence into an object array of one dimension, whatever its items are."""
    items: list[Any] = list(values)
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def _to_numpy(column: pa.ChunkedArray) -> NDArray[Any]:
    kind = column.type
    if pa.types.is_timestamp(kind):
        return column.to_numpy().astype("datetime64[ms]")  # type: ignore[no-any-return]
    if pa.types.is_floating(kind) or (pa.types.is_primitive(kind) and not column.null_count):
        return column.to_numpy()  # type: ignore[no-any-return]
    return _objects(column.to_pylist())


def _order(schema: pa.Schema) -> list[str]:
    return list(json.loads((schema.metadata or {}).get(ORDER, b"[]")))


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
