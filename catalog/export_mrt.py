"""Machine-readable tables of the AAS journals and CDS: a description byte by byte, then rows of fixed width.

astropy's writer gives neither title nor notes, fails on tables without rows and shortens numbers; this one
writes every digit. Nulls are blank, times ISO 8601 text, lists JSON, text ASCII (other letters as Python
escapes them). Units are those of CDS (`catalog.units`).
"""

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from catalog.provenance import Subject
from catalog.schema import Column
from catalog.units import cds_unit
from catalog.votable_xml import texts, told

_RULE = "-" * 80


@dataclass(frozen=True)
class _Field:
    """A column as text: its first and last byte, counted from 1, and its format."""

    name: str
    first: int
    last: int
    form: str
    nulls: bool
    known: Column | None


def write_mrt(rows: pa.RecordBatchReader, what: Subject, about: dict[str, Any], path: Path) -> None:
    """Write a machine-readable table; its rows are in memory at once, for the widths of columns."""
    table = rows.read_all()
    cells = [[text and _ascii(text) for text in texts(column.combine_chunks())] for column in table.columns]
    fields = list(_fields(table.schema, cells, what))
    with path.open("w", encoding="ascii") as file:
        file.write("\n".join([*_title(what, about), *_bytes(fields), *_notes(about)]) + "\n")
        file.writelines(_lines(fields, cells))


def _ascii(text: str) -> str:
    return " ".join(text.encode("ascii", "backslashreplace").decode().splitlines())


def _fields(schema: pa.Schema, cells: list[list[str | None]], what: Subject) -> Iterator[_Field]:
    first = 1
    for field, column in zip(schema, cells, strict=True):
        width = max((len(text) for text in column if text is not None), default=0) or 1
        form = _form(field.type, column, width)
        nulls = any(text is None for text in column)
        yield _Field(field.name, first, first + width - 1, form, nulls, what.columns.get(field.name))
        first += width + 1


def _form(kind: pa.DataType, column: list[str | None], width: int) -> str:
    """The format of a column, as Fortran calls it: I3, F7.4, E22.16, A20."""
    if pa.types.is_integer(kind):
        return f"I{width}"
    if not pa.types.is_floating(kind):
        return f"A{width}"
    there = [text for text in column if text is not None]
    digits = max((len(text.partition("e")[0].partition(".")[2]) for text in there), default=0)
    return f"{'E' if any('e' in text for text in there) else 'F'}{width}.{digits}"


def _title(what: Subject, about: dict[str, Any]) -> list[str]:
    title = _ascii(f"porelake catalogue of solar pores: {what.description}")
    return [
        *textwrap.wrap(f"Title: {title}", 80),
        f"Authors: {about['software']}",
        f"Table: {what.name}",
        "=" * 80,
    ]


def _bytes(fields: list[_Field]) -> list[str]:
    head = [
        "Byte-by-byte Description of file: table.dat",
        _RULE,
        "   Bytes Format Units  Label  Explanations",
        _RULE,
    ]
    return [*head, *(line for field in fields for line in _described(field)), _RULE]


def _described(field: _Field) -> list[str]:
    place = f"{field.first}-{field.last}" if field.last > field.first else f"{field.last}"
    unit = cds_unit(field.known.unit or "") if field.known else None
    meaning = _ascii(told(field.known)) if field.known else field.name
    ucd = f" (UCD {field.known.ucd})" if field.known and field.known.ucd else ""
    line = f"{place:>9} {field.form:6} {unit or '---':6} {field.name} "
    line += f" {'?' if field.nulls else ''} {meaning}{ucd}"
    # no line may begin with a number, lest it be read as another column's place
    kept = re.sub(r" (?=\d)", "\0", line[10:])
    lines = textwrap.wrap(line[:10] + kept, 80, subsequent_indent=" " * 30, break_long_words=False)
    return [part.replace("\0", " ") for part in lines]


def _notes(about: dict[str, Any]) -> list[str]:
    told_once = {"title", "description"}
    lines: list[str] = []
    for name, value in about.items():
        if name not in told_once:
            text = value if isinstance(value, str) else json.dumps(value)
            lines += [
                f"Note: {name}:",
                *(wrapped for line in text.splitlines() for wrapped in _wrapped(line)),
            ]
    return [*lines, _RULE]


def _wrapped(line: str) -> list[str]:
    """A line of a note in lines of 80; one of SQL stays one where it is no longer."""
    return textwrap.wrap(
        _ascii(line), 80, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
    )


def _lines(fields: list[_Field], cells: list[list[str | None]]) -> Iterator[str]:
    pads = [str.ljust if field.form.startswith("A") else str.rjust for field in fields]
    for row in zip(*cells, strict=True):
        padded = (
            pad(cell or "", f.last - f.first + 1) for pad, cell, f in zip(pads, row, fields, strict=True)
        )
        yield " ".join(padded) + "\n"
