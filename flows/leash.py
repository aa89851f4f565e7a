"""Processes that end when the one that started them does, however it ends: they wait for a lock it holds.

``python -m flows.leash COMMAND ...`` runs Prefect's command line on a leash.
"""

import contextlib
import fcntl
import os
import runpy
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

LEASH = "PORELAKE_LEASH"  # the lock file that a process is to wait for
GRACE_S = 15.0  # from the request to end to the end


class Leash:
    """The other end: held from `with` on until `let_go`, or until this process is gone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def hold(self, patience_s: float = GRACE_S + 5) -> bool:
        """Take the lock; False if somebody else keeps it, or leashed processes don't end, that long."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._file or self.path.open("a")
        end = time.monotonic() + patience_s
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > end:
                    return False
                time.sleep(0.1)
            else:
                return True

    def let_go(self) -> None:
        """End all that hang on it."""
        if self._file is not None:
            self._file.close()  # and with it the lock
            self._file = None


def hang_on(path: str | None = None) -> None:
    """End this process when the leash is let go; of no effect where there is none."""
    place = path or os.environ.get(LEASH)
    if place:
        threading.Thread(target=_wait, args=(place,), name="leash", daemon=True).start()


def _wait(place: str) -> None:
    with open(place) as lock:  # noqa: PTH123 - stays open, so that the holder sees when this process is gone
        fcntl.flock(lock, fcntl.LOCK_SH)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_S)
        os._exit(1)


@contextlib.contextmanager
def leash(path: Path) -> Iterator[Leash]:
    """A leash that is let go at the end."""
    held = Leash(path)
    try:
        yield held
    finally:
        held.let_go()


if __name__ == "__main__":
    hang_on()
    sys.argv[0] = "prefect"
    runpy.run_module("prefect", run_name="__main__")
