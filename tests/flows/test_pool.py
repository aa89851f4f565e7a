"""Frames over processes: in order, to processes that are there at once, whose results are small."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from flows import early, pool, stages
from flows.cli import INTERRUPTED
from flows.harp import Harp
from flows.pool import LARGEST_SHARE, ordered_map
from flows.request import JSOC, Request
from storage.labels import read_labels
from tests.flows.runs import BUSY, request


def squared(number: int) -> tuple[int, int]:
    time.sleep(0.002 * (number % 3))  # so that later ones are done earlier
    return number * number, os.getpid()


def refused(number: int) -> int:
    if number == 7:
        raise ValueError("seven")
    return number


def test_results_come_in_order_from_two_processes() -> None:
    made = list(ordered_map(squared, range(50), 2))
    assert [value for value, _ in made] == [n * n for n in range(50)]
    processes = {process for _, process in made}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_few_items_stay_in_this_process() -> None:
    assert {process for _, process in ordered_map(squared, range(11), 2)} == {os.getpid()}
    assert {process for _, process in ordered_map(squared, range(50), 1)} == {os.getpid()}


def test_fewer_items_are_worth_processes_that_run_already(monkeypatch: pytest.MonkeyPatch) -> None:
    list(ordered_map(squared, range(12), 2))
    here = partial(ordered_map, squared, workers=2, worth=150)
    assert os.getpid() not in {process for _, process in here(range(12))}
    assert {process for _, process in here(range(11))} == {os.getpid()}
    monkeypatch.setattr(pool, "_pools", {})
    assert {process for _, process in here(range(149))} == {os.getpid()}


def test_what_goes_wrong_in_a_process_is_raised_here() -> None:
    results = ordered_map(refused, range(40), 2)
    with pytest.raises(ValueError, match="seven"):
        list(results)


def killed(number: int) -> int:
    if number == 30:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_a_process_that_dies_is_told_to_all_who_wait_for_it() -> None:
    waiting = [ordered_map(killed, range(200), 2) for _ in range(2)]
    assert [next(results) for results in waiting] == [0, 0]
    for results in waiting:
        with pytest.raises(BrokenProcessPool):
            list(results)
    assert len(list(ordered_map(squared, range(20), 2))) == 20


@pytest.mark.parametrize(
    ("end", "status", "said"),
    [
        ("os.kill(os.getpid(), signal.SIGINT)", INTERRUPTED, "stopped; run again to go on"),
        ("raise PorelakeError('no room')", 1, "no room"),
    ],
    ids=["Ctrl-C", "error"],
)
def test_a_command_that_breaks_off_does_not_wait_for_what_is_at_hand(
    tmp_path: Path, end: str, status: int, said: str
) -> None:
    code = (
        "import os, signal, sys, time; from flows import cli, early; from flows.pool import ordered_map\n"
        "from pores.errors import PorelakeError\n"
        "def work(_):\n"
        "    results = ordered_map(time.sleep, [0.0] * 12 + [30.0] * 100, 2)\n"
        "    next(results)\n"
        f"    {end}\n"
        "    list(results)\n"
        "early.start_early = work\n"
        f"sys.argv = ['porelake', 'run', '--from', {str(tmp_path)!r}, '--lake', {str(tmp_path / 'lake')!r}]\n"
        "cli.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=25
    )
    assert done.returncode == status
    assert done.stderr == f"porelake: {said}\n"


@pytest.mark.parametrize("n", [1, 12, 17, 60, 300])
def test_shares_are_neighbours_and_small_at_the_end(n: int) -> None:
    shares = list(pool._shares(range(n), 2))
    assert [one for share in shares for one in share] == list(range(n))
    sizes = [len(share) for share in shares]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] <= LARGEST_SHARE
    assert sizes[-1] == 1


def test_workers_have_all_and_one_thread_of_blas() -> None:
    told = list(ordered_map(_state, range(12), 2))
    assert {threads for threads, _ in told} == {"1"}
    assert all(there for _, there in told)


def _state(_: int) -> tuple[str | None, bool]:
    return os.environ.get("OPENBLAS_NUM_THREADS"), "flows.products" in sys.modules


def test_what_comes_back_of_a_frame_is_small(small_lake: Path) -> None:
    harp = Harp(request(None, small_lake), BUSY)
    block, *_ = prepared = harp.prepare_blocks()
    frame = stages.usable_frames(harp, block)[0]
    found = stages._detect_one(harp.cube, harp.request.parameters, frame)
    masks = read_labels(harp.labels(harp.detect_blocks(prepared)[0]), frame[0])
    np.testing.assert_array_equal(found.labels.image(), masks)
    assert masks.any()
    assert len(pickle.dumps(found)) < masks.nbytes / 2


def test_a_new_harp_of_many_files_starts_processes_early(
    small_series: Path, small_lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int | None] = []
    monkeypatch.setattr(early, "get_ready", started.append)
    ask = partial(request, small_series, workers=3)
    early.start_early(ask(tmp_path))
    assert started == [3]
    for idle in (
        ask(small_lake),  # has been through the chain
        ask(tmp_path, harpnums=(BUSY,)).model_copy(update={"source": JSOC}),
        ask(tmp_path, last_stage="ingest"),
        request(tmp_path, tmp_path),  # no files
        Request(lake=str(tmp_path / "none")),
    ):
        early.start_early(idle)
    assert started == [3]


def test_ingestion_starts_processes_early_for_harps_without_a_cube(
    small_series: Path, small_lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int | None] = []
    monkeypatch.setattr(early, "get_ready", started.append)
    monkeypatch.setattr(early, "FILES_WORTH_A_POOL", 10)
    ask = partial(request, small_series, last_stage="ingest", workers=3)
    early.start_early(ask(tmp_path))
    early.start_early(ask(small_lake, harpnums=(1,)))
    assert started == [3, 3]
    cubes = shutil.copytree(small_lake / "cubes", tmp_path / "lake" / "cubes").parent  # and no run
    early.start_early(ask(cubes))
    early.start_early(ask(cubes, harpnums=(BUSY,)))
    assert started == [3, 3]


def test_a_command_for_little_starts_no_process(small_lake: Path) -> None:
    code = (
        "import sys, multiprocessing.forkserver as f; from flows.cli import main\n"
        f"sys.argv = ['porelake', 'run', '--lake', {str(small_lake)!r}, '--workers', '2']\n"
        "try: main()\nfinally: print(f._forkserver._forkserver_pid)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "None", done.stderr
