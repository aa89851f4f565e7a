"""Measure everything and write docs/performance.md: `python -m benchmarks`."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--out", type=Path, default=PAGE, help="page to write")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of short work; fewer of long work")
    options = parser.parse_args()
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))  # before numpy is loaded
    os.environ["PORELAKE_ENHANCE"] = "spline"  # what isn't about the network is measured without it
    with tempfile.TemporaryDirectory(prefix="porelake-bench-") as scratch:
        text = measured(Path(scratch), options.rounds)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text)
    print(options.out)


def measured(scratch: Path, rounds: int) -> str:
    """The page, measured."""
    from benchmarks import archive, doubling, movies, runs, stages, tracking, versus
    from benchmarks.record import the_record
    from benchmarks.report import page

    load = os.getloadavg()[0]
    record = the_record(scratch)
    ways = versus.Ways(record, scratch)
    few = max(rounds // 2, 1)
    tables = []
    for make in (
        lambda: versus.usual_table(ways, rounds),
        lambda: versus.usual_parts_table(ways, few),
        lambda: versus.replaced_table(ways, rounds),
        lambda: versus.storage_table(ways, rounds),
        lambda: stages.stage_table(record, scratch, rounds),
        lambda: stages.part_table(record, scratch, rounds),
        lambda: doubling.doubling_table(record, scratch, few),
        lambda: tracking.tracking_table(scratch),
        lambda: tracking.memory_table(scratch),
        lambda: runs.command_table(record, scratch, few),
        lambda: runs.workers_table(scratch, few),
        lambda: movies.movie_table(scratch, few),
        lambda: archive.archive_table(scratch),
    ):
        start = time.perf_counter()
        tables.append(make())
        print(f"{tables[-1].title}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return page(record.name, tables, load)


if __name__ == "__main__":
    main()
