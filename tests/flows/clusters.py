"""A Dask cluster on the loopback interface: a scheduler, and workers that can be found at work and killed."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.flows.forks import members
from tests.flows.runs import environment
from tests.waiting import wait_for

DASK = Path(sys.executable).with_name("dask")
ROOT = Path(__file__).resolve().parents[2]
Process = subprocess.Popen[bytes]


@dataclass
class LocalCluster:
    """A scheduler with workers of its own; `logs` is a directory."""

    address: str
    logs: Path
    workers: list[Process] = field(default_factory=list)

    def add_workers(self, n: int, *options: object, **settings: str) -> None:
        """Start workers with one thread each."""
        common = ("--nthreads", 1, "--no-dashboard", "--local-directory", self.logs)
        for _ in range(n):
            log = self.logs / f"worker{len(self.workers)}.log"
            self.workers.append(start(log, "worker", self.address, *common, *options, **settings))

    def at_work_on(self, cube: Path) -> int | None:
        """Process that has a cube open, None if no worker has."""
        if not cube.exists():
            return None
        every = (pid for worker in self.workers for pid in members(worker.pid))
        return next((pid for pid in every if str(cube.resolve()) in open_files(pid)), None)


@contextmanager
def local_cluster(logs: Path) -> Iterator[LocalCluster]:
    """A scheduler without a worker; on leaving, all of its processes end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    logs.mkdir(exist_ok=True)
    scheduler = start(
        logs / "scheduler.log", "scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard"
    )
    cluster = LocalCluster(f"tcp://127.0.0.1:{port}", logs)
    try:
        wait_for(lambda: f":{port}" in (logs / "scheduler.log").read_text() or scheduler.poll() is not None)
        yield cluster
    finally:
        for process in (*cluster.workers, scheduler):
            end(process)


def start(log: Path, *arguments: object, **settings: str) -> Process:
    """Start a command of Dask in a session of its own."""
    with log.open("w") as out:
        return subprocess.Popen(
            [str(DASK), *map(str, arguments)],
            cwd=log.parent,
            env=environment(PYTHONPATH=str(ROOT), PREFECT_HOME=str(log.parent), **settings),
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end(process: Process) -> None:
    """Kill a session's processes: what they would still do at leisure is of no interest."""
    for pid in members(process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, 9)
    process.wait(30)


def open_files(pid: int) -> set[str]:
    """Names of the files that a process has open."""
    found = set()
    with suppress(OSError):  # it ended meanwhile
        for link in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(str(link.readlink()))
    return found
