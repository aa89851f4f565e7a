"""What the values of options mean, and what to say of those that mean nothing."""

import difflib
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from flows.request import Selection
from pores.errors import InputError
from storage.lake import Lake
from storage.outputs import require_writable

if TYPE_CHECKING:
    from pores.parameters import Parameters

_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?", re.ASCII)


def moment(option: str, text: str | None) -> datetime | None:
    """Return the time that a text means, TAI, as a day, to the minute or second, or as JSOC writes T_REC.

    Raises
    ------
    InputError
        If it is no time; it names the option.
    """
    if text is None:
        return None
    try:
        if text.endswith("_TAI"):
            return _t_rec(text)
        if _ISO.fullmatch(text):
            return datetime.fromisoformat(text)
    except (ValueError, InputError):  # of the right form, but the 31st of February
        pass
    raise InputError(f"{option} {text}: no time; write e.g. 2011-02-13 or 2011-02-13T12:00, TAI")


def _t_rec(text: str) -> datetime:
    from pores.record_time import parse_t_rec

    return datetime.fromisoformat(str(parse_t_rec(text)))


def whole_number(text: str) -> str | int:
    """Return the number where there is one, decimal or 0x...; pydantic reads the rest."""
    try:
        return int(text, 0)
    except ValueError:
        return text


def parameters(values: Mapping[str, object], said: Callable[[str], str] = "--set {}=".format) -> "Parameters":
    """Parameters from a nested dict of what `--set` says.

    Parameters
    ----------
    values : mapping
    said : callable
        Gives, for a parameter, what the user wrote before its value.

    Raises
    ------
    InputError
        If there is no such parameter, or its value is wrong; it names them.
    """
    from pores.parameters import Parameters

    try:
        return Parameters.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        of_stage = first["input"] if isinstance(first["input"], dict) else ()
        path = ".".join(map(str, (*first["loc"], *of_stage)))
        if first["type"] == "extra_forbidden" or of_stage:
            raise _unknown("--set", path) from error
        why = first["msg"].removeprefix("Input ").partition(", unable")[0]
        raise InputError(f"{said(path)}{first['input']}: {why}") from error


def require_name(option: str, path: str) -> None:
    """Refuse what is no parameter.

    Raises
    ------
    InputError
        If so; it names the option.
    """
    from pores.parameters import Parameters

    if path not in names(Parameters()):
        raise _unknown(option, path)


def _unknown(option: str, path: str) -> InputError:
    from pores.parameters import Parameters

    return InputError(f"{option} {path}: no such parameter{_meant(path, names(Parameters()))}")


def names(model: BaseModel, before: str = "") -> list[str]:
    """Every parameter of a model, as `--set` takes them.

    Examples
    --------
    >>> from pores.parameters import Parameters
    >>> names(Parameters())[1]
    'prepare.limb_darkening'
    """
    found = []
    for name in type(model).model_fields:
        value = getattr(model, name)
        found += names(value, f"{before}{name}.") if isinstance(value, BaseModel) else [before + name]
    return found


def _meant(path: str, known: list[str]) -> str:
    close = difflib.get_close_matches(path, known, n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else "; `porelake parameters` lists what there is"


def selection(values: Mapping[str, Any]) -> Selection:
    """Selection from the values of its options.

    Raises
    ------
    InputError
        If one is wrong, or the last time is before the first.
    """
    try:
        found = Selection.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        option = f"--{first['loc'][0]} {first['input']}"
        why = "write e.g. 1h, 96m" if first["loc"] == ("cadence",) else first["msg"]
        raise InputError(f"{option}: {why}") from error
    if found.since and found.until and found.since > found.until:
        raise InputError(f"--since {found.since:%Y-%m-%dT%H:%M}: after --until {found.until:%Y-%m-%dT%H:%M}")
    return found


def require_writable_lake(location: str) -> None:
    """Refuse a lake in a directory that can't be written to.

    Raises
    ------
    InputError
        If so.
    """
    lake = Lake.at(location)
    if lake.url is None:  # otherwise the store tells
        require_writable(f"--lake {location}", lake.root)
