"""The tables of a bundle: Parquet that tells what it holds, the same in other formats, and a data package."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from catalog.data_package import package, resource
from catalog.export import FORMATS, write_rows
from catalog.provenance import Subject, provenance
from catalog.query import connect
from catalog.schema import TABLES
from catalog.selection import Selection, chosen, harps_of
from pores.errors import InputError, PorelakeError
from storage.lake import Lake

PACKAGE = "datapackage.json"
_IN_PACKAGE = ("parquet", "csv")


@dataclass(frozen=True)
class Tables:
    """The tables of a bundle: what each file holds by its path, their HARPs, and where the rows come from."""

    files: dict[str, str]
    rows: dict[str, int]
    harps: tuple[int, ...]
    about: dict[str, Any]


def write_tables(lake: Lake, selection: Selection, root: Path, forms: Iterable[str]) -> Tables:
    """Write every table of a selection below a directory, as Parquet and in other formats if such are wanted.

    Raises
    ------
    InputError
        If nothing is in the selection, or a format is unknown.
    PorelakeError
        If the lake is published anew meanwhile: the tables would be of several runs.
    """
    wanted = list(dict.fromkeys(["parquet", *forms]))
    if unknown := [form for form in wanted if form not in FORMATS]:
        raise InputError(f"--format {unknown[0]}: the formats are {', '.join(FORMATS)}")
    with connect(lake) as connection:
        harps = harps_of(connection, selection)
    (root / "tables").mkdir()
    files: dict[str, str] = {}
    rows: dict[str, int] = {}
    resources = []
    published = set()
    for name in TABLES:
        what = chosen(name, selection)
        for form in wanted:
            path = root / "tables" / f"{name}.{form}"
            described, about = _write(lake, what, harps, form, path)
            published.add(about["published"])
            files[path.relative_to(root).as_posix()] = f"{what.description} ({form})"
            if form == "parquet":
                rows[name] = pq.read_metadata(path).num_rows
            if form in _IN_PACKAGE:
                resources.append(resource(path, root, described, what) | {"rowCount": rows[name]})
    if len(published) > 1:
        raise PorelakeError(f"the lake {lake.location} was published anew meanwhile; give the bundle again")
    told = package("porelake-bundle", "Solar pores from SDO/HMI", {**about, **_OF_BUNDLE}, resources)
    (root / PACKAGE).write_text(json.dumps(told, indent=2) + "\n")
    files[PACKAGE] = "Data package: columns, types, units and digests of the tables"
    return Tables(files, rows, harps, about)


_OF_BUNDLE = {
    "title": "porelake-bundle",
    "description": "Tables of a selection of the catalogue of solar pores",
}


def _write(lake: Lake, what: Subject, harps: tuple[int, ...], form: str, path: Path) -> tuple[Any, Any]:
    with connect(lake, path) as connection:  # it may touch this file only
        about = provenance(connection, what, harps)
        return write_rows(connection, what, about, form, path), about
