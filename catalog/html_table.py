"""Rows as a table of HTML, as notebooks show them."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from catalog.layout import cells, numeric
from catalog.schema import Column


def html_table(names: Sequence[str], known: Mapping[str, Column], rows: Sequence[tuple[Any, ...]]) -> str:
    """Return a table whose heads have the units, and as titles the descriptions, of the known columns."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    parts = []
    for name, column in zip(names, columns, strict=True):
        tds = (f"<td {_side(column)}>{escape(cell)}</td>" for cell in cells(column))
        parts.append([f"<th {_side(column)} {_head(name, known.get(name))}</th>", *tds])
    lines = ["".join(line) for line in zip(*parts, strict=True)]
    body = "".join(f"<tr>{line}</tr>" for line in lines[1:])
    return f"<table><thead><tr>{lines[0]}</tr></thead><tbody>{body}</tbody></table>"


def _head(name: str, column: Column | None) -> str:
    told = column.description if column else "computed"
    unit = f"<br><small>{escape(column.unit)}</small>" if column and column.unit else ""
    return f'title="{escape(told)}">{escape(name)}{unit}'


def _side(column: Sequence[Any]) -> str:
    side = "right" if numeric(column) else "left"
    return f'style="text-align:{side};vertical-align:top;padding:.1em .8em"'
