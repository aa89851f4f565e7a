"""Commands from the shell: a run, cold and idle, and a question to the catalogue."""

import shutil
from pathlib import Path

from benchmarks.process import Process, porelake
from benchmarks.record import Record
from benchmarks.report import Table
from benchmarks.timing import Sample
from flows.request import SERIES


def command_table(record: Record, scratch: Path, rounds: int) -> Table:
    """One record from a cold lake, by spline and by network, the first again, and SQL."""
    lake = scratch / "commands"
    found: dict[str, list[float]] = {name: [] for name in (_STARTS, _SPLINE, _NETWORK, _IDLE, _ASKED)}
    for _ in range(rounds + 1):
        network = _cold(record, lake, "network")
        spline = _cold(record, lake, "spline")
        found[_STARTS].append(spline.until_s)
        found[_SPLINE].append(spline.seconds)
        found[_NETWORK].append(network.seconds)
        found[_IDLE].append(_run(record, lake, "spline").seconds)
        found[_ASKED].append(porelake("sql", "SELECT 1", "--lake", lake).seconds)
    times = {name: Sample(tuple(values[1:])) for name, values in found.items()}
    rows: list[tuple[object, ...]] = list(times.items())
    peak = _cold(record, lake, "network", weigh=True).peak_mb
    rows.append(("peak memory of `porelake run`, one record, MB", f"{peak:.0f}"))
    figures = {"run.one_frame_s": times[_NETWORK], "sql.select_1_s": times[_ASKED]}
    return Table("Commands", ("", "s"), rows, "From the start of the process to its end.", figures)


_STARTS = "`porelake run`, cold lake: until the first stage starts"
_SPLINE = "`porelake run`, cold lake, one record, by spline: whole"
_NETWORK = "`porelake run`, cold lake, one record, by network (the default): whole"
_IDLE = "`porelake run` again, nothing to do"
_ASKED = '`porelake sql "SELECT 1"`'


def _cold(record: Record, lake: Path, enhance: str, weigh: bool = False) -> Process:
    shutil.rmtree(lake, ignore_errors=True)
    return _run(record, lake, enhance, weigh)


def _run(record: Record, lake: Path, enhance: str, weigh: bool = False) -> Process:
    lock = lake / "cubes" / SERIES / f".{record.harpnum}.h5.lock"  # taken when ingestion starts
    arguments = ("--harp", record.harpnum, "--from", record.directory, "--lake", lake, "--enhance", enhance)
    return porelake("run", *arguments, until=lock, weigh=weigh)
