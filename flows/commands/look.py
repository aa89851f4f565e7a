"""Commands that draw what the lake has."""

from pathlib import Path
from typing import Annotated

import typer

from flows.lake_options import INTO
from flows.movie_look import FULL_HD, FieldColours, MovieLook, Shown
from flows.option_values import moment
from flows.options import LakeOption

_WHEN = "TAI, as 2011-02-13 or 2011-02-13T12:00."


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command()(lineage)
    app.command()(movie)


def lineage(
    out: Annotated[Path, typer.Option("--out", help=f"File to write, {INTO}: .png, .pdf or .svg.")],
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


def movie(
    harp: Annotated[int, typer.Option("--harp", min=1, help="HARP number.")],
    out: Annotated[Path, typer.Option("--out", help=f"File to write, {INTO}: .mp4.")],
    intensity: Annotated[
        Shown,
        typer.Option("--intensity", help="Prepared, and what was found; or raw: as archived."),
    ] = Shown.PREPARED,
    field: Annotated[FieldColours, typer.Option("--field", help="Colours of Br.")] = FieldColours.HMIMAG,
    fps: Annotated[int, typer.Option("--fps", min=1, max=60, help="Frames a second.")] = 12,
    width: Annotated[
        int, typer.Option("--width", min=640, max=FULL_HD, help="Greatest width of the picture, pixels.")
    ] = FULL_HD,
    since: Annotated[str | None, typer.Option("--since", help=f"First T_REC, {_WHEN}")] = None,
    until: Annotated[str | None, typer.Option("--until", help=f"Last T_REC, {_WHEN}")] = None,
    every: Annotated[int, typer.Option("--every", min=1, help="Only each n-th frame.")] = 1,
    trail: Annotated[
        float, typer.Option("--trail", min=0, help="Hours of trail behind each feature; 0: none.")
    ] = 12.0,
    lake: LakeOption = "lake",
) -> None:
    """Make a movie of a HARP: intensity with outlined, numbered pores and their trails, beside Br."""
    first, last = moment("--since", since), moment("--until", until)
    look = MovieLook(intensity, field, fps, width, first, last, every, trail)
    from flows.movie import write_movie
    from flows.scenes import HarpScenes
    from flows.words import say
    from storage.lake import Lake
    from storage.runs import run_of

    place = Lake.at(lake)
    say(write_movie(HarpScenes(place, run_of(place, harp)), out, look))
