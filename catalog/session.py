"""A catalogue that is asked again and again: statements, named queries, and the names that complete them."""

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from catalog.answers import print_answer
from catalog.connection import views_of
from catalog.interruption import interruptible
from catalog.query import Question, connect, require_shipped
from catalog.sql_files import sql_files
from catalog.statement import checked
from pores.errors import InputError
from storage.lake import Lake


@dataclass(frozen=True)
class Names:
    """What can be named in a question, with what it means.

    Attributes
    ----------
    tables, macros, queries, keywords : dict
        Name to what a row is.
    columns : dict
        Table to its columns, each with unit and meaning.
    parameters : dict
        Query to its parameters, each with default and meaning.
    """

    tables: dict[str, str] = field(default_factory=dict)
    macros: dict[str, str] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)
    keywords: dict[str, str] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    parameters: dict[str, dict[str, str]] = field(default_factory=dict)


class Session:
    """An open catalogue. Answers are printed."""

    def __init__(self, lake: Lake) -> None:
        self.lake = lake
        with ExitStack() as stack:
            directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="porelake-"))
            self._spool = Path(directory) / "answer"
            self._connection = stack.enter_context(connect(lake, self._spool))
            self._held = stack.pop_all()

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def ask(self, question: Question, form: str) -> None:
        """Print the answer to a question as table, CSV or JSON.

        Raises
        ------
        InputError
            If the statement is wrong or does more than read.
        KeyboardInterrupt
            If Ctrl-C ended it.
        """
        if form == "parquet":
            raise InputError("parquet is for files: .out FILE.parquet, then ask")
        try:
            sql = checked(self._connection, question.sql)
            interruptible(self._connection, lambda: self._print(sql, question, form))
        except InputError as error:
            if question.columns:
                require_shipped(self._connection, self.lake, error)
            raise

    def _print(self, sql: str, question: Question, form: str) -> None:
        print_answer(self._connection, sql, question.values, form, self._spool, question.columns)

    def names(self) -> Names:
        """What there is to name."""
        rows = self._connection.execute(_COLUMNS).fetchall()
        columns: dict[str, dict[str, str]] = {}
        for table, column, comment in rows:
            columns.setdefault(table, {})[column] = comment
        queries = sql_files("queries")
        return Names(
            tables=views_of(self._connection),
            macros=dict(self._connection.execute(_MACROS).fetchall()),
            queries={query.name: query.description for query in queries},
            keywords=dict.fromkeys([word for (word,) in self._connection.execute(_KEYWORDS).fetchall()], ""),
            columns=columns,
            parameters={
                query.name: {
                    p.name: f"= {p.default}: {p.description}" if p.default else p.description
                    for p in query.parameters
                }
                for query in queries
            },
        )


_MACROS = """
SELECT function_name, coalesce(any_value(comment), '') FROM duckdb_functions()
WHERE database_name = 'lake' GROUP BY function_name ORDER BY function_name"""
_COLUMNS = """
SELECT table_name, column_name, coalesce(comment, '') FROM duckdb_columns()
WHERE database_name = 'lake' ORDER BY table_name, column_index"""
_KEYWORDS = "SELECT upper(keyword_name) FROM duckdb_keywords() WHERE keyword_category = 'reserved'"


def split(text: str) -> tuple[list[str], str]:
    """Return the statements of a text that a semicolon ends, and what follows the last one.

    Examples
    --------
    >>> split("SELECT ';' AS a; SELECT 2; -- rest")
    (["SELECT ';' AS a", ' SELECT 2'], ' -- rest')
    """
    raw, start = text.encode(errors="replace"), 0
    statements = []
    try:
        tokens = duckdb.tokenize(text)
    except (duckdb.Error, UnicodeError):
        return [], text
    for offset, _ in tokens:
        if raw[offset : offset + 1] == b";":
            statements.append(raw[start:offset].decode())
            start = offset + 1
    return [statement for statement in statements if not blank(statement)], raw[start:].decode()


def blank(text: str) -> bool:
    """Whether there is nothing in a text but spaces and comments."""
    return all(kind.name == "comment" for _, kind in duckdb.tokenize(text))
