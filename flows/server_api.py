"""The few questions that `porelake clock` has for its Prefect server, over HTTP: Prefect is not loaded."""

import json
import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from pores.errors import PorelakeError

UNFINISHED = ["RUNNING", "PENDING", "CANCELLING"]
NOT_FOUND = 404
BUSY = 503  # what Prefect says while SQLite is locked
BUSY_LIMIT_S = 30.0


class ServerApi:
    """A Prefect server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, body: object = None) -> Any:
        """GET, or POST of a JSON body; a server whose database is busy is asked again for a while.

        Raises
        ------
        HTTPError, URLError, OSError
            As they come.
        """
        data = None if body is None else json.dumps(body).encode()
        asked = Request(self.url + path, data, {"Content-Type": "application/json"})
        end = time.monotonic() + BUSY_LIMIT_S
        while True:
            try:
                with urlopen(asked, timeout=30) as reply:
                    return json.load(reply)
            except HTTPError as error:
                error.close()
                if error.code != BUSY or time.monotonic() > end:
                    raise
                time.sleep(0.5)

    def wait_for_health(self, limit_s: float, stopped: Callable[[], bool]) -> None:
        """Wait until the server answers, or until `stopped` says so.

        Raises
        ------
        PorelakeError
            If it does not answer in time.
        """
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            try:
                if stopped() or self.ask("/health") is True:
                    return
            except (URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        raise PorelakeError(f"the Prefect server at {self.url} does not answer after {limit_s:.0f} s")

    def has_pool(self, name: str) -> bool:
        """Whether there is a work pool of that name."""
        return self._has(f"/work_pools/{name}")

    def _has(self, path: str) -> bool:
        try:
            self.ask(path)
        except HTTPError as error:
            if error.code != NOT_FOUND:
                raise
            return False
        return True

    def tidy(self, pool: str, ours: Collection[str]) -> None:
        """Settle what an earlier service left: runs under way when it was killed, runs missed since it ended.

        Of the runs missed by a deployment one is kept: it makes up for the others. Nothing is done if workers
        of other machines are there: the runs may be theirs.
        """
        if not self.has_pool(pool):
            return
        workers = self.ask(f"/work_pools/{pool}/workers/filter", {})
        if any(worker["status"] == "ONLINE" and worker["name"] not in ours for worker in workers):
            return
        for run in self._runs_of(pool, {"state": {"type": {"any_": UNFINISHED}}}):
            self._set_state(run, "CRASHED", "porelake clock was killed")
        before = {"before_": datetime.now(UTC).isoformat()}
        missed = self._runs_of(
            pool, {"state": {"type": {"any_": ["SCHEDULED"]}}, "expected_start_time": before}
        )
        newest = {run["deployment_id"]: run for run in missed if run["auto_scheduled"]}
        for run in missed:
            if run["auto_scheduled"] and run is not newest[run["deployment_id"]]:
                self._set_state(
                    run, "CANCELLED", "missed while porelake clock was off; a later run makes up for it"
                )

    def _runs_of(self, pool: str, which: dict[str, object]) -> list[dict[str, Any]]:
        of = {"work_pools": {"name": {"any_": [pool]}}, "flow_runs": which}
        runs: list[dict[str, Any]] = self.ask("/flow_runs/filter", {**of, "sort": "EXPECTED_START_TIME_ASC"})
        return runs

    def _set_state(self, run: dict[str, Any], kind: str, why: str) -> None:
        state = {"type": kind, "name": kind.capitalize(), "message": why}
        self.ask(f"/flow_runs/{run['id']}/set_state", {"state": state, "force": True})

    def next_runs(self) -> list[str]:
        """Say when the next run of every deployment is."""
        lines = []
        for deployment in sorted(self.ask("/deployments/filter", {}), key=lambda one: str(one["name"])):
            active = any(schedule["active"] for schedule in deployment["schedules"])
            when = self._next_run(deployment["id"]) if active else "by hand"
            lines.append(f"  {deployment['name']:<10} {when}")
        return lines

    def _next_run(self, deployment: str) -> str:
        """When a deployment runs next; the server's own rounds of scheduling are not waited for."""
        self.ask(f"/deployments/{deployment}/schedule", {"max_runs": 1})
        due = {
            "deployments": {"id": {"any_": [deployment]}},
            "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
            "sort": "EXPECTED_START_TIME_ASC",
            "limit": 1,
        }
        runs = self.ask("/flow_runs/filter", due)
        now = datetime.now(UTC)
        if not runs or datetime.fromisoformat(runs[0]["expected_start_time"]) <= now:
            return "now"  # one that was missed, or that a worker has just taken
        return f"next {runs[0]['expected_start_time'][:16]} UTC"
