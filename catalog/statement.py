"""Which SQL is let in: one statement that only reads, by what DuckDB's own parser makes of it."""

import itertools
import json
from collections.abc import Iterator
from typing import Any

import duckdb

from pores.errors import InputError, PorelakeError

# Table functions that read nothing but their arguments or the catalogue. All others are refused: they read
# files, change settings, or run SQL from a text.
TABLE_FUNCTIONS = frozenset(
    {
        *("range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "summary"),
        *("duckdb_columns", "duckdb_views", "duckdb_functions", "duckdb_types", "duckdb_keywords"),
        *("duckdb_settings", "pragma_version", "pragma_show", "pragma_table_info"),
    }
)
# Functions with effects beside their value.
EFFECTS = frozenset(
    {"write_log", "sleep_ms", "pg_sleep", "nextval", "setval", "setseed", "getenv", "set_config"}
)


def checked(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """Return the statement without what follows it; refuse anything but a single SELECT.

    DESCRIBE, SHOW and SUMMARIZE are SELECTs to DuckDB.

    Raises
    ------
    InputError
        If it can't be parsed, is none or several, does not only read, or calls a function that is not let in.
    """
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise InputError(message(error)) from error
    if len(statements) != 1:
        raise InputError(f"sql: one statement is wanted, these are {len(statements)}")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise InputError(f"sql: only SELECT is possible here, not {statements[0].type.name}")
    _check_calls(connection, statements[0].query)
    return _bare(statements[0].query)


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


def _check_calls(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    tree = syntax_tree(connection, sql)
    macros = {name for (name,) in connection.execute(_MACROS).fetchall()}
    for node in _nodes(tree):
        name = str(node.get("function_name", "")).lower()
        if name in EFFECTS:
            raise InputError(f"sql: the function {name} is not possible here")
        called = str(node["function"].get("function_name", "")).lower() if _is_table_function(node) else None
        if called is not None and called not in TABLE_FUNCTIONS | macros:
            raise InputError(
                f"sql: the table function {called} is not possible here; ask the views of the catalogue"
            )


_MACROS = "SELECT function_name FROM duckdb_functions() WHERE function_type = 'table_macro' AND NOT internal"


def syntax_tree(connection: duckdb.DuckDBPyConnection, sql: str) -> Any:
    """Syntax tree of a SELECT, as DuckDB serialises it."""
    rows = connection.execute("SELECT json_serialize_sql($sql)", {"sql": sql}).fetchall()
    tree = json.loads(rows[0][0])
    if tree["error"]:
        raise InputError(f"sql: {tree.get('error_message', 'this statement is not possible here')}")
    return tree


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a syntax tree."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            yield node
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)


def _is_table_function(node: dict[str, Any]) -> bool:
    return node.get("type") == "TABLE_FUNCTION" and isinstance(node.get("function"), dict)


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
    at_fault = (
        duckdb.IOException,
        duckdb.OutOfMemoryException,
        duckdb.InternalException,
        duckdb.FatalException,
    )
    return PorelakeError(message(error)) if isinstance(error, at_fault) else InputError(message(error))
