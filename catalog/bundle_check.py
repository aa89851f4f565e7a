"""Checks of a bundle by who was given it: digests, files, tables against what is said of them, masks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.bundle_tables import PACKAGE
from catalog.crate import METADATA
from catalog.data_package import digest
from catalog.findings import Finding
from pores.errors import InputError, PorelakeError

MANIFEST = "manifest-sha256.txt"


def is_bundle(root: Path) -> bool:
    """Whether a directory is meant as a bundle, even if something of it is missing."""
    return any((root / name).is_file() for name in (MANIFEST, METADATA, PACKAGE))


def verify_bundle(root: Path) -> tuple[list[Finding], list[str]]:
    """Check a bundle; return what is wrong, and lines on what could not be checked here."""
    found = [*_files(root), *_crate(root), *_tables(root)]
    if any(finding.check == "tables" for finding in found):
        return found, []  # masks are told by a table
    masks, notes = _masks(root)
    return [*found, *masks], notes


def _files(root: Path) -> Iterator[Finding]:
    """Files that are missing, changed, or not listed."""
    try:
        lines = (root / MANIFEST).read_text(encoding="utf-8").splitlines()
        listed = {name: known for known, name in (line.split("  ", 1) for line in lines)}
    except (OSError, ValueError) as error:
        yield Finding("files", MANIFEST, f"no readable list of digests ({error})")
        return
    for name, known in listed.items():
        path = root / name
        if not path.is_file():
            yield Finding("files", name, "missing")
        elif digest(path) != known:
            yield Finding("files", name, "not as it was written: its SHA-256 is another")
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    for name in sorted(there - set(listed) - {MANIFEST}):
        yield Finding("files", name, f"not in {MANIFEST}")


def _crate(root: Path) -> Iterator[Finding]:
    """Files that the RO-Crate does not name."""
    try:
        graph = json.loads((root / METADATA).read_text(encoding="utf-8"))["@graph"]
        named = {entity["@id"] for entity in graph if entity["@type"] == "File"}
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield Finding("crate", METADATA, f"no readable RO-Crate ({error})")
        return
    there = {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}
    for name in sorted(there - named - {METADATA}):
        yield Finding("crate", name, f"not in {METADATA}")


def _tables(root: Path) -> Iterator[Finding]:
    """Tables that can't be read, or have other columns or rows than is said, or equal keys."""
    try:
        resources = json.loads((root / PACKAGE).read_text(encoding="utf-8"))["resources"]
        found = [
            Finding("tables", resource["path"], detail)
            for resource in resources
            if resource["format"] == "parquet"
            for detail in _unlike(_inside(root, resource["path"]), resource)
        ]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        yield Finding("tables", PACKAGE, f"no readable data package ({said})")
        return
    yield from found


def _inside(root: Path, name: str) -> Path:
    path = (root / name).resolve()
    if not path.is_relative_to(root.resolve()):
        raise InputError(f"{PACKAGE}: {name} is not in the bundle")
    return path


def _unlike(path: Path, resource: dict[str, Any]) -> Iterator[str]:
    schema = resource["schema"]
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as error:
        yield f"not a readable Parquet file: {' '.join(str(error).split())}"
        return
    names = [field["name"] for field in schema["fields"]]
    if table.column_names != names:
        yield f"columns are {', '.join(table.column_names)}, not {', '.join(names)}"
        return
    if table.num_rows != resource["rowCount"]:
        yield f"{table.num_rows} rows, not {resource['rowCount']}"
    for field in schema["fields"]:
        if field.get("constraints", {}).get("required") and table.column(field["name"]).null_count:
            yield f"nulls in {field['name']}"
    key = schema["primaryKey"]
    if table.group_by(key).aggregate([]).num_rows != table.num_rows:
        yield f"rows with equal {', '.join(key)}"


def _masks(root: Path) -> tuple[list[Finding], list[str]]:
    """Features without a cut-out, cut-outs without a feature, masks of other size than the table tells."""
    try:
        from storage.cutouts import mask_pixels
    except ModuleNotFoundError:
        return [], ["masks and cut-outs were not checked: h5py is not installed"]
    table = "tables/pores.parquet"
    try:
        pores = pq.read_table(root / table, columns=["harpnum", "pore_id", "area_px"])
    except (OSError, pa.ArrowException) as error:
        return [Finding("masks", table, f"features can't be read ({' '.join(str(error).split())})")], []
    told: dict[str, dict[str, int]] = {}
    for row in pores.to_pylist():
        told.setdefault(f"images/harp_{row['harpnum']}.h5", {})[row["pore_id"]] = row["area_px"]
    found: list[Finding] = []
    for name, areas in told.items():
        try:
            masks = dict(mask_pixels(root / name))
        except PorelakeError as error:
            found.append(Finding("masks", name, str(error).removeprefix(f"{root / name}: ")))
        else:
            found += [Finding("masks", name, detail) for detail in _differing(areas, masks)]
    return found, []


def _differing(areas: dict[str, int], masks: dict[str, int]) -> Iterator[str]:
    for pore_id in sorted(areas.keys() | masks.keys()):
        area, mask = areas.get(pore_id), masks.get(pore_id)
        if mask is None:
            yield f"no cut-out of {pore_id}"
        elif area is None:
            yield f"a cut-out of {pore_id}, which the table has not"
        elif area != mask:
            yield f"the mask of {pore_id} has {mask} pixels, the table says {area}"
