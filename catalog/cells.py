"""Values of an answer as JSON has them, for pages."""

import json
import math
from decimal import Decimal
from typing import Any

LONGEST = 1000  # characters of a text
_EXACT = 2**53  # integers up to this are exact in JavaScript


def cell(value: Any) -> Any:
    """Return a value of DuckDB as JSON has it: numbers as numbers where they stay what they are.

    Examples
    --------
    >>> cell(1.5), cell(float("nan")), cell(2**60), cell([1, None])
    (1.5, 'NaN', '1152921504606846976', '[1, null]')
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _EXACT else str(value)
    if isinstance(value, float | Decimal):
        return _number(float(value))
    if isinstance(value, list | tuple | dict):
        return _cut(json.dumps(value, default=str, ensure_ascii=False))
    return _cut(str(value))


def _number(value: float) -> float | str:
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "∞" if value > 0 else "−∞"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
