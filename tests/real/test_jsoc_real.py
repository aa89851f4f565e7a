"""The real records by way of the loopback JSOC: the tables that their files make."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.check import verify
from catalog.query import connect
from storage.lake import Lake
from tests.flows.jsoc_lakes import assert_nothing_left, assert_polite, images, variables
from tests.flows.runs import assert_same_tables, porelake
from tests.jsoc.handle import Jsoc

REGIONS = {11158: 377}
HARPS = (1422, 1441, 2875, 6060, 13561, 14003)  # 833 has bare files only


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def from_files(real_data: Path, tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """The lake of the files."""
    lake = tmp_path_factory.mktemp("files") / "lake"
    asked = [option for harp in (*REGIONS.values(), *HARPS) for option in ("--harp", harp)]
    done = porelake(
        "run", "--from", real_data / "sharp", *asked, "--lake", lake, PORELAKE_CACHE_DIR=str(cache)
    )
    assert (done.returncode, done.stderr) == (0, "")
    return lake


@pytest.fixture(scope="module")
def server(real_data: Path) -> Iterator[Jsoc]:
    with Jsoc.start(real_data / "sharp") as running:
        yield running


@pytest.fixture(scope="module")
def from_jsoc(server: Jsoc, tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Path:
    """The lake of the same records from JSOC."""
    lake = tmp_path_factory.mktemp("jsoc") / "lake"
    done = porelake(*command(lake), PORELAKE_CACHE_DIR=str(cache), **variables(server))
    assert done.returncode == 0, done.stderr
    return lake


def command(lake: Path) -> list[object]:
    regions = [option for noaa in REGIONS for option in ("--noaa", noaa)]
    harps = [option for harp in HARPS for option in ("--harp", harp)]
    return ["run", *regions, *harps, "--from", "jsoc", "--email", "a@b.c", "--lake", lake]


def test_the_tables_are_those_of_the_files(from_jsoc: Path, from_files: Path) -> None:
    assert_same_tables(from_jsoc, from_files, but=("source",))
    assert verify(Lake.at(from_jsoc)) == []
    with connect(Lake.at(from_jsoc)) as connection:
        harps = connection.execute("SELECT harpnum FROM harps ORDER BY 1").fetchall()
    assert [harp for (harp,) in harps] == sorted((*REGIONS.values(), *HARPS))


def test_the_pixels_are_those_of_the_files(server: Jsoc, from_jsoc: Path, from_files: Path) -> None:
    mine, theirs = images(from_jsoc), images(from_files)
    not_used = {name for name in theirs if ".Dopplergram." in name}
    assert mine.keys() == theirs.keys() - not_used
    assert all((image == theirs[name]).all() for name, image in mine.items())
    assert_nothing_left(from_jsoc)
    assert_polite(server)


def test_again_nothing_is_fetched(server: Jsoc, from_jsoc: Path, cache: Path) -> None:
    n = len(server.exports()), len(server.log("download"))
    done = porelake(*command(from_jsoc), PORELAKE_CACHE_DIR=str(cache), **variables(server))
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("up to date") == len(HARPS) + len(REGIONS)
    assert (len(server.exports()), len(server.log("download"))) == n


def test_a_region_by_the_list_shipped(server: Jsoc, from_jsoc: Path, cache: Path) -> None:
    """JSOC's own list can't be had here; what is used in its place is told with its age."""
    dry = porelake(*command(from_jsoc), "--dry-run", PORELAKE_CACHE_DIR=str(cache), **variables(server))
    assert dry.returncode == 0
    assert "hmi.sharp_cea_720s[377]{" in dry.stdout
    assert "[11158]" not in dry.stdout
