"""Answers as people and programs read them: aligned table, CSV, JSON, Parquet."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from catalog.formats import literal, quoted
from catalog.layout import laid_out
from catalog.meanings import meanings
from catalog.schema import Column
from catalog.sql_files import Value
from catalog.statement import translated

FORMATS = ("table", "csv", "json", "parquet")
BY_ENDING = {".csv": "csv", ".json": "json", ".parquet": "parquet"}  # of the file that is written
MOST_ROWS = 1000  # of a table for people; programs get all rows in the other formats
_COPY = {
    "csv": "FORMAT csv, HEADER, USE_TMP_FILE false",
    "json": "FORMAT json, ARRAY true, USE_TMP_FILE false",
    "parquet": "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false",
}


def write_answer(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    values: Mapping[str, Value],
    form: str,
    path: Path,
    columns: Sequence[Column] = (),
) -> None:
    """Write the rows of a checked statement to a file that the connection may touch.

    `columns` are those of the answer where they are declared; otherwise the statement tells what they mean.
    """
    try:
        if form == "table":
            path.write_text(_table(connection, sql, values, columns, None))
        else:
            select = sql if form == "parquet" else _plain(connection, sql, values, form)
            connection.execute(f"COPY ({select}\n) TO {literal(str(path))} ({_COPY[form]})", values)
    except duckdb.Error as error:
        raise translated(error) from error


def print_answer(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    values: Mapping[str, Value],
    form: str,
    spool: Path,
    columns: Sequence[Column] = (),
) -> None:
    """Print the rows of a checked statement; `spool` is a file that the connection may touch."""
    if form == "table":
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        try:
            sys.stdout.write(_table(connection, sql, values, columns, width))
        except duckdb.Error as error:
            raise translated(error) from error
        return
    write_answer(connection, sql, values, form, spool)
    with spool.open(newline="") as file:
        shutil.copyfileobj(file, sys.stdout)


def _plain(connection: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, Value], form: str) -> str:
    """The statement with values that CSV and JSON can hold: no NaN, lists as JSON.

    Its columns are taken by their place, since several may have one name.
    """
    described = connection.execute(f"DESCRIBE (\n{sql}\n)", values).fetchall()
    terms = [
        f"{_term(f'c{i}', kind, form)} AS {quoted(name)}" for i, (name, kind, *_) in enumerate(described)
    ]
    places = ", ".join(f"c{i}" for i in range(len(described)))
    return f"SELECT {', '.join(terms)} FROM (\n{sql}\n) AS answer({places})"


def _term(name: str, kind: str, form: str) -> str:
    if kind in ("DOUBLE", "FLOAT"):
        finite = f"isfinite({name})" if form == "json" else f"NOT isnan({name})"
        return f"CASE WHEN {finite} THEN {name} END"
    if kind.endswith("]") and form == "csv":
        return f"CAST(to_json({name}) AS VARCHAR)"
    return name


def _table(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    values: Mapping[str, Value],
    columns: Sequence[Column],
    width: int | None,
) -> str:
    """Rows under their names and units, or below one another where the terminal is too narrow."""
    answer = connection.execute(sql, values)
    names = [str(column[0]) for column in answer.description or []]
    rows = answer.fetchmany(MOST_ROWS + 1)
    connection.abort()  # half-read, it would keep the connection from the next question
    known = {column.name: column for column in columns} or meanings(connection, sql, names)
    units = [known[name].unit or "" if name in known else "" for name in names]
    lines = laid_out(names, units, rows[:MOST_ROWS], width)
    n = len(rows)
    note = f"{n} row{'s'[: n != 1]}" if n <= MOST_ROWS else f"first {MOST_ROWS} rows; --format csv gives all"
    return "\n".join([*lines, f"({note})", ""])
