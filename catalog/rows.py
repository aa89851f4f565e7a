"""The rows of a table or a named query, in memory, with what its columns mean and the SQL that gives them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from catalog.formats import literal
from catalog.provenance import subject
from catalog.query import Question
from catalog.schema import Column
from catalog.sql_files import Value
from catalog.statement import checked, translated

_VALUE = re.compile(r"\$([a-z]\w*)")


@dataclass(frozen=True)
class Rows:
    """An answer.

    Attributes
    ----------
    name : str
        Table, view or named query.
    description : str
        What a row is.
    columns : tuple of Column
    rows : list of tuple
    sql : str
        A statement without parameters that gives the same rows.
    command : str
        What to type for the same rows, but for `--lake`.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    rows: list[tuple[Any, ...]]
    sql: str
    command: str

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [column.name for column in self.columns]

    def records(self) -> list[dict[str, Any]]:
        """The rows as dicts."""
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


def rows_of(connection: duckdb.DuckDBPyConnection, name: str, params: Mapping[str, object]) -> Rows:
    """Ask for all rows of a table or view, or the answer of a named query.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        From `catalog.query.connect`.
    name : str
    params : mapping
        Values of the query's parameters; those left out have their defaults.

    Raises
    ------
    InputError
        If there is no such table or query, or a parameter is wrong.
    """
    what = subject(connection, name, {key: str(value) for key, value in params.items()})
    try:
        answer = connection.execute(checked(connection, what.question.sql), what.question.values)
        names = [str(column[0]) for column in answer.description or []]
        rows = answer.fetchall()
    except duckdb.Error as error:
        raise translated(error) from error
    columns = tuple(what.columns.get(name, Column(name, "string", "")) for name in names)
    said = [f"--param {key}={value}" for key, value in params.items()]
    command = f"porelake query {name}" if what.question.values else f"porelake export {name} --format csv"
    return Rows(name, what.description, columns, rows, with_values(what.question), " ".join([command, *said]))


def with_values(question: Question) -> str:
    """Return the statement of a question with its values in the place of parameters, less its header."""
    lines = question.sql.splitlines()
    body = next((i for i, line in enumerate(lines) if not line.startswith("--")), 0)
    text = "\n".join(lines[body:]).strip()
    values = question.values
    return _VALUE.sub(lambda found: _literal(values[found[1]]) if found[1] in values else found[0], text)


def _literal(value: Value) -> str:
    """A value as SQL; a float so that it is a DOUBLE, not a DECIMAL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, float):
        return f"{value!r}e0" if "e" not in repr(value) else repr(value)
    return literal(str(value))
