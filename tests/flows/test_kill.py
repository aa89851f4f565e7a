"""SIGKILL at any moment loses nothing that was done, and the next run makes what an undisturbed one makes."""

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.check import verify
from storage.lake import PARTIAL, Lake
from tests.flows.forks import Forks, members
from tests.flows.runs import PORELAKE, assert_same_tables, environment, files
from tests.waiting import wait_for

MOMENTS = 20
_SHARES = random.Random(11158)
SHARES = [(i + _SHARES.random()) / MOMENTS for i in range(MOMENTS)]
SIGNS = (  # what has just appeared in the lake when the run is killed
    "cubes/*/*.h5",
    "stages/*/*/prepare-*.parquet",
    "labels/*/*/*.h5",
    "stages/*/*/faint-*.parquet",
    "stages/*/*/detect-*.parquet",
    "stages/*/*/flow-*.parquet",
    "tables/pores/*/*.parquet",
    "tables/runs/*/*.parquet",
    "current/*/*.json",
    f"catalog.duckdb.*{PARTIAL}",
)


@pytest.fixture(scope="module")
def forks() -> Iterator[Forks]:
    with Forks() as started:
        yield started


@pytest.fixture(scope="module")
def duration(
    forks: Forks, small_series: Path, small_lake: Path, tmp_path_factory: pytest.TempPathFactory
) -> float:
    """Seconds that an undisturbed run takes."""
    lake, start = tmp_path_factory.mktemp("timed") / "lake", time.monotonic()
    assert forks.run(*arguments(small_series, lake)) == 0
    assert_same_tables(lake, small_lake)
    return time.monotonic() - start


def arguments(source: Path, lake: Path, workers: int = 1) -> list[object]:
    return ["run", "--from", source, "--lake", lake, "--workers", workers]


def killed(forks: Forks, source: Path, at: Path, when: Callable[[Path, float, int], bool]) -> Path:
    """The lake of a run that was killed when its lake, the seconds passed and the number of the try say so.

    A run that ended before is tried again, on a lake of its own.
    """
    for attempt in range(9):
        lake = at / str(attempt)
        if forks.run(*arguments(source, lake), until=lambda passed: when(lake, passed, attempt)) == -9:  # noqa: B023
            return lake
    pytest.fail("never caught before its end")


@pytest.mark.parametrize("share", SHARES, ids="{:.2f}".format)
def test_killed_at_a_random_moment(
    forks: Forks, duration: float, small_series: Path, small_lake: Path, tmp_path: Path, share: float
) -> None:
    # a run that was quicker than the timed one is tried again, killed earlier
    lake = killed(forks, small_series, tmp_path, lambda _, passed, n: passed > share * duration * 0.8**n)
    assert_recovers(forks, small_series, lake, small_lake)


@pytest.mark.parametrize(
    "sign", SIGNS, ids=[sign.partition("*")[0].strip("/.") + str(i) for i, sign in enumerate(SIGNS)]
)
def test_killed_in_every_stage(
    forks: Forks, small_series: Path, small_lake: Path, tmp_path: Path, sign: str
) -> None:
    # what is there for some ms only may be missed
    lake = killed(forks, small_series, tmp_path, lambda lake, *_: any(lake.glob(sign)))
    assert_recovers(forks, small_series, lake, small_lake)


def test_killed_again_and_again_with_processes(
    forks: Forks, duration: float, small_series: Path, small_lake: Path, tmp_path: Path
) -> None:
    lake, dice = tmp_path / "lake", random.Random(377)
    killed = 0
    for _ in range(6):
        moment = dice.uniform(0.1, 1.0) * duration
        status = forks.run(*arguments(small_series, lake, workers=2), until=lambda passed: passed > moment)  # noqa: B023
        killed += status == -9
    assert killed >= 2
    assert_recovers(forks, small_series, lake, small_lake)


def test_a_resumed_run_does_no_block_again(
    forks: Forks, small_series: Path, small_lake: Path, tmp_path: Path
) -> None:
    lake = killed(forks, small_series, tmp_path, lambda lake, *_: any(lake.glob("labels/*/*/*.h5")))
    done = {name: state for name, state in files(lake).items() if Path(name).match("stages/*/*/*.parquet")}
    assert done
    assert_recovers(forks, small_series, lake, small_lake)
    assert {name: state for name, state in files(lake).items() if name in done} == done


def test_a_killed_parent_takes_its_processes_along(small_series: Path, tmp_path: Path) -> None:
    command = [str(PORELAKE), *map(str, arguments(small_series, tmp_path / "lake", workers=2))]
    run = subprocess.Popen(command, env=environment(), start_new_session=True)
    wait_for(lambda: len(members(run.pid)) >= 3 or run.poll() is not None)
    assert run.poll() is None
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    wait_for(lambda: not members(run.pid))


def assert_recovers(forks: Forks, source: Path, lake: Path, undisturbed: Path) -> None:
    """The next run ends with the tables of the undisturbed one and leaves nothing half-written."""
    assert forks.run(*arguments(source, lake)) == 0
    assert_same_tables(lake, undisturbed)
    assert verify(Lake.at(lake)) == []
    assert not list(lake.rglob(f"*{PARTIAL}*"))
