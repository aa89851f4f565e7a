"""Runs of the command: cold, idle, with one worker and two, and a question to the catalogue."""

import shutil
from pathlib import Path

from benchmarks.process import Process, porelake
from benchmarks.record import Record, simulate
from benchmarks.report import Table
from benchmarks.timing import Sample
from flows.request import SERIES

SERIES_SHAPE, SERIES_FRAMES = (300, 500), 60


def command_table(record: Record, scratch: Path, rounds: int) -> Table:
    """One record from a cold lake, the same again, and SQL."""
    lake = scratch / "commands"
    found: dict[str, list[float]] = {name: [] for name in _COMMANDS}
    for _ in range(rounds + 1):
        shutil.rmtree(lake, ignore_errors=True)
        cold = _run(record, lake)
        idle = _run(record, lake)
        asked = porelake("sql", "SELECT 1", "--lake", lake)
        figures = (cold.until_s, cold.seconds, idle.seconds, asked.seconds)
        for name, value in zip(_COMMANDS, figures, strict=True):
            found[name].append(value)
    rows: list[tuple[object, ...]] = [(name, Sample(tuple(values[1:]))) for name, values in found.items()]
    shutil.rmtree(lake)
    rows.append(
        ("peak memory of `porelake run`, one record, MB", f"{_run(record, lake, weigh=True).peak_mb:.0f}")
    )
    return Table("Commands", ("", "s"), rows, "From the start of the process to its end.")


def workers_table(scratch: Path, rounds: int) -> Table:
    """A simulated HARP with one worker and with two."""
    files, ingested, lake = scratch / "series", scratch / "ingested", scratch / "workers"
    simulate(files, SERIES_SHAPE, SERIES_FRAMES)
    ingests: list[float] = []
    rest: dict[int, list[float]] = {1: [], 2: []}
    peaks: dict[int, float] = {}
    for turn in range(rounds):
        shutil.rmtree(ingested, ignore_errors=True)
        ingests.append(porelake("ingest", "--from", files, "--lake", ingested).seconds)
        for workers, times in rest.items():
            shutil.rmtree(lake, ignore_errors=True)
            shutil.copytree(ingested, lake)
            run = porelake("run", "--from", files, "--lake", lake, "--workers", workers, weigh=turn == 0)
            times.append(run.seconds)
            peaks.setdefault(workers, run.peak_mb)
    one, two = Sample(tuple(rest[1])), Sample(tuple(rest[2]))
    size = f"{SERIES_SHAPE[0]} x {SERIES_SHAPE[1]} pixels"
    return Table(
        f"A simulated HARP: {SERIES_FRAMES} records of {size}, 7 segments",
        ("", "s", "ms per record"),
        [
            ("`porelake ingest` (one process)", *_with_rate(Sample(tuple(ingests)))),
            ("`porelake run` of what was ingested, one worker", *_with_rate(one)),
            ("the same, two workers", *_with_rate(two)),
            ("one worker / two", one / two, ""),
            ("peak memory with one worker, MB", f"{peaks[1]:.0f}", ""),
            ("peak memory with two, children included, MB", f"{peaks[2]:.0f}", ""),
        ],
    )


_COMMANDS = (
    "`porelake run`, cold lake: until the first stage starts",
    "`porelake run`, cold lake, one record: whole",
    "`porelake run` again, nothing to do",
    '`porelake sql "SELECT 1"`',
)


def _run(record: Record, lake: Path, weigh: bool = False) -> Process:
    lock = lake / "cubes" / SERIES / f".{record.harpnum}.h5.lock"  # taken when ingestion starts
    arguments = ("--harp", record.harpnum, "--from", record.directory, "--lake", lake)
    return porelake("run", *arguments, until=lock, weigh=weigh)


def _with_rate(times: Sample) -> tuple[Sample, Sample]:
    return times, times.scaled(1e3 / SERIES_FRAMES)
