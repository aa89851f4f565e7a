"""What the columns of an answer mean: one that a statement hands through, renamed or not, keeps its meaning.

A value that is computed has none, be it called like a column: nobody can guess the unit of `avg(mu) AS
lifetime_h`. The syntax tree tells which is which; nothing is said where it can't be followed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import duckdb

from catalog.schema import ENSEMBLES, TABLES, Column
from catalog.schema.published import ALL_RUNS, PUBLISHED
from catalog.sql_files import sql_files
from catalog.statement import syntax_tree

Meaning = tuple[str | None, Column | None]  # name, if it is told; and what it means, if that is known
Columns = list[Meaning] | None  # None: what columns there are is not known
_NO_RIGHT_SIDE = ("SEMI", "ANTI")


@cache
def known_columns() -> dict[str, tuple[Column, ...]]:
    """Columns of every table and view of the catalogue."""
    runs = TABLES["runs"].columns
    views = {view.name: view.columns for view in sql_files("views")}
    tables = {table.name: table.columns for table in (*TABLES.values(), *ENSEMBLES.values())}
    return {**views, **tables, ALL_RUNS: runs, "published": PUBLISHED}


def meanings(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    names: Sequence[str],
    known: Mapping[str, Iterable[Column]] | None = None,
) -> dict[str, Column]:
    """Return what columns of a SELECT mean, by their names in its answer; only those that it hands through.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    sql : str
        A statement that was let in.
    names : sequence of str
        Names of the columns of its answer.
    known : mapping, optional
        Columns of other relations that the statement may name.
    """
    tree = syntax_tree(connection, sql)
    others: dict[str, Columns] = {name.lower(): _named(columns) for name, columns in (known or {}).items()}
    try:
        found = _Statement(connection).select(tree["statements"][0]["node"], others) or []
    except RecursionError:  # hundreds of subqueries in one another
        return {}
    told = [name for name, _ in found]
    if len(told) != len(names) or any(
        a is not None and a.lower() != b.lower() for a, b in zip(told, names, strict=True)
    ):
        return {}  # not followed rightly
    twice = {name for name in names if list(names).count(name) > 1}
    pairs = zip(names, (column for _, column in found), strict=True)
    return {name: column for name, column in pairs if column is not None and name not in twice}


def macro_columns(connection: duckdb.DuckDBPyConnection, name: str) -> tuple[Column, ...]:
    """Columns of a macro whose meaning is known."""
    return tuple(column for _, column in _Statement(connection).macro(name) or [] if column is not None)


@dataclass(frozen=True)
class _Source:
    """What stands in a FROM: its name, columns, and those that `*` leaves out."""

    name: str
    columns: Columns
    merged: frozenset[str] = frozenset()

    def get(self, name: str) -> list[Column | None]:
        return [column for told, column in self.columns or [] if told and told.lower() == name.lower()]


class _Statement:
    """A statement that is followed; `hidden` are names that are not columns but arguments of a macro."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, hidden: frozenset[str] = frozenset()) -> None:
        self._connection = connection
        self._hidden = hidden

    def select(self, node: dict[str, Any], scope: dict[str, Columns]) -> Columns:
        """Columns of a node of the tree; `scope` holds the relations that WITH names."""
        for entry in node.get("cte_map", {}).get("map", []):
            value = entry["value"]
            columns = None if value["aliases"] else self.select(value["query_node"], scope)
            scope = {**scope, entry["key"].lower(): columns}
        if node["type"] == "SELECT_NODE":
            sources = self._sources(node["from_table"], scope)
            return _joined([self._item(item, sources) for item in node["select_list"]])
        if node["type"] == "SET_OPERATION_NODE" and node["setop_type"] != "UNION_BY_NAME":
            return _agreed([self.select(child, scope) for child in node["children"]])
        return None

    def _sources(self, table: dict[str, Any], scope: dict[str, Columns]) -> list[_Source]:
        if table["type"] == "EMPTY":
            return []
        if table["type"] == "JOIN":
            left, right = (self._sources(table[side], scope) for side in ("left", "right"))
            if table["join_type"] in _NO_RIGHT_SIDE:
                return left
            merged = frozenset(name.lower() for name in table["using_columns"])
            return [*left, *(_Source(s.name, s.columns, s.merged | merged) for s in right)]
        name, columns = self._table(table, scope)
        return [_Source(table["alias"] or name, None if table.get("column_name_alias") else columns)]

    def _table(self, table: dict[str, Any], scope: dict[str, Columns]) -> tuple[str, Columns]:
        if table["type"] == "BASE_TABLE":
            name = str(table["table_name"])
            qualified = table["catalog_name"] or table["schema_name"]
            if not qualified and name.lower() in scope:
                return name, scope[name.lower()]
            ours = table["catalog_name"] in ("", "lake") and table["schema_name"] in ("", "main")
            columns = known_columns().get(name.lower()) if ours else None
            return name, None if columns is None else _named(columns)
        if table["type"] == "SUBQUERY":
            return "", self.select(table["subquery"]["node"], scope)
        if table["type"] == "TABLE_FUNCTION":
            name = str(table["function"]["function_name"])
            return name, self.macro(name)
        return "", None

    def macro(self, name: str) -> Columns:
        """Columns of a macro, as it declares them or as its text tells."""
        macro = next((file for file in sql_files("macros") if file.name == name.lower()), None)
        if macro is None or macro.columns:
            return _named(macro.columns) if macro else None
        _, of_table, select = macro.body.partition(" AS TABLE")
        if not of_table:  # it gives a value
            return None
        hidden = frozenset(parameter.name.lower() for parameter in macro.parameters)
        tree = syntax_tree(self._connection, select)
        return _Statement(self._connection, hidden).select(tree["statements"][0]["node"], {})

    def _item(self, item: dict[str, Any], sources: list[_Source]) -> Columns:
        """What one term of a SELECT gives: one column, or several where it is a star."""
        if item["type"] == "STAR":
            return self._star(item, sources)
        if item["type"] != "COLUMN_REF":
            return [(item["alias"] or None, None)]
        *table, name = item["column_names"]
        return [(item["alias"] or name, self._referred(table, name, sources))]

    def _referred(self, table: list[str], name: str, sources: list[_Source]) -> Column | None:
        if (not table and name.lower() in self._hidden) or len(table) > 1:
            return None
        asked = [source for source in sources if not table or source.name.lower() == table[0].lower()]
        found = [column for source in asked for column in source.get(name)]
        return found[0] if found and all(column == found[0] for column in found) else None

    def _star(self, item: dict[str, Any], sources: list[_Source]) -> Columns:
        """Columns that a star stands for."""
        if item["columns"] or item["expr"] or item["rename_list"] or item["qualified_exclude_list"]:
            return None
        of = item["relation_name"].lower()
        left_out = {name.lower() for name in item["exclude_list"]}
        replaced = {entry["key"].lower() for entry in item["replace_list"]}
        found: list[Meaning] = []
        merged = frozenset[str]().union(*(source.merged for source in sources))
        for source in sources:
            if of and source.name.lower() != of:
                continue
            if source.columns is None:
                return None
            for name, column in source.columns:
                key = (name or "").lower()
                if key in left_out or (not of and key in source.merged):
                    continue
                both = self._referred([], key, sources) if key in merged and not of else column
                found.append((name, None if key in replaced else both))
        return found


def _named(columns: Iterable[Column]) -> list[Meaning]:
    return [(column.name, column) for column in columns]


def _joined(parts: list[Columns]) -> Columns:
    """Columns side by side."""
    if any(part is None for part in parts):
        return None
    return [meaning for part in parts for meaning in part or []]


def _agreed(parts: list[Columns]) -> Columns:
    """Columns of relations below one another: a meaning where all have the same."""
    first, *others = parts
    if first is None or any(other is None or len(other) != len(first) for other in others):
        return None
    below = [[other[i][1] for other in others if other] for i in range(len(first))]
    return [
        (name, column if all(other == column for other in below[i]) else None)
        for i, (name, column) in enumerate(first)
    ]
