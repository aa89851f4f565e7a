"""SIGKILL while a run fetches from JSOC: the next goes on with the same request. Two runs take turns."""

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from catalog.check import verify
from catalog.formats import arrow_schema
from catalog.schema import TABLES
from flows.pipeline import run_request
from pores.simulate.parameters import SimulationParameters
from storage.lake import Lake
from storage.simulated import write_series
from tests.flows.forks import Forks
from tests.flows.jsoc_lakes import assert_nothing_left, assert_polite, assert_right_pixels, variables
from tests.flows.runs import PORELAKE, assert_same_tables, environment, request
from tests.jsoc.handle import Jsoc
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(60)
HARP, OTHER = 7, 8
N_FILES = 12  # of each HARP
MOMENTS = 8
LIMIT = {"PENDING_LIMIT_S": 20}
_SHARES = random.Random(3)
SHARES = [(i + _SHARES.random()) / MOMENTS for i in range(MOMENTS)]
Sign = Callable[[Jsoc, Path], bool]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two HARPs of six records with two segments."""
    out = tmp_path_factory.mktemp("tiny")
    for harpnum in (HARP, OTHER):
        parameters = SimulationParameters.of(
            "clean",
            seed=harpnum,
            harpnum=harpnum,
            n_frames=6,
            shape=(80, 110),
            t_start=datetime(2014, 6, 10, 11),
            segments=("continuum", "Br"),
        )
        write_series(out, parameters, {name: arrow_schema(table) for name, table in TABLES.items()})
    return out


@pytest.fixture(scope="module")
def truth(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake of the files of the first HARP."""
    lake = tmp_path_factory.mktemp("truth") / "lake"
    run_request(request(tiny, lake, harpnums=[HARP]))
    return lake


@pytest.fixture(scope="module")
def running(tiny: Path) -> Iterator[Jsoc]:
    with Jsoc.start(tiny) as server:
        yield server


@pytest.fixture
def server(running: Jsoc) -> Jsoc:
    """A server that knows of no export yet and behaves."""
    running.set_faults()
    running.set_options(pending_polls=1, rate=None, delay_s=0)
    running.expire()
    running.clear_log()
    return running


