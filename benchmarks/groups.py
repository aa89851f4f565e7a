"""Groups of tables that `python -m benchmarks --only` knows, in the order of the page."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.report import Group, Machine, Table
from benchmarks.stored import STORED

if TYPE_CHECKING:
    from benchmarks.record import Record
    from benchmarks.versus import Ways

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Bench:
    """What the groups measure with: a scratch directory, the record, how often."""

    scratch: Path
    rounds: int  # of short work
    stored: Path = STORED

    @property
    def few(self) -> int:
        """Rounds of long work."""
        return max(self.rounds // 2, 1)

    @cached_property
    def record(self) -> "Record":
        """The record that is measured."""
        from benchmarks.record import the_record

        return the_record(self.scratch)

    @cached_property
    def ways(self) -> "Ways":
        """Ways from the record's files to rows."""
        from benchmarks.versus import Ways

        return Ways(self.record, self.scratch)


@contextmanager
def bench(rounds: int, stored: Path = STORED) -> Iterator[Bench]:
    """What groups measure with; to be entered before numpy is loaded, which takes its threads from here."""
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    os.environ["PORELAKE_ENHANCE"] = "spline"  # what isn't about the network is measured without it
    with tempfile.TemporaryDirectory(prefix="porelake-bench-") as scratch:
        yield Bench(Path(scratch), rounds, stored)


def chain(bench: Bench) -> list[Table]:
    """Files to rows, beside the usual way."""
    from benchmarks import versus

    return [
        versus.usual_table(bench.ways, bench.rounds),
        versus.usual_parts_table(bench.ways, bench.few),
        versus.replaced_table(bench.ways, bench.rounds),
    ]


def cubes(bench: Bench) -> list[Table]:
    """Reading cubes, and their sizes."""
    from benchmarks import versus

    return [versus.storage_table(bench.ways, bench.rounds)]


def stages(bench: Bench) -> list[Table]:
    """The stages of a run, one record."""
    from benchmarks import stages

    work = (bench.record, bench.scratch, bench.rounds)
    return [stages.stage_table(*work), stages.part_table(*work)]


def ingest(bench: Bench) -> list[Table]:
    """Files into a cube."""
    from benchmarks import ingesting

    return [ingesting.ingest_table(bench.record, bench.scratch, bench.few)]


def doubling(bench: Bench) -> list[Table]:
    """The network."""
    from benchmarks import doubling

    return [doubling.doubling_table(bench.record, bench.scratch, bench.few)]


def tracking(bench: Bench) -> list[Table]:
    """Long series."""
    from benchmarks import tracking

    tables = tracking.tracking_table, tracking.growth_table, tracking.memory_table
    return [table(bench.scratch) for table in tables]


def short(bench: Bench) -> list[Table]:
    """A short series, tracked."""
    from benchmarks import tracking

    return [tracking.short_table(bench.scratch, bench.rounds)]


def runs(bench: Bench) -> list[Table]:
    """Whole processes: short commands, HARPs of some lengths, Prefect, the network."""
    from benchmarks import cores, network_share, prefect_share, runs
    from benchmarks.long_harp import LongHarp

    harp = LongHarp.of_few(bench.scratch)
    lengths = cores.length_table(harp, bench.scratch)
    return [
        runs.command_table(bench.record, bench.scratch, bench.few),
        cores.cores_table(harp, bench.scratch, bench.few),
        lengths,
        prefect_share.prefect_table(harp, bench.scratch, bench.few, lengths.figures["run.long_s"]),
        network_share.network_table(harp, bench.scratch, bench.few),
    ]


def movies(bench: Bench) -> list[Table]:
    """Movies."""
    from benchmarks import movies

    return [movies.movie_table(bench.scratch, bench.few)]


def archive(bench: Bench) -> list[Table]:
    """Fetching a long HARP."""
    from benchmarks import archive

    return [archive.archive_table(bench.scratch)]


def lake(bench: Bench) -> list[Table]:
    """A hundredth of a lake of the mission's size, beside other programs."""
    from benchmarks import hundredth

    return hundredth.tables(bench.scratch, bench.rounds)


def guard(bench: Bench) -> list[Table]:
    """The quick groups once more, beside what was just stored."""
    from benchmarks.drift import drift_table
    from benchmarks.guard import guard
    from benchmarks.stored import stored

    found, failed = guard(QUICK, stored(bench.stored), lambda name: measured(name, bench).figures)
    if failed:
        raise RuntimeError(failed)
    return [drift_table(found)]


def install(bench: Bench) -> list[Table]:
    """Installation."""
    from benchmarks import installing

    return installing.install_tables(bench.scratch, bench.few)


GROUPS: Mapping[str, Callable[[Bench], list[Table]]] = {
    each.__name__: each
    for each in (
        chain,
        cubes,
        ingest,
        stages,
        doubling,
        tracking,
        short,
        runs,
        movies,
        archive,
        lake,
        install,
        guard,
    )
}
QUICK = ("chain", "cubes", "ingest", "short", "lake")  # what the guard measures
ON_REQUEST = ("install",)  # needs a package index


def measured(name: str, given: Bench) -> Group:
    """Tables of a group, measured now."""
    start, machine = time.perf_counter(), Machine.here()
    group = Group(name, machine, GROUPS[name](given), given.record.name)
    print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr)
    return group
