"""What it costs to publish one more HARP into lakes of several sizes."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from benchmarks.lake_lives import Statistics
from benchmarks.make_lake import write_harp
from benchmarks.process import porelake
from benchmarks.report import Cells, Table
from benchmarks.timing import Sample
from catalog.schema import TABLES
from storage.lake import Lake
from storage.runs import CurrentRun, current_runs

_NEW = 1_000_001  # HARPs that no lake has


def publish_table(lake: Lake, sizes: Sequence[int], scratch: Path, rounds: int) -> Table:
    """Publishing some of a lake's HARPs, and all, for the first time, and then one more.

    Sizes that the lake does not have are left out.
    """
    rows, figures, whole = [], {}, len(current_runs(lake))
    for size in (*(size for size in sizes if size < whole), whole):
        row, one = _published(lake, size, scratch, rounds)
        rows.append(row)
        figures[f"mission.publish_one_of_{size}_s"] = one
    figures["mission.publish_one_s"] = one
    return Table(
        "Publishing one more HARP",
        ("HARPs in the lake", "the first time, s", "packs", "one more, s", "peak of that, MB"),
        rows,
        "`porelake publish`, a process: the first time, when it makes the packs of the lake, or finds them"
        " there with nothing but the catalogue to make; and after the tables of one more HARP were written.",
        figures,
    )


def _published(lake: Lake, size: int, scratch: Path, rounds: int) -> tuple[Cells, Sample]:
    copy = Lake.at(scratch / f"published-{size}")
    runs = current_runs(lake)
    packs = size == len(runs) and bool(lake.pack_files())
    linked(lake, copy, runs[:size], packs)
    first = porelake("publish", "--lake", copy.root)
    said = "there" if packs else "made" if copy.pack_files() else "none, too few HARPs"
    took = []
    for number in range(rounds):
        write_harp(copy, Statistics(), _NEW + number)
        took.append(porelake("publish", "--lake", copy.root, weigh=True))
    shutil.rmtree(copy.root)
    one = Sample(tuple(each.seconds for each in took))
    peak = f"{max(each.peak_mb for each in took):.0f}"
    return (size, f"{first.seconds:.1f}", said, one, peak), one


def linked(lake: Lake, copy: Lake, runs: Sequence[CurrentRun], packs: bool) -> None:
    """Link the tables of runs of a lake into another, and its packs: no file of a lake is ever changed."""
    files = [lake.table(table, run.harpnum, run.run_id) for run in runs for table in TABLES]
    files += [lake.pointer(run.series, run.harpnum) for run in runs]
    if packs:
        files += [*lake.pack_files(), *lake.pack_manifests()]
    for file in files:
        there = copy.root / file.relative_to(lake.root)
        there.parent.mkdir(parents=True, exist_ok=True)
        os.link(file, there)
