"""Commands of the clock: rounds of watching, and the server that makes them on schedule."""

import re
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.option_values import require_writable_lake
from flows.options import (
    EmailOption,
    Enhance,
    EnhanceOption,
    LakeOption,
    SeriesOption,
    SetOption,
    TrackerOption,
    WeightsOption,
    WorkersOption,
    parameters_from,
    request_from,
    source_of,
)
from flows.request import JSOC, SERIES
from flows.words import say
from pores.errors import InputError, PorelakeError

if TYPE_CHECKING:
    from flows.request import Request

SourceOption = Annotated[
    str,
    typer.Option(
        "--from", envvar="PORELAKE_FROM", help="jsoc, or a directory into which SHARP files are delivered."
    ),
]
LookBackOption = Annotated[
    str, typer.Option("--look-back", help="How far before a HARP's newest record to look for changes.")
]
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for command in (watch, clock):
        app.command()(command)


def watch(
    once: Annotated[bool, typer.Option("--once", help="One round, and end.")] = False,
    every: Annotated[str | None, typer.Option("--every", help="A round every 3h, until Ctrl-C.")] = None,
    source: SourceOption = JSOC,
    lake: LakeOption = "lake",
    series: SeriesOption = SERIES,
    email: EmailOption = None,
    look_back: LookBackOption = "3d",
    enhance: EnhanceOption = Enhance.NETWORK,
    weights: WeightsOption = None,
    tracker: TrackerOption = None,
    settings: SetOption = None,
    workers: WorkersOption = None,
) -> None:
    """Look what is new for the followed regions, and take it through the chain."""
    if once == (every is not None):
        raise InputError("watch: say --once, or how often: --every 3h")
    require_writable_lake(lake)
    science = parameters_from(enhance, weights, settings, tracker)
    places = {"lake": lake, "source": source_of(source, named=True, fetches=True), "series": series}
    request = request_from(science, {}, **places, email=email, workers=workers)
    back = duration("--look-back", look_back)
    if every is None:
        _round(request, back)
    else:
        _rounds(request, back, duration("--every", every))


def clock(
    source: SourceOption = JSOC,
    lake: LakeOption = "lake",
    email: EmailOption = None,
    host: Annotated[str, typer.Option("--host", help="Address that Prefect listens at.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", min=1, max=65534, help="Port that it listens at; the next shows reports.")
    ] = 4200,
    workers: Annotated[int, typer.Option("--workers", min=1, help="Prefect workers.")] = 1,
    database: Annotated[
        str | None,
        typer.Option("--database", help="postgresql+asyncpg://...; default: SQLite in the lake's clock/."),
    ] = None,
    config: Annotated[Path, typer.Option("--config", help="File of deployments and their schedules.")] = Path(
        "prefect.yaml"
    ),
) -> None:
    """Start a Prefect server with the schedules of prefect.yaml, and workers; Ctrl-C ends it all."""
    from flows.clock_service import Service, keep_time

    keep_time(Service(lake, source, email, host, port, workers, database, config))


def duration(option: str, text: str) -> timedelta:
    """Return the time that a text such as 90m, 3h or 2d means; InputError names the option."""
    match = re.fullmatch(r"(\d+)([mhd])", text)
    if match is None or int(match[1]) == 0:
        raise InputError(f"{option} {text}: write minutes, hours or days, e.g. 90m, 3h or 2d")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _round(request: "Request", look_back: timedelta) -> None:
    from flows.chain import PLAIN
    from flows.progress import progress_bars
    from flows.watch import Clockwork, news, watch_round

    with progress_bars():
        outcome = watch_round(request, look_back, Clockwork(replace(PLAIN, tell=say), news))
    if not (outcome.done or outcome.published):
        say("nothing new")


def _rounds(request: "Request", look_back: timedelta, every: timedelta) -> None:
    """Go round until Ctrl-C; what fails in one round is tried in the next."""
    from flows.outcome import RunError

    pause = threading.Event()
    while True:
        begun = datetime.now(UTC)
        print(f"{begun:%Y-%m-%d %H:%M} UTC", flush=True)
        try:
            _round(request, look_back)
        except (PorelakeError, OSError) as error:
            if isinstance(error, InputError) and not isinstance(error, RunError):
                raise  # of the round as a whole: the next one would say the same
            print(f"porelake: {error}", file=sys.stderr)
        sys.stdout.flush()
        pause.wait(max(0.0, (begun + every - datetime.now(UTC)).total_seconds()))
