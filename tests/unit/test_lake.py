"""Paths of a lake, and writing that is whole or not at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pores.errors import InputError
from storage.lake import PARTIAL, Lake, atomic

SERIES = "hmi.sharp_cea_720s"


def test_a_lake_in_a_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for location in ("lake", tmp_path / "lake", f"file://{tmp_path}/lake"):
        lake = Lake.at(location)
        assert (lake.root, lake.url, lake.location) == (tmp_path / "lake", None, str(tmp_path / "lake"))


def test_a_lake_in_an_object_store_has_a_mirror_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORELAKE_CACHE_DIR", str(tmp_path))
    places = ["bucket/lake", "bucket/lake2", "bucket-lake", "bucket/" + 99 * "a", "bucket/" + 99 * "a" + "b"]
    urls = [f"s3://{place}" for place in places] + ["gs://bucket/lake"]
    lakes = [Lake.at(url) for url in urls]
    assert [lake.location for lake in lakes] == urls
    assert len({lake.root for lake in lakes}) == len(urls)
    assert all(lake.root.parent == tmp_path / "lakes" for lake in lakes)
    assert Lake.at("s3://bucket/lake/") == lakes[0]


@pytest.mark.parametrize(
    "place", ["s3://", "s3:///a", "s3://b//a", "s3://b/../a", "s3://b/a*", "s3://b/it's", "s3 x://b", "://b"]
)
def test_no_place_in_an_object_store(place: str) -> None:
    with pytest.raises(InputError, match="write s3://bucket/prefix"):
        Lake.at(place)


def test_every_result_has_a_place_of_its_own(tmp_path: Path) -> None:
    lake = Lake.at(tmp_path)
    paths = [
        lake.catalog,
        *(lake.cube(series, harp) for series in (SERIES, "other") for harp in (1, 11)),
        *(lake.stage(SERIES, 1, stage, key) for stage in ("prepare", "detect") for key in ("a", "b")),
        *(lake.stage(SERIES, 11, "prepare", "a"), lake.labels(SERIES, 1, "a"), lake.product(SERIES, 1, "a")),
        *(lake.table(table, harp, "r") for table in ("pores", "runs") for harp in (1, 11)),
    ]
    assert len(set(paths)) == len(paths)
    assert all(path.is_relative_to(tmp_path) for path in paths)


def test_cubes_are_found_by_number(tmp_path: Path) -> None:
    lake = Lake.at(tmp_path)
    assert lake.cubes(SERIES) == {}
    for harp in (377, 14003, 50):
        with atomic(lake.cube(SERIES, harp)) as partial:
            partial.touch()
    (lake.cube(SERIES, 377).parent / ".377.h5.lock").touch()
    assert lake.cubes(SERIES) == {harp: lake.cube(SERIES, harp) for harp in (50, 377, 14003)}
    assert list(lake.cubes(SERIES)) == [50, 377, 14003]


def test_table_files_of_all_runs(tmp_path: Path) -> None:
    lake = Lake.at(tmp_path)
    for run in ("b", "a"):
        with atomic(lake.table("pores", 1, run)) as partial:
            partial.touch()
    with atomic(lake.table("tracks", 1, "a")) as partial:
        partial.touch()
    assert lake.table_files("pores") == [lake.table("pores", 1, "a"), lake.table("pores", 1, "b")]


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file"
    with atomic(path) as partial:
        partial.write_text("old")
        assert not path.exists()
    with atomic(path) as partial:
        partial.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert list(path.parent.iterdir()) == [path]


def test_nothing_is_left_of_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")

    def fail() -> None:
        with atomic(path) as partial:
            partial.write_text("half")
            raise ValueError("in between")

    with pytest.raises(ValueError, match="in between"):
        fail()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def left_over(tmp_path: Path) -> Path:
    """What a process leaves that is killed while it writes a table."""
    program = (
        "import os, sys; from pathlib import Path; from storage.lake import Lake, atomic\n"
        "with atomic(Lake.at(sys.argv[1]).table('pores', 377, 'run')) as partial:\n"
        "    partial.write_text('half'); os.kill(os.getpid(), 9)"
    )
    root = Path(__file__).resolve().parents[2]
    status = subprocess.run([sys.executable, "-c", program, tmp_path], cwd=root, check=False).returncode
    assert status == -9
    (found,) = (tmp_path / "tables" / "pores" / "harpnum=377").iterdir()
    assert found.name.endswith(PARTIAL)
    return found


def test_what_a_killed_process_left_is_swept(tmp_path: Path, left_over: Path) -> None:
    wal = tmp_path / left_over.name.replace("run.parquet", "catalog.duckdb").replace(
        PARTIAL, f"{PARTIAL}.wal"
    )
    wal.touch()
    assert set(Lake.at(tmp_path).sweep(SERIES, 377)) == {left_over, wal}
    assert not left_over.exists()
    assert not wal.exists()


@pytest.mark.parametrize("owner", ["living", "of another machine", "unknown"])
def test_what_may_be_in_use_is_not_swept(tmp_path: Path, left_over: Path, owner: str) -> None:
    parts = left_over.name.split(".")  # run, parquet, host, pid, partial
    if owner == "living":
        parts[3] = str(os.getpid())
    elif owner == "of another machine":
        parts[2] += "2"
    else:
        del parts[2:4]
    kept = left_over.rename(left_over.with_name(".".join(parts)))
    assert Lake.at(tmp_path).sweep(SERIES, 377) == []
    assert kept.exists()


@pytest.mark.parametrize("location", ["s3:/pores/lake", "gs:/pores"])
def test_a_url_with_one_slash_is_no_directory(location: str) -> None:
    with pytest.raises(InputError, match=f"--lake {location}: a URL has two slashes: .*://pores"):
        Lake.at(location)
    assert Lake.at("./s3:/pores/lake").url is None
