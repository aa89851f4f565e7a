"""The model of the download queue beside the real client and a loopback server, on a small case.

::

    python -m benchmarks.studies.queue_measured

Both have the same limits: records in a request, one pending request, an export that pends for a while, a slow
connection, faults. What the model can't know - what a query and a file cost on this machine - is measured
before each case on another HARP.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from benchmarks.archive import ADDRESS, write_harp
from benchmarks.record import FOUR
from benchmarks.report import Table
from benchmarks.studies.mission import Harp
from benchmarks.studies.queue_model import GB, Archive, fetched, settings_with
from storage.fetch import fetch
from storage.jsoc_client import Jsoc
from storage.record_sets import RecordSet
from storage.simulated import SERIES
from tests.jsoc.handle import Jsoc as Server

HARPS = {1: 3, 2: 8, 3: 17, 4: 30, 5: 45}  # HARPNUM: records
CALIBRATION, CALIBRATION_RECORDS = 7, 40
SHAPE = (60, 100)
POLL_S, PENDING_S, RATE, DELAY_S = 0.5, 3.0, 400_000, 0.1
SETTINGS = {"jsoc_request_records": 20, "jsoc_poll_s": POLL_S, "jsoc_backoff_s": 0.5, "jsoc_email": ADDRESS}
LIMITS = {"pending_s": PENDING_S, "pending_polls": 0, "wait": 0, "rate": RATE, "delay_s": DELAY_S}
SIMULATIONS = 20

_jsoc: Jsoc  # of this process
_scratch: Path


@dataclass(frozen=True)
class Case:
    """What the server does, and the same in the model."""

    name: str
    faults: tuple[dict[str, Any], ...] = ()
    archive: dict[str, float] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    workers: int = 1


@dataclass(frozen=True)
class Figures:
    """What a fetch came to."""

    seconds: float
    requests: float
    exchanges: float
    megabytes: float


_STRIKES = tuple({"kind": kind, "probability": 0.1} for kind in ("http", "close"))
_BREAK = {"kind": "truncate", "where": "download", "probability": 0.4}
CASES = (
    Case("no faults"),
    Case("at most 8 records a request", settings={"jsoc_request_records": 8}),
    Case("19 % of exchanges fail", _STRIKES, {"silent": 0.19}),
    Case("downloads break", (_BREAK,), {"broken_gb": 300}),  # a tar of 2 MB in 0.6 places
    Case("two processes", workers=2),
)


def measured(case: Case, files: Path, harps: list[int], limits: dict[str, Any]) -> Figures:
    """Fetch HARPs by the real client."""
    with tempfile.TemporaryDirectory() as scratch, Server.start(files, registered=ADDRESS) as server:
        with _pool(case, server.url, Path(scratch)) as pool:
            server.set_options(**limits)
            server.set_faults(*case.faults, seed=1)
            start = time.perf_counter()
            list(pool.map(_fetch, harps))
            seconds = time.perf_counter() - start
        log = server.log()
        n_requests = len(server.exports())
    return Figures(seconds, n_requests, len(log), sum(row["sent"] for row in log) / 1e6)


@contextmanager
def _pool(case: Case, url: str, scratch: Path) -> Iterator[ProcessPoolExecutor]:
    """Processes that have a client and have asked for what is asked once."""
    settings = SETTINGS | {"jsoc_url": url, "cache_dir": scratch / "cache"} | case.settings
    context = get_context("spawn")
    with ProcessPoolExecutor(case.workers, context, _begin, (settings, scratch)) as pool:
        list(pool.map(time.sleep, [1] * case.workers))
        yield pool


def _begin(settings: dict[str, Any], scratch: Path) -> None:
    global _jsoc, _scratch
    _jsoc, _scratch = Jsoc(settings_with(**settings)), scratch
    _jsoc.require_address()
    _jsoc.records(RecordSet(SERIES, 0, segments=FOUR))


def _fetch(harpnum: int) -> None:
    what = RecordSet(SERIES, harpnum, segments=FOUR)
    fetch(_jsoc, _scratch / f"{harpnum}.h5", _scratch / str(harpnum), what)


def calibrated(files: Path) -> tuple[Archive, float]:
    """The model of this machine, and bytes that a record takes in a tar, from another HARP without limits."""
    limits = LIMITS | {"pending_s": 0, "rate": None, "delay_s": 0}
    quick = Case("calibration", settings={"jsoc_poll_s": 0.05})
    found = measured(quick, files, [CALIBRATION], limits)
    with Server.start(files) as server:
        before = server.sent()
        Jsoc(settings_with(**SETTINGS, jsoc_url=server.url)).records(_WHAT)
        listed = (server.log()[-1]["sent"] + before) / CALIBRATION_RECORDS
    size = 1e6 * found.megabytes - 2 * listed * CALIBRATION_RECORDS
    archive = Archive(
        bytes_s=RATE,
        answer_s=DELAY_S,
        listed_bytes=listed,
        prepare_s=PENDING_S,
        prepare_s_gb=0,
        wait_s=0,
        silent=0,
        timed_out=0,
        broken_gb=0,
        damaged=0,
        ingest_s_gb=found.seconds / (size / GB),
        segments=len(FOUR),
    )
    return archive, size / CALIBRATION_RECORDS


_WHAT = RecordSet(SERIES, CALIBRATION, segments=FOUR)


def predicted(case: Case, archive: Archive, record_bytes: float) -> Figures:
    """What the model says, means of several simulations."""
    settings = settings_with(**SETTINGS | case.settings)
    harps = [Harp.planned(np.ones(n, bool), round(record_bytes), settings) for n in HARPS.values()]
    changed, found = replace(archive, **case.archive), []
    for seed in range(SIMULATIONS):
        seconds, queue = fetched(harps, changed, settings, case.workers, seed)
        seen = queue.seen
        found.append((seconds, seen["requests"], seen["exchanges"], queue.size / 1e6))
    return Figures(*map(mean, zip(*found, strict=True)))


def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        files = Path(directory)
        for harpnum, n_records in {**HARPS, CALIBRATION: CALIBRATION_RECORDS}.items():
            write_harp(files, harpnum, SHAPE, n_records)
        rows = []
        for case in CASES:
            archive, record_bytes = calibrated(files)
            print(archive, f"{record_bytes:.0f} bytes a record", file=sys.stderr)
            real, said = measured(case, files, list(HARPS), LIMITS), predicted(case, archive, record_bytes)
            rows += [_row(f"{case.name}: measured", real), _row("simulated", said), _ratio(said, real)]
            print(*rows[-3:], file=sys.stderr, flush=True)
    head = ("", "s", "requests", "exchanges", "MB")
    print(Table("Model and client", head, rows))


def _ratio(said: Figures, real: Figures) -> tuple[object, ...]:
    pairs = zip(_values(said), _values(real), strict=True)
    return "simulated / measured", *(f"{a / b:.2f}" for a, b in pairs)


def _values(figures: Figures) -> tuple[float, ...]:
    return figures.seconds, figures.requests, figures.exchanges, figures.megabytes


def _row(name: str, figures: Figures) -> tuple[object, ...]:
    return name, *(f"{value:.1f}" if value % 1 else f"{value:.0f}" for value in _values(figures))


if __name__ == "__main__":
    main()