@pytest.fixture(scope="module")
def forks(running: Jsoc, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Forks, Forks]]:
    """Runs that want single files, and runs that want a tar."""
    cache = {"PORELAKE_CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}
    with (
        Forks(**cache, **variables(running, TAR_FROM=1000, **LIMIT)) as files,
        Forks(**cache, **variables(running, TAR_FROM=1, **LIMIT)) as tar,
    ):
        yield files, tar


@pytest.fixture(params=[0, 1], ids=["files", "tar"])
def forked(forks: tuple[Forks, Forks], request: pytest.FixtureRequest) -> Forks:
    return forks[request.param]


def arguments(lake: Path, harpnum: int = HARP) -> list[object]:
    return ["run", "--harp", harpnum, "--from", "jsoc", "--email", "a@b.c", "--lake", lake, "--workers", 1]


def assert_recovers(
    forked: Forks, server: Jsoc, lake: Path, tiny: Path, truth: Path, killed: int = 1
) -> None:
    """The next run ends with the tables of the files, and asks for no more than was missing."""
    assert forked.run(*arguments(lake)) == 0
    assert_same_tables(lake, truth, but=("source",))
    assert verify(Lake.at(lake)) == []
    assert len(assert_right_pixels(lake, tiny)) == N_FILES
    assert_nothing_left(lake)
    assert_polite(server, killed=killed)


SIGNS: dict[str, tuple[dict[str, object], Sign]] = {
    "while the export pends": ({"pending": True}, lambda server, _: len(server.log("exp_status")) > 2),
    "in mid-download": ({"rate": 60_000}, lambda _, lake: any(p.stat().st_size for p in parts(lake))),
    "in the last download": (
        {"rate": 200_000},
        lambda server, _: (
            any(row["sent"] > row["size"] / 2 for row in server.log("download")[-1:])
            and len(server.log("download")) in (1, N_FILES)
        ),
    ),
    "with files that wait for the cube": ({}, lambda _, lake: any(came(lake))),
    "with a cube that has some": ({}, lambda _, lake: any(lake.glob("cubes/*/*.h5"))),
    "when the fetch is done": ({}, lambda _, lake: any(lake.glob("stages/*/*/prepare-*"))),
}


def parts(lake: Path) -> list[Path]:
    return list(lake.glob("incoming/*/*/*/files/*.part"))


def came(lake: Path) -> list[Path]:
    return [*lake.glob("incoming/*/*/*/files/*.tar"), *lake.glob("incoming/*/*/*/files/*.fits")]


@pytest.mark.parametrize(("options", "sign"), SIGNS.values(), ids=SIGNS)
def test_killed_at_a_sign(
    forked: Forks,
    server: Jsoc,
    tiny: Path,
    truth: Path,
    tmp_path: Path,
    options: dict[str, object],
    sign: Sign,
) -> None:
    lake = tmp_path / "lake"
    server.set_options(rate=options.get("rate"))
    server.set_faults(*([{"kind": "pending"}] if "pending" in options else []))
    assert forked.run(*arguments(lake), until=lambda _: sign(server, lake)) == -9
    asked = server.exports()
    assert len(asked) == 1
    there = {path.name for path in came(lake)}
    server.set_faults()
    server.set_options(rate=None)
    sent = len(server.log())
    assert_recovers(forked, server, lake, tiny, truth)
    assert server.exports() == asked, "the same request goes on"
    later = [row for row in server.log()[sent:] if row["op"] == "download"]
    assert not there & {Path(row["path"]).name for row in later}, "what had come is not fetched again"


def test_killed_before_the_answer_is_heard(
    forks: tuple[Forks, Forks], server: Jsoc, tiny: Path, truth: Path, tmp_path: Path
) -> None:
    """JSOC makes an export that nobody knows of; it has to end before it is asked for again."""
    lake = tmp_path / "lake"
    server.set_faults({"kind": "stall", "where": "exp_request", "times": 1})
    assert forks[0].run(*arguments(lake), until=lambda _: bool(server.log("exp_request"))) == -9
    assert_recovers(forks[0], server, lake, tiny, truth)
    assert [row["status"] for row in server.log("exp_request")] == [2, 7, 2]


@pytest.mark.parametrize("share", SHARES, ids="{:.2f}".format)
def test_killed_at_a_random_moment(
    forks: tuple[Forks, Forks],
    duration: float,
    server: Jsoc,
    tiny: Path,
    truth: Path,
    tmp_path: Path,
    share: float,
) -> None:
    forked = forks[SHARES.index(share) % 2]
    for attempt in range(9):  # a run that was quicker than the timed one is tried again, killed earlier
        lake, moment = tmp_path / str(attempt), share * duration * 0.8**attempt
        server.clear_log()
        if forked.run(*arguments(lake), until=lambda passed: passed > moment) == -9:  # noqa: B023
            break
    else:
        pytest.fail("never caught before its end")
    assert_recovers(forked, server, lake, tiny, truth)
    assert len(server.exports()) <= 2  # the second if it died between asking and hearing
    statuses = [row["status"] for row in server.log("exp_request")]
    assert len(server.exports()) == 1 or 7 in statuses


@pytest.fixture(scope="module")
def duration(forks: tuple[Forks, Forks], running: Jsoc, tmp_path_factory: pytest.TempPathFactory) -> float:
    """Seconds that an undisturbed run takes."""
    start = time.monotonic()
    assert forks[0].run(*arguments(tmp_path_factory.mktemp("timed") / "lake")) == 0
    return time.monotonic() - start


def test_killed_again_and_again(
    forked: Forks, duration: float, server: Jsoc, tiny: Path, truth: Path, tmp_path: Path
) -> None:
    lake, dice, killed = tmp_path / "lake", random.Random(377), 0
    server.set_options(rate=200_000)
    for _ in range(5):
        moment = dice.uniform(0.1, 1.0) * duration
        killed += forked.run(*arguments(lake), until=lambda passed: passed > moment) == -9  # noqa: B023
    assert killed >= 2
    assert_recovers(forked, server, lake, tiny, truth, killed)


def test_two_runs_take_turns(server: Jsoc, tiny: Path, truth: Path, tmp_path: Path) -> None:
    server.set_options(delay_s=0.1)
    server.set_faults({"kind": "pending"})  # so that neither is done before the other has begun
    lake = tmp_path / "lake"
    where = environment(**variables(server, TAR_FROM=1000))
    runs = [
        subprocess.Popen([str(PORELAKE), *map(str, arguments(lake, harp))], env=where, stdout=subprocess.PIPE)
        for harp in (HARP, OTHER)
    ]
    wait_for(lambda: len({row["requestid"] for row in server.log("exp_status")}) == 2, "both to wait")
    server.set_faults()
    for run in runs:
        run.communicate(timeout=100)
    assert [run.returncode for run in runs] == [0, 0]
    assert server.max_connections() == 1
    places = [f".{HARP}." in row["path"] for row in server.log("download")]
    assert places not in (sorted(places), sorted(places, reverse=True)), "they took turns"
    assert len(assert_right_pixels(lake, tiny)) == 2 * N_FILES
    assert len(server.exports()) == 2
    assert_polite(server)
    run_request(request(tiny, tmp_path / "both"))
    assert_same_tables(lake, tmp_path / "both", but=("source",))
    assert verify(Lake.at(lake)) == []
