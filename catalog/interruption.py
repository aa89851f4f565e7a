"""Questions that Ctrl-C ends: DuckDB sees an interruption at once only if it works in a thread of its own."""

import threading
from collections.abc import Callable
from typing import TypeVar

import duckdb

Result = TypeVar("Result")
_LOOK_S = 0.05  # between looks for Ctrl-C


def interruptible(connection: duckdb.DuckDBPyConnection, work: Callable[[], Result]) -> Result:
    """Return what work on a connection returns; Ctrl-C ends the work, and is raised when it has ended."""
    if threading.current_thread() is not threading.main_thread():
        return work()  # it gets no Ctrl-C
    results: list[Result] = []
    errors: list[BaseException] = []
    done = threading.Event()

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # handed to the thread that waits
            errors.append(error)
        finally:
            done.set()

    threading.Thread(target=run, daemon=True).start()
    try:
        while not done.wait(_LOOK_S):
            pass
    except KeyboardInterrupt:
        connection.interrupt()
        while not done.wait(_LOOK_S):  # between two statements of the work nothing heeds it
            connection.interrupt()
        raise
    if errors:
        raise errors[0]
    return results[0]
