"""The command `porelake serve`: how it begins, ends, and what it refuses."""

import contextlib
import http.client
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from storage.lake import Lake
from tests.flows.runs import PORELAKE, Refuses, environment
from tests.live.wire import Wire
from tests.sql.hostile import GREEDY


def started(asked_lake: Lake, *options: object) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen(
        [PORELAKE, "serve", "--lake", str(asked_lake.root), "--port", "0", *map(str, options)],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said.startswith("http://127.0.0.1:"), said + (process.stderr.read() if process.stderr else "")
    return process, int(said.partition("/ (")[0].rpartition(":")[2])


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_within_a_second_and_leaves_nothing(asked_lake: Lake, how: int) -> None:
    process, port = started(asked_lake)
    asked = threading.Thread(target=ask_in_vain, args=(port,))
    Wire(port).ask("SELECT 1")
    asked.start()
    time.sleep(0.5)
    children = children_of(process.pid)
    assert children
    process.send_signal(how)
    began = time.monotonic()
    assert process.wait(20) == 0
    assert time.monotonic() - began < 3  # one on a machine that has nothing else to do
    asked.join()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    process.stdout.close()  # type: ignore[union-attr]
    process.stderr.close()
    assert not [child for child in children if Path(f"/proc/{child}").exists()]


def ask_in_vain(port: int) -> None:
    with contextlib.suppress(OSError, http.client.HTTPException):
        Wire(port).ask(GREEDY["scan"])


def children_of(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    others = [Path(path).read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    return sorted({int(child) for child in " ".join([text, *others]).split()})


def test_wrong_options_are_told(asked_lake: Lake, refuses: Refuses, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refuses("serve", "--lake", asked_lake.root, "--port", taken.getsockname()[1], says="--port")
    refuses("serve", "--lake", tmp_path / "none", says="no catalogue")
    refuses("serve", "--lake", asked_lake.root, "--host", "no.such.host.invalid", says="--host")
    for option in ("--from", "--email", "--workers", "--database", "--config"):
        refuses("serve", option, "x", says="porelake clock")
    refuses("serve", "--config=prefect.yaml", says="porelake clock")
