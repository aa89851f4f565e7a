"""Commands that draw what the lake has."""

from pathlib import Path
from typing import Annotated

import typer

from flows.options import LakeOption


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command()(lineage)


def lineage(
    out: Annotated[Path, typer.Option("--out", help="File to write: .png, .pdf or .svg.")],
    track: Annotated[
        str | None, typer.Argument(metavar="TRACK_ID", help="A `track_id` of the table `tracks`.")
    ] = None,
    harp: Annotated[int | None, typer.Option("--harp", min=1, help="All tracks of a HARP instead.")] = None,
    lake: LakeOption = "lake",
) -> None:
    """Draw the family of a track, or a whole HARP: time against position, width for area, colour for Br."""
    from flows.lineage_plot import write_lineage
    from flows.words import say
    from storage.lake import Lake

    say(write_lineage(Lake.at(lake), track, harp, out))
