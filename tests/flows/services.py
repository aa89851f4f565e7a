"""What tests of the clock share: `porelake clock` with a copy of prefect.yaml, and a PostgreSQL to try."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from flows.server_api import ServerApi
from tests.flows.runs import PORELAKE, environment
from tests.waiting import wait_for

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534
QUICK = {
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_SERVER_CONCURRENCY_MAXIMUM_CONCURRENCY_SLOT_WAIT_SECONDS": "1",
    "PYTHONUNBUFFERED": "1",
}


def free_port() -> int:
    """A port that is free, with the one after it, which the clock takes for reports."""
    while True:
        with socket.socket() as free, socket.socket() as after:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
            with suppress(OSError, OverflowError):
                after.bind(("127.0.0.1", port + 1))
                return port


class Clock:
    """A running `porelake clock`."""

    def __init__(self, lake: Path, world: dict[str, str], *options: object, interval_s: int) -> None:
        self.lake = lake
        config = lake.parent / "prefect.yaml"
        text = (ROOT / "prefect.yaml").read_text()
        assert text.count("interval: 10800") == 1  # the one place that a user edits
        config.write_text(text.replace("interval: 10800", f"interval: {interval_s}"))
        self.port = free_port()
        where = ("--lake", lake, "--config", config, "--port", self.port)
        self.log = lake.parent / "clock.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [PORELAKE, "clock", *map(str, (*where, *options))],
                cwd=lake.parent,
                env=environment(**QUICK, **world),
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def ask(self, path: str, body: object = None) -> Any:
        """GET, or POST of a JSON body."""
        return ServerApi(f"http://127.0.0.1:{self.port}/api").ask(path, body)

    def wait_until_it_serves(self) -> str:
        """What it says then."""

        def said() -> str:
            assert self.process.poll() is None, self.everything()
            text = self.log.read_text()
            return text if "Ctrl-C" in text else ""

        return str(wait_for(said, "porelake clock"))

    def runs(self, deployment: str, state: str = "COMPLETED") -> list[dict[str, Any]]:
        """Flow runs of a deployment in a state, by start."""
        asked = {
            "deployments": {"name": {"any_": [deployment]}},
            "flow_runs": {"state": {"type": {"any_": [state]}}},
        }
        runs: list[dict[str, Any]] = self.ask("/flow_runs/filter", asked)
        return sorted(runs, key=lambda run: str(run["start_time"]))

    def start(self, deployment: str, **parameters: object) -> str:
        """Start a run by hand; its id."""
        found = self.ask(f"/deployments/name/{deployment}")
        run = self.ask(f"/deployments/{found['id']}/create_flow_run", {"parameters": parameters})
        return str(run["id"])

    def wait_for_end(self, run: str) -> dict[str, Any]:
        """A flow run when it has ended."""

        def ended() -> dict[str, Any]:
            now: dict[str, Any] = self.ask(f"/flow_runs/{run}")
            return now if now["state_type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") else {}

        found: dict[str, Any] = wait_for(ended, f"the end of flow run {run}")
        return found

    def artifacts(self, run: str) -> dict[str, Any]:
        """Key to artifact of a flow run."""
        found = self.ask("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run]}}})
        return {artifact["key"]: artifact for artifact in found}

    def times(self, run: str) -> list[tuple[datetime, datetime]]:
        """When the tasks of a flow run were at work, but its publication."""
        tasks = self.ask("/task_runs/filter", {"flow_runs": {"id": {"any_": [run]}}})
        return sorted(
            (datetime.fromisoformat(task["start_time"]), datetime.fromisoformat(task["end_time"]))
            for task in tasks
            if "HARP" in task["name"]
        )

    def processes(self) -> list[int]:
        """Processes of this clock, whatever their parents are."""
        mark = str(self.lake / "clock").encode()
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (place / "environ").read_bytes():
                    found.append(int(place.name))
            except OSError:
                continue
        return found

    def stop(self, how: int = signal.SIGTERM) -> int:
        """End it, and wait until nothing of it is left; its exit code."""
        self.process.send_signal(how)
        code = self.process.wait(90)
        wait_for(lambda: not self.processes(), "the end of all processes", 40)
        return code

    def kill_all(self) -> None:
        """Leave nothing behind, whatever the test came to."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)

    def everything(self) -> str:
        """All logs."""
        logs = sorted((self.lake / "clock" / "logs").glob("*.log"))
        return "\n".join(f"== {path}\n{path.read_text()[-6000:]}" for path in (self.log, *logs))


@contextmanager
def clock(lake: Path, world: dict[str, str], *options: object, interval_s: int) -> Iterator[Clock]:
    """A clock that is gone at the end; where the test fails its logs are told."""
    served = Clock(lake, world, *options, interval_s=interval_s)
    try:
        yield served
    except BaseException:
        print(served.everything())
        raise
    finally:
        served.kill_all()


@contextmanager
def postgresql() -> Iterator[str]:
    """The address of an empty database of a PostgreSQL that is gone at the end."""
    programs = _programs()
    place = Path(tempfile.mkdtemp(prefix="porelake-pg-"))  # not pytest's: nobody must get at it
    as_root = os.getuid() == 0
    who: dict[str, Any] = {"user": NOBODY, "group": NOBODY} if as_root else {}
    if as_root:
        os.chown(place, NOBODY, NOBODY)
    port, data = free_port(), place / "data"

    def do(program: str, *arguments: str) -> None:
        with (place / f"{program}.log").open("w") as log:  # a pipe would stay open in the server
            command = [programs / program, *arguments]
            done = subprocess.run(command, cwd=place, stdout=log, stderr=log, timeout=120, check=False, **who)
        assert done.returncode == 0, (place / f"{program}.log").read_text()

    try:
        do("initdb", "-D", str(data), "-U", "porelake", "-A", "trust", "--no-sync")
        do("pg_ctl", "-D", str(data), "-w", "-o", f"-p {port} -h 127.0.0.1 -k {place}", "start")
        try:
            do("createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "porelake", "prefect")
            yield f"postgresql+asyncpg://porelake@127.0.0.1:{port}/prefect"
        finally:
            do("pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place)


def _programs() -> Path:
    """The directory of PostgreSQL's programs."""
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path))
    if not found:
        pytest.skip("no PostgreSQL: initdb is neither in PATH nor in /usr/lib/postgresql/*/bin")
    return found[-1].parent if len(found) == 1 else found[-2].parent
