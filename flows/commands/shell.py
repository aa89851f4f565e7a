"""`porelake shell`: the catalogue at a prompt."""

import os
import shutil
import sys
from typing import Annotated

import typer

from flows.lake_options import LakeOption
from pores.errors import InputError
from storage.lake import Lake


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(shell)


def shell(
    duckdb: Annotated[
        bool, typer.Option("--duckdb", help="Open DuckDB's own command line on the catalogue instead.")
    ] = False,
    lake: LakeOption = "lake",
) -> None:
    """Ask the catalogue at a prompt, or what a file says: porelake shell < questions.sql."""
    from catalog.session import Session
    from flows.shell import Shell

    with Session(Lake.at(lake)) as session:
        if duckdb:
            _become_duckdb(session.lake)
        at_terminal = sys.stdin.isatty() and sys.stdout.isatty()
        ours = Shell(session, "table" if sys.stdout.isatty() else "csv")
        if not at_terminal:
            ours.read(sys.stdin)
            return
        from flows.shell_prompt import converse

        print(f"{session.lake.location}: SQL ends with a semicolon, .help says more, Ctrl-D ends")
        converse(session, ours)


def _become_duckdb(lake: Lake) -> None:
    """Go on as DuckDB's command line, read-only; InputError if there is none."""
    command = shutil.which("duckdb")
    if command is None:
        raise InputError(
            "--duckdb: no `duckdb` on the PATH (https://duckdb.org/install has it); leave it out"
        )
    if lake.url is not None:
        raise InputError(f"--duckdb: DuckDB's command line can't read {lake.url} by itself; leave it out")
    os.execv(command, [command, "-readonly", str(lake.catalog)])
