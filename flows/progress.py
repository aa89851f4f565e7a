"""Progress bars on stderr, only where a person watches: a terminal."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
_bars: list["object"] = []


@contextmanager
def progress_bars() -> Iterator[None]:
    """While this is open, `track` draws bars if stderr is a terminal."""
    if not sys.stderr.isatty() or _bars:
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        _bars.append(bars)
        try:
            yield
        finally:
            _bars.clear()


def track(items: Iterable[T], label: str, total: int) -> Iterator[T]:
    """Pass items through, moving a bar of that label for each."""
    from rich.progress import Progress

    bars = _bars[0] if _bars else None
    if not isinstance(bars, Progress) or total == 0:
        yield from items
        return
    bar = bars.add_task(label, total=total)
    for item in items:
        yield item
        bars.advance(bar)
