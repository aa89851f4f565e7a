"""A mirror has room for so many bytes: what leaves it, what stays, and that it comes again."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from storage.lake import Lake
from storage.remote import all_pulled, mirrored, pull
from storage.remote_room import alone, in_use
from tests.s3_server import S3Server, s3_server
from tests.sql.conftest import SERIES

CUBE = 1000
Hold = Callable[[Lake, str, int], AbstractContextManager[None]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as started:
        started.make_bucket("pores")
        yield started


@pytest.fixture
def lake(
    server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Lake:
    """A lake of three HARPs, whose mirror has room for two from now on."""
    for name, value in {**server.environment, "PORELAKE_CACHE_DIR": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    made = Lake.at(f"s3://pores/{abs(hash(request.node.name))}")
    for harpnum in (1, 2, 3):
        keep(made, harpnum)
    monkeypatch.setenv("PORELAKE_MIRROR_BYTES", str(2 * CUBE + 100))
    return made


def keep(lake: Lake, harpnum: int) -> None:
    """Work on a HARP."""
    with mirrored(lake, SERIES, harpnum):
        paths = (lake.cube(SERIES, harpnum), lake.labels(SERIES, harpnum, "key"))
        for path, size in zip(paths, (CUBE, 10), strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("ab") as file:
                file.write(bytes([harpnum]) * size)
        lake.pointer(SERIES, harpnum).parent.mkdir(parents=True, exist_ok=True)
        lake.pointer(SERIES, harpnum).write_text(f"{harpnum}")


def here(lake: Lake) -> list[int]:
    """HARPs whose images are in the mirror."""
    cubes = {int(path.stem) for path in lake.root.glob("cubes/*/*.h5")}
    assert cubes == {int(path.parent.name) for path in lake.root.glob("labels/*/*/*.h5")}
    return sorted(cubes)


def test_what_was_used_longest_ago_leaves_and_comes_again(lake: Lake, server: S3Server) -> None:
    assert here(lake) == [1, 2, 3]
    pull(lake, SERIES, 1)
    assert here(lake) == [1, 3]
    with mirrored(lake, SERIES, 2):
        assert lake.cube(SERIES, 2).read_bytes() == bytes([2]) * CUBE
        assert lake.labels(SERIES, 2, "key").read_bytes() == bytes([2]) * 10
        server.forget()
    assert server.requests("PUT", "DELETE") == []
    assert here(lake) == [1, 2]
    assert list(lake.cubes(SERIES)) == [1, 2, 3]


def test_a_check_of_the_lake_has_all_of_it(lake: Lake) -> None:
    pull(lake, SERIES, 1)
    with all_pulled(lake):
        assert here(lake) == [1, 2, 3]
        pull(lake, SERIES, 3)  # another process, say
        assert here(lake) == [1, 2, 3]
    assert len(here(lake)) == 2


@pytest.mark.parametrize("hold", [in_use, alone])
def test_what_is_in_work_stays(lake: Lake, hold: Hold) -> None:
    with hold(lake, SERIES, 1):
        pull(lake, SERIES, 3)
        assert here(lake) == [1, 3]
    pull(lake, SERIES, 2)
    assert here(lake) == [2, 3]


def test_what_the_store_does_not_have_stays(lake: Lake) -> None:
    """A run was killed before it took its cube back, another one before it noted so."""
    with lake.cube(SERIES, 1).open("ab") as cube:
        cube.write(b"more")
    new = lake.labels(SERIES, 2, "new")
    new.write_bytes(b"new")
    pull(lake, SERIES, 3)
    pull(lake, SERIES, 3)
    assert lake.cube(SERIES, 1).stat().st_size == CUBE + 4
    assert new.exists()
    assert not lake.cube(SERIES, 2).exists()
    with mirrored(lake, SERIES, 1):  # once it is there, it may leave
        pass
    pull(lake, SERIES, 2)
    pull(lake, SERIES, 3)
    assert not lake.cube(SERIES, 1).exists()
    pull(lake, SERIES, 1)
    assert lake.cube(SERIES, 1).read_bytes()[CUBE:] == b"more"


def test_a_directory_is_no_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORELAKE_MIRROR_BYTES", "0")
    local = Lake.at(tmp_path / "lake")
    keep(local, 1)
    with all_pulled(local):
        pull(local, SERIES, 1)
    assert here(local) == [1]
    assert not (local.root / "mirrored").exists()
