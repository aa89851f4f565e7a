"""The options that commands of `porelake` share, and the request they make."""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError

from flows.request import JSOC, LAKE, Request, Selection
from pores.errors import InputError

Model = TypeVar("Model", bound=BaseModel)

LakeOption = Annotated[
    str, typer.Option("--lake", envvar="PORELAKE_LAKE", help="Directory or URL (s3://...) of the lake.")
]
HarpOption = Annotated[list[int] | None, typer.Option("--harp", help="HARP number; may be given again.")]
NoaaOption = Annotated[
    list[int] | None, typer.Option("--noaa", help="NOAA active region, for its HARPs; may be given again.")
]
ListOption = Annotated[
    Path | None, typer.Option("--list", help="File with a NOAA number in the first column of each row.")
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
SinceOption = Annotated[datetime | None, typer.Option("--since", help="First T_REC to fetch, TAI.")]
UntilOption = Annotated[datetime | None, typer.Option("--until", help="Last T_REC to fetch, TAI.")]
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
OutOption = Annotated[Path | None, typer.Option("--out", help="File to write.")]


class Enhance(StrEnum):
    """The x2 step."""

    NETWORK = "network"
    SPLINE = "spline"
    NONE = "none"


EnhanceOption = Annotated[Enhance, typer.Option("--enhance", help="How intensity is doubled in resolution.")]


def parameters_from(enhance: Enhance, settings: list[str] | None) -> dict[str, object]:
    """Parameters as nested dict from `--enhance` and `--set stage.name=value` options."""
    nested: dict[str, dict[str, str | int]] = {}
    for setting in settings or []:
        path, equals, value = setting.partition("=")
        stage, dot, name = path.partition(".")
        if not (equals and dot):
            raise InputError(f"--set {setting}: write stage.name=value, e.g. detect.threshold=0.45")
        nested.setdefault(stage, {})[name] = _whole_number(value)
    return {"enhance": str(enhance), **nested}


def _whole_number(text: str) -> str | int:
    """Return the number where there is one, decimal or 0x...; pydantic reads the rest."""
    try:
        return int(text, 0)
    except ValueError:
        return text


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
    from pores.parameters import Parameters

    parameters = _validated(Parameters, science, "--set ", "; `porelake parameters` lists what there is")
    selected = _validated(Selection, selection, "--", "; a cadence is written like 1h or 96m")
    return Request(**values, parameters=parameters, selection=selected)


def _validated(model: type[Model], values: dict[str, object], option: str, hint: str) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(f"{option}{where}: {first['msg']}{hint}") from error


def source_of(text: str | None, named: bool, fetches: bool) -> str | None:
    """The source that `--from` means: without it JSOC where HARPs are named for a command that fetches."""
    if text is None:
        return JSOC if named and fetches else None
    return None if text == LAKE else text
