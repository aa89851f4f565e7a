"""Tables for collaborators, with units, descriptions and provenance: CSV, Parquet, VOTable, FITS, ECSV."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

from catalog.answers import write_answer
from catalog.provenance import Subject, provenance, subject
from catalog.query import connect, writable
from catalog.schema import Column
from catalog.statement import checked, translated
from pores.errors import InputError
from storage.lake import Lake, atomic

_WRITERS = {
    "parquet": ("catalog.export_parquet", "write_parquet"),
    "votable": ("catalog.export_astropy", "write_votable"),
    "fits": ("catalog.export_astropy", "write_fits"),
    "ecsv": ("catalog.export_astropy", "write_ecsv"),
}
FORMATS = ("csv", *_WRITERS)
_BATCH = 100_000  # rows that are in memory at a time
_CSVW_TYPES: dict[str, Any] = {
    "float64": "double",
    "int32": "integer",
    "int64": "long",
    "bool": "boolean",
    "timestamp": {"base": "datetime", "format": "yyyy-MM-dd HH:mm:ss.SSS"},
    "list<string>": "json",
    "list<int64>": "json",
}


def export(lake: Lake, name: str, params: dict[str, str], form: str, out: Path) -> list[Path]:
    """Write a table, view or named query; return the files written.

    CSV has the names of the columns in its first line and no comments; its meaning is beside it, in
    ``<out>-metadata.json``, where CSV on the Web (W3C 2015) looks for it. The other formats hold everything.

    Raises
    ------
    InputError
        If the name, a parameter or the format is unknown, or the file can't be written.
    """
    if form not in FORMATS:
        raise InputError(f"--format {form}: the formats are {', '.join(FORMATS)}")
    place = writable(lake, out)
    with atomic(place) as partial, connect(lake, partial) as connection:
        what = subject(connection, name, params)
        sql = checked(connection, what.question.sql)
        about = provenance(connection, what)
        if form == "csv":
            write_answer(connection, sql, what.question.values, "csv", partial)
            return [place, _write_csvw(place, what, about)]
        module, writer = _WRITERS[form]
        try:
            rows = connection.sql(sql, params=what.question.values).to_arrow_reader(_BATCH)
            getattr(import_module(module), writer)(rows, what, about, partial)
        except duckdb.Error as error:
            raise translated(error) from error
    return [place]


def _write_csvw(csv: Path, what: Subject, about: dict[str, Any]) -> Path:
    path = csv.with_name(f"{csv.name}-metadata.json")
    metadata = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "url": csv.name,
        "dialect": {"header": True, "encoding": "utf-8"},
        "dc:title": about["title"],
        "dc:description": about["description"],
        "dc:provenance": about,
        "tableSchema": {"columns": [_csvw_column(column) for column in what.columns.values()]},
    }
    with atomic(path) as partial:
        partial.write_text(json.dumps(metadata, indent=2) + "\n")
    return path


def _csvw_column(column: Column) -> dict[str, Any]:
    known = {
        "name": column.name,
        "titles": column.name,
        "datatype": _CSVW_TYPES.get(column.type, "string"),
        "dc:description": column.description,
        "schema:unitText": column.unit,
        "dc:identifier": f"ucd:{column.ucd}" if column.ucd else None,
    }
    return {name: value for name, value in known.items() if value is not None}
