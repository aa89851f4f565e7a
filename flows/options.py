"""The options that commands of `porelake` share, and the request they make."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.lake_options import JsonOption as JsonOption
from flows.lake_options import LakeOption as LakeOption
from flows.lake_options import OutOption as OutOption
from flows.option_values import parameters, whole_number
from flows.option_values import selection as selection_of
from flows.request import JSOC, LAKE, Request
from pores.errors import InputError
from pores.parameters import Tracker

HarpOption = Annotated[list[int] | None, typer.Option("--harp", help="HARP number; may be given again.")]
NoaaOption = Annotated[
    list[str] | None,
    typer.Option(
        "--noaa", help="NOAA active region, as 11158 or AR11158, for its HARPs; may be given again."
    ),
]
ListOption = Annotated[
    Path | None, typer.Option("--list", help="File, text or CSV, with a NOAA number in the first column.")
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        help="jsoc; or a directory of FITS files named as JSOC names them, or a .tar of them; or lake: what"
        " the lake has. Default: jsoc where `run` or `ingest` are told HARPs, otherwise the lake.",
    ),
]
SeriesOption = Annotated[str, typer.Option("--series", help="DRMS series.")]
EmailOption = Annotated[
    str | None, typer.Option("--email", envvar="JSOC_EMAIL", help="Address that is registered at JSOC.")
]
_WHEN = "TAI, as 2011-02-13, 2011-02-13T12:00 or 2011.02.13_12:00:00_TAI."
SinceOption = Annotated[str | None, typer.Option("--since", help=f"First T_REC to fetch, {_WHEN}")]
UntilOption = Annotated[str | None, typer.Option("--until", help=f"Last T_REC to fetch, {_WHEN}")]
CadenceOption = Annotated[
    str | None, typer.Option("--cadence", help="Fetch one record per 1h, 96m, ...; default: all.")
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option("--where", help="Fetch records that meet a DRMS condition, e.g. 'QUALITY >= 0'."),
]
SegmentsOption = Annotated[
    str | None,
    typer.Option("--segments", help="Segments to fetch, e.g. continuum,Br,Bp,Bt; default: all used."),
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", envvar="PORELAKE_WORKERS", min=1, help="Processes; default: all cores."),
]
ClusterOption = Annotated[
    str | None, typer.Option("--cluster", help="Address of a Dask scheduler to spread HARPs over.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set", help="A scientific parameter, e.g. detect.threshold=0.45; `porelake parameters` lists them."
    ),
]
ThresholdOption = Annotated[
    str | None,
    typer.Option(
        "--threshold",
        help="detect.threshold; several as 0.45,0.5,0.55 make a run each, kept side by side: an ensemble.",
    ),
]
VaryOption = Annotated[
    list[str] | None,
    typer.Option(
        "--vary",
        help="The same for any parameter, e.g. detect.min_area_fine_px=10,20; given again: a run for each"
        " combination.",
    ),
]


class Enhance(StrEnum):
    """The x2 step."""

    NETWORK = "network"
    SPLINE = "spline"
    NONE = "none"


EnhanceOption = Annotated[
    Enhance,
    typer.Option("--enhance", envvar="PORELAKE_ENHANCE", help="How intensity is doubled in resolution."),
]
WeightsOption = Annotated[
    str | None,
    typer.Option(
        "--weights",
        help="Weights of the network: a file, or a name or git id of `porelake weights list`; default: ours.",
    ),
]

TrackerOption = Annotated[
    Tracker | None,
    typer.Option("--tracker", help="What links features; default: porelake. The others are for study."),
]


def parameters_from(
    enhance: Enhance, weights: str | None, settings: list[str] | None, tracker: Tracker | None = None
) -> dict[str, object]:
    """Parameters as nested dict from `--enhance`, `--weights`, `--set stage.name=value`, `--tracker`."""
    nested: dict[str, dict[str, str | int]] = {}
    for setting in settings or []:
        path, equals, value = setting.partition("=")
        stage, dot, name = path.partition(".")
        if not (equals and dot):
            raise InputError(f"--set {setting}: write stage.name=value, e.g. detect.threshold=0.45")
        nested.setdefault(stage, {})[name] = whole_number(value)
    if tracker is not None:
        nested.setdefault("track", {})["tracker"] = tracker
    if weights is None:
        return {"enhance": str(enhance), **nested}
    if enhance is not Enhance.NETWORK:
        raise InputError(f"--weights {weights}: they go with --enhance network only")
    from storage.weights import kept

    return {"enhance": str(enhance), "weights": kept(weights), **nested}


def request_from(science: dict[str, object], selection: dict[str, object], **values: Any) -> Request:
    """The request that options make; InputError names an option that is wrong.

    Parameters
    ----------
    science : dict
        Parameters, as `parameters_from` gives them.
    selection : dict
        Fields of `Selection`.
    **values
        The other fields of `Request`.
    """
    return Request(**values, parameters=parameters(science), selection=selection_of(selection))


def source_of(text: str | None, named: bool, fetches: bool) -> str | None:
    """The source that `--from` means: without it JSOC where HARPs are named for a command that fetches."""
    if text is None:
        return JSOC if named and fetches else None
    return None if text == LAKE else text
