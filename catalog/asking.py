"""Questions of others, answered within limits by processes that can be ended."""

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from catalog.answerer import ROWS
from catalog.limits import Limits
from pores.errors import InputError, PorelakeError
from storage.lake import Lake

_START_S = 60.0  # a process has loaded DuckDB by then, on a busy machine, too
_GRACE_S = 1.0  # from the interruption of a question to the end of its process
_CHUNK = 2**20


class BusyError(PorelakeError):
    """All that can be answered at once is being answered."""


class _EndedError(Exception):
    """The process is gone."""


class _Process:
    """One process that answers a question after the other."""

    def __init__(self, lake: Lake, limits: Limits) -> None:
        told = (lake.location, json.dumps(asdict(limits)))
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "catalog.answerer", *told],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,
        )
        self._rest = b""
        try:
            self._line(_START_S)
        except (_EndedError, TimeoutError) as error:
            self.end()
            raise PorelakeError("no process to answer questions can be started") from error

    def ask(self, question: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Return what it answers; _EndedError, TimeoutError."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # which reading finds out
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._line(seconds))
        return answer

    @property
    def alive(self) -> bool:
        """Whether it is there: somebody may have ended it while it was idle."""
        return self._process.poll() is None

    def end(self) -> None:
        """End it, whatever it does."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def _line(self, seconds: float) -> bytes:
        assert self._process.stdout is not None
        pipe, end = self._process.stdout.fileno(), time.monotonic() + seconds
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            if not select.select([pipe], [], [], max(0.0, end - time.monotonic()))[0]:
                raise TimeoutError
            parts.append(os.read(pipe, _CHUNK))
            if not parts[-1]:
                raise _EndedError
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line


class Answers:
    """Answers questions within limits, several at once; a context that ends its processes.

    Parameters
    ----------
    lake : Lake
    limits : Limits
    """

    def __init__(self, lake: Lake, limits: Limits) -> None:
        self.lake, self.limits = lake, limits
        self._turns = threading.BoundedSemaphore(limits.at_once)
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._closed = False

    def __enter__(self) -> "Answers":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def rows(
        self, sql: str, query: str | None = None, params: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """Return the first rows of an answer: `columns`, `rows`, whether there are `more`, `seconds`.

        Parameters
        ----------
        sql : str
            One SELECT.
        query : str, optional
            The named query whose parameters it has.
        params : mapping, optional
            Their values as text; those left out have their defaults.

        Raises
        ------
        InputError
            If the question is wrong, is not let in, or takes too much.
        BusyError
            If it is not its turn in time.
        PorelakeError
            If the lake is at fault.
        """
        return self._ask({"sql": sql, "query": query, "params": dict(params or {}), "form": ROWS})

    def file(
        self,
        out: Path,
        form: str,
        sql: str,
        query: str | None = None,
        params: Mapping[str, str] | None = None,
    ) -> None:
        """Write an answer to a file, as one of `catalog.answers.FORMATS`; see `rows`."""
        asked = {"sql": sql, "query": query, "params": dict(params or {})}
        self._ask({**asked, "form": form, "out": str(out)})

    def close(self) -> None:
        """End all processes, also those at work."""
        with self._lock:
            self._closed = True
            for process in self._all:
                process.end()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        if not self._turns.acquire(timeout=self.limits.patience_s):
            raise BusyError(f"sql: {self.limits.at_once} questions are being answered; try again")
        try:
            answer = self._answered(question)
        finally:
            self._turns.release()
        if "error" in answer:
            raise (InputError if answer["asked_wrongly"] else PorelakeError)(answer["error"])
        return answer

    def _answered(self, question: dict[str, Any]) -> dict[str, Any]:
        process = self._process()
        try:
            answer = process.ask(question, self.limits.seconds + _GRACE_S)
        except BaseException as error:
            self._drop(process)
            if isinstance(error, TimeoutError):
                raise InputError(self.limits.too_long) from None
            if isinstance(error, _EndedError):
                raise InputError(
                    "sql: the process that answers ended at this question; others go on"
                ) from None
            raise
        with self._lock:
            self._idle.append(process)
        return answer

    def _process(self) -> _Process:
        with self._lock:
            while self._idle:
                if (process := self._idle.pop()).alive:
                    return process
                self._all.discard(process)
        process = _Process(self.lake, self.limits)
        with self._lock:
            self._all.add(process)
        if self._closed:
            self._drop(process)
            raise PorelakeError("no questions are answered any more")
        return process

    def _drop(self, process: _Process) -> None:
        with self._lock:
            self._all.discard(process)
        process.end()
