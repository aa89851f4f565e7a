"""Commands that make the catalogue: the whole chain, and its stages one by one, with the same options."""

from collections.abc import Callable
from typing import Annotated

import typer

from flows.options import (
    Enhance,
    EnhanceOption,
    FromOption,
    HarpOption,
    LakeOption,
    SeriesOption,
    SetOption,
    WorkersOption,
    parameters_from,
    request_from,
)
from flows.request import SERIES

StoreOption = Annotated[
    bool, typer.Option("--store", help="Keep intensity and field of doubled resolution as cubes, too.")
]

_HELP = {
    "run": "The whole chain for the HARPs named, or all that the source has. Done work is not done again.",
    "ingest": "Put SHARP files into the lake's cubes, lossless.",
    "prepare": "Judge and normalise every frame (and what comes before it).",
    "detect": "Find and measure the dark features of every usable frame (and what comes before it).",
    "track": "Follow the features through time and write the tables (and what comes before it).",
    "publish": "Rebuild the catalogue; with --harp or --from, after everything that comes before it.",
}


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for name, text in _HELP.items():
        app.command(name, help=text)(_command(name))


def _command(name: str) -> Callable[..., None]:
    def command(
        harp: HarpOption = None,
        source: FromOption = None,
        enhance: EnhanceOption = Enhance.SPLINE,
        lake: LakeOption = "lake",
        series: SeriesOption = SERIES,
        store: StoreOption = False,
        workers: WorkersOption = None,
        settings: SetOption = None,
    ) -> None:
        from flows.pipeline import RunError, publish, run_request

        request = request_from(lake, harp, source, series, parameters_from(enhance, settings))
        if name == "publish" and not (harp or source):
            print(publish(request))
            return
        last_stage = "publish" if name == "run" else name
        request = request.model_copy(update={"workers": workers, "store_x2": store, "last_stage": last_stage})
        try:
            print(run_request(request))
        except RunError as failure:
            print(failure.outcome)
            raise

    return command
