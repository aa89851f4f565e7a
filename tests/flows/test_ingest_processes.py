"""Ingestion by several processes makes the cube that one makes, and says the same of what is wrong."""

import shutil
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
from storage.cubes import append
from tests.flows.runs import BUSY, request


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
