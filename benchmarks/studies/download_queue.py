"""How long the download of the whole mission takes: a simulation of the queue behind one connection.

::

    python -m benchmarks.studies.download_queue [--harps 15000]

The requests are those of the real planner (`storage.fetch_plan`), limits and pauses those of the real client;
`benchmarks.studies.queue_measured` holds the model against that client and a loopback server.
"""

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from multiprocessing import get_context
from typing import Any

from benchmarks.report import Table
from benchmarks.studies.mission import Chunk, Harp, Mission
from benchmarks.studies.queue_model import GB, Archive, fetched, settings_with

DAY_S = 86_400.0
MISSION_DAYS = 6040  # 2010-05-01 to 2026-11-15
RECORDS_A_DAY = 120
PROCESSES = (1, 4)
DAYS = 100  # over which a day's mean is taken


@dataclass(frozen=True)
class Case:
    """What is changed of what is assumed."""

    name: str
    archive: Archive
    mission: Mission
    settings: dict[str, Any] = field(default_factory=dict)

    def row(self) -> tuple[object, ...]:
        """The case's row: requests, TB, days with one process and with four, how often what failed."""
        settings = settings_with(**self.settings)
        harps = _planned(self.mission, settings.jsoc_request_records)
        runs = [fetched(harps, self.archive, settings, n) for n in PROCESSES]
        queue = runs[0][1]
        days = [f"{seconds / DAY_S:.1f}" for seconds, _ in runs]
        busy = f"{queue.connection.busy_s / DAY_S:.1f}"
        seen, tb = queue.seen, f"{queue.size / 1e12:.1f}"
        return self.name, seen["requests"], tb, busy, *days, seen["faults"], seen["put off"]


@lru_cache(maxsize=1)
def _planned(mission: Mission, most_records: int) -> list[Harp]:
    return mission.planned(settings_with(jsoc_request_records=most_records))


def cases(n_harps: int) -> Iterator[Case]:
    """As assumed, then one thing changed at a time."""
    base, usual = Archive(), Mission(n_harps=n_harps)

    def archive(name: str, **values: float) -> Case:
        return Case(name, replace(base, **values), usual)

    yield archive("as assumed")
    for speed in (2, 10, 20):
        yield archive(f"{speed} MB/s", bytes_s=speed * 1e6)
    for least, per_gb in ((10, 10), (300, 60), (60, 300), (600, 600)):
        yield archive(f"{least} s + {per_gb} s/GB to prepare", prepare_s=least, prepare_s_gb=per_gb)
    for most in (100, 1600):
        yield Case(f"{most} records a request", base, usual, {"jsoc_request_records": most})
    yield archive("10 % of exchanges fail", silent=0.1)
    yield archive("30 % of exchanges fail", silent=0.3)
    yield archive("1 break per GB", broken_gb=1)
    yield archive("1 file in 1000 damaged", damaged=1e-3)
    yield Case("patches twice as large", base, replace(usual, mean_pixels=2 * usual.mean_pixels))
    yield Case("four segments only", base, replace(usual, bytes_per_pixel=6.96))


def steady(mission: Mission) -> Iterator[tuple[object, ...]]:
    """Rows of a day's new data: whole HARPs of the definitive series, or all living ones every few hours."""
    settings = settings_with()
    alive = round(mission.n_harps * 667 / (MISSION_DAYS * RECORDS_A_DAY))
    size = int(mission.mean_pixels * mission.bytes_per_pixel)
    some = replace(mission, n_harps=round(DAYS * mission.n_harps / MISSION_DAYS))
    rounds = [("whole HARPs, as the definitive series grows", some.planned(settings), DAYS)]
    for hours in (1, 4, 12):
        harp = Harp(RECORDS_A_DAY, (Chunk(RECORDS_A_DAY * hours // 24, size),))
        rounds.append((f"{alive} living HARPs, every {hours} h", [harp] * (alive * 24 // hours), 1))
    for name, harps, days in rounds:
        seconds, queue = fetched(harps, Archive(), settings)
        records = sum(chunk.n_records for harp in harps for chunk in harp.chunks)
        counts = (queue.seen["requests"] / days, records / days)
        shares = (100 * seconds / days / DAY_S, 100 * queue.connection.busy_s / days / DAY_S)
        gb, hours_a_day = queue.size / days / GB, seconds / days / 3600
        yield (
            name,
            *(f"{count:.0f}" for count in counts),
            f"{gb:.1f}",
            f"{hours_a_day:.1f}",
            *(f"{share:.0f} %" for share in shares),
        )


def plan_said(mission: Mission) -> str:
    """What the planner made of the mission, in words."""
    harps = mission.planned(settings_with())
    chunks = [chunk for harp in harps for chunk in harp.chunks]
    records, listed = sum(c.n_records for c in chunks), sum(h.n_records for h in harps)
    sizes = [chunk.size for chunk in chunks]
    return (
        f"{len(harps)} HARPs, {listed} records, {records} with files, {sum(sizes) / 1e12:.2f} TB;"
        f" {len(chunks)} requests, largest {max(sizes) / GB:.1f} GB;"
        f" {sum(h.bare_queries for h in harps)} queries for keywords of records without files"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--harps", type=int, default=15_000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    print(plan_said(Mission(n_harps=given.harps)), flush=True)
    rows = []
    with ProcessPoolExecutor(given.workers, get_context("spawn")) as pool:
        for row in pool.map(Case.row, cases(given.harps)):
            print(*row, file=sys.stderr, flush=True)
            rows.append(row)
    head = (
        "",
        "requests",
        "TB",
        "days on the connection",
        "days",
        "days, four processes",
        "failed tries",
        "HARPs put off",
    )
    print(Table("Days", head, rows))
    head = ("a day of", "requests", "records", "GB", "hours", "of the day", "on the connection")
    print(Table("Steady state", head, list(steady(Mission(n_harps=given.harps)))))


if __name__ == "__main__":
    main()
