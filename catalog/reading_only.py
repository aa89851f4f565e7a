"""What a statement may hold: lists of what is let in, over the syntax tree that DuckDB makes of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from pores.errors import InputError

Node = dict[str, Any]

# Nodes of a query; all others write: a COPY, INSERT, UPDATE or DELETE may stand in a WITH.
_QUERIES = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"})
# Table functions that read nothing but their arguments or the catalogue. All others read files, tell of the
# machine, change settings, or run SQL from a text.
TABLE_FUNCTIONS = frozenset(
    {
        *("range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "summary"),
        *("duckdb_columns", "duckdb_views", "duckdb_functions", "duckdb_types", "duckdb_keywords"),
        *("pragma_version", "pragma_show", "pragma_table_info"),
    }
)
# Views of DuckDB itself that tell of tables and columns. Others tell of files, settings and the machine.
_INTERNAL_VIEWS = frozenset(
    {*("tables", "columns", "schemata", "views"), *("duckdb_columns", "duckdb_tables", "duckdb_views")}
)
# Functions with an effect beside their value are refused, but for these.
_HARMLESS = frozenset({"random", "uuid", "uuidv4", "uuidv7", "gen_random_uuid", "error"})
# Functions that DuckDB does not mark: they sleep, tell of machine or session, or bind SQL from a text.
_EFFECTS = frozenset(
    {"pg_sleep", "getenv", "set_config", "current_setting", "getvariable", "json_serialize_plan"}
)
_PLAIN = re.compile(r"\w+")


@dataclass(frozen=True)
class _Catalogue:
    """Names that a connection knows."""

    views: frozenset[str]
    internal_views: frozenset[str]
    table_macros: frozenset[str]
    effects: frozenset[str]


def require_reading_only(connection: duckdb.DuckDBPyConnection, tree: Any) -> None:
    """Refuse a statement that writes, reads anything but the catalogue, or calls what is not let in.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Of the lake.
    tree
        From `catalog.statement.syntax_tree`.

    Raises
    ------
    InputError
        That names the first thing that is not let in.
    """
    catalogue = _catalogue(connection)
    nodes = list(_nodes(tree))
    own = {entry["key"].lower() for node in nodes for entry in _entries(node.get("cte_map"))}
    for node in nodes:
        _check_query(node)
        _check_function(node, catalogue)
        if node.get("type") == "TABLE_FUNCTION":
            _check_table_function(node, catalogue)
        if node.get("type") == "BASE_TABLE":
            _check_table(node, catalogue, own)


def _check_query(node: Node) -> None:
    kind = str(node.get("type", ""))
    if kind.endswith("_NODE") and kind not in _QUERIES:
        raise InputError(f"sql: only SELECT is possible here, not {kind.partition('_')[0]}")


def _check_function(node: Node, catalogue: _Catalogue) -> None:
    name = str(node.get("function_name", "")).lower()
    if name in catalogue.effects:
        raise InputError(f"sql: the function {name} is not possible here")


def _check_table_function(node: Node, catalogue: _Catalogue) -> None:
    function = node.get("function")
    name = str(function.get("function_name", "")).lower() if isinstance(function, dict) else "of this form"
    if name not in TABLE_FUNCTIONS | catalogue.table_macros:
        raise InputError(
            f"sql: the table function {name} is not possible here; ask the views of the catalogue"
        )


def _check_table(node: Node, catalogue: _Catalogue, own: set[str]) -> None:
    """Let in views of the lake and what the statement itself names; DuckDB says what is not there.

    It would take any other name for that of a file: `'x.csv'`, and x.csv without quotes as well.
    """
    name, schema, place = (
        str(node.get(key, "")).lower() for key in ("table_name", "schema_name", "catalog_name")
    )
    if not (schema or place) and name in own | catalogue.views:
        return
    if name in _INTERNAL_VIEWS and schema in ("", "main", "information_schema"):
        return
    ours = schema in ("", "main", "lake") and place in ("", "lake")
    if not ours or name in catalogue.internal_views or not _PLAIN.fullmatch(name):
        said = ".".join(part for part in (place, schema, name) if part)
        raise InputError(f"sql: {said} is no table here; FROM may name the views of the catalogue, not files")


def _catalogue(connection: duckdb.DuckDBPyConnection) -> _Catalogue:
    views = connection.execute("SELECT lower(view_name), internal FROM duckdb_views()").fetchall()
    functions = connection.execute(_FUNCTIONS).fetchall()
    return _Catalogue(
        views=frozenset(name for name, internal in views if not internal),
        internal_views=frozenset(name for name, internal in views if internal),
        table_macros=frozenset(name for name, macro in functions if macro),
        effects=frozenset(name for name, macro in functions if not macro) - _HARMLESS | _EFFECTS,
    )


_FUNCTIONS = """
SELECT DISTINCT lower(function_name), function_type = 'table_macro'
FROM duckdb_functions()
WHERE (function_type = 'table_macro' AND NOT internal)
OR ((has_side_effects OR stability = 'VOLATILE') AND function_type NOT LIKE 'table%')"""


def _entries(cte_map: Any) -> list[Node]:
    return cte_map["map"] if isinstance(cte_map, dict) else []


def _nodes(tree: Any) -> Iterator[Node]:
    """Every object of a syntax tree."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, dict):
            yield node
            todo.extend(node.values())
        elif isinstance(node, list):
            todo.extend(node)
