"""Whose turn it is at JSOC: one connection over all processes of a user on this machine."""

import fcntl
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pores.errors import PorelakeError

LOCK = "jsoc.lock"
QUEUE = "jsoc.queue"
_LOOKS_S = (0.005, 0.05)  # pause between two looks at a lock: from, to


@contextmanager
def turn(cache_dir: Path, limit_s: float) -> Iterator[None]:
    """Hold the connection; the system takes it back from a process that dies.

    Who waits stands in the queue, which who had it last must enter anew: a process that downloads file after
    file leaves turns to others.

    Raises
    ------
    PorelakeError
        If it is not free within the limit, or `cache_dir` can't hold a lock.
    """
    deadline = time.monotonic() + limit_s
    with _lock_file(cache_dir / LOCK) as lock:
        with _lock_file(cache_dir / QUEUE) as queue:
            _take(queue, deadline)
            try:
                _take(lock, deadline)
            finally:
                fcntl.flock(queue, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(lock, fcntl.LOCK_UN)  # closing is not enough where a forked child has the file too


def _lock_file(path: Path) -> IO[bytes]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("ab")
    except OSError as error:
        raise PorelakeError(
            f"{path}: can't be written ({error.strerror}); set PORELAKE_CACHE_DIR to a directory that can"
        ) from error


def _take(file: IO[bytes], deadline: float) -> None:
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise PorelakeError(
                    f"{file.name}: another porelake has been talking to JSOC all the time; wait for it to end"
                ) from None
        time.sleep(random.uniform(*_LOOKS_S))
