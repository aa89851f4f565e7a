"""Commands that make the catalogue: the whole chain, and its stages one by one, with the same options."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.regions import disagreeing, listed_regions, tell
from flows.option_values import moment, require_writable_lake
from flows.options import (
    CadenceOption,
    ClusterOption,
    EmailOption,
    Enhance,
    EnhanceOption,
    FromOption,
    HarpOption,
    LakeOption,
    ListOption,
    NoaaOption,
    SegmentsOption,
    SeriesOption,
    SetOption,
    SinceOption,
    ThresholdOption,
    TrackerOption,
    UntilOption,
    VaryOption,
    WeightsOption,
    WhereOption,
    WorkersOption,
    parameters_from,
    request_from,
    source_of,
)
from flows.request import JSOC, SERIES, Request
from flows.vary_options import set_by, varied
from flows.words import say
from pores.errors import InputError
from storage.ar_lists import region_numbers
from storage.extras import require_chain

StoreOption = Annotated[
    bool, typer.Option("--store", help="Keep intensity and field of doubled resolution as cubes, too.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would be asked of JSOC, its records and bytes, and end.")
]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Ask JSOC again for files that came damaged three times.")
]

_HELP = {
    "run": "The whole chain for the HARPs named, or all that the source has. Done work is not done again.",
    "ingest": "Put SHARP files into the lake's cubes, lossless.",
    "prepare": "Judge and normalise every frame (and what comes before it).",
    "detect": "Find and measure the dark features of every usable frame (and what comes before it).",
    "track": "Measure motion, follow features through time, write the tables (and what comes before it).",
    "publish": "Rebuild the catalogue; with --harp or --from, after everything that comes before it.",
}
_FETCHING = ("run", "ingest")


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for name, text in _HELP.items():
        app.command(name, help=text)(_command(name))


def _command(name: str) -> Callable[..., None]:
    def command(
        harp: HarpOption = None,
        noaa: NoaaOption = None,
        ar_list: ListOption = None,
        source: FromOption = None,
        lake: LakeOption = "lake",
        series: SeriesOption = SERIES,
        email: EmailOption = None,
        since: SinceOption = None,
        until: UntilOption = None,
        cadence: CadenceOption = None,
        where: WhereOption = None,
        segments: SegmentsOption = None,
        dry_run: DryRunOption = False,
        again: AgainOption = False,
        enhance: EnhanceOption = Enhance.NETWORK,
        weights: WeightsOption = None,
        tracker: TrackerOption = None,
        settings: SetOption = None,
        threshold: ThresholdOption = None,
        vary: VaryOption = None,
        store: StoreOption = False,
        workers: WorkersOption = None,
        cluster: ClusterOption = None,
    ) -> None:
        regions = tuple(dict.fromkeys([*region_numbers(noaa or (), "--noaa"), *listed_regions(ar_list)]))
        named = bool(harp or regions)
        science = varied(threshold, vary or (), set_by(settings, tracker, weights))
        request = request_from(
            parameters_from(enhance, weights, [*(settings or ()), *science.settings], tracker),
            {
                "since": moment("--since", since),
                "until": moment("--until", until),
                "cadence": cadence,
                "where": tuple(where or ()),
                "segments": tuple(filter(None, map(str.strip, (segments or "").split(",")))),
            },
            lake=lake,
            source=source_of(source, named, name in _FETCHING),
            harpnums=tuple(harp or ()),
            noaa=regions,
            series=series,
            email=email,
            again=again,
            vary=science.axes,
            store_x2=store,
            last_stage="publish" if name == "run" else name,
            workers=workers,
            cluster=cluster,
        )
        _require_use(request)
        _say_disagreements(ar_list, series)
        if dry_run:
            _say_dry_run(request)
            return
        require_writable_lake(lake)
        only_publish = name == "publish" and not (named or request.source)
        (_publish if only_publish else _run)(request)

    return command


def _say_disagreements(ar_list: Path | None, series: str) -> None:
    if ar_list:
        from storage.noaa import regions_of_series

        tell(disagreeing(ar_list, regions_of_series(series)))


def _require_use(request: Request) -> None:
    """Refuse a selection that nothing would be made of: only JSOC is asked for part of a HARP."""
    if request.source == JSOC:
        return
    for option in request.selection.model_dump(exclude_defaults=True):
        raise InputError(f"--{option}: records are chosen at the archive; it goes with --from jsoc only")
    if request.again:
        raise InputError("--again: files are asked for again at the archive; it goes with --from jsoc only")


def _say_dry_run(request: Request) -> None:
    from flows.harp import harps_of
    from flows.ingest import dry_run
    from flows.possible import require_series

    if request.source != JSOC:
        raise InputError("--dry-run: it says what would be asked of JSOC; name HARPs, and --from jsoc")
    if request.last_stage != "ingest":
        require_series(request)
    harpnums, notes = harps_of(request)
    tell(notes)
    print(dry_run(request, harpnums))


def _publish(request: Request) -> None:
    from flows.publishing import publish  # not by the pipeline: the base install can do it

    print(publish(request))


def _run(request: Request) -> None:
    require_chain("`porelake publish` of more than what the lake has")  # the other commands are asked before
    from flows.early import start_early

    start_early(request)  # while this process imports the rest
    from flows.loading import loading

    with loading():
        from flows.pipeline import run_request

    run_request(request, say)
