"""Rows laid out as text: aligned under their names, or below one another where that is too wide."""

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

WIDTH = 92  # of a text that goes to no terminal
WIDEST = 60  # characters of a cell of an aligned table
_DIGITS = 6  # of the largest number of a column
_FEWEST = 3  # digits that the smallest number of a column must show, else each number has its own form
_EXACT = 1e15  # whole numbers below it are shown whole
_NULL = "NULL"
_NARROWEST = 28  # characters to which a text is still wrapped beside its name
Row = Sequence[Any]


@dataclass(frozen=True)
class _Table:
    """A table by columns: lines of each name, unit or "", cells, and whether they are numbers."""

    names: list[list[str]]
    units: list[str]
    cells: list[list[str]]
    right: list[bool]


def laid_out(names: Sequence[str], units: Sequence[str], rows: Sequence[Row], width: int | None) -> list[str]:
    """Return the lines of a table.

    Parameters
    ----------
    names, units : sequence of str
        Of the columns; an empty unit is not shown.
    rows : sequence
        The values, as Python has them.
    width : int or None
        Columns of the terminal; None: as wide as it takes.
    """
    columns = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in names]
    table = _Table(
        [[plain(name)] for name in names],
        [unit and f"[{unit}]" for unit in units],
        [cells(column) for column in columns],
        [numeric(column) for column in columns],
    )
    lines = _aligned(table)
    if width is not None and _widest(lines) > width:
        lines = _aligned(replace(table, names=_broken_names(table)))
    return lines if width is None or _widest(lines) <= width else _stacked(table)


def cells(column: Sequence[Any]) -> list[str]:
    """Values of a column as people read them, NULL visible."""
    there = [value for value in column if value is not None]
    if there and all(isinstance(value, float) for value in there):
        texts = iter(_numbers(there))
        return [_NULL if value is None else next(texts) for value in column]
    return [_text(value) for value in column]


def numeric(column: Sequence[Any]) -> bool:
    """Whether values are numbers, which stand to the right."""
    return all(isinstance(value, int | float | Decimal | None) for value in column)


def plain(text: str) -> str:
    """A text with nothing in it that a terminal would act on."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def text_width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _widest(lines: Sequence[str]) -> int:
    return max(map(text_width, lines))


def _aligned(table: _Table) -> list[str]:
    """Lines of a table: names, units if any is known, a rule, rows."""
    depth = max(map(len, table.names))
    columns = []
    for name, unit, values in zip(table.names, table.units, table.cells, strict=True):
        head = [*[""] * (depth - len(name)), *name, *([unit] if any(table.units) else [])]
        short = [_cut(cell) for cell in values]
        columns.append([*head, "-" * _widest([*head, *short]), *short])
    widths = [_widest(column) for column in columns]
    lines = zip(*columns, strict=True)
    return ["  ".join(map(_padded, line, widths, table.right)).rstrip() for line in lines]


def _broken_names(table: _Table) -> list[list[str]]:
    """The names broken at underscores, so that a column is hardly wider than its cells."""
    return [
        _broken(name, _widest([*map(_cut, values), unit]))
        for (name,), unit, values in zip(table.names, table.units, table.cells, strict=True)
    ]


def _broken(name: str, width: int) -> list[str]:
    """Lines of a name, none wider than its longest word or the width that is there."""
    words = [f"{word}_" for word in name.split("_")]
    words[-1] = words[-1].removesuffix("_")
    room = max(width, *map(text_width, words))
    lines = [words[0]]
    for word in words[1:]:
        if text_width(lines[-1] + word) <= room:
            lines[-1] += word
        else:
            lines.append(word)
    return lines


def _stacked(table: _Table) -> list[str]:
    """Lines of a table with one value each."""
    names = [
        " ".join(filter(None, (*name, unit))) for name, unit in zip(table.names, table.units, strict=True)
    ]
    widest = _widest(names)
    lines = []
    for number, row in enumerate(zip(*table.cells, strict=True), 1):
        lines.append(f"-- row {number}")
        lines += [
            f"{_padded(name, widest, False)}  {cell}".rstrip() for name, cell in zip(names, row, strict=True)
        ]
    return lines or names


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - text_width(text))
    return space + text if right else text + space


def _cut(cell: str) -> str:
    if text_width(cell) <= WIDEST:
        return cell
    kept = cell[: WIDEST - 1]
    while text_width(kept) >= WIDEST:
        kept = kept[:-1]
    return f"{kept}…"


def _text(value: Any) -> str:
    if value is None:
        return _NULL
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.{_DIGITS}g}"
    if isinstance(value, datetime):
        return str(value).rstrip("0") if value.microsecond and value.tzinfo is None else str(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return plain(str(value))


def _numbers(values: list[float]) -> list[str]:
    """Numbers with as many decimals each, so that their points stand below one another.

    The largest has six digits; where the smallest would keep fewer than three, each number has its own form.
    """
    sizes = [abs(value) for value in values if math.isfinite(value) and value]
    if not sizes:
        return [f"{value:g}" for value in values]
    largest, smallest = max(sizes), min(sizes)
    if largest < _EXACT and all(size.is_integer() for size in sizes):
        return [f"{value:.0f}" for value in values]
    decimals = _DIGITS - 1 - math.floor(math.log10(largest))
    if largest >= 10 * 10**_DIGITS or largest < 1e-4:
        return [f"{value:.{_DIGITS - 2}e}" if value else "0" for value in values]
    if smallest < 10.0 ** (_FEWEST - 1 - decimals):
        return [f"{value:.{_DIGITS}g}" for value in values]
    return _without_zeros([f"{value:.{max(decimals, 0)}f}" for value in values])


def _without_zeros(texts: list[str]) -> list[str]:
    """Decimals less the zeros that all of them end with."""
    ends = [text.partition(".")[2] for text in texts if text[-1].isdigit()]
    kept = max(len(end.rstrip("0")) for end in ends)
    drop = len(ends[0]) - kept
    return [text[: len(text) - drop].removesuffix(".") if text[-1].isdigit() else text for text in texts]


def paragraph(text: str, width: int, indent: str = "") -> str:
    """A text wrapped to a width."""
    return textwrap.fill(text, max(width, _NARROWEST), initial_indent=indent, subsequent_indent=indent)


def listing(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """Lines of rows of texts: columns aligned, the last one wrapped beside them, or below if it is narrow."""
    *heads, _ = zip(*rows, strict=True)
    widths = [max(map(len, column)) for column in heads]
    indent = sum(widths) + 2 * len(widths)
    hanging = " " * (indent if width - indent >= _NARROWEST else 6)
    lines = []
    for *cells, last in rows:
        first = "".join(f"{cell:{size}}  " for cell, size in zip(cells, widths, strict=True))
        if len(hanging) < indent:
            lines.append(first.rstrip())
            first = hanging
        lines += textwrap.wrap(
            last,
            max(width, len(hanging) + _NARROWEST),
            initial_indent=first,
            subsequent_indent=hanging,
            break_on_hyphens=False,
        ) or [first.rstrip()]
    return lines
