"""Rows as an astropy QTable: quantities with units, times on the scale that their columns say."""

import re
from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from astropy.table import Column as PlainColumn
from astropy.table import MaskedColumn, QTable
from astropy.time import Time

from catalog.astropy_tables import astropy_table
from catalog.schema import Column

_SCALE = re.compile(r"\b(TAI|UTC)$")  # where the description of a column of times says its scale


def time_scale(column: Column) -> str | None:
    """Scale of a column's times, `tai` or `utc`; None if it does not hold times."""
    found = _SCALE.search(column.description) if column.type == "timestamp" else None
    return found[1].lower() if found else None


def qtable(rows: pa.RecordBatchReader, columns: dict[str, Column]) -> QTable:
    """Return rows as a QTable; a null is NaN in numbers with decimals and masked elsewhere.

    Parameters
    ----------
    rows : RecordBatchReader
        The rows; all are read.
    columns : dict
        Meaning by name of the columns that have a known one. Times of others stay numpy's: their scale is
        not known.
    """
    table = rows.read_all()
    plain = astropy_table(_without_decimals(table).to_reader(), columns)
    for name in plain.colnames:
        times = pa.types.is_timestamp(table.schema.field(name).type)
        plain[name] = _instants(plain[name]) if times else _unmasked(plain[name])
    made = QTable(plain)
    for name, scale in _scales(made.colnames, columns):
        told = made[name].info
        time = Time(np.asarray(made[name]), format="datetime64", scale=scale)
        time.format = "isot"
        time.info.description, time.info.meta = told.description, told.meta
        made[name] = time
    return made


def _without_decimals(table: pa.Table) -> pa.Table:
    """Numbers that numpy knows: DuckDB's sums of integers are decimals to Arrow."""
    kinds = [pa.float64() if pa.types.is_decimal(field.type) else field.type for field in table.schema]
    return table.cast(
        pa.schema([field.with_type(kind) for field, kind in zip(table.schema, kinds, strict=True)])
    )


def _instants(column: MaskedColumn) -> PlainColumn:
    """Times as numpy has them, NaT for null."""
    times = np.where(column.mask, "NaT", column.data.data).astype("datetime64[ms]")
    return PlainColumn(times, column.name, description=column.description, meta=column.meta)


def _unmasked(column: MaskedColumn) -> MaskedColumn | PlainColumn:
    """The column without a mask where it needs none."""
    if column.dtype.kind == "f":
        return PlainColumn(column.filled(np.nan))
    return column if column.mask.any() else PlainColumn(column)


def _scales(names: Iterable[str], columns: dict[str, Column]) -> list[tuple[str, str]]:
    known = [(name, time_scale(columns[name])) for name in names if name in columns]
    return [(name, scale) for name, scale in known if scale is not None]
