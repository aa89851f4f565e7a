"""Commands that ask the catalogue: SQL, named queries, descriptions."""

import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.options import LakeOption, OutOption
from pores.errors import InputError
from storage.lake import Lake


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


FormatOption = Annotated[
    Format | None,
    typer.Option("--format", help="How the answer is written; default: table on a terminal, else csv."),
]
ParamOption = Annotated[list[str] | None, typer.Option("--param", help="Parameter of the query: name=value.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for command in (sql, query, describe):
        app.command()(command)


def sql(
    statement: Annotated[str, typer.Argument(help="One SELECT statement.")],
    form: FormatOption = None,
    out: OutOption = None,
    lake: LakeOption = "lake",
) -> None:
    """Ask the catalogue in SQL; nothing can be changed by it."""
    from catalog.query import run_sql

    _end_with_reader()
    _say_file(run_sql(Lake.at(lake), statement, _format(form, out), out))


def query(
    name: Annotated[str | None, typer.Argument(help="Name of the query; without it all are listed.")] = None,
    param: ParamOption = None,
    form: FormatOption = None,
    out: OutOption = None,
    lake: LakeOption = "lake",
) -> None:
    """Ask one of the questions that porelake ships."""
    from catalog.query import list_queries, run_query

    _end_with_reader()
    if name is None:
        print(list_queries())
    else:
        _say_file(run_query(Lake.at(lake), name, pairs(param), _format(form, out), out))


def describe(
    table: Annotated[str | None, typer.Argument(help="Table or view; without it all are listed.")] = None,
    lake: LakeOption = "lake",
) -> None:
    """Say what the tables and columns mean, with their units."""
    from catalog.describe import describe as text

    print(text(Lake.at(lake), table))


def _say_file(written: Path | None) -> None:
    if written is not None:
        print(written)


def _end_with_reader() -> None:
    """End quietly, as commands do, when the reader of a pipe (`head`) has seen enough."""
    if hasattr(signal, "SIGPIPE"):
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _format(form: Format | None, out: Path | None) -> str:
    if form is not None:
        return form.value
    by_name = {".csv": "csv", ".json": "json", ".parquet": "parquet"}
    if out is not None:
        return by_name.get(out.suffix, "table")
    return "table" if sys.stdout.isatty() else "csv"


def pairs(params: list[str] | None) -> dict[str, str]:
    """Parameters by name, from name=value."""
    found = {}
    for param in params or []:
        name, equals, value = param.partition("=")
        if not equals:
            raise InputError(f"--param {param}: write name=value")
        found[name] = value
    return found
