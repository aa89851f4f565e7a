"""Numbers, times and names as pages say them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import numpy as np
from markupsafe import Markup

from catalog.schema import Column
from pores.record_time import tai_to_utc

MISSING = "–"
_UNITS = {"Mm2": "Mm²", "1e-6": "msh", "deg": "°", "pix": "px", "km/s": "km s⁻¹", "m / s": "m s⁻¹", "": ""}
_DECIMALS = {"h": 1, "Mm2": 2, "Mm": 2, "G": 0, "deg": 2, "1e-6": 2, "pix": 1, "": 3}
_SUPERSCRIPT = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_THIN = "\u2009"


def unit(column: Column) -> str:
    """Return the unit of a column as people write it; empty where there is none."""
    return _UNITS.get(column.unit or "", column.unit or "")


def decimals(column: Column) -> int | None:
    """Digits after the point that a column's values deserve; None where powers of ten are written."""
    if column.type in ("int32", "int64"):
        return 0
    return None if column.unit == "Mx" else _DECIMALS.get(column.unit or "", 3)


def number(value: float | None, digits: int | None = 2) -> str:
    """Return a number with so many digits after the point, or (None) with three digits and a power of ten.

    Examples
    --------
    >>> number(-1583.61, 0), number(6.0211e19, None), number(None)
    ('−1\u2009584', '6.02\u2009×\u200910¹⁹', '–')
    """
    if value is None or np.isnan(value):
        return MISSING
    if digits is not None:
        return f"{value:,.{digits}f}".replace(",", _THIN).replace("-", "−")
    mantissa, power = f"{value:.2e}".split("e")
    exponent = str(int(power)).translate(_SUPERSCRIPT)
    return f"{mantissa.replace('-', '−')}{_THIN}×{_THIN}10{exponent}"


def moment(t: datetime | None) -> str:
    """A time to the minute, or to the second where it has some; its scale is said beside it."""
    if t is None:
        return MISSING
    return t.strftime("%Y-%m-%d %H:%M:%S" if t.second else "%Y-%m-%d %H:%M")


def utc(t: datetime | None) -> datetime | None:
    """TAI as UTC."""
    if t is None:
        return None
    moved: datetime = tai_to_utc(np.datetime64(t, "ms")).astype("datetime64[ms]").astype(datetime)
    return moved


def value(column: Column, of: Any) -> str:
    """Return a value of a column, without its unit."""
    if of is None:
        return MISSING
    if isinstance(of, bool):
        return "yes" if of else "no"
    if isinstance(of, datetime):
        return moment(of)
    if isinstance(of, int | float):
        return str(of) if column.name == "harpnum" else number(of, decimals(column))
    if isinstance(of, list):
        return ", ".join(map(str, of)) or MISSING
    return str(of)


def heading(column: Column) -> str:
    """Return the name of a column with its unit, for the head of a table."""
    said = unit(column)
    return f"{column.name} ({said})" if said else column.name


def region(row: Mapping[str, Any]) -> str:
    """A HARP with its NOAA regions."""
    noaa = ", ".join(map(str, row["noaa_ars"] or []))
    return f"HARP {row['harpnum']}" + (f" · NOAA {noaa}" if noaa else "")


def described(text: str) -> Markup:
    """A description with what stands between backticks as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if i % 2 else part for i, part in enumerate(parts)
    )


FILTERS: dict[str, Callable[..., Any]] = {
    "number": number,
    "moment": moment,
    "utc": utc,
    "value": value,
    "unit": unit,
    "heading": heading,
    "region": region,
    "described": described,
}
