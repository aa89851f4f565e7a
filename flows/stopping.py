"""Ctrl-C and SIGTERM as a request to end, for what runs until it is asked to."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set."""
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def until_stopped(began: Callable[[], object]) -> None:
    """Call a function, then wait for Ctrl-C or SIGTERM."""
    with stop_signals() as stopped:
        began()
        while not stopped.wait(0.2):  # a signal that another thread gets wakes nobody
            pass
