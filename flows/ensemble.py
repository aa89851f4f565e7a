"""The members of an ensemble: runs of one HARP with other values of some parameters, kept side by side."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from flows.option_values import parameters, require_name
from flows.request import Request
from pores.errors import InputError
from pores.parameters import Parameters

MOST = 50  # more members are a slip, or a study to be made in parts
Value = int | float | str


@dataclass(frozen=True)
class Member:
    """A run of an ensemble as a request of its own, and the values that are its, in words."""

    request: Request
    label: str = ""


def members(request: Request) -> list[Member]:
    """Return the runs that a request asks for of each HARP, the one that is to be current first.

    That is the run with the request's own parameters if it is among them, otherwise the first one. A request
    that varies nothing asks for one run.

    Raises
    ------
    InputError
        If there is no such parameter, a value is wrong or is given twice, or there are too many runs.
    """
    if not request.vary:
        return [Member(request)]
    _require_axes(request.vary)
    points = [dict(zip(request.vary, values, strict=True)) for values in product(*request.vary.values())]
    made: list[Parameters] = []
    for point in points:
        made.append(_varied(request.parameters, point))
        if made[-1] in made[:-1]:
            same = _said(points[made.index(made[-1])])
            raise InputError(f"{_said(point)}: the same run as {same}; say it once")
    current = made.index(request.parameters) if request.parameters in made else 0
    order = sorted(range(len(made)), key=lambda index: index != current)
    return [_member(request, made[index], list(request.vary), index == current) for index in order]


def _require_axes(axes: Mapping[str, Sequence[Value]]) -> None:
    for path, values in axes.items():
        require_name("--vary", path)
        if not values:
            raise InputError(f"--vary {path}=: no value; write e.g. detect.threshold=0.45,0.5")
    if (n := math.prod(map(len, axes.values()))) > MOST:
        raise InputError(f"--vary: {n} runs of each HARP, more than {MOST}; vary fewer values at a time")


def _varied(base: Parameters, point: Mapping[str, Value]) -> Parameters:
    """Parameters with some values changed; weights go with the network only."""
    values: dict[str, Any] = base.model_dump()
    for path, value in point.items():
        stage, dot, name = path.partition(".")
        (values[stage] if dot else values)[name if dot else stage] = value
    if values["enhance"] != "network" and "weights" not in point:
        values["weights"] = ""
    return parameters(values, "--vary {}=".format)


def _member(request: Request, science: Parameters, paths: Sequence[str], current: bool) -> Member:
    values = {"parameters": science, "vary": {}, "keep": "both" if current else "member"}
    label = ", ".join(f"{path}={_value(science, path)}" for path in paths)
    return Member(request.model_copy(update=values), label)


def _value(science: Parameters, path: str) -> str:
    value: Any = science
    for name in path.split("."):
        value = getattr(value, name)
    return str(value)[:12]  # of the id of weights


def _said(point: Mapping[str, Value]) -> str:
    return ",".join(f"{path}={value}" for path, value in point.items())
