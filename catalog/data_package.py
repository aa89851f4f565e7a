"""A table or a bundle of tables as a data package (datapackage.org, version 2): what `frictionless` reads."""

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalog.provenance import ACKNOWLEDGEMENT, CITATION, Subject
from catalog.schema import TABLES, Column

_PROFILES = "https://datapackage.org/profiles/2.0"
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%f"
SOURCES = [
    {
        "title": "SDO/HMI Active Region Patches (SHARP), Joint Science Operations Center",
        "path": "http://jsoc.stanford.edu/",
    }
]


def package(name: str, title: str, about: dict[str, Any], resources: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the descriptor of a data package.

    The archive's data are CC0; what was made of them is the lake owner's to license, so no licence is named
    here. `rights` says what is asked of users.
    """
    return {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": name,
        "title": title,
        "description": about["description"],
        "created": about["published"],
        "sources": SOURCES,
        "contributors": [{"title": about["software"], "roles": ["author"]}],
        "rights": ACKNOWLEDGEMENT,
        "citation": CITATION,
        "provenance": about,
        "resources": resources,
    }


def resource(file: Path, root: Path, schema: pa.Schema, what: Subject) -> dict[str, Any]:
    """Return the descriptor of a file with the rows of a table, as CSV or Parquet."""
    fields = [_field(field, what.columns.get(field.name)) for field in schema]
    key = TABLES[what.name].key if what.name in TABLES else ()
    table: dict[str, Any] = {"$schema": f"{_PROFILES}/tableschema.json", "fields": fields}
    if key and set(key) <= set(schema.names):
        table["primaryKey"] = list(key)
    form = file.suffix.removeprefix(".")
    described = {
        "name": f"{what.name}_{form}",
        "title": what.description,
        "path": file.relative_to(root).as_posix(),
        "type": "table",
        "format": form,
        "bytes": file.stat().st_size,
        "hash": f"sha256:{digest(file)}",
    }
    if form == "csv":
        described |= {"mediatype": "text/csv", "encoding": "utf-8"}
        table["missingValues"] = [""]
    return {**described, "schema": table}


def digest(file: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _field(field: pa.Field, column: Column | None) -> dict[str, Any]:
    kind, form = _type(field.type)
    described: dict[str, Any] = {"name": field.name, "type": kind}
    if form:
        described["format"] = form
    if column:
        told = {"description": column.description, "unit": column.unit, "ucd": column.ucd}
        described |= {name: value for name, value in told.items() if value is not None}
        if not column.nullable:
            described["constraints"] = {"required": True}
    return described


def _type(kind: pa.DataType) -> tuple[str, str | None]:
    if pa.types.is_timestamp(kind):
        return "datetime", TIME_FORMAT
    if pa.types.is_list(kind):
        return "array", None
    if pa.types.is_boolean(kind):
        return "boolean", None
    if pa.types.is_integer(kind):
        return "integer", None
    return ("number" if pa.types.is_floating(kind) or pa.types.is_decimal(kind) else "string"), None
