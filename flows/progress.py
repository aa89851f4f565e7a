"""Progress bars on stderr, only where a person watches: a terminal."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from flows.words import size

if TYPE_CHECKING:
    from rich.progress import Task

T = TypeVar("T")
_bars: list["object"] = []


@contextmanager
def progress_bars() -> Iterator[None]:
    """While this is open, `track` draws bars if stderr is a terminal."""
    if not sys.stderr.isatty() or _bars:
        yield
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Amount(ProgressColumn):
        """How much is done: a number of things, or bytes."""

        def render(self, task: "Task") -> Text:
            done, total = task.completed, task.total
            if not task.fields.get("in_bytes"):
                return Text(f"{done:.0f}/{total:.0f}")
            return Text(f"{size(done)}/{size(total)}" if total else size(done))

    columns = (TextColumn("{task.description:<28}"), BarColumn(), Amount(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), redirect_stdout=sys.stdout.isatty()) as bars:
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


@contextmanager
def transfer(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Give a function of bytes that came and bytes expected (None if not known), which moves a bar."""
    from rich.progress import Progress

    bars = _bars[0] if _bars else None
    if not isinstance(bars, Progress):
        yield lambda done, total: None
        return
    bar = bars.add_task(label, total=None, in_bytes=True)

    def moved(done: int, total: int | None) -> None:
        bars.update(bar, completed=done, total=total)

    yield moved
    bars.update(bar, total=bars.tasks[bar].completed)
