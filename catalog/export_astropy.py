r"""FITS and ECSV through astropy.

FITS knows other units than the schema: the Mx is 10^-8 Wb, a data number an ADU; a logarithm is told in the
comment only. Its text is ASCII: other letters are written as Python escapes them, ``\xe9``. Values are never
changed.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from astropy import units as u
from astropy.io import fits
from astropy.table import Table

from catalog.astropy_tables import astropy_table
from catalog.provenance import Subject
from catalog.schema import Column
from catalog.votable_xml import timescale, told

_UNITS = {u.DN: u.adu}


def write_ecsv(rows: pa.RecordBatchReader, what: Subject, about: dict[str, Any], path: Path) -> None:
    """Write ECSV, units as astropy knows them."""
    table = astropy_table(rows, what.columns)
    table.meta = about
    table.write(path, format="ascii.ecsv", overwrite=True)


def write_fits(rows: pa.RecordBatchReader, what: Subject, about: dict[str, Any], path: Path) -> None:
    """Write FITS: the rows, then a table of one row that holds the provenance as JSON; with checksums."""
    hdu = fits.table_to_hdu(_for_fits(astropy_table(rows, what.columns), what))
    hdu.name = what.name
    for number, name in enumerate(hdu.columns.names, 1):
        if column := what.columns.get(name):
            _describe(hdu.header, number, column)
    history = fits.table_to_hdu(Table({"json": [json.dumps(about)]}))
    history.name = "PROVENANCE"
    primary = fits.PrimaryHDU()
    primary.header["ORIGIN"] = about["software"], "what wrote this file"
    primary.header["REFERENC"] = "2014SoPh..289.3549B", "of the SHARP data"
    for line in (what.description, about["citation"], about["acknowledgement"]):
        primary.header.add_comment(_ascii(line))
    for part in (primary, hdu, history):
        part.add_checksum(when=about["published"])  # and not the time: equal catalogues give equal files
    fits.HDUList([primary, hdu, history]).writeto(path, overwrite=True)


def _for_fits(table: Table, what: Subject) -> Table:
    """The table with units, nulls and text that FITS can hold."""
    for name in table.colnames:
        known = what.columns.get(name)
        kind = table[name].dtype.kind
        if kind == "b" and (known is None or known.nullable):
            table[name] = table[name].astype(np.int16)  # astropy writes no null of a logical column
        if kind in "bi":
            table[name].fill_value = (
                np.iinfo(table[name].dtype).min if table[name].dtype.kind == "i" else None
            )
        if kind == "U":
            table[name] = np.ma.array(
                np.char.encode(table[name].filled(""), "ascii", "backslashreplace"), mask=table[name].mask
            )
        if known and known.unit:
            table[name].unit = None if "dex" in known.unit else _translated(u.Unit(known.unit))
    return table


def _describe(header: fits.Header, number: int, column: Column) -> None:
    """Meaning, UCD and time scale of a column; FITS leaves their keywords to convention."""
    header[f"TCOMM{number}"] = _ascii(told(column))
    header[f"TUCD{number}"] = column.ucd or ""
    if column.type == "timestamp":
        header[f"TRPOS{number}"] = "CUSTOM", "place of the time: SDO"
        header[f"TCTYP{number}"] = timescale(column), "time scale"


def _translated(unit: u.UnitBase) -> u.UnitBase:
    powers = zip(unit.bases, unit.powers, strict=True)
    return math.prod((_UNITS.get(base, base) ** power for base, power in powers), start=u.Unit(unit.scale))


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()
