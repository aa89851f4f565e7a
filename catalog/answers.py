"""Answers as people and programs read them: aligned table, CSV, JSON, Parquet."""

import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

import duckdb

from catalog.formats import literal, quoted
from catalog.sql_files import Value
from catalog.statement import translated

FORMATS = ("table", "csv", "json", "parquet")
MOST_ROWS = 1000  # of a table for people; programs get all rows in the other formats
WIDEST = 60  # characters of a cell
_COPY = {
    "csv": "FORMAT csv, HEADER, USE_TMP_FILE false",
    "json": "FORMAT json, ARRAY true, USE_TMP_FILE false",
    "parquet": "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false",
}


def write_answer(
    connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, Value], form: str, path: Path
) -> None:
    """Write the rows of a checked statement to a file that the connection may touch."""
    try:
        if form == "table":
            with path.open("w") as file:
                _print_table(connection.execute(sql, values), file, None)
        else:
            select = sql if form == "parquet" else _plain(connection, sql, values, form)
            connection.execute(f"COPY ({select}\n) TO {literal(str(path))} ({_COPY[form]})", values)
    except duckdb.Error as error:
        raise translated(error) from error


def print_answer(
    connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, Value], form: str, spool: Path
) -> None:
    """Print the rows of a checked statement; `spool` is a file that the connection may touch."""
    if form == "table":
        try:
            width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
            _print_table(connection.execute(sql, values), sys.stdout, width)
        except duckdb.Error as error:
            raise translated(error) from error
        return
    write_answer(connection, sql, values, form, spool)
    with spool.open(newline="") as file:
        shutil.copyfileobj(file, sys.stdout)


def _plain(connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, Value], form: str) -> str:
    """The statement with values that CSV and JSON can hold: no NaN, lists as JSON."""
    described = connection.execute(f"DESCRIBE (\n{sql}\n)", values).fetchall()
    terms = [_term(quoted(name), kind, form) for name, kind, *_ in described]
    return f"SELECT {', '.join(terms)} FROM (\n{sql}\n)"


def _term(name: str, kind: str, form: str) -> str:
    if kind in ("DOUBLE", "FLOAT"):
        finite = f"isfinite({name})" if form == "json" else f"NOT isnan({name})"
        return f"CASE WHEN {finite} THEN {name} END AS {name}"
    if kind.endswith("]") and form == "csv":
        return f"CAST(to_json({name}) AS VARCHAR) AS {name}"
    return name


def _print_table(rows: duckdb.DuckDBPyConnection, file: TextIO, width: int | None) -> None:
    """Print rows aligned under their names, or below one another where the terminal is too narrow."""
    names = [column[0] for column in rows.description or []]
    values = rows.fetchmany(MOST_ROWS + 1)
    more = len(values) > MOST_ROWS
    cells = [[_text(value) for value in row] for row in values[:MOST_ROWS]]
    right = [all(isinstance(row[i], int | float | None) for row in values) for i in range(len(names))]
    lines = _aligned(names, cells, right)
    if width is not None and max(map(len, lines)) > width:
        lines = _stacked(names, cells)
    print(*lines, sep="\n", file=file)
    note = (
        f"first {MOST_ROWS} rows; --format csv gives all"
        if more
        else f"{len(cells)} row{'s'[: len(cells) != 1]}"
    )
    print(f"({note})", file=file)


def _aligned(names: list[str], cells: list[list[str]], right: list[bool]) -> list[str]:
    """Lines of a table: names, a rule, rows."""
    short = [[cell if len(cell) <= WIDEST else f"{cell[: WIDEST - 1]}…" for cell in row] for row in cells]
    widths = [max(len(name), *(len(row[i]) for row in short), 0) for i, name in enumerate(names)]
    rows = [names, ["-" * width for width in widths], *short]
    pad = [str.rjust if numeric else str.ljust for numeric in right]
    return ["  ".join(pad[i](cell, widths[i]) for i, cell in enumerate(row)).rstrip() for row in rows]


def _stacked(names: list[str], cells: list[list[str]]) -> list[str]:
    """Lines of a table with one value each."""
    widest = max(map(len, names))
    lines = []
    for number, row in enumerate(cells, 1):
        lines.append(f"-- row {number}")
        lines += [f"{name.ljust(widest)}  {cell}" for name, cell in zip(names, row, strict=True)]
    return lines


def _text(value: Any) -> str:
    """A value as people read it: six digits, NULL visible, nothing that a terminal would act on."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
