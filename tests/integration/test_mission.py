"""Questions at the mission's scale: other programs give the same rows, else comparing times means nothing."""

from datetime import datetime

import numpy as np
import pytest

from benchmarks.make_lake import make
from benchmarks.mission_publish import publish_table
from benchmarks.mission_tables import Mission, peer_table, query_table
from benchmarks.mission_ways import WAYS, Ways, files
from catalog.build import publish
from storage.lake import Lake

OTHERS = [name for name in WAYS if name != "porelake"]


@pytest.fixture(scope="module")
def ways(tmp_path_factory):
    root = tmp_path_factory.mktemp("mission")
    lake = Lake.at(root / "lake")
    make(lake.root, range(1, 5))
    publish(lake)
    ways = Ways(lake, root / "lake.sqlite")
    ways.fill()
    return ways


@pytest.fixture(scope="module")
def catalogue(ways):
    return ways.of("porelake")


def require_equal(rows, expected):
    assert len(rows) == len(expected) > 0
    for column, wanted in zip(zip(*rows, strict=True), zip(*expected, strict=True), strict=True):
        if isinstance(wanted[0], float):
            np.testing.assert_allclose(np.array(column, float), np.array(wanted, float), rtol=1e-9)
        elif isinstance(wanted[0], datetime):
            assert [_time(value) for value in column] == [*wanted]
        else:
            assert [*column] == [*wanted]


def _time(value):
    """SQLite has no times: ms since 1970."""
    return np.datetime64(value, "ms").item() if isinstance(value, int) else value


@pytest.mark.parametrize("name", OTHERS)
class TestPeers:
    def test_lifetimes_against_field(self, ways, catalogue, name):
        require_equal(ways.of(name).headline(), catalogue.headline())

    def test_survival_curve(self, ways, catalogue, name):
        require_equal(ways.of(name).survival(), catalogue.survival())

    def test_features_of_a_harp_and_one_of_them(self, ways, catalogue, name):
        features = catalogue.one_harp(3)
        require_equal(ways.of(name).one_harp(3), features)
        pore_id = features[len(features) // 2][2]
        require_equal(ways.of(name).one_pore(pore_id), catalogue.one_pore(pore_id))


def test_a_file_of_sqlite_is_made_once(ways):
    before = ways.sqlite.stat().st_mtime_ns
    ways.fill()
    assert ways.sqlite.stat().st_mtime_ns == before


def test_every_round_asks_about_another_harp(ways):
    keys = Mission(ways, 3).keys
    assert len({key.harp for key in keys}) == 4
    assert all(key.pore.startswith(f"{key.harp}_") for key in keys)


def test_peers_read_the_files_that_the_catalogue_reads(ways):
    assert files(ways.lake, "pores") == ways.lake.table_files("pores")


def test_tables_have_a_time_for_every_way_and_question(ways):
    mission = Mission(ways, 1)
    table = peer_table(mission)
    assert {len(row) for row in table.rows} == {1 + len(WAYS)}
    assert {f"mission.one_pore_{name.lower()}_s" for name in OTHERS} <= set(table.figures)
    assert "`growth_law`" in [name for name, _ in query_table(mission).rows]


def test_a_lake_is_published_in_sizes_that_it_has(ways, tmp_path):
    table = publish_table(ways.lake, (3, 4, 150), tmp_path, rounds=1)
    assert [row[0] for row in table.rows] == [3, 4]
    assert {row[2] for row in table.rows} == {"none, too few HARPs"}
    of_sizes = {f"mission.publish_one_of_{size}_s" for size in (3, 4)}
    assert set(table.figures) == {"mission.publish_one_s", *of_sizes}
