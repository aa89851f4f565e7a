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
from pores.errors import InputError

FORMATS = ("table", "csv", "json", "parquet")
# Of the file that is written.
BY_ENDING = {".csv": "csv", ".json": "json", ".parquet": "parquet", ".txt": "table"}
MOST_ROWS = 1000  # of a table for people; programs get all rows in the other formats
_COPY = {
    "csv": "FORMAT csv, HEADER, USE_TMP_FILE false",
    "json": "FORMAT json, ARRAY true, USE_TMP_FILE false",
    "parquet": "FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false",
}


def format_of(out: Path, endings: Mapping[str, str] = BY_ENDING) -> str:
    """The format that the end of a file's name means; InputError if it means none."""
    if form := endings.get(out.suffix.lower()):
        return form
    forms = "|".join(dict.fromkeys(endings.values()))
    raise InputError(f"--out {out}: the name tells no format; add --format {forms}")


def write_answer(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    values: Mapping[str, Value],
    form: str,
    path: Path,
    columns: Sequence[Column] = (),
) -> int:
    """Write the rows of a checked statement to a file that the connection may touch; return their number.

    `columns` are those of the answer where they are declared; otherwise the statement tells what they mean.
    """
    try:
        if form == "table":
            text, n = _table(connection, sql, values, columns, None)
            path.write_text(text)
            return n
        select = sql if form == "parquet" else _plain(connection, sql, values, form)
        copied = connection.execute(f"COPY ({select}\n) TO {literal(str(path))} ({_COPY[form]})", values)
        return int((copied.fetchone() or (0,))[0])
    except duckdb.Error as error:
        raise translated(error) from error


def print_answer(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    values: Mapping[str, Value],
    form: str,
    spool: Path,
    columns: Sequence[Column] = (),
) -> int:
    """Print the rows of a checked statement; return their number.

    `spool` is a file that the connection may touch.
    """
    if form == "table":
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        try:
            text, n = _table(connection, sql, values, columns, width)
        except duckdb.Error as error:
            raise translated(error) from error
        sys.stdout.write(text)
        return n
    n = write_answer(connection, sql, values, form, spool)
    with spool.open(newline="") as file:
        shutil.copyfileobj(file, sys.stdout)
    return n


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
) -> tuple[str, int]:
    """Rows under their names and units, or below one another where the terminal is too narrow; how many."""
    answer = connection.execute(sql, values)
    names = [str(column[0]) for column in answer.description or []]
    rows = answer.fetchmany(MOST_ROWS + 1)
    connection.abort()  # half-read, it would keep the connection from the next question
    known = {column.name: column for column in columns} or meanings(connection, sql, names)
    units = [known[name].unit or "" if name in known else "" for name in names]
    lines = laid_out(names, units, rows[:MOST_ROWS], width)
    n = len(rows)
    note = f"{n} row{'s'[: n != 1]}" if n <= MOST_ROWS else f"first {MOST_ROWS} rows; --format csv gives all"
    return "\n".join([*lines, f"({note})", ""]), n
