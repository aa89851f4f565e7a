"""Commands that ask the catalogue: SQL, named queries, descriptions, exports, checks."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.options import LakeOption, OutOption
from pores.errors import InputError, PorelakeError


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


FormatOption = Annotated[
    Format | None, typer.Option("--format", help="How the answer is written; default: table on a terminal, else csv.")
]
ParamOption = Annotated[list[str] | None, typer.Option("--param", help="Parameter of the query: name=value.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for command in (sql, query, describe, export, verify):
        app.command()(command)


def sql(
    statement: Annotated[str, typer.Argument(help="One SELECT statement.")],
    form: FormatOption = None,
    out: OutOption = None,
    lake: LakeOption = "lake",
) -> None:
    """Ask the catalogue in SQL; nothing can be changed by it."""
    from catalog.query import run_sql

    run_sql(_lake(lake), statement, _format(form, out), out)


def query(
    name: Annotated[str | None, typer.Argument(help="Name of the query; without it all are listed.")] = None,
    param: ParamOption = None,
    form: FormatOption = None,
    out: OutOption = None,
    lake: LakeOption = "lake",
) -> None:
    """Ask one of the questions that porelake ships."""
    from catalog.query import list_queries, run_query

    if name is None:
        print(list_queries())
    else:
        run_query(_lake(lake), name, _pairs(param), _format(form, out), out)
