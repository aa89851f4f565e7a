"""What is in a catalogue, and what tables, macros and queries and their columns mean."""

from dataclasses import dataclass
from typing import Any

import duckdb

from catalog.connection import views_of
from catalog.formats import SQL_TYPES
from catalog.layout import WIDTH, listing, paragraph
from catalog.meanings import known_columns, macro_columns
from catalog.near import nearest
from catalog.query import connect
from catalog.schema import Column
from catalog.sql_files import Parameter, SqlFile, sql_file, sql_files
from pores.errors import InputError
from storage.lake import Lake

_TITLES = {"table": "Tables and views", "macro": "Macros", "query": "Named queries"}


@dataclass(frozen=True)
class Described:
    """A table or view, a macro or a named query, in words.

    Attributes
    ----------
    name, kind, description : str
        `kind` is `table`, `macro` or `query`; the description says what a row is.
    columns : tuple of Column
    parameters : tuple of Parameter
    usage : str
        How it is asked for.
    sql : str
        Its text; none of a table.
    """

    name: str
    kind: str
    description: str
    columns: tuple[Column, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    usage: str = ""
    sql: str = ""

    def text(self, width: int | None = None) -> str:
        """All of it for people, wrapped to a width."""
        wide = width or WIDTH
        parts = [paragraph(f"{self.name}: {self.description}.", wide), self.usage and f"  {self.usage}"]
        if self.parameters:
            told = [(f"  {p.name}", p.type, _default(p), p.description) for p in self.parameters]
            parts += ["", "Parameters", *listing(told, wide)]
        rows = [
            (f"  {c.name}", SQL_TYPES[c.type], _unit(c), "null" if c.nullable else "", _said(c))
            for c in self.columns
        ]
        parts += ["", "Columns", *listing(rows, wide)] if rows else []
        return "\n".join([*filter(None, parts[:2]), *parts[2:], *(["", self.sql] if self.sql else [])])

    def record(self) -> dict[str, Any]:
        """All of it for machines."""
        columns = [
            {
                "name": column.name,
                "type": SQL_TYPES[column.type],
                "unit": column.unit,
                "ucd": column.ucd,
                "null": column.nullable,
                "description": column.description,
            }
            for column in self.columns
        ]
        parameters = [
            {"name": p.name, "type": p.type, "default": p.default or None, "description": p.description}
            for p in self.parameters
        ]
        about = {"name": self.name, "kind": self.kind, "description": self.description}
        return {**about, "columns": columns, "parameters": parameters, "usage": self.usage, "sql": self.sql}

    __repr__ = text


def everything(lake: Lake) -> list[Described]:
    """Every table and view of the catalogue, every macro and named query.

    Raises
    ------
    InputError
        If there is no lake.
    """
    with connect(lake) as connection:
        tables = [_table(connection, name, comment) for name, comment in views_of(connection).items()]
        there = {name for (name,) in connection.execute(_MACROS).fetchall()}
        macros = [_macro(connection, file) for file in sql_files("macros") if file.name in there]
        return [*tables, *macros, *queries()]


def queries() -> list[Described]:
    """Every named query; they are the same for all lakes."""
    return [_query(file) for file in sql_files("queries")]


def described_query(name: str) -> Described:
    """A named query; InputError if there is none of that name."""
    return _query(sql_file("queries", name))


def described(lake: Lake, name: str) -> list[Described]:
    """Everything of a name: a macro and a query may share one.

    Raises
    ------
    InputError
        If there is no lake, or nothing of that name.
    """
    there = everything(lake)
    found = [what for what in there if what.name == name.lower()]
    if not found:
        raise InputError(f"{name}: no such table, macro or query; {nearest(name, {w.name for w in there})}")
    return found


def contents(there: list[Described], width: int | None = None) -> str:
    """What there is: names with what a row is, wrapped to a width."""
    parts = []
    for kind, title in _TITLES.items():
        rows = [
            (f"  {what.name}", f"{what.description.partition('. ')[0]}.")
            for what in there
            if what.kind == kind
        ]
        parts += ["", title, *listing(rows, width or WIDTH)] if rows else []
    return "\n".join(parts[1:])


def list_queries(width: int | None = None) -> str:
    """Every named query with what it tells and its parameters, wrapped to a width."""
    lines = []
    for query in queries():
        lines += ["", query.name, paragraph(f"{query.description}.", width or WIDTH, "    ")]
        given = [(f"    {p.written}", f"{p.description} ({p.type})") for p in query.parameters]
        lines += listing(given, width or WIDTH) if given else []
    return "\n".join([*lines[1:], "", "`porelake query NAME --describe` tells all of one."])


_MACROS = "SELECT function_name FROM duckdb_functions() WHERE database_name = 'lake'"
_COLUMNS = """
SELECT column_name, coalesce(comment, '') FROM duckdb_columns()
WHERE database_name = 'lake' AND table_name = ? ORDER BY column_index"""


def _table(connection: duckdb.DuckDBPyConnection, name: str, comment: str) -> Described:
    """A table as the catalogue has it; one made by another version may lack columns."""
    known = {column.name: column for column in known_columns().get(name, ())}
    there = connection.execute(_COLUMNS, [name]).fetchall()
    columns = tuple(known.get(column, Column(column, "string", said)) for column, said in there)
    return Described(name, "table", comment.rstrip("."), columns, usage=f'porelake sql "FROM {name}"')


def _macro(connection: duckdb.DuckDBPyConnection, file: SqlFile) -> Described:
    columns = macro_columns(connection, file.name)
    usage = f'porelake sql "{file.example}"'
    return Described(file.name, "macro", file.description, columns, file.parameters, usage, file.body.strip())


def _query(file: SqlFile) -> Described:
    usage = " ".join([f"porelake query {file.name}", *(p.written for p in file.parameters)])
    return Described(
        file.name, "query", file.description, file.columns, file.parameters, usage, file.body.strip()
    )


def _default(parameter: Parameter) -> str:
    return f"= {parameter.default}" if parameter.default else ""


def _unit(column: Column) -> str:
    return f"[{column.unit}]" if column.unit else ""


def _said(column: Column) -> str:
    return f"{column.description} ({column.ucd})" if column.ucd else column.description
