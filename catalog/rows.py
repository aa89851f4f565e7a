"""The answer of a named query in memory, with what its columns mean and the SQL that gives it."""

import re
import shlex
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from catalog.formats import literal
from catalog.query import Question, named
from catalog.schema import Column
from catalog.sql_files import Value, sql_file
from catalog.statement import checked, translated

_VALUE = re.compile(r"\$([a-z]\w*)")


@dataclass(frozen=True)
class Answer:
    """The rows of a named query.

    Attributes
    ----------
    name : str
        The query.
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

    def where(self, name: str, values: Collection[Any]) -> "Answer":
        """Return the answer with those rows only that have one of the values in a column."""
        column = self.names.index(name)
        return replace(self, rows=[row for row in self.rows if row[column] in values])


def ask(connection: duckdb.DuckDBPyConnection, name: str, params: Mapping[str, object]) -> Answer:
    """Answer a named query.

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
        If there is no such query, or a parameter is wrong.
    """
    question = _question(name, params)
    try:
        rows = connection.execute(checked(connection, question.sql), question.values).fetchall()
    except duckdb.Error as error:
        raise translated(error) from error
    query = sql_file("queries", name)
    return Answer(name, query.description, query.columns, rows, *asked(name, params))


def asked(name: str, params: Mapping[str, object]) -> tuple[str, str]:
    """Return the SQL and the command that give the answer of a named query, without asking it."""
    said = [f"--param {shlex.quote(f'{key}={value}')}" for key, value in params.items()]
    return with_values(_question(name, params)), " ".join([f"porelake query {name}", *said])


def with_values(question: Question) -> str:
    """Return the statement of a question with its values in the place of parameters, less its header."""
    lines = question.sql.splitlines()
    body = next((i for i, line in enumerate(lines) if not line.startswith("--")), 0)
    text = "\n".join(lines[body:]).strip()
    values = question.values
    return _VALUE.sub(lambda found: _literal(values[found[1]]) if found[1] in values else found[0], text)


def _question(name: str, params: Mapping[str, object]) -> Question:
    return named(name, {key: str(value) for key, value in params.items()})


def _literal(value: Value) -> str:
    """A value as SQL; a float so that it is a DOUBLE, not a DECIMAL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool | int):
        return str(value)
    if isinstance(value, float):
        return repr(value) if "e" in repr(value) else f"{value!r}e0"
    return literal(str(value))
