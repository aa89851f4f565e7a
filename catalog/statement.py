"""Which SQL is let in: one statement that only reads, by what DuckDB's own parser makes of it."""

import itertools
import json
import re
import shlex
from typing import Any

import duckdb

from catalog.formats import file_of
from catalog.reading_only import require_reading_only
from pores.errors import InputError, PorelakeError

_GONE = re.compile(r'No files found that match the pattern "((.*)/(?:packs|tables)/.*)"')
_DAMAGED = re.compile(r"""["'](.*)/(?:packs|tables)/.*\.parquet["']""")
_OF_FILES = (duckdb.IOException, duckdb.InvalidInputException)  # also what can't be unpacked


def checked(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Return the statement without what follows it; refuse anything but a single SELECT.

    DESCRIBE, SHOW and SUMMARIZE are SELECTs to DuckDB.

    Raises
    ------
    InputError
        If it can't be parsed, is none or several, does not only read, or calls a function that is not let in.
    """
    try:
        sql.encode()
        statements = duckdb.extract_statements(sql)
    except UnicodeEncodeError as error:
        raise InputError("sql: not a text in Unicode") from error
    except duckdb.Error as error:
        raise InputError(message(error)) from error
    if len(statements) != 1:
        raise InputError(f"sql: one statement is wanted, these are {len(statements)}")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise InputError(f"sql: only SELECT is possible here, not {_kind(statements[0].type)}")
    require_reading_only(connection, syntax_tree(connection, statements[0].query))
    return _bare(statements[0].query)


def _kind(statement: duckdb.StatementType) -> str:
    """A kind of statement as people call it; a PIVOT that must look for its values first is several."""
    if statement == duckdb.StatementType.MULTI:
        return "a PIVOT without its values: write ON ... IN (...)"
    return str(statement.name)


def message(error: duckdb.Error) -> str:
    """DuckDB's message in one line: its first one, and what it proposes instead."""
    lines = [line.strip() for line in str(error).splitlines()]
    if lines and lines[0].startswith("Traceback"):  # of the object store's client
        told = [
            line for line in itertools.takewhile(lambda line: not line.startswith("LINE "), lines) if line
        ]
        return told[-1].partition(": ")[2] or told[-1]
    hints = [line for line in lines[1:] if line.startswith(("Did you mean", "Candidate"))]
    return " ".join(["sql:", lines[0] if lines else type(error).__name__, *hints[:1]])


def syntax_tree(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    """Syntax tree of a SELECT, as DuckDB serialises it."""
    try:
        rows = connection.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchall()
        tree = json.loads(rows[0][0])
    except RecursionError as error:
        raise InputError("sql: nested too deeply") from error
    if tree["error"]:
        raise InputError(f"sql: {tree.get('error_message', 'this statement is not possible here')}")
    return tree


def _bare(sql: str) -> str:
    """A statement without its semicolon and what follows."""
    raw = sql.encode()
    for offset, _ in duckdb.tokenize(sql):
        if raw[offset : offset + 1] == b";":
            return raw[:offset].decode()
    return sql


def translated(error: duckdb.Error) -> PorelakeError:
    """The error to raise for one of DuckDB's: the question is at fault, or the lake or machine is."""
    if type(error) is duckdb.Error:  # told by the object store's client
        return PorelakeError(message(error))
    if isinstance(error, duckdb.IOException) and (gone := _GONE.search(str(error))):
        file, lake = map(file_of, gone.groups())
        publish = f"`porelake publish --lake {shlex.quote(lake)}`"
        return PorelakeError(f"{file} is missing; {publish} makes it again, or says what does")
    if isinstance(error, _OF_FILES) and (damaged := _DAMAGED.search(str(error))):
        verify = f"`porelake verify --lake {shlex.quote(file_of(damaged[1]))}`"
        return PorelakeError(f"{message(error)}; {verify} says what mends it")
    at_fault = (
        duckdb.IOException,
        duckdb.OutOfMemoryException,
        duckdb.InternalException,
        duckdb.FatalException,
    )
    return PorelakeError(message(error)) if isinstance(error, at_fault) else InputError(message(error))
