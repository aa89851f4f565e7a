"""Tables for collaborators, with units, meaning and provenance: CSV, Parquet, VOTable, FITS, ECSV, MRT."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from catalog import answers
from catalog.answers import write_answer
from catalog.data_package import package, resource
from catalog.export_parquet import BATCH, write_parquet
from catalog.formats import quoted
from catalog.provenance import Rows, Subject, provenance, subject
from catalog.query import connect
from catalog.statement import checked, translated
from pores.errors import InputError
from storage.extras import require_chain
from storage.lake import Lake, atomic
from storage.outputs import writable

_WRITERS = {
    "votable": ("catalog.votable_xml", "write_votable"),
    "fits": ("catalog.export_astropy", "write_fits"),
    "ecsv": ("catalog.export_astropy", "write_ecsv"),
    "mrt": ("catalog.export_mrt", "write_mrt"),
}
_BY_ASTROPY = ("fits", "ecsv")
FORMATS = ("csv", "parquet", *_WRITERS)
_BY_ENDING = {
    **{f".{form}": form for form in FORMATS},
    ".vot": "votable",
    ".xml": "votable",
    ".txt": "mrt",
    ".dat": "mrt",
}


def format_of(out: Path) -> str:
    """The format that a file's name means; InputError if it means none."""
    return answers.format_of(out, _BY_ENDING)


def export(
    lake: Lake, name: str, params: dict[str, str], form: str, out: Path, rows: Rows | None = None
) -> list[Path]:
    """Write a table, view or named query, or some of its rows; return the files written.

    CSV has the names of the columns in its first line and no comments; its meaning is beside it, in
    ``<stem>.datapackage.json``, a data package of its own, so that several lie in one directory. The other
    formats hold everything.

    Raises
    ------
    InputError
        If the name, a parameter, the format or the condition is wrong, or the file can't be written.
    """
    if form not in FORMATS:
        raise InputError(f"--format {form}: the formats are {', '.join(FORMATS)}")
    if form in _BY_ASTROPY:
        require_chain(f"--format {form}")
    place = writable(out, lake)
    with atomic(place) as partial, connect(lake, partial) as connection:
        what = subject(connection, name, params, rows)
        about = provenance(connection, what, rows.harps if rows else ())
        schema = write_rows(connection, what, about, form, partial)
    return [place, _write_package(place, schema, what, about)] if form == "csv" else [place]


def write_rows(
    connection: duckdb.DuckDBPyConnection, what: Subject, about: dict[str, Any], form: str, path: Path
) -> pa.Schema:
    """Write the rows of a subject to a file that the connection may touch; return their schema."""
    sql, values = checked(connection, what.question.sql), what.question.values
    try:
        schema = connection.sql(f"SELECT * FROM (\n{sql}\n) LIMIT 0", params=values).to_arrow_table().schema
        if form == "csv":
            write_answer(connection, _iso_times(sql, schema), values, "csv", path)
        elif form == "parquet":
            write_parquet(connection, sql, values, what, about, path)
        else:
            module, writer = _WRITERS[form]
            rows = connection.sql(sql, params=values).to_arrow_reader(BATCH)
            getattr(import_module(module), writer)(rows, what, about, path)
    except duckdb.Error as error:
        raise translated(error) from error
    return schema


def _iso_times(sql: str, schema: pa.Schema) -> str:
    """The statement with times as ISO 8601 text, as the other formats have them."""
    terms = [
        f"strftime({quoted(field.name)}, '%Y-%m-%dT%H:%M:%S.%g') AS {quoted(field.name)}"
        if pa.types.is_timestamp(field.type)
        else quoted(field.name)
        for field in schema
    ]
    return f"SELECT {', '.join(terms)} FROM (\n{sql}\n)"


def _write_package(csv: Path, schema: pa.Schema, what: Subject, about: dict[str, Any]) -> Path:
    path = csv.with_name(f"{csv.stem}.datapackage.json")
    described = resource(csv, csv.parent, schema, what)
    with atomic(path) as partial:
        told = package(what.name, f"porelake: {what.name}", about, [described])
        partial.write_text(json.dumps(told, indent=2) + "\n")
    return path
