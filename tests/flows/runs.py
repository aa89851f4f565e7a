"""What tests of runs share: a small simulated series, the chain over it, and lakes compared."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.formats import arrow_schema
from catalog.query import connect
from catalog.schema import TABLES
from flows.request import Request
from flows.scenes import HarpScenes
from pores.simulate.parameters import SimulationParameters
from storage.lake import Lake
from storage.runs import run_of
from storage.simulated import write_series

PORELAKE = Path(sys.executable).with_name("porelake")
CACHE = "PORELAKE_CACHE_DIR"  # set for each test by tests/conftest.py
CLOCK = ("started", "finished")  # the only columns that two equal runs may differ in
BUSY, QUIET, MERGING = 99001, 99002, 99003
# Both cross 12:00, where a block of frames ends and the next begins.
_BUSY = {
    "seed": 5,
    "harpnum": BUSY,
    "n_frames": 14,
    "shape": (80, 120),
    "t_start": datetime(2014, 6, 10, 10, 36),
    "segments": ("continuum", "Br", "Bt"),
}
_QUIET = {
    "seed": 4,
    "harpnum": QUIET,
    "n_frames": 4,
    "shape": (80, 110),
    "t_start": datetime(2014, 6, 10, 11, 36),
    "segments": ("continuum", "Br"),
}
_FAULTS = {"corrupt_frames": (4,), "no_continuum_frames": (9,), "bad_quality_frames": (12,)}
UNUSABLE = {4: "unreadable file", 9: "missing segment", 12: "bad quality"}  # frames of the busy HARP


def write_small_series(out: Path) -> None:
    """Write two HARPs of 18 frames together, three of which can't be used."""
    _write(out, SimulationParameters.of("interactions", **_BUSY, **_FAULTS))
    _write(out, SimulationParameters.of("clean", **_QUIET))


def write_merging_series(out: Path) -> None:
    """Write a HARP of 16 frames, one of them missing, in which three pores become one."""
    values = {"seed": 3, "n_frames": 16, "shape": (100, 160), "segments": ("continuum", "Br")}
    merging = SimulationParameters.of("interactions", **values, harpnum=MERGING, missing_frames=(6,))
    _write(out, merging)


def write_quiet_series(out: Path, harpnums: Sequence[int]) -> None:
    """Write some HARPs of few frames."""
    for seed, harpnum in enumerate(harpnums):
        _write(out, SimulationParameters.of("clean", **{**_QUIET, "harpnum": harpnum, "seed": seed}))


def write_other_start(out: Path) -> None:
    """Write the first frames of the busy HARP with other noise and other pores."""
    _write(out, SimulationParameters.of("interactions", **{**_BUSY, "seed": 8, "n_frames": 2}))


def _write(out: Path, parameters: SimulationParameters) -> None:
    write_series(out, parameters, {name: arrow_schema(table) for name, table in TABLES.items()})


def request(source: Path | None, lake: Path, **values: object) -> Request:
    """A request for a run in one process, by spline unless told otherwise: the network takes seconds."""
    science = {"enhance": "spline", **values.pop("parameters", {})}  # type: ignore[dict-item]
    names = {"lake": str(lake), "source": None if source is None else str(source)}
    return Request.model_validate({"workers": 1, **names, "parameters": science, **values})


def environment(**more: str) -> dict[str, str]:
    """The environment without what configures porelake or Prefect, but for the cache of the test."""
    ours = ("PREFECT_", "PORELAKE_", "COV")
    kept = {k: v for k, v in os.environ.items() if k == CACHE or not k.startswith(ours)}
    return kept | {"NO_COLOR": "1", "PORELAKE_ENHANCE": "spline", **more}


def porelake(*arguments: object, cwd: Path | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    command = [str(PORELAKE), *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=environment(**more), capture_output=True, text=True, timeout=240, check=False
    )


def rows(lake: Path, statement: str) -> list[tuple[object, ...]]:
    """The answer to a question."""
    with connect(Lake.at(lake)) as connection:
        return connection.execute(statement).fetchall()


def tables(lake: Path) -> dict[str, pa.Table]:
    """Every table file of a lake by its place, less the clock."""
    files = sorted((lake / "tables").glob("*/*/*.parquet"))
    read = {str(path.relative_to(lake)): pq.read_table(path) for path in files}
    return {
        name: table.drop_columns([c for c in CLOCK if c in table.column_names])
        for name, table in read.items()
    }


def assert_same_tables(lake: Path, other: Path, but: tuple[str, ...] = ()) -> None:
    """Fail where two lakes differ in any table, row or value."""
    mine, theirs = tables(lake), tables(other)
    assert mine.keys() == theirs.keys()
    assert mine
    for name in mine:
        kept = [c for c in mine[name].column_names if c not in but]
        assert mine[name].select(kept).equals(theirs[name].select(kept), check_metadata=True), name


def files(lake: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file of a lake but its catalogue and locks: inode, time of change, content."""
    found = {}
    for path in sorted(lake.rglob("*")):
        if path.is_file() and not path.name.startswith("catalog") and path.suffix != ".lock":
            stat = path.stat()
            found[str(path.relative_to(lake))] = (stat.st_ino, stat.st_mtime_ns, path.read_bytes())
    return found


@dataclass(frozen=True)
class Ended:
    """What a command said, and its exit status."""

    status: int
    out: str
    err: str


Command = Callable[..., Ended]
Refuses = Callable[..., None]


def scenes_of(lake: Path, harpnum: int) -> HarpScenes:
    """What the current run of a HARP has to show."""
    where = Lake.at(lake)
    return HarpScenes(where, run_of(where, harpnum))
