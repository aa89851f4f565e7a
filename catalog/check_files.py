"""Checks of Parquet files: those of runs and of stages, read through with their checksums."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from catalog.findings import Finding, by_run
from catalog.formats import arrow_schema
from catalog.schema import TABLES
from pores.errors import PorelakeError
from storage.footers import is_sealed
from storage.lake import Lake
from storage.runs import CurrentRun

if TYPE_CHECKING:
    import pyarrow as pa


def check_files(lake: Lake, runs: Sequence[CurrentRun]) -> Iterator[Finding]:
    """Files of runs that are missing, damaged, or have other columns than the schema."""
    for table in TABLES.values():
        schema = arrow_schema(table)
        for run in runs:
            path = lake.table(table.name, run.harpnum, run.run_id)
            if not path.exists():
                yield _finding(lake, "files", path, f"is missing; {by_run(run.harpnum)}")
            elif wrong := _unlike(path, schema):
                yield _finding(lake, "files", path, f"{wrong}; remove it, and {by_run(run.harpnum)}")


def check_stages(lake: Lake) -> Iterator[Finding]:
    """Stages that are damaged: of no harm, but what they tell of is to be made again."""
    for path in lake.stage_files():
        if wrong := _unlike(path):
            yield _finding(
                lake, "stages", path, f"{wrong}; the next `porelake run` that needs it makes it again"
            )


def unsealed(lake: Lake, runs: Sequence[CurrentRun]) -> int:
    """How many files of runs and of stages were written before files had checksums."""
    files = [lake.table(name, run.harpnum, run.run_id) for name in TABLES for run in runs]
    return sum(map(_is_unsealed, (*files, *lake.stage_files())))


def _is_unsealed(path: Path) -> bool:
    with suppress(OSError, ValueError):  # it is missing or damaged, which is told
        return not is_sealed(path)
    return False


def _finding(lake: Lake, check: str, path: Path, detail: str) -> Finding:
    return Finding(check, str(path.relative_to(lake.root)), detail)


def _unlike(path: Path, schema: "pa.Schema | None" = None) -> str:
    """Say how a file's columns differ from the schema's, or that it is damaged; empty if all is well."""
    from storage.tables import read_through

    try:
        found = read_through(path)
    except PorelakeError as error:
        return str(error).removeprefix(f"{path}: ")
    if schema is None:
        return ""
    if missing := set(schema.names) - set(found.names):
        return f"no column {', '.join(sorted(missing))}"
    if extra := set(found.names) - set(schema.names):
        return f"unknown column {', '.join(sorted(extra))}"
    other = [field.name for field in schema if not field.equals(found.field(field.name))]
    return f"other type or nulls in {', '.join(other)}" if other else ""
