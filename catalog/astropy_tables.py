"""Rows as an astropy table: nulls masked, units, meaning and UCDs at the columns.

Times are ISO 8601 strings, which every format of astropy holds alike; lists are JSON.
"""

import json
from typing import Any

import numpy as np
import pyarrow as pa
from astropy import units as u
from astropy.table import MaskedColumn, Table
from numpy.typing import NDArray

from catalog.schema import Column
from storage.tables import to_columns


def astropy_table(rows: pa.RecordBatchReader, columns: dict[str, Column]) -> Table:
    """Return rows as an astropy table.

    Parameters
    ----------
    rows : RecordBatchReader
        The rows; all are read.
    columns : dict
        Meaning by name of the columns that have a known one: it gives unit, description and, in
        ``meta["ucd"]``, UCD.
    """
    table = rows.read_all()
    values = to_columns(table)
    return Table([_column(field, values[field.name], columns.get(field.name)) for field in table.schema])


def _column(field: pa.Field, values: NDArray[Any], known: Column | None) -> MaskedColumn:
    data, mask = _plain(values, field.type)
    unit = u.Unit(known.unit) if known and known.unit else None
    meta = {"ucd": known.ucd} if known and known.ucd else {}
    return MaskedColumn(
        data, field.name, mask=mask, unit=unit, description=known and known.description, meta=meta
    )


def _plain(values: NDArray[Any], kind: pa.DataType) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Values as a native array, and which are null."""
    if values.dtype.kind == "M":
        null = np.isnat(values)
        return np.where(null, "", np.datetime_as_string(values, unit="ms")).astype("U23"), null
    if values.dtype.kind != "O":
        return values, np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
    null = np.array([value is None for value in values], bool)
    if pa.types.is_primitive(kind):
        return np.array([value or 0 for value in values], kind.to_pandas_dtype()), null
    text = json.dumps if pa.types.is_list(kind) else str
    return np.array(["" if value is None else text(value) for value in values], str), null
