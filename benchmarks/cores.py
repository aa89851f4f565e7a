"""A HARP by one worker and by two, and what a run takes of memory as HARPs get longer."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.long_harp import LongHarp
from benchmarks.process import Process, porelake
from benchmarks.record import SHAPE
from benchmarks.report import Cells, Table
from benchmarks.timing import Sample

RECORDS, LENGTHS = 667, (375, 750, 1500)  # 667: a mean HARP, docs/scale.md
_SIZE = f"{SHAPE[0]} x {SHAPE[1]} pixels, 7 segments"


def cores_table(harp: LongHarp, scratch: Path, rounds: int) -> Table:
    """Run the chain by one worker and by two, in turns: over a cube, and over FITS files."""
    there = partial(run, harp, scratch / "cores", RECORDS)
    source = harp.directory(scratch / "cores-files", RECORDS)
    fresh = partial(_run_fresh, source, scratch / "cores")
    rows: list[Cells] = []
    figures: dict[str, Sample] = {}
    for what, work, name in (
        ("its cube is there", there, "cores.one_over_two"),
        ("from FITS files", fresh, "cores.fresh_one_over_two"),
    ):
        one, two = _in_turns(work, rounds)
        rows += [
            (f"{what}: one worker", one, one.scaled(1e3 / RECORDS)),
            (f"{what}: two", two, two.scaled(1e3 / RECORDS)),
            (f"{what}: one / two", one / two, ""),
        ]
        figures[name] = one / two
    note = (
        "`porelake run` of what was ingested, and of a directory, ingestion included; from the start of the"
        f" process to its end: {RECORDS} records of {_SIZE}, by spline. The images of a few records,"
        " forth and back."
    )
    return Table("One worker and two", ("", "s", "ms per record"), rows, note, figures)


def _in_turns(work: Callable[[int], Process], rounds: int) -> tuple[Sample, Sample]:
    """Times in s by one worker and by two."""
    times = [(work(1).seconds, work(2).seconds) for _ in range(rounds)]
    one, two = zip(*times, strict=True)
    return Sample(one), Sample(two)


def _run_fresh(source: Path, lake: Path, workers: int) -> Process:
    """Run the chain over a directory of FITS files, on a new lake."""
    shutil.rmtree(lake, ignore_errors=True)
    return porelake("run", "--from", source, "--lake", lake, "--workers", workers)


def length_table(harp: LongHarp, scratch: Path) -> Table:
    """Run the chain over HARPs of some lengths by two workers, and weigh all processes together."""
    found = {n: run(harp, scratch / "cores", n, 2, weigh=True) for n in LENGTHS}
    least = found[LENGTHS[0]]
    rows: list[Cells] = [
        (
            n,
            f"{one.seconds:.1f}",
            f"{1e3 * one.seconds / n:.0f}",
            f"{one.seconds / least.seconds:.2f}",
            f"{one.peak_mb:.0f}",
            f"{one.peak_mb / least.peak_mb:.2f}",
        )
        for n, one in found.items()
    ]
    head = ("records", "s", "ms per record", "time / least", "peak memory, MB", "memory / least")
    note = (
        f"`porelake run` of what was ingested, two workers, {_SIZE}, by spline; memory of all processes,"
        " pages that several share counted once."
    )
    longest = found[LENGTHS[-1]]
    figures = {"cores.peak_mb": Sample((longest.peak_mb,)), "run.long_s": Sample((longest.seconds,))}
    return Table("Long HARPs", head, rows, note, figures)


def run(
    harp: LongHarp, lake: Path, records: int, workers: int, weigh: bool = False, **environment: str
) -> Process:
    """Run all but ingestion on a new lake with a HARP of so many records."""
    return porelake(
        *("run", "--lake", harp.lake(lake, records), "--workers", workers),
        weigh=weigh,
        environment=environment,
    )
