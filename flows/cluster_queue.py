"""The HARPs that a Dask cluster has in hand: results as they come, and an end where no worker is left."""

import concurrent.futures
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any

from distributed import Client, Future, KilledWorker

from flows.outcome import Outcome
from pores.errors import PorelakeError

GONE_S = 60.0  # a cluster may be without a worker for so long before the rest is given up
POLL_S = 2.0
_PER_WORKER = 4  # HARPs in hand: enough that no worker waits, few enough that the scheduler stays small
_AT_LEAST = 16  # a cluster that grows with its work must see some


class ClusterGone(PorelakeError):  # noqa: N818 - what happened, as Python's own `BlockingIOError`s do
    """No worker is left, or the scheduler does not answer any more."""


@dataclass(frozen=True)
class Cluster:
    """A Dask cluster, how a unit of work is handed to it, and how a unit's result is read."""

    address: str
    client: Client
    submit: Callable[[Any], Future]
    read: Callable[[Any], Outcome] = lambda result: result

    def workers(self) -> int:
        """Workers that the cluster has; 0 also where the scheduler does not answer."""
        try:
            return len(self.client.nthreads()) if self.client.status == "running" else 0
        except (OSError, TimeoutError, CancelledError):
            return 0


class Turn:
    """A guard of a HARP, held by a thread of its own: those of many HARPs end in any order."""

    def __init__(self, guard: AbstractContextManager[object]) -> None:
        self._entered: concurrent.futures.Future[None] = concurrent.futures.Future()
        self._over = threading.Event()
        run = contextvars.copy_context().run  # a guard may want to know the flow run
        threading.Thread(target=run, args=(self._hold, guard), daemon=True).start()
        self._entered.result()

    def end(self) -> None:
        """Let the guard go."""
        self._over.set()

    def _hold(self, guard: AbstractContextManager[object]) -> None:
        try:
            with guard:
                self._entered.set_result(None)
                self._over.wait()
        except Exception as error:
            if not self._entered.done():
                self._entered.set_exception(error)


class AtWork:
    """HARPs that were handed to a cluster and have not ended."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._in_hand: dict[int, tuple[Future, Outcome]] = {}
        self._turns: dict[int, Turn] = {}
        self._ended: SimpleQueue[int] = SimpleQueue()

    @property
    def harpnums(self) -> list[int]:
        """What is in hand."""
        return list(self._in_hand)

    def full(self) -> bool:
        """Whether the cluster has enough for now."""
        n = len(self._in_hand)
        return n >= _AT_LEAST and n >= _PER_WORKER * self._cluster.workers()

    def take_turn(
        self, harpnum: int, guard: AbstractContextManager[object]
    ) -> AbstractContextManager[object]:
        """Wait for a HARP's guard; it is held until the HARP is done with."""
        self._turns[harpnum] = Turn(guard)
        return nullcontext()

    def end_turn(self, harpnum: int) -> None:
        """Let a HARP's guard go."""
        if turn := self._turns.pop(harpnum, None):
            turn.end()

    def add(self, harpnum: int, unit: Any, so_far: Outcome) -> None:
        """Hand over a HARP; what was done with it before becomes part of its outcome."""
        self._in_hand[harpnum] = self._cluster.submit(unit), so_far
        self._watch(harpnum)

    def ended_by_now(self) -> Iterator[Outcome]:
        """Outcomes that have come."""
        while not self._ended.empty():
            if outcome := self._outcome(self._ended.get()):
                yield outcome

    def next_ended(self) -> Outcome:
        """Wait for an outcome.

        Raises
        ------
        ClusterGone
            If there is nobody to wait for.
        """
        alive = time.monotonic()
        while True:
            try:
                if outcome := self._outcome(self._ended.get(timeout=POLL_S)):
                    return outcome
            except Empty:
                pass
            if self._cluster.workers():
                alive = time.monotonic()
            elif time.monotonic() - alive > GONE_S:
                raise ClusterGone(
                    f"no Dask worker is left at {self._cluster.address}; start some and run again"
                )

    def cancel(self) -> None:
        """Take back what no worker has begun."""
        self._cluster.client.cancel([future for future, _ in self._in_hand.values()])
        self._in_hand.clear()
        for harpnum in list(self._turns):
            self.end_turn(harpnum)

    def _watch(self, harpnum: int) -> None:
        self._in_hand[harpnum][0].add_done_callback(lambda _: self._ended.put(harpnum))

    def _outcome(self, harpnum: int) -> Outcome | None:
        """What became of a HARP; None where its result was lost with a worker and is made again."""
        future, outcome = self._in_hand[harpnum]
        try:
            outcome.add(self._cluster.read(future.result(timeout=GONE_S)))
        except TimeoutError:
            self._watch(harpnum)
            return None
        except KilledWorker:
            why = "every worker that took it died; see their logs, memory is the usual reason"
            outcome.fail(harpnum, why)
        except CancelledError:
            outcome.fail(harpnum, f"the scheduler at {self._cluster.address} lost it")
        except Exception as error:  # whatever a worker met: the others go on
            outcome.fail(harpnum, f"{type(error).__name__}: {error}")
        del self._in_hand[harpnum]
        self.end_turn(harpnum)
        return outcome
