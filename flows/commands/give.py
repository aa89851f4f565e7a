"""Commands that give the catalogue away, and that check what was given: exports, bundles, verification."""

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.ask import ParamOption, pairs
from flows.options import LakeOption
from pores.errors import PorelakeError
from storage.lake import Lake


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for command in (export, verify):
        app.command()(command)


def export(
    table: Annotated[str, typer.Argument(help="Table, view or named query.")],
    form: Annotated[str, typer.Option("--format", help="csv, parquet, votable, fits or ecsv.")],
    out: Annotated[Path, typer.Option("--out", help="File to write.")],
    param: ParamOption = None,
    lake: LakeOption = "lake",
) -> None:
    """Write a table for collaborators, with units, descriptions and provenance."""
    from catalog.export import export as write

    for path in write(Lake.at(lake), table, pairs(param), form, out):
        print(path)


def verify(lake: LakeOption = "lake") -> None:
    """Check a lake: cubes, tables, links between them, header oracle. Exit 1 if anything is wrong."""
    from catalog.check import verify as findings

    found = findings(Lake.at(lake))
    for finding in found:
        print(finding)
    if found:
        raise PorelakeError(f"{lake}: {len(found)} findings")
    print(f"{lake}: nothing wrong found")
