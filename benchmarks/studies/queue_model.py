"""The queue behind one connection to the archive, in simulated time.

Limits and pauses are those of the real client's settings; how the archive answers is a model.
"""

import random
from collections import Counter, deque
from dataclasses import dataclass, field

from benchmarks.studies.mission import Chunk, Harp, requested
from benchmarks.studies.queue_clock import Clock, Lane, Process
from storage.jsoc_http import Http
from storage.jsoc_wait import LONGEST_POLL
from storage.settings import Settings

GB = 1e9
LOOKS = 2  # at the archive per HARP: what is to be fetched, and whether that was all


@dataclass(frozen=True)
class Archive:
    """The archive, the way to it and this side of it, in figures.

    Attributes
    ----------
    bytes_s : float
        Of one connection.
    answer_s : float
        Time of an exchange without a body.
    listed_bytes : float
        Body of a query's reply, per record.
    prepare_s, prepare_s_gb : float
        From an accepted request to its files: at least, and per GB.
    wait_s : float
        How long it wishes to be left alone while it prepares.
    silent, timed_out : float
        Share of exchanges that fail; of these, share that do so by a time-out, the others at once (503).
    broken_gb : float
        Downloads broken off, per GB.
    damaged : float
        Share of files that come damaged and are asked for again.
    ingest_s_gb : float
        Checking files and appending them to the cube, on this side, per GB.
    segments : int
        Files of a record.
    """

    bytes_s: float = 5e6
    answer_s: float = 0.5
    listed_bytes: float = 700
    prepare_s: float = 60
    prepare_s_gb: float = 60
    wait_s: float = 10
    silent: float = 0.01
    timed_out: float = 0.5
    broken_gb: float = 0.05
    damaged: float = 1e-5
    ingest_s_gb: float = 52.7  # 266 ms for 11 files of 5.04 MB: docs/performance.md
    segments: int = 10

    def preparing_s(self, chunk: Chunk) -> float:
        """How long an export pends."""
        return self.prepare_s + self.prepare_s_gb * chunk.size / GB


class GivenUpError(Exception):
    """Every try failed, or it took too long: the HARP's turn comes again."""


@dataclass
class Queue:
    """A download in simulated time; `seen` counts requests, refusals, exchanges, faults."""

    archive: Archive
    settings: Settings
    clock: Clock = field(default_factory=Clock)
    connection: Lane = field(default_factory=Lane)
    seen: Counter[str] = field(default_factory=Counter)
    size: float = 0.0
    pending_until: float = 0.0  # of the user's one export
    seed: int = 0

    def __post_init__(self) -> None:
        self._http = Http(self.settings)  # for its pauses
        self._random = random.Random(self.seed)

    def fetch(self, harps: list[Harp], workers: int = 1) -> float:
        """Seconds in which a number of processes fetch HARPs, one after the other each."""
        random.seed(self.seed)  # the client's pauses
        todo = deque((harp, 0) for harp in harps)
        for _ in range(workers):
            self.clock.start(self._work(todo))
        return self.clock.run()

    def _work(self, todo: deque[tuple[Harp, int]]) -> Process:
        while todo:
            harp, done = todo.popleft()
            try:
                for _ in range(LOOKS + harp.bare_queries):
                    yield from self._exchange(harp.n_records * self.archive.listed_bytes)
                for chunk in harp.chunks[done:]:
                    yield from self._export(chunk)
                    done += 1
            except GivenUpError:
                self.seen["put off"] += 1
                todo.append((harp, done))

    def _export(self, chunk: Chunk) -> Process:
        """Ask, wait, download, check, append; ask again for what came damaged."""
        self.seen["requests"] += 1
        yield from self._submit()
        ready = self.clock.now + self.archive.preparing_s(chunk)
        self.pending_until = ready
        yield from self._wait(ready)
        n_files = chunk.n_records * self.archive.segments
        downloads = 1 if n_files >= self.settings.jsoc_tar_from else n_files
        for _ in range(downloads):
            yield from self._exchange(chunk.size / downloads)
        yield self.archive.ingest_s_gb * chunk.size / GB
        for again in self._damaged(chunk, n_files):
            yield from self._export(again)

    def _submit(self) -> Process:
        tries, began = 0, self.clock.now
        yield from self._exchange(0)
        while self.clock.now < self.pending_until:  # status 7
            self.seen["busy"] += 1
            if self.clock.now - began > self.settings.jsoc_pending_limit_s:
                raise GivenUpError
            share = self._random.uniform(0.5, 1)
            yield self._pending_pause(self.settings.jsoc_poll_s * 2 ** min(tries, 5) * share)
            yield from self._exchange(0)
            tries += 1

    def _wait(self, ready: float) -> Process:
        """Look at the export until it is there: one that is left to the next run is gone on with by it."""
        while True:
            yield self._pending_pause(self.archive.wait_s)
            yield from self._exchange(0)
            if self.clock.now >= ready:
                return

    def _pending_pause(self, wish_s: float) -> float:
        poll_s = self.settings.jsoc_poll_s
        return min(max(wish_s, poll_s), LONGEST_POLL * poll_s)

    def _damaged(self, chunk: Chunk, n_files: int) -> list[Chunk]:
        """Requests for what came damaged: one per segment, as the planner makes them."""
        n = self._several(n_files * self.archive.damaged)
        by_segment: dict[int, set[int]] = {}
        for _ in range(n):
            slot = self._random.randrange(chunk.n_records)
            by_segment.setdefault(self._random.randrange(self.archive.segments), set()).add(slot)
        known, size = range(chunk.n_records), chunk.record_bytes // self.archive.segments
        several = by_segment.values()
        return [one for slots in several for one in requested(sorted(slots), known, size, self.settings)]

    def _exchange(self, size: float) -> Process:
        """One request and its reply; tried again as the client does."""
        tries = 0
        while self._random.random() < self.archive.silent:
            tries += 1
            timed_out = self._random.random() < self.archive.timed_out
            yield from self._connected(self.settings.jsoc_timeout_s if timed_out else self.archive.answer_s)
            if tries > self.settings.jsoc_retries:
                raise GivenUpError
            yield self._pause(tries)
        for _ in range(self._several(size / GB * self.archive.broken_gb)):
            yield from self._connected(self.archive.answer_s)
            yield self._pause(1)  # it goes on where it stopped, and the count of tries begins anew
        yield from self._connected(self.archive.answer_s + size / self.archive.bytes_s)
        self.size += size

    def _pause(self, tries: int) -> float:
        self.seen["faults"] += 1
        return self._http.pause_s(tries)

    def _connected(self, seconds: float) -> Process:
        self.seen["exchanges"] += 1
        yield self.connection
        yield seconds
        self.clock.leave(self.connection)

    def _several(self, expected: float) -> int:
        """A number that is `expected` on average."""
        whole = int(expected)
        return whole + (self._random.random() < expected - whole)


def fetched(
    harps: list[Harp], archive: Archive, settings: Settings, workers: int = 1, seed: int = 0
) -> tuple[float, Queue]:
    """Seconds that HARPs take, and the queue afterwards."""
    queue = Queue(archive, settings, seed=seed)
    return queue.fetch(harps, workers), queue


def settings_with(**values: object) -> Settings:
    """The settings' defaults, whatever the environment says, with some changed."""
    fields = {name: one.get_default(call_default_factory=True) for name, one in Settings.model_fields.items()}
    return Settings.model_construct(**{**fields, **values})
