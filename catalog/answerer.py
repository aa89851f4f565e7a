"""A process that answers questions within limits: one JSON text a line in, one out.

It is a process of its own for much of DuckDB can't be interrupted: `lpad('x', 4000000000)` takes as long as
it takes, and only the end of the process ends it. ``python -P -m catalog.answerer LAKE LIMITS`` is started by
`catalog.asking`.
"""

import contextlib
import errno
import json
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import duckdb

from catalog.answers import write_answer
from catalog.cells import cell
from catalog.limits import Limits
from catalog.meanings import meanings
from catalog.query import connect
from catalog.schema import Column
from catalog.sql_files import Value, sql_file
from catalog.statement import checked, translated
from pores.errors import InputError, PorelakeError
from storage.lake import Lake

ROWS = "rows"  # the form of an answer that is looked at; others are files
_AROUND = 3 * 2**30  # address space in bytes beside the memory of a question: libraries, stacks
_SPARE_S = 5.0  # processor time beyond that of a question


def serve(lake: Lake, limits: Limits, questions: TextIO, answers: TextIO) -> None:
    """Answer questions until there are no more."""
    _bound(limits)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in questions:
        _bound_time(limits)
        try:
            said = answer(lake, limits, json.loads(line))
        except InputError as error:
            said = {"error": str(error), "asked_wrongly": True}
        except (PorelakeError, OSError) as error:
            said = {"error": str(error), "asked_wrongly": False}
        except MemoryError:
            said = {"error": limits.too_much, "asked_wrongly": True}
        print(json.dumps(said), file=answers, flush=True)


def answer(lake: Lake, limits: Limits, question: dict[str, Any]) -> dict[str, Any]:
    """Answer one question: its rows, or its file.

    Parameters
    ----------
    lake : Lake
    limits : Limits
    question : dict
        `sql`; `query` and `params` (name to text), where it has the parameters of a named query; `form`,
        `rows` or one of `catalog.answers.FORMATS`, and for these the file to write, `out`.

    Raises
    ------
    InputError, PorelakeError
        If it is not let in, wrong, or takes too much.
    """
    if len(question["sql"]) > limits.characters:
        raise InputError(f"sql: longer than {limits.characters} characters")
    writes = None if question["form"] == ROWS else Path(question["out"])
    with connect(lake, writes, limits) as connection, _interrupted(connection, limits):
        began = time.monotonic()
        try:
            sql = checked(connection, question["sql"])
            values = _values(sql, question.get("query"), question.get("params") or {})
            if writes is None:
                said = _rows(connection, sql, values, _declared(question), limits)
            else:
                said = _file(connection, sql, values, question["form"], writes)
        except duckdb.Error as error:
            raise _told(error, limits) from error
        except PorelakeError as error:
            if isinstance(error.__cause__, duckdb.Error):  # translated by what writes a file
                raise _told(error.__cause__, limits) from error
            raise
        return {**said, "seconds": round(time.monotonic() - began, 4)}


def _told(error: duckdb.Error, limits: Limits) -> PorelakeError:
    """The error to raise for one of DuckDB's, which is often that a limit was met."""
    if isinstance(error, duckdb.InterruptException):
        return InputError(limits.too_long)
    if isinstance(error, duckdb.OutOfMemoryException):
        return InputError(limits.too_much)
    if isinstance(error, duckdb.IOException) and os.strerror(errno.EFBIG) in str(error):
        return InputError(limits.too_large)
    return translated(error)


def _values(sql: str, query: str | None, params: dict[str, str]) -> dict[str, Value]:
    """Values of the parameters of a named query that a statement, changed or not, still has."""
    if query is None:
        return {}
    asked = duckdb.extract_statements(sql)[0].named_parameters
    known = [parameter for parameter in sql_file("queries", query).parameters if parameter.name in asked]
    return {one.name: one.chosen(params) for one in known}


def _declared(question: dict[str, Any]) -> dict[str, Column]:
    """What a named query says of its columns, as long as nobody has changed its text."""
    name = question.get("query")
    if name is None or sql_file("queries", name).body.strip() != question["sql"].strip():
        return {}
    return {column.name: column for column in sql_file("queries", name).columns}


def _rows(
    connection: duckdb.DuckDBPyConnection,
    sql: str,
    values: dict[str, Value],
    declared: dict[str, Column],
    limits: Limits,
) -> dict[str, Any]:
    """The first rows of an answer, and what their columns mean."""
    result = connection.execute(sql, values)
    described = [(str(column[0]), str(column[1])) for column in result.description or []]
    rows, more = _fetched(result, limits)
    known = {**meanings(connection, sql, [name for name, _ in described]), **declared}
    columns = [{"name": name, "type": kind, **_meaning(known.get(name))} for name, kind in described]
    return {"columns": columns, "rows": rows, "more": more}


def _fetched(result: duckdb.DuckDBPyConnection, limits: Limits) -> tuple[list[list[Any]], bool]:
    """Rows as JSON has them, and whether there are more than the limits allow."""
    rows: list[list[Any]] = []
    size = 0
    while part := result.fetchmany(500):
        for row in part:
            cells = [cell(value) for value in row]
            size += len(json.dumps(cells))
            if len(rows) == limits.rows or size > limits.answer_bytes:
                return rows, True
            rows.append(cells)
    return rows, False


def _meaning(column: Column | None) -> dict[str, str | None]:
    if column is None:
        return {"unit": None, "description": ""}
    return {"unit": column.unit, "description": column.description}


def _file(
    connection: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Value], form: str, out: Path
) -> dict[str, Any]:
    """Write an answer to a file; the kernel refuses a byte more than the limits allow."""
    write_answer(connection, sql, values, form, out)
    return {"bytes": out.stat().st_size}


@contextlib.contextmanager
def _interrupted(connection: duckdb.DuckDBPyConnection, limits: Limits) -> Iterator[None]:
    """Interrupt what a connection does after its time; where that is of no use, `catalog.asking` ends it."""
    timer = threading.Timer(limits.seconds, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _bound(limits: Limits) -> None:
    """Let the kernel keep this process within limits."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file that grows too large is an error of writing it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that started this process
    for what, most in (
        (resource.RLIMIT_AS, limits.memory_bytes + _AROUND),
        (resource.RLIMIT_FSIZE, limits.file_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # not on every system
            resource.setrlimit(what, (most, most))


def _bound_time(limits: Limits) -> None:
    """Let the kernel end this process where it computes much longer than a question may."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    most = spent.ru_utime + spent.ru_stime + limits.seconds * (limits.threads + 1) + _SPARE_S
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(most) + 1, hard))


if __name__ == "__main__":
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever prints, prints no answer
    serve(Lake.at(sys.argv[1]), Limits(**json.loads(sys.argv[2])), sys.stdin, answers)
