"""A HARP by one worker and by two, and what a run takes of memory as HARPs get longer."""

from pathlib import Path

from benchmarks.long_harp import LongHarp
from benchmarks.process import Process, porelake
from benchmarks.record import SHAPE
from benchmarks.report import Cells, Table
from benchmarks.timing import Sample

RECORDS, LENGTHS = 667, (375, 750, 1500)  # 667: a mean HARP, docs/scale.md
_SIZE = f"{SHAPE[0]} x {SHAPE[1]} pixels, 7 segments"


def cores_table(harp: LongHarp, scratch: Path, rounds: int) -> Table:
    """Run the chain over a cube by one worker and by two, in turns."""
    times: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(rounds):
        for workers, found in times.items():
            found.append(run(harp, scratch / "cores", RECORDS, workers).seconds)
    one, two = (Sample(tuple(found)) for found in times.values())
    rows: list[Cells] = [
        ("one worker", one, one.scaled(1e3 / RECORDS)),
        ("two", two, two.scaled(1e3 / RECORDS)),
        ("one / two", one / two, ""),
    ]
    note = (
        f"`porelake run` of what was ingested, from the start of the process to its end: {RECORDS} records of"
        f" {_SIZE}, by spline. The images of a few simulated records, forth and back."
    )
    return Table(
        "One worker and two", ("", "s", "ms per record"), rows, note, {"cores.one_over_two": one / two}
    )


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
