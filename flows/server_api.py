"""The few questions that `porelake serve` has for its Prefect server, over HTTP: Prefect is not loaded."""

import json
import time
from collections.abc import Callable, Collection
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from pores.errors import PorelakeError

UNFINISHED = ["RUNNING", "PENDING", "CANCELLING"]
CONFLICT, NOT_FOUND = 409, 404


class ServerApi:
    """A Prefect server."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, body: object = None) -> Any:
        """GET, or POST of a JSON body.

        Raises
        ------
        HTTPError, URLError, OSError
            As they come.
        """
        data = None if body is None else json.dumps(body).encode()
        asked = Request(self.url + path, data, {"Content-Type": "application/json"})
        with urlopen(asked, timeout=30) as reply:
            return json.load(reply)

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

    def ensure_limit(self, name: str) -> None:
        """Create a concurrency limit of one, if there is none of that name."""
        try:
            self.ask("/v2/concurrency_limits/", {"name": name, "limit": 1})
        except HTTPError as error:
            if error.code != CONFLICT:
                raise

    def has_pool(self, name: str) -> bool:
        """Whether there is a work pool of that name."""
        try:
            self.ask(f"/work_pools/{name}")
        except HTTPError as error:
            if error.code != NOT_FOUND:
                raise
            return False
        return True

    def mark_crashed(self, pool: str, ours: Collection[str]) -> None:
        """Mark runs as crashed that an earlier service left unfinished when it was killed.

        Not if workers of other machines are there: the runs may be theirs.
        """
        if not self.has_pool(pool):
            return
        workers = self.ask(f"/work_pools/{pool}/workers/filter", {})
        if any(worker["status"] == "ONLINE" and worker["name"] not in ours for worker in workers):
            return
        left = {
            "work_pools": {"name": {"any_": [pool]}},
            "flow_runs": {"state": {"type": {"any_": UNFINISHED}}},
        }
        crashed = {"type": "CRASHED", "name": "Crashed", "message": "porelake serve was killed"}
        for run in self.ask("/flow_runs/filter", left):
            self.ask(f"/flow_runs/{run['id']}/set_state", {"state": crashed, "force": True})

    def next_runs(self) -> list[str]:
        """Say when the next run of every deployment is."""
        lines = []
        for deployment in sorted(self.ask("/deployments/filter", {}), key=lambda one: str(one["name"])):
            due = {
                "deployments": {"id": {"any_": [deployment["id"]]}},
                "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
                "sort": "EXPECTED_START_TIME_ASC",
                "limit": 1,
            }
            runs = self.ask("/flow_runs/filter", due)
            active = any(schedule["active"] for schedule in deployment["schedules"])
            when = (
                f"next {runs[0]['expected_start_time'][:16]} UTC" if runs else "soon" if active else "by hand"
            )
            lines.append(f"  {deployment['name']:<10} {when}")
        return lines
