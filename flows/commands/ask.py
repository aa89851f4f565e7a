"""Commands that ask the catalogue: SQL, named queries, descriptions."""

import json
import signal
import sys
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from flows.lake_options import JsonOption, LakeOption, OutOption
from flows.words import terminal_width
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
    describe: Annotated[
        bool, typer.Option("--describe", help="Say what the query tells: parameters, columns, SQL.")
    ] = False,
) -> None:
    """Ask one of the questions that porelake ships."""
    _end_with_reader()
    if name is None or describe:
        from catalog.describe import described_query, list_queries

        print(
            list_queries(terminal_width()) if name is None else described_query(name).text(terminal_width())
        )
        return
    from catalog.query import run_query

    tell = partial(print, file=sys.stderr)
    _say_file(run_query(Lake.at(lake), name, pairs(param), _format(form, out), out, tell))


def describe(
    name: Annotated[
        str | None, typer.Argument(help="Table, view, macro or named query; without it all are listed.")
    ] = None,
    as_json: JsonOption = False,
    lake: LakeOption = "lake",
) -> None:
    """Say what tables, macros, queries and their columns mean, with units."""
    from catalog.describe import contents, described, everything

    _end_with_reader()
    there = everything(Lake.at(lake)) if name is None else described(Lake.at(lake), name)
    if as_json:
        print(json.dumps([what.record() for what in there], indent=2, ensure_ascii=False))
    elif name is None:
        print(contents(there, terminal_width()))
    else:
        print(*(what.text(terminal_width()) for what in there), sep="\n\n")


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
    if out is not None:
        from catalog.answers import format_of

        return format_of(out)
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
