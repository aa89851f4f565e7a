"""HARPs over a Dask cluster of real processes: the tables of one process, also where a worker is killed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from flows import cluster_check, cluster_queue
from flows.chain import PLAIN
from flows.harp import DETECT_VERSION
from flows.ingest import ingest
from flows.outcome import Outcome, RunError
from flows.pipeline import process, run_request
from flows.request import JSOC, SERIES, Request
from flows.stages import Done
from pores.errors import InputError, PorelakeError
from storage.lake import Lake
from storage.store import Store
from tests.flows.clusters import LocalCluster, local_cluster
from tests.flows.runs import PORELAKE, assert_same_tables, environment, porelake, request, write_quiet_series
from tests.flows.test_prefect import Server, server  # noqa: F401 - a fixture
from tests.s3_server import s3_server
from tests.waiting import wait_for

HARPS = (99011, 99012, 99013, 99014, 99015, 99016)


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six HARPs; read only."""
    out = tmp_path_factory.mktemp("six")
    write_quiet_series(out, HARPS)
    shutil.rmtree(out / "truth")
    return out


@pytest.fixture(scope="module")
def alone(series: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake that one process makes of them; read only."""
    lake = tmp_path_factory.mktemp("alone") / "lake"
    done = porelake("run", "--from", series, "--lake", lake, "--workers", 1, PREFECT_HOME=str(lake.parent))
    assert done.returncode == 0, done.stderr
    return lake


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[LocalCluster]:
    with local_cluster(tmp_path / "dask") as started:
        yield started


def run_killing(cluster: LocalCluster, series: Path, lake: Path, **settings: str) -> tuple[int, str]:
    """Run on a cluster, kill one worker in the middle of a HARP; exit status and output."""
    command = [PORELAKE, "run", "--from", series, "--lake", lake, "--cluster", cluster.address]
    run = subprocess.Popen(
        list(map(str, command)), env=environment(**settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    there = Lake.at(lake)

    def killed(harpnum: int) -> bool:
        if not (pid := cluster.at_work_on(there.cube(SERIES, harpnum))):
            return False
        os.kill(pid, signal.SIGSTOP)  # it stands still while we look how far it is
        halfway = not there.pointer(SERIES, harpnum).exists()
        os.kill(pid, signal.SIGKILL if halfway else signal.SIGCONT)
        return halfway

    wait_for(lambda: any(map(killed, HARPS)) or run.poll() is not None)
    caught = run.poll() is None
    output, _ = run.communicate(timeout=200)
    assert caught, f"no worker was found at work: {output.decode()}"
    return run.returncode, output.decode()


def test_a_worker_killed_in_mid_run_changes_nothing(
    cluster: LocalCluster, series: Path, alone: Path, tmp_path: Path
) -> None:
    cluster.add_workers(2, "--no-nanny")
    status, said = run_killing(cluster, series, tmp_path / "lake", PREFECT_HOME=str(tmp_path))
    assert status == 0, said
    assert [worker.poll() for worker in cluster.workers].count(-signal.SIGKILL) == 1
    assert_same_tables(tmp_path / "lake", alone)
    assert said.count("HARP 9901") == len(HARPS)
    again = porelake(
        "run",
        "--from",
        series,
        "--lake",
        tmp_path / "lake",
        "--cluster",
        cluster.address,
        PREFECT_HOME=str(tmp_path),
    )
    assert again.stdout.count("up to date") == len(HARPS)


@pytest.mark.timeout(600)
def test_a_worker_killed_under_prefect_changes_nothing(
    server: Server,  # noqa: F811
    cluster: LocalCluster,
    series: Path,
    alone: Path,
    tmp_path: Path,
) -> None:
    cluster.add_workers(2)
    status, said = run_killing(cluster, series, tmp_path / "lake", **server.settings)
    assert status == 0, said
    assert_same_tables(tmp_path / "lake", alone)
    (run,) = server.ask("/flow_runs/filter", {})
    assert run["state_type"] == "COMPLETED", run["state"]
    tasks = server.task_runs(run["id"], len(HARPS) + 1)
    assert tasks.pop(next(name for name in tasks if name.startswith("publish"))) == "COMPLETED"
    assert tasks == {f"HARP {harpnum}": "COMPLETED" for harpnum in HARPS}


def test_a_harp_that_fails_and_what_the_archive_sends_meanwhile(
    cluster: LocalCluster, series: Path, alone: Path, tmp_path: Path
) -> None:
    """Ingest from the archive goes on here while workers compute what has come."""
    cluster.add_workers(2, "--no-nanny")
    lake, here = Lake.at(tmp_path / "lake"), os.getpid()
    fetched: list[tuple[int, int]] = []

    def fetch(asked: Request, harpnum: int) -> Done:
        if fetched:
            wait_for(lake.pointer(SERIES, fetched[-1][0]).exists)  # the HARP before is done by a worker
        fetched.append((harpnum, os.getpid()))
        done = ingest(asked.model_copy(update={"source": str(series)}), harpnum)
        if harpnum == HARPS[-1]:
            lake.cube(SERIES, harpnum).write_bytes(b"no cube")
        return done

    asked = request(Path(JSOC), lake.root, harpnums=HARPS, email="a@b.c", cluster=cluster.address)
    with pytest.raises(RunError) as failure:
        process(asked, replace(PLAIN, stages={**PLAIN.stages, "ingest": fetch}))
    assert fetched == [(harpnum, here) for harpnum in HARPS]
    assert list(failure.value.outcome.failed) == [HARPS[-1]]
    assert str(lake.cube(SERIES, HARPS[-1])) in str(failure.value)
    assert "5 HARPs" in failure.value.outcome.published
    assert {path.name for path in (lake.root / "tables" / "pores").iterdir()} == {
        path.name for path in (alone / "tables" / "pores").iterdir() if str(HARPS[-1]) not in path.name
    }


def test_a_lake_in_an_object_store_and_workers_with_mirrors_of_their_own(
    cluster: LocalCluster, series: Path, alone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server(tmp_path) as s3:
        s3.make_bucket("pores")
        for i in range(2):
            mirror = {"PORELAKE_CACHE_DIR": str(tmp_path / f"machine{i}")}
            cluster.add_workers(1, "--no-nanny", **s3.environment, **mirror)
        for name, value in {**s3.environment, "PORELAKE_CACHE_DIR": str(tmp_path / "here")}.items():
            monkeypatch.setenv(name, value)
        asked = request(series, tmp_path, cluster=cluster.address)
        run_request(asked.model_copy(update={"lake": "s3://pores/lake"}))
        store = Store("s3://pores/lake")
        store.get({name: tmp_path / "fetched" / name for name in store.listed("tables")})
    assert_same_tables(tmp_path / "fetched", alone)
    assert all(any((tmp_path / f"machine{i}").rglob("*.h5")) for i in range(2))
    assert not any((tmp_path / "here").rglob("*.h5"))


def test_ctrl_c_takes_back_what_is_not_begun(cluster: LocalCluster, series: Path, tmp_path: Path) -> None:
    cluster.add_workers(1, "--no-nanny")
    lake = Lake.at(tmp_path / "lake")
    command = [PORELAKE, "run", "--from", series, "--lake", lake.root, "--cluster", cluster.address]
    run = subprocess.Popen(
        list(map(str, command)), env=environment(PREFECT_HOME=str(tmp_path)), stderr=subprocess.PIPE
    )
    wait_for(lambda: lake.cubes(SERIES) or run.poll() is not None)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=30)
    assert run.returncode == 130, said
    assert b"Traceback" not in said
    time.sleep(3)  # in which the worker could do all the others
    assert len(lake.pointers()) < len(HARPS) - 1


def test_no_scheduler_and_no_address(series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_check, "CONNECT_S", 1.0)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(PorelakeError, match=f"no Dask scheduler answers at {address}"):
            run_request(request(series, tmp_path / "lake", cluster=address))
    with pytest.raises(InputError, match="--cluster nonsense: "):
        run_request(request(series, tmp_path / "lake", cluster="nonsense"))


def test_without_dask_the_extra_is_named(
    series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "flows.cluster")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"--cluster: distributed is missing; .*porelake\[scale\]"):
        run_request(request(series, tmp_path / "lake", cluster="tcp://127.0.0.1:8786"))


def test_workers_that_are_missing_go_or_differ(
    cluster: LocalCluster, series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = request(series, tmp_path / "lake", cluster=cluster.address)
    monkeypatch.setattr(cluster_check, "JOIN_S", 0.5)
    with pytest.raises(PorelakeError, match="no worker joined the Dask scheduler"):
        run_request(asked)
    monkeypatch.setattr(cluster_check, "JOIN_S", 30.0)

    (tmp_path / "older.py").write_text("import flows.harp\nflows.harp.DETECT_VERSION = 0\n")
    cluster.add_workers(1, "--no-nanny", "--preload", tmp_path / "older.py")
    with pytest.raises(
        PorelakeError, match=rf"tcp:.*stage detect 0 \(here {DETECT_VERSION}\); install the same"
    ):
        run_request(asked)
    cluster.workers[0].kill()
    (tmp_path / "bare.py").write_text(
        "import distributed.versions as v\nfrom importlib.metadata import version\n"
        "v._version_cached = lambda name: None if name in ('porelake', 'lz4') else version(name)\n"
    )
    cluster.workers[0].wait(30)
    cluster.add_workers(1, "--no-nanny", "--preload", tmp_path / "bare.py")
    with pytest.raises(PorelakeError, match=r"Dask worker tcp:.*: porelake missing \(here "):
        run_request(asked)


def test_when_the_last_worker_dies_the_rest_is_given_up(
    cluster: LocalCluster, series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.add_workers(1, "--no-nanny")
    monkeypatch.setattr(cluster_queue, "GONE_S", 1.0)
    monkeypatch.setattr(cluster_queue, "POLL_S", 0.2)
    lake, seen = Lake.at(tmp_path / "lake"), []

    def killing(outcome: Outcome, other: Outcome, add: Callable[..., None] = Outcome.add) -> None:
        add(outcome, other)
        seen.append(other)
        cluster.workers[0].kill()

    monkeypatch.setattr(Outcome, "add", killing)
    with pytest.raises(RunError) as failure:
        run_request(request(series, lake.root, cluster=cluster.address))
    outcome = failure.value.outcome
    given_up = {harpnum: outcome.why(harpnum) for harpnum in outcome.failed}
    assert 1 <= len(given_up) < len(HARPS)
    assert set(given_up.values()) == {
        f"no Dask worker is left at {cluster.address}; start some and run again"
    }
    assert f"{len(HARPS) - len(given_up)} HARP" in outcome.published


def test_a_worker_that_does_not_see_the_lake_says_so() -> None:
    view = cluster_check.seen("/nowhere/lake", "/nowhere/lake/probe", "/nowhere/files")
    trouble = cluster_check.trouble(view, request(Path("/nowhere/files"), Path("/nowhere/lake")))
    assert "does not see the lake /nowhere/lake" in trouble
    view = cluster_check.seen("/", "/bin", "/nowhere/files")
    assert "can't read /nowhere/files" in cluster_check.trouble(
        view, request(Path("/nowhere/files"), Path("/"))
    )
