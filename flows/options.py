"""The options that commands of `porelake` share, and the request they make."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from flows.request import Request
from pores.errors import InputError

LakeOption = Annotated[str, typer.Option("--lake", envvar="PORELAKE_LAKE", help="Directory of the lake.")]
HarpOption = Annotated[list[int] | None, typer.Option("--harp", help="HARP number; may be given again.")]
FromOption = Annotated[
    str | None,
    typer.Option("--from", help="Directory of FITS files named as JSOC names them, or a .tar of them."),
]
SeriesOption = Annotated[str, typer.Option("--series", help="DRMS series.")]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", envvar="PORELAKE_WORKERS", min=1, help="Processes; default: all cores."),
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


def request_from(
    lake: str, harps: list[int] | None, source: str | None, series: str, science: dict[str, object]
) -> Request:
    """The request that options make; InputError names a parameter that is wrong."""
    from pydantic import ValidationError

    from pores.parameters import Parameters

    try:
        parameters = Parameters.model_validate(science)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise InputError(
            f"--set {where}: {first['msg']}; `porelake parameters` lists what there is"
        ) from error
    return Request(
        lake=lake, source=source, harpnums=tuple(harps or ()), series=series, parameters=parameters
    )
