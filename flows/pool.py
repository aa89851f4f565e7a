"""The processes that work on frames: started when worth it, gone when the program is, however it ends."""

import atexit
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

FRAMES_WORTH_A_POOL = 12  # starting the processes costs about as much as this many frames
_pools: dict[int, ProcessPoolExecutor] = {}


def ordered_map(
    function: Callable[[T], R], items: Sequence[T], workers: int | None, worth: int = FRAMES_WORTH_A_POOL
) -> Iterator[R]:
    """`map` in order over processes; in this process where that is faster: for fewer items than `worth`.

    `function` and items must pickle. At most a few results per process wait to be taken.
    """
    workers = workers or _cores()
    if workers == 1 or len(items) < worth:
        yield from map(function, items)
        return
    pool = _pool(workers)
    try:
        yield from _in_order(pool, function, items, 2 * workers)
    except BrokenProcessPool:
        del _pools[workers]
        raise


def _in_order(
    pool: ProcessPoolExecutor, function: Callable[[T], R], items: Sequence[T], ahead: int
) -> Iterator[R]:
    waiting: list[Future[R]] = []
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) > ahead:
            yield waiting.pop(0).result()
    for future in waiting:
        yield future.result()


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _pool(workers: int) -> ProcessPoolExecutor:
    if workers not in _pools:
        context = multiprocessing.get_context("spawn")  # a fork of a process with threads may hang
        _pools[workers] = ProcessPoolExecutor(workers, context, _end_with_parent)
        atexit.register(_pools[workers].shutdown, wait=False, cancel_futures=True)
    return _pools[workers]


def _end_with_parent() -> None:
    """End this worker when its parent is gone, also if that was killed: it would not notice by itself."""

    def watch() -> None:
        parent = multiprocessing.parent_process()
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
