"""Ingestion by several processes makes the cube that one makes, and says the same of what is wrong."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest

from flows import ingest as stage
from flows.harp import Harp, source_files
from flows.ingest import ingest
from flows.request import SERIES
from pores.errors import PorelakeError
from storage import cube_log, cube_reading
from storage.archive import SourceFile
from storage.cube_reading import Look, Offer
from storage.cubes import append
from tests.flows.forks import members
from tests.flows.runs import BUSY, environment, request
from tests.waiting import wait_for


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few files are worth processes, and no file can be looked into in this one."""
    monkeypatch.setattr(stage, "FILES_WORTH_A_POOL", 10)
    monkeypatch.delattr(cube_reading, "Content")


def offered(source: Path) -> list[SourceFile]:
    return source_files(str(source), SERIES)[BUSY]


def assert_same_cubes(a: Path, b: Path) -> None:
    """The same rows of the log in the same order, and the same bytes in the same chunks."""
    with h5py.File(a) as one, h5py.File(b) as other:
        log = cube_log.entries(one)
        np.testing.assert_array_equal(cube_log.entries(other), log)
        assert len(log) > 30
        shapes = cube_log.shapes(one)
        assert cube_log.shapes(other) == shapes
        for path in ["headers", *(shape.path for shape in shapes)]:
            assert chunks(one[path]) == chunks(other[path])


def chunks(dataset: h5py.Dataset) -> list[tuple[int, bytes]]:
    rest = (0,) * (dataset.ndim - 1)
    return [dataset.id.read_direct_chunk((row, *rest)) for row in range(len(dataset))]


@pytest.fixture
def undisturbed(small_series: Path, tmp_path: Path) -> Path:
    """The cube that this process makes."""
    path = tmp_path / "one.h5"
    assert len(append(path, offered(small_series)).unusable) == 1
    return path


def test_the_cube_is_the_same(undisturbed: Path, small_series: Path, tmp_path: Path, processes: None) -> None:
    asked = request(small_series, tmp_path / "lake", workers=2)
    done = ingest(asked, BUSY)
    n = len(offered(small_series))
    assert done.said == f"{n} files added (1 of them unusable)"
    assert_same_cubes(Harp(asked, BUSY).cube, undisturbed)
    assert ingest(asked, BUSY).said == "", "and then all of it is there"


def test_what_is_there_already_is_told_by_its_content(
    undisturbed: Path, small_series: Path, tmp_path: Path, processes: None
) -> None:
    """Files that were copied twice, so that their times are new; the bad one counts as another each time."""
    for name in ("a", "b"):
        shutil.copytree(small_series, tmp_path / "copies" / name, copy_function=shutil.copyfile)
    asked = request(tmp_path / "copies", tmp_path / "lake", workers=2)
    cube = Harp(asked, BUSY).cube
    cube.parent.mkdir(parents=True)
    shutil.copyfile(undisturbed, cube)
    assert ingest(asked, BUSY).said == "2 files added (2 of them unusable)"
    with h5py.File(cube) as ours, h5py.File(undisturbed) as before:
        for shape in cube_log.shapes(before):
            assert len(ours[shape.path]) == len(before[shape.path])


def test_a_file_that_goes_away_is_named(small_series: Path, tmp_path: Path, processes: None) -> None:
    source = Path(shutil.copytree(small_series, tmp_path / "series"))
    files, asked = offered(source), request(source, tmp_path / "lake", workers=2)
    gone = Path(files[30].path)
    gone.rename(tmp_path / gone.name)
    with pytest.raises(PorelakeError, match=rf"{gone}: can't be read \(No such file"):
        ingest(asked, BUSY)
    shutil.copy2(tmp_path / gone.name, gone)
    with h5py.File(Harp(asked, BUSY).cube) as cube:
        there = len(cube_log.entries(cube))
    assert 0 < there <= 30, "what came before it is kept"
    assert ingest(asked, BUSY).said.startswith(f"{len(files) - there} files added")


KILLED = """
import os, signal, sys
from multiprocessing import active_children
from flows import cli, pool
from storage import cube_append
pool.FILES_WORTH_A_POOL = 10
cube_append.BATCH = 3
n_batches, write = 0, cube_append.CubeWriter.write
def killing(*batch):
    global n_batches
    n_batches += 1
    if n_batches == 3:
        os.kill({victim}, signal.SIGKILL)
    return write(*batch)
cube_append.CubeWriter.write = killing
cli.main()
"""


@pytest.mark.parametrize(
    ("victim", "status", "said"),
    [("os.getpid()", -signal.SIGKILL, ""), ("active_children()[0].pid", 1, "BrokenProcessPool")],
    ids=["the one that writes", "one that reads"],
)
def test_a_kill_loses_nothing_that_was_done(
    undisturbed: Path, small_series: Path, tmp_path: Path, victim: str, status: int, said: str
) -> None:
    asked = request(small_series, tmp_path / "lake", harpnums=(BUSY,))
    options = ["--from", str(small_series), "--lake", asked.lake, "--harp", str(BUSY), "--workers", "2"]
    code = [sys.executable, "-c", KILLED.format(victim=victim), "ingest", *options]
    run = subprocess.Popen(code, env=environment(), start_new_session=True, stderr=subprocess.PIPE, text=True)
    told = run.communicate(timeout=60)[1]
    assert (run.returncode, said in told) == (status, True), told
    wait_for(lambda: not members(run.pid))
    with cube_log.reading(Harp(asked, BUSY).cube) as cube:
        there = len(cube_log.entries(cube))
    assert 6 <= there < len(offered(small_series))
    assert ingest(asked, BUSY).said.startswith(f"{len(offered(small_series)) - there} files added")
    assert_same_cubes(Harp(asked, BUSY).cube, undisturbed)


def test_what_the_cube_has_is_not_packed_again(undisturbed: Path, small_series: Path, tmp_path: Path) -> None:
    copies = Path(shutil.copytree(small_series, tmp_path / "copies", copy_function=shutil.copyfile))
    looks: list[Look] = []

    def over(look_into: Callable[[Offer], Look], offers: Sequence[Offer]) -> Iterator[Look]:
        for offer in offers:
            looks.append(look_into(offer))
            yield looks[-1]
        looks.append(looks[-1])  # reached at the end alone

    files = offered(copies)
    append(undisturbed, files, over=over)
    assert len(looks) == len(files) + 1, "asked for more once all were there, so that bars are full"
    assert sum(look.image is not None for look in looks[:-1]) == 1, "the file that can't be used"


def test_a_look_into_each_file_is_asked_for(small_series: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="shorter"):
        append(tmp_path / "a.h5", offered(small_series), over=lambda look, offers: map(look, offers[:-1]))


@pytest.mark.parametrize(("size", "together"), [(9_000_000, 1), (3_000_000, 2), (100, 12), (0, 12)])
def test_files_of_8_mb_or_12_go_together(
    small_series: Path, monkeypatch: pytest.MonkeyPatch, size: int, together: int
) -> None:
    shares: list[int] = []
    monkeypatch.setattr(stage, "ordered_map", lambda *asked: shares.append(asked[-1]) or [])
    file = offered(small_series)[0]
    list(stage._over(2, "", cube_reading.look_into, [Offer(replace(file, size=n)) for n in (size, 0)]))
    assert shares == [together]
