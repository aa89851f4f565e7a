"""Runs of `porelake` that start at once: a process that has all imported forks one per line on stdin.

Each run is a process and a group of its own and does what the command does from its first line on; only the
two seconds of imports are saved. Used as a script by `Forks`.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

from tests.flows.runs import environment


class Forks:
    """Starts runs and kills them; a context manager.

    Parameters
    ----------
    **more
        The environment of the runs, beside what every test's has.
    """

    def __init__(self, **more: str) -> None:
        self._more = more

    def __enter__(self) -> "Forks":
        pipe = subprocess.PIPE
        root = Path(__file__).resolve().parents[2]
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=pipe,
            stdout=pipe,
            text=True,
            cwd=root,
            env=environment(PYTHONPATH=str(root), **self._more),
        )
        assert self._answer() == "ready"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        _pipe(self._process.stdin).close()
        self._process.wait(30)
        _pipe(self._process.stdout).close()

    def run(self, *arguments: object, until: Callable[[float], bool] | None = None) -> int:
        """Run the command; kill its whole group as soon as `until` of the seconds passed says so.

        Returns
        -------
        int
            Exit status, -9 if it was killed before its end.
        """
        pipe = _pipe(self._process.stdin)
        pipe.write(json.dumps([str(argument) for argument in arguments]) + "\n")
        pipe.flush()
        group, start = int(self._answer()), time.monotonic()
        while until is not None and is_alive(group):
            if until(time.monotonic() - start):
                os.killpg(group, signal.SIGKILL)
                break
            time.sleep(0.001)
        return int(self._answer())

    def _answer(self) -> str:
        return _pipe(self._process.stdout).readline().strip()


def is_alive(pid: int) -> bool:
    """Whether a process runs: is there, and is no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def members(group: int) -> list[int]:
    """Processes of a group that run."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            state, _, pgrp = (place / "stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:  # it has just ended
            continue
        if int(pgrp) == group and state != "Z":
            found.append(int(place.name))
    return found


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def _serve() -> None:
    import catalog.build
    import flows.pipeline
    import storage.fetch
    import storage.jsoc_export
    from flows.cli import main

    assert catalog.build
    assert flows.pipeline
    assert storage.fetch
    assert storage.jsoc_export
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            sys.argv = ["porelake", *json.loads(line)]
            os.dup2(os.open(os.devnull, os.O_RDWR), 0)
            os.dup2(2, 1)
            try:
                main()
            except SystemExit as end:
                os._exit(int(end.code or 0))
        os.setpgid(child, child)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    _serve()
