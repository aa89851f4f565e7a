"""A lake's catalogue, opened read-only and locked down, and questions to it."""

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from catalog.answers import FORMATS, print_answer, write_answer
from catalog.connection import bound, lock, register_tables
from catalog.formats import literal
from catalog.interruption import interruptible
from catalog.limits import Limits
from catalog.near import nearest
from catalog.schema import Column
from catalog.sql_files import Value, shipped, sql_file
from catalog.statement import checked
from pores.errors import InputError
from storage.lake import Lake, atomic
from storage.outputs import writable
from storage.remote_files import pull_catalog


@dataclass(frozen=True)
class Question:
    """A statement with the values of its parameters; `columns` are those that are known beforehand."""

    sql: str
    values: dict[str, Value]
    columns: tuple[Column, ...] = ()


def connect(
    lake: Lake, writes: Path | None = None, limits: Limits | None = None
) -> duckdb.DuckDBPyConnection:
    """Open the catalogue read-only: no files but the lake's tables, no extensions, no settings to change.

    `run_sql` lets in only SELECT; whoever executes statements on the connection directly should know that
    COPY and ATTACH into the directory of the tables are what DuckDB itself does not refuse.

    Parameters
    ----------
    lake : Lake
        The lake.
    writes : Path, optional
        The one file beside the tables that statements may touch.
    limits : Limits, optional
        Those of memory and threads; nothing is put on disk then.

    Raises
    ------
    InputError
        If there is no catalogue, or it was made for a lake in another place.
    """
    pull_catalog(lake)
    if not lake.catalog.exists():
        raise InputError(
            f"no catalogue in the lake {lake.location}; `porelake run` makes one, --lake says where it is"
        )
    connection = duckdb.connect(
        ":memory:", config=_CONFIG
    )  # attached: a second connection sees a new catalogue
    try:
        connection.execute(f"ATTACH {literal(str(lake.catalog))} AS lake (READ_ONLY); USE lake")
        _check_place(connection, lake)
    except duckdb.Error as error:
        connection.close()
        raise InputError(
            f"{lake.catalog}: not a readable catalogue; `porelake publish` makes a new one"
        ) from error
    if limits is None:
        spill = Path(tempfile.gettempdir()) / f"porelake-{os.getpid()}"
        connection.execute(f"SET temp_directory = {literal(str(spill))}")
    else:
        bound(connection, limits)
    register_tables(connection, lake)
    lock(connection, lake, writes)
    return connection


_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "allow_community_extensions": False,
    "allow_persistent_secrets": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "python_enable_replacements": False,
}


def _check_place(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    row = connection.execute("SELECT root FROM published").fetchone()
    if row is None or row[0] != lake.location:
        raise InputError(
            f"the catalogue of the lake {lake.location} was made for {row and row[0]};"
            f" `porelake publish --lake {lake.location}` makes it anew for the place where it is now"
        )


def run_sql(lake: Lake, statement: str, form: str = "table", out: Path | None = None) -> Path | None:
    """Answer one SELECT statement on stdout or in a file, as `table`, `csv`, `json` or `parquet`.

    Returns the file where there is one.

    Raises
    ------
    InputError
        If the statement is not a SELECT or is wrong, there is no lake, or the output can't be written.
    """
    return answer(lake, Question(statement, {}), form, out)[0]


def run_query(
    lake: Lake,
    name: str,
    params: Mapping[str, str] | None = None,
    form: str = "table",
    out: Path | None = None,
    tell: Callable[[str], object] = lambda _: None,
) -> Path | None:
    """Answer a named query, as `run_sql` does, and tell what was asked for where there are no rows.

    InputError says which are near if the name is unknown.
    """
    question = named(name, params or {})
    try:
        written, n = answer(lake, question, form, out)
    except InputError as error:
        with connect(lake) as connection:
            require_shipped(connection, lake, error)
        raise
    if not n:
        tell(_nothing_of(name, question))
    return written


def _nothing_of(name: str, question: Question) -> str:
    """What was asked for, where the lake has nothing of the kind."""
    asked = ", ".join(f"{key}={_written(value)}" for key, value in question.values.items())
    means = f" with {asked}; `porelake query {name} --describe` says what that asks for" if asked else ""
    return f"no rows of {name}{means}"


def _written(value: Value) -> str:
    """A value as `--param` takes it."""
    return "null" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def require_shipped(connection: duckdb.DuckDBPyConnection, lake: Lake, error: InputError) -> None:
    """Raise what to do where the catalogue lacks views or macros that named queries stand on.

    `error` is what came of it: a catalogue that another version of porelake made.
    """
    there = {name for (name,) in connection.execute(_THERE).fetchall()}
    if missing := sorted({file.name for file in shipped()} - there):
        raise InputError(
            f"the catalogue of the lake {lake.location} is of another version: it has no {missing[0]};"
            f" `porelake publish --lake {lake.location}` makes it anew"
        ) from error


_THERE = """
SELECT view_name FROM duckdb_views() WHERE database_name = 'lake'
UNION
SELECT function_name FROM duckdb_functions() WHERE database_name = 'lake'"""


def named(name: str, params: Mapping[str, str]) -> Question:
    """Return a named query with its parameters read from text, or their defaults."""
    query = sql_file("queries", name)
    known = {parameter.name: parameter for parameter in query.parameters}
    if unknown := sorted(set(params) - set(known)):
        raise InputError(f"--param {unknown[0]}: no parameter of {name}; {nearest(unknown[0], known)}")
    values = {key: parameter.chosen(params) for key, parameter in known.items()}
    return Question(query.text, values, query.columns)


def answer(lake: Lake, question: Question, form: str, out: Path | None) -> tuple[Path | None, int]:
    """Answer a question on stdout or in a file, which is returned, with the number of rows."""
    if form not in FORMATS:
        raise InputError(f"--format {form}: the formats are {', '.join(FORMATS)}")
    if out is None and form == "parquet":
        raise InputError("--format parquet: name the file to write with --out")
    if out is not None:
        place = writable(out, lake)
        with atomic(place) as partial, connect(lake, partial) as connection:
            n = _ask(
                connection,
                question,
                lambda sql: write_answer(connection, sql, question.values, form, partial, question.columns),
            )
        return place, n
    with tempfile.TemporaryDirectory(prefix="porelake-") as directory:
        spool = Path(directory) / "answer"
        with connect(lake, spool) as connection:
            n = _ask(
                connection,
                question,
                lambda sql: print_answer(connection, sql, question.values, form, spool, question.columns),
            )
    return None, n


def _ask(connection: duckdb.DuckDBPyConnection, question: Question, give: Callable[[str], int]) -> int:
    sql = checked(connection, question.sql)
    return interruptible(connection, lambda: give(sql))
