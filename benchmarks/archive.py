"""A long HARP fetched from a loopback JSOC: time and memory, by its number of records."""

import os
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from benchmarks.process import Process, porelake
from benchmarks.record import FOUR
from benchmarks.report import Table
from pores.record_time import format_t_rec
from pores.simulate.keywords import segment_keywords
from pores.simulate.observe import STORED
from pores.simulate.parameters import SimulationParameters
from pores.simulate.scene import Scene
from pores.simulate.series import SimulatedFrame, frame_of
from storage.fits_files import FileName
from storage.jsoc_files import Segment, files_bytes
from storage.simulated import SERIES
from tests.jsoc.handle import Jsoc

HARP = 99001
SHAPE = (50, 80)
RECORDS = (375, 750, 1500)
BATCH = 50
FIRST, STEP = np.datetime64("2014-06-10T00:00:00", "ms"), np.timedelta64(12, "m")
ADDRESS = "a@b.c"
POLL_S = "0.05"


def archive_table(scratch: Path) -> Table:
    """Fetch the first records of a HARP, and all, from a server on this machine; once, for it takes long."""
    files, lake = scratch / "archive", scratch / "fetched"
    write_harp(files, HARP, SHAPE, max(RECORDS), workers=2)
    with Jsoc.start(files) as server, environment(server, scratch):
        fetch(lake, 1)  # what is read from disk once
        runs = {n: fetch(lake, n) for n in RECORDS}
        again = _ingest(lake)
        connections = server.max_connections()
    shutil.rmtree(lake)
    nothing = ("all again: nothing new", f"{again.seconds:.1f}", "", "", f"{again.peak_mb:.0f}", "")
    size = sum(path.stat().st_size for path in files.iterdir()) / 1e6
    return Table(
        "A HARP of 1500 records from the archive",
        ("records", "s", "ms per record", "time / least", "peak memory, MB", "memory / least"),
        [*_rows(runs), nothing],
        f"`porelake ingest --from jsoc` of four segments of {SHAPE[0]} x {SHAPE[1]} pixels, {size:.0f} MB in"
        " all, from a server of the same protocol on this machine, in requests of at most 400 records, each"
        f" one tar; every file checked, into a new cube. Connections at once: {connections}.",
    )


def _rows(runs: Mapping[int, Process]) -> Iterator[tuple[object, ...]]:
    least = runs[min(runs)]
    for n, run in runs.items():
        times = (f"{run.seconds:.1f}", f"{1e3 * run.seconds / n:.0f}", f"{run.seconds / least.seconds:.2f}")
        yield n, *times, f"{run.peak_mb:.0f}", f"{run.peak_mb / least.peak_mb:.2f}"


def fetch(lake: Path, n_records: int) -> Process:
    """Fetch the first records of the HARP into a new lake."""
    shutil.rmtree(lake, ignore_errors=True)
    return _ingest(lake, "--until", str((FIRST + (n_records - 1) * STEP).astype("datetime64[s]")))


def _ingest(lake: Path, *until: str) -> Process:
    which = ("--harp", HARP, "--from", "jsoc", "--lake", lake, "--segments", ",".join(FOUR))
    return porelake("ingest", *which, *until, weigh=True)


@contextmanager
def environment(server: Jsoc, scratch: Path) -> Iterator[None]:
    """Send porelake to a server instead of JSOC, with a lock on the connection of its own."""
    ours = {"PORELAKE_JSOC_URL": server.url, "JSOC_EMAIL": ADDRESS, "PORELAKE_JSOC_POLL_S": POLL_S}
    ours["PORELAKE_CACHE_DIR"] = str(scratch / "cache")
    before = {name: os.environ.get(name) for name in ours}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            os.environ |= {name: value} if value is not None else {}


def write_harp(
    directory: Path, harpnum: int, shape: tuple[int, int], n_records: int, workers: int = 1
) -> None:
    """Write four segments of every record of a HARP: one simulated image, moved on by a pixel each time."""
    directory.mkdir(parents=True, exist_ok=True)
    work = partial(_write_records, directory, harpnum, shape)
    batches = [range(first, min(first + BATCH, n_records)) for first in range(0, n_records, BATCH)]
    if workers == 1:
        list(map(work, batches))
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        list(pool.map(work, batches))


def _write_records(directory: Path, harpnum: int, shape: tuple[int, int], records: range) -> None:
    """Write some records: their images are compressed together, which is faster."""
    frame, segments = _frame(shape), []
    for record in records:
        t_rec = FIRST + record * STEP
        said = {**frame.keywords, "HARPNUM": harpnum, "T_REC": format_t_rec(t_rec)}
        for name in FOUR:
            image = np.roll(frame.stored[name], record, axis=1)
            file = str(FileName(SERIES, harpnum, t_rec, name))
            segments.append(Segment(file, image, STORED[name], {**said, **segment_keywords(name, image)}))
    for file, content in files_bytes(segments).items():
        (directory / file).write_bytes(content)


@cache
def _frame(shape: tuple[int, int]) -> SimulatedFrame:
    parameters = SimulationParameters(scenario="demo", seed=377, shape=shape, n_frames=1, segments=FOUR)
    return frame_of(Scene(parameters), 0)
