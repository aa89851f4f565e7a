"""What Prefect adds to a run: a server of this machine, and the same run without."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.cores import run
from benchmarks.long_harp import LongHarp
from benchmarks.report import Table
from benchmarks.timing import Sample
from flows.server_api import ServerApi

RECORDS = 60
_PREFECT = str(Path(sys.executable).with_name("prefect"))


def prefect_table(harp: LongHarp, scratch: Path, rounds: int, long_s: Sample) -> Table:
    """Run a short HARP with a server and without, in turns; what is added is the same for a long one.

    Parameters
    ----------
    harp : LongHarp
    scratch : Path
    rounds : int
    long_s : Sample
        Time of a HARP of 1500 records without Prefect, s.
    """
    plain: list[float] = []
    asked: list[float] = []
    with server(scratch / "prefect") as environment:
        run(harp, scratch / "flow", RECORDS, 2, **environment)  # the first flow of a server waits for it
        for _ in range(rounds):
            plain.append(run(harp, scratch / "flow", RECORDS, 2).seconds)
            asked.append(run(harp, scratch / "flow", RECORDS, 2, **environment).seconds)
    without, by_flow = Sample(tuple(plain)), Sample(tuple(asked))
    added = by_flow - without
    share = Sample(tuple(value / (long_s.median + value) for value in added.values))
    note = (
        f"{RECORDS} records, two workers, with a Prefect server on this machine and without. What it adds is"
        " its import, a task for each stage of a HARP, and what a run leaves on the server's pages: the"
        " same for a long HARP, whose time is that of the table before."
    )
    rows = [
        ("`porelake run`, s", without),
        ("`porelake run` as a Prefect flow, s", by_flow),
        ("added, s", added),
        ("share of a HARP of 1500 records, %", share.scaled(100)),
    ]
    return Table("Prefect's share", ("", ""), rows, note, {"run.prefect_share": share})


@contextmanager
def server(home: Path) -> Iterator[dict[str, str]]:
    """Run a Prefect server, and give the environment of what is to find it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home.mkdir()
    environment = {
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    command = [_PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port), "--no-ui"]
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=log, stderr=log)
    try:
        ServerApi(environment["PREFECT_API_URL"]).wait_for_health(180, lambda: process.poll() is not None)
        yield environment
    finally:
        process.terminate()
        process.wait(60)
