"""The command that writes the report of a lake."""

from pathlib import Path
from typing import Annotated

import typer

from flows.options import HarpOption, LakeOption, WorkersOption


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(report)


def report(
    out: Annotated[Path, typer.Option("--out", help="Folder to write, new, empty or with a report.")],
    harp: HarpOption = None,
    movies: Annotated[
        bool, typer.Option("--movies/--no-movies", help="With movies, which take most of the time.")
    ] = True,
    workers: WorkersOption = None,
    lake: LakeOption = "lake",
) -> None:
    """Write a report: pages with movies, plots, tables and a card for every pore, to open from disk."""
    from flows.report.write import Options, write_report
    from flows.words import say
    from storage.lake import Lake

    say(write_report(Lake.at(lake), out, Options(tuple(harp or ()), movies), workers))
