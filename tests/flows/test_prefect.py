"""The chain on a real Prefect server: deployed, run by a worker, and started from the command line."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from flows.server_api import ServerApi
from tests.flows.runs import BUSY, QUIET, assert_same_tables, environment, porelake, request

ROOT = Path(__file__).resolve().parents[2]
PREFECT = Path(sys.executable).with_name("prefect")


@dataclass(frozen=True)
class Server:
    """A Prefect server on the loopback interface."""

    api: str
    settings: dict[str, str]

    def ask(self, path: str, body: object = None) -> Any:
        """GET, or POST of a JSON body."""
        return ServerApi(self.api).ask(path, body)

    def prefect(self, *arguments: str) -> str:
        """Run a command of Prefect to its end."""
        done = subprocess.run(
            [PREFECT, *arguments],
            cwd=ROOT,
            env=environment(**self.settings),
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def task_runs(self, flow_run: str, n: int) -> dict[str, str]:
        """Names and states of a flow run's tasks; the server learns of them a little late."""
        for _ in range(60):
            tasks = self.ask("/task_runs/filter", {"flow_runs": {"id": {"any_": [flow_run]}}})
            states = {task["name"]: task["state_type"] for task in tasks}
            if len(states) >= n and set(states.values()) == {"COMPLETED"}:
                break
            time.sleep(0.5)
        return states


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = tmp_path_factory.mktemp("prefect")
    settings = {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    started = Server(settings["PREFECT_API_URL"], settings)
    command = [PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            command, env=environment(**settings), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        ServerApi(started.api).wait_for_health(180, lambda: process.poll() is not None)
        assert process.poll() is None, (home / "server.log").read_text()
        yield started
    finally:
        process.terminate()
        process.wait(60)


@pytest.fixture(scope="module")
def deployment(server: Server) -> dict[str, Any]:
    server.prefect("work-pool", "create", "porelake", "--type", "process")
    server.prefect("--no-prompt", "deploy", "--all")
    return dict(server.ask("/deployments/name/pores/pores"))


def test_the_form_explains_every_field(deployment: dict[str, Any]) -> None:
    models = deployment["parameter_openapi_schema"]["definitions"]
    assert {"Request", "Parameters", "PrepareParameters", "DetectParameters", "TrackParameters"} <= set(
        models
    )
    fields = {
        f"{model}.{name}": field for model in models for name, field in models[model]["properties"].items()
    }
    undescribed = {name for name, field in fields.items() if not field.get("description")}
    assert not undescribed - {
        "Request.parameters",
        "Parameters.prepare",
        "Parameters.detect",
        "Parameters.flow",
        "Parameters.track",
        "Parameters.peers",
    }
    assert deployment["schedules"] == []


@pytest.mark.timeout(600)
def test_a_worker_runs_the_deployment(
    server: Server, deployment: dict[str, Any], small_series: Path, small_lake: Path, tmp_path: Path
) -> None:
    asked = request(small_series, tmp_path / "lake").model_dump(mode="json")
    run = server.ask(f"/deployments/{deployment['id']}/create_flow_run", {"parameters": {"request": asked}})
    server.prefect("worker", "start", "--pool", "porelake", "--run-once")
    ended = server.ask(f"/flow_runs/{run['id']}")
    assert ended["state_type"] == "COMPLETED", ended["state"]
    tasks = server.task_runs(run["id"], 11)
    stages = ("ingest", "prepare", "detect", "flow", "track")
    harps = {f"{stage} HARP {harp}": "COMPLETED" for harp in (BUSY, QUIET) for stage in stages}
    assert tasks.pop(next(name for name in tasks if name.startswith("publish"))) == "COMPLETED"
    assert tasks == harps
    assert_same_tables(tmp_path / "lake", small_lake)
    assert porelake("sql", "SELECT count(*) FROM harps", "--lake", tmp_path / "lake").stdout.split() == [
        "count_star()",
        "2",
    ]


@pytest.mark.timeout(600)
def test_the_command_line_runs_on_the_server(
    server: Server, small_series: Path, small_lake: Path, tmp_path: Path
) -> None:
    options = ("--from", small_series, "--lake", tmp_path / "lake", "--harp", QUIET)
    done = porelake("run", *options, **server.settings)
    assert done.returncode == 0, done.stderr
    assert f"HARP {QUIET}:" in done.stdout
    (run,) = server.ask("/flow_runs/filter", {"flow_runs": {"name": {"any_": [f"pores ({QUIET},)"]}}})
    assert run["state_type"] == "COMPLETED"
    assert len(server.task_runs(run["id"], 6)) == 6


@pytest.mark.timeout(600)
def test_a_wrong_request_is_told_before_anything_runs(
    server: Server, small_series: Path, tmp_path: Path
) -> None:
    before = server.ask("/flow_runs/count", {})
    done = porelake(
        "run", "--from", small_series, "--harp", 1, "--lake", tmp_path / "lake", **server.settings
    )
    assert done.returncode == 2
    assert "HARP 1" in done.stderr
    assert server.ask("/flow_runs/count", {}) == before


def test_without_a_server_prefect_is_not_even_imported(small_lake: Path, tmp_path: Path) -> None:
    program = (
        "import sys; sys.argv = ['porelake', 'run', *sys.argv[1:]]\n"
        "from flows.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({'prefect', 'sunpy', 'tensorflow'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", program, "--lake", str(small_lake)]
    settings = environment(PREFECT_HOME=str(tmp_path))
    done = subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stdout.count("up to date") == 2
