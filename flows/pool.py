"""Processes that work on frames and files: started when worth it, gone when the program is, however it ends.

They are forked by a process that has imported what they need and nothing else (`flows.worker`), so that the
second starts as soon as the first, and pages of what all have imported are there once.
"""

import multiprocessing
import multiprocessing.forkserver
import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

FRAMES_WORTH_A_POOL = 12  # starting the processes costs about as much as this many frames
FILES_WORTH_A_POOL = 150  # and as looking into so many files
LARGEST_SHARE = 12  # frames or files that are handed over together
_pools: dict[int, ProcessPoolExecutor] = {}


def ordered_map(
    function: Callable[[T], R],
    items: Sequence[T],
    workers: int | None,
    worth: int = FRAMES_WORTH_A_POOL,
    together: int = LARGEST_SHARE,
) -> Iterator[R]:
    """`map` in order over processes; in this process where that is faster: for fewer items than `worth`.

    Where the processes run already, no more items are asked for than frames would have to be to start them.
    `function` and items must pickle, and results should be small: they do, too. Items that follow one another
    go to one process, at most so many `together` and fewer towards the end, so that no process is long at
    work alone. At most a few such shares per process wait to be taken: of large results, 1 is best.
    """
    workers = workers or cores()
    if workers in _pools:
        worth = min(worth, FRAMES_WORTH_A_POOL)
    if workers == 1 or len(items) < worth:
        yield from map(function, items)
        return
    pool = _pool(workers)
    try:
        yield from _in_order(pool, function, _shares(items, workers, together), 2 * workers)
    except BrokenProcessPool:
        if _pools.get(workers) is pool:  # another thread may have noticed before
            del _pools[workers]
        raise


def get_ready(workers: int | None) -> None:
    """Start what processes are forked from, beside what this process does meanwhile."""
    if (workers or cores()) > 1:
        multiprocessing.set_forkserver_preload(["flows.worker"])
        multiprocessing.forkserver.ensure_running()


def end_workers() -> None:
    """End the processes with what they have at hand: it would be waited for at the end of the program."""
    for worker in multiprocessing.active_children():
        worker.terminate()
    _pools.clear()


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _shares(items: Sequence[T], workers: int, together: int = LARGEST_SHARE) -> Iterator[Sequence[T]]:
    first = 0
    while first < len(items):
        size = min(max((len(items) - first) // (4 * workers), 1), together)
        yield items[first : first + size]
        first += size


def _in_order(
    pool: ProcessPoolExecutor, function: Callable[[T], R], shares: Iterator[Sequence[T]], ahead: int
) -> Iterator[R]:
    waiting: deque[Future[list[R]]] = deque()
    for share in shares:
        waiting.append(pool.submit(_each, function, share))
        if len(waiting) > ahead:
            yield from waiting.popleft().result()
    for future in waiting:
        yield from future.result()


def _each(function: Callable[[T], R], items: Sequence[T]) -> list[R]:
    return [function(item) for item in items]


def _pool(workers: int) -> ProcessPoolExecutor:
    if workers not in _pools:
        get_ready(workers)
        context = multiprocessing.get_context("forkserver")  # this process may have threads: it must not fork
        _pools[workers] = ProcessPoolExecutor(workers, context, _end_with_parent)
    return _pools[workers]


def _end_with_parent() -> None:
    """End this worker when its parent is gone, also if that was killed: it would not notice by itself."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
