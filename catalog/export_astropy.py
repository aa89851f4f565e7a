"""VOTable, FITS and ECSV through astropy.

Times are ISO 8601 strings, which all three hold alike; lists are JSON. Each format knows other units: the Mx
is 10^-8 Wb to FITS and VOTable, a data number a count, and a logarithm is told in the description only.
"""

import json
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
    """Write VOTable 1.3, whose CDS units hold powers of ten, which those of later versions do not."""
    votable = VOTableFile(version="1.3", config={"unit_format": "cds"})
    table = TableElement.from_table(votable, _portable(_table(rows, what), what, "ct"))
    table.ID, table.description = what.name, what.description
    for field in table.fields:
        field.ucd = what.columns[field.name].ucd if field.name in what.columns else None
    resource = Resource()
    resource.infos.append(Info(name="provenance", value=json.dumps(about)))
    resource.tables.append(table)
    votable.resources.append(resource)
    votable.to_xml(str(path))


def write_fits(rows: pa.RecordBatchReader, what: Subject, about: dict[str, Any], path: Path) -> None:
    """Write FITS: the rows, then a table of one row that holds the provenance as JSON."""
    table = _portable(_table(rows, what), what, "adu")
    for name in table.colnames:
        if table[name].dtype.kind == "b" and np.any(
            table[name].mask
        ):  # FITS has no masked logical column here
            table[name] = table[name].astype(np.int16)
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
    columns = to_columns(rows.read_all())
    return Table([_column(name, values, what.columns.get(name)) for name, values in columns.items()])


def _column(name: str, values: NDArray[Any], known: Column | None) -> MaskedColumn:
    data, mask = _plain(values)
    unit = u.Unit(known.unit) if known and known.unit else None
    meta = {"ucd": known.ucd} if known and known.ucd else {}
    return MaskedColumn(data, name, mask=mask, unit=unit, description=known and known.description, meta=meta)


def _plain(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Values as a native array, and which are null."""
    if values.dtype.kind == "M":
        null = np.isnat(values)
        return np.where(null, "", np.datetime_as_string(values, unit="ms")).astype("U23"), null
    if values.dtype.kind != "O":
        return values, np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), bool)
    null = np.array([value is None for value in values], bool)
    there = [value for value in values if value is not None]
    if any(isinstance(value, list) for value in there):
        values = np.array([None if value is None else json.dumps(value) for value in values], object)
    numeric = bool(there) and isinstance(there[0], int | float)
    filled = [(0 if numeric else "") if value is None else value for value in values]
    kind = (bool if isinstance(there[0], bool) else np.int64) if numeric else str
    return np.array(filled, kind), null


def _portable(table: Table, what: Subject, data_number: str) -> Table:
    """Return the table with units that FITS or VOTable knows; DN is `adu` to the one, `ct` to the other."""
    for name in table.colnames:
        column = what.columns.get(name)
        if column and column.unit:
            text = column.unit.replace("DN", data_number)
            table[name].unit = None if "dex" in text else u.Unit(text)
            table[name].description = _told(column)
    return table


def _told(column: Column) -> str:
    """Meaning of a column, with its unit where formats write another one."""
    rewritten = column.unit and any(part in column.unit for part in ("Mx", "DN", "dex", "1e-6", "percent"))
    return f"{column.description} [{column.unit}]" if rewritten else column.description
