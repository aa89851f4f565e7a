"""VOTable, FITS and ECSV through astropy.

Each format knows other units: the Mx
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
from astropy.table import Table

from catalog.astropy_tables import astropy_table
from catalog.provenance import Subject
from catalog.schema import Column


def write_ecsv(rows: pa.RecordBatchReader, what: Subject, about: dict[str, Any], path: Path) -> None:
    """Write ECSV, units as astropy knows them."""
    table = astropy_table(rows, what.columns)
    table.meta = about
    table.write(path, format="ascii.ecsv", overwrite=True)


def write_votable(rows: pa.RecordBatchReader, what: Subject, about: dict[str, Any], path: Path) -> None:
    """Write VOTable 1.3, whose CDS units hold a bare power of ten, as those of later versions do not."""
    votable = VOTableFile(version="1.3", config={"unit_format": "cds"})
    table = TableElement.from_table(
        votable, _portable(astropy_table(rows, what.columns), what, {"DN": "ct", "G": "1e-4 T"})
    )
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
    table = _portable(astropy_table(rows, what.columns), what, {"DN": "adu"})
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
