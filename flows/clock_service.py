"""The clock: a Prefect server, all of `prefect.yaml` deployed on it, and workers; they end together."""

import os
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NoReturn

from flows.children import Children
from flows.leash import Leash, leash
from flows.report_pages import pages
from flows.request import JSOC
from flows.server_api import ServerApi
from flows.stopping import stop_signals
from pores.errors import InputError
from storage.lake import Lake

POOL = "porelake"
RUNS_AT_ONCE = 3  # of a worker: a backfill of weeks must not keep the watch waiting
START_LIMIT_S = 180.0
DATABASE = "PREFECT_SERVER_DATABASE_CONNECTION_URL"


@dataclass(frozen=True)
class Service:
    """Of which lake the clock is, and where its server listens."""

    lake: str
    source: str = JSOC
    email: str | None = None
    host: str = "127.0.0.1"
    port: int = 4200
    workers: int = 1
    database: str | None = None
    config: Path = Path("prefect.yaml")

    @property
    def home(self) -> Path:
        """Where Prefect keeps its settings and its database, the user's own profile untouched."""
        return Lake.at(self.lake).root / "clock"

    @property
    def reports(self) -> Path:
        """The lake's reports."""
        return Lake.at(self.lake).root / "reports"

    @property
    def address(self) -> str:
        """Address of the user interface."""
        return f"http://{self.host}:{self.port}"

    @property
    def reports_port(self) -> int:
        """Where reports are shown: a fixed place, since runs of earlier services link to them, too."""
        return self.port + 1

    def environment(self) -> dict[str, str]:
        """The environment of all that is started; what a user sets of `PREFECT_...` besides stays."""
        ours = {
            "PREFECT_HOME": str(self.home),
            "PREFECT_API_URL": f"{self.address}/api",
            "PREFECT_CLI_PROMPT": "false",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
            "DO_NOT_TRACK": "1",
            # leases in files: a server that is started anew knows who had a turn, and gives it back in time
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
            "PORELAKE_LAKE": Lake.at(self.lake).location,
            "PORELAKE_FROM": self.source if self.source == JSOC else str(Path(self.source).resolve()),
            "PORELAKE_REPORTS_URL": f"http://{self.host}:{self.reports_port}",
        }
        changeable = {"PREFECT_SERVER_CONCURRENCY_MAXIMUM_CONCURRENCY_SLOT_WAIT_SECONDS": "5"}
        named = {DATABASE: self.database, "JSOC_EMAIL": self.email}
        gone = ("PREFECT_API_", "PREFECT_PROFILE")
        theirs = {name: value for name, value in os.environ.items() if not name.startswith(gone)}
        return {**changeable, **theirs, **ours, **{name: value for name, value in named.items() if value}}


def keep_time(service: Service, say: Callable[[str], object] = print) -> NoReturn:
    """Run the clock until Ctrl-C or SIGTERM.

    Raises
    ------
    InputError
        If an option is wrong, or the clock runs already.
    PorelakeError
        If the server, the deployment or a worker fails.
    SystemExit
        At the end.
    """
    check(service)
    with ExitStack() as stack:
        server_leash = stack.enter_context(leash(service.home / "server.lock"))
        runs_leash = stack.enter_context(leash(service.home / "runs.lock"))
        if not (server_leash.hold(1) and runs_leash.hold()):
            raise InputError(
                f"the clock of the lake {service.lake} runs already, or ends just now; {service.home}"
            )
        stack.enter_context(pages(service.reports, service.host, service.reports_port))
        children = Children(service.environment(), service.home / "logs")
        stopped = stack.enter_context(stop_signals())
        stack.callback(_end, children, runs_leash)
        _start(service, children, server_leash, runs_leash, stopped)
        if not stopped.is_set():
            say(_said(service))
        while not stopped.wait(1):
            children.require_alive()
    raise SystemExit(0)


def check(service: Service) -> None:
    """Refuse what no clock can be made of.

    Raises
    ------
    InputError
        If an option is wrong.
    """
    database = service.database or os.environ.get(DATABASE, "")
    if service.workers > 1 and not database.startswith("postgresql"):
        raise InputError(
            f"--workers {service.workers}: SQLite, Prefect's default, locks itself out under several; name"
            " a PostgreSQL with --database postgresql+asyncpg://user:password@host/name"
        )
    if database and not database.startswith(("postgresql+asyncpg://", "sqlite+aiosqlite://")):
        raise InputError("--database: write postgresql+asyncpg://user:password@host:port/name")
    if service.source == JSOC and not service.email:
        raise InputError("--email or JSOC_EMAIL: JSOC exports need an address registered with it")
    if service.source != JSOC and not Path(service.source).exists():
        raise InputError(f"--from {service.source}: no such file or directory")
    if not service.config.is_file():
        raise InputError(f"--config {service.config}: no such file; porelake's clone has a prefect.yaml")
    for port, what in ((service.port, ""), (service.reports_port, ", the port after it, for reports")):
        with socket.socket() as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((service.host, port))
            except OSError as error:
                raise InputError(f"--port {service.port}: {port}{what}: {error.strerror}") from error


def _start(
    service: Service, children: Children, server: Leash, runs: Leash, stopped: threading.Event
) -> None:
    """Start the server, deploy, start the workers; stop where that is asked for meanwhile."""
    at = ("--host", service.host, "--port", str(service.port))
    children.start("server", server, "server", "start", *at)
    api = ServerApi(f"{service.address}/api")
    api.wait_for_health(START_LIMIT_S, partial(_stopped, children, stopped))
    if stopped.is_set():
        return
    hosts = [f"{socket.gethostname()}-{i + 1}" for i in range(service.workers)]
    api.tidy(POOL, hosts)
    if not api.has_pool(POOL):
        children.run("work-pool", runs, "work-pool", "create", POOL, "--type", "process")
    children.run("deploy", runs, "deploy", "--all", "--prefect-file", str(service.config.resolve()))
    for i, name in enumerate(hosts):
        of = ("--pool", POOL, "--type", "process", "--name", name, "--limit", str(RUNS_AT_ONCE))
        children.start(f"worker-{i + 1}", runs, "worker", "start", *of)


def _stopped(children: Children, stopped: threading.Event) -> bool:
    children.require_alive()
    return stopped.is_set()


def _end(children: Children, runs: Leash) -> None:
    """End runs and workers while the server can still note it, then the server."""
    runs.let_go()
    children.end([name for name in children.started if name != "server"])
    runs.hold()  # until runs are gone, too
    children.end([name for name in children.started if name == "server"])


def _said(service: Service) -> str:
    lines = ServerApi(f"{service.address}/api").next_runs()
    log = f"logs are in {service.home / 'logs'}; Ctrl-C ends it all"
    return "\n".join([f"Prefect is at {service.address}", *lines, log])
