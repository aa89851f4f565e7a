"""VOTable, FITS and ECSV through astropy.

Times are ISO 8601 strings, which all three hold alike; lists are JSON. Each format knows other units: the Mx
is 10^-8 Wb to FITS and VOTable, the G 10^-4 T to VOTable (whose `G` is the constant of gravitation), a data
number a count; a logarithm is told in the description only. Values are never changed.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from astropy import units as u
from astropy.io import fits
from astropy.io.votable.tree import Info, Resource, TableElement, VOTableFile
from astropy.table import MaskedColumn, Table
from numpy.typing import NDArray

from catalog.provenance import Subject
from catalog.schema import Column
from storage.tables import to_columns


def write_ecsv(rows: pa.RecordBatchReader, what: Subject, about: dict[str, Any], path: Path) -> None:
    """Write ECSV, units as astropy knows them."""
    table = _table(rows, what)
    table.meta = about
    table.write(path, format="ascii.ecsv", overwrite=True)


def write_votable(rows: pa.RecordBatchReader, what: Subject, about: dict[str, Any], path: Path) -> None:
    """Write VOTable 1.3, whose CDS units hold a bare power of ten, as those of later versions do not."""
    votable = VOTableFile(version="1.3", config={"unit_format": "cds"})
    table = TableElement.from_table(votable, _portable(_table(rows, what), what, {"DN": "ct", "G": "1e-4 T"}))
    table.ID, table.description = what.name, what.description
    for field in table.fields:
        field.ucd = what.columns[field.name].ucd if field.name in what.columns else None
    resource = Resource()
    resource.infos.append(Info(name="provenance", value=json.dumps(about)))
    resource.tables.append(table)
    votable.resources.append(resource)
    # the writer in Python: that in C (astropy 8.0.2) writes beyond its buffer where a row just fills it
    votable.to_xml(str(path), _debug_python_based_parser=True)


def write_fits(rows: pa.RecordBatchReader, what: Subject, about: dict[str, Any], path: Path) -> None:
    """Write FITS: the rows, then a table of one row that holds the provenance as JSON."""
    table = _portable(_table(rows, what), what, {"DN": "adu"})
    for name in table.colnames:
        if table[name].dtype.kind == "b" and name in what.columns and what.columns[name].nullable:
            table[name] = table[name].astype(np.int16)  # astropy writes no null of a logical column
        if table[name].dtype.kind == "i":
            table[name].fill_value = np.iinfo(table[name].dtype).min
    hdu = fits.table_to_hdu(table)
    hdu.name = what.name
    for number, name in enumerate(table.colnames, 1):
        if column := what.columns.get(name):
            hdu.header[f"TCOMM{number}"] = _told(column)
            hdu.header[f"TUCD{number}"] = column.ucd or ""
    history = fits.table_to_hdu(Table({"json": [json.dumps(about)]}))
    history.name = "PROVENANCE"
    fits.HDUList([fits.PrimaryHDU(), hdu, history]).writeto(path, overwrite=True)


def _table(rows: pa.RecordBatchReader, what: Subject) -> Table:
    """Rows as an astropy table, nulls masked."""
    table = rows.read_all()
    columns = to_columns(table)
    return Table(
        [_column(field, columns[field.name], what.columns.get(field.name)) for field in table.schema]
    )


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


def _portable(table: Table, what: Subject, foreign: dict[str, str]) -> Table:
    """Return the table with units that a format knows; `foreign` are its names of those that it does not."""
    for name in table.colnames:
        column = what.columns.get(name)
        if column and column.unit:
            table[name].unit = None if "dex" in column.unit else _translated(u.Unit(column.unit), foreign)
            table[name].description = _told(column)
    return table


def _translated(unit: u.UnitBase, foreign: dict[str, str]) -> u.UnitBase:
    names = {u.Unit(name): u.Unit(other) for name, other in foreign.items()}
    powers = zip(unit.bases, unit.powers, strict=True)
    return math.prod((names.get(base, base) ** power for base, power in powers), start=u.Unit(unit.scale))


def _told(column: Column) -> str:
    """Meaning of a column, with its unit where formats write another one."""
    rewritten = column.unit and any(
        part in column.unit for part in ("Mx", "G", "DN", "dex", "1e-6", "percent")
    )
    return f"{column.description} [{column.unit}]" if rewritten else column.description
