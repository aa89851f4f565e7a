"""Who asks about one HARP waits for one HARP: the rows of others are not read."""

import pytest

from benchmarks.make_lake import make
from catalog.build import publish
from catalog.query import connect, named
from catalog.sql_files import sql_files
from storage.lake import Lake

QUERIES = [file.name for file in sql_files("queries") if any(p.name == "harp" for p in file.parameters)]
VIEWS = (
    *("lives", "pore_rates", "pore_series", "pores_to_spots", "region_occurrence", "interaction_rates"),
    *("harp_summary", "field_oscillation", "families", "pore_lifetime", "unusable_frames"),
)


@pytest.fixture(scope="module")
def connection(tmp_path_factory):
    """A lake in which the features of HARP 2 can't be read."""
    lake = Lake.at(tmp_path_factory.mktemp("one"))
    make(lake.root, (1, 2))
    publish(lake)
    (unreadable,) = [path for path in lake.table_files("pores") if path.parent.name == "harpnum=2"]
    unreadable.write_bytes(b"no Parquet")
    with connect(lake) as connection:
        yield connection


@pytest.mark.parametrize("name", QUERIES)
def test_query_of_one_harp(connection, name) -> None:
    question = named(name, {"harp": "1"})
    assert connection.execute(question.sql, question.values).fetchall()


@pytest.mark.parametrize("name", VIEWS)
def test_view_of_one_harp(connection, name) -> None:
    assert connection.execute(f"SELECT * FROM {name} WHERE harpnum = 1").fetchall()


def test_life_of_a_pore(connection) -> None:
    ((track, n_obs),) = connection.execute(
        "SELECT track_id, n_obs FROM tracks WHERE harpnum = 1 ORDER BY n_obs DESC LIMIT 1"
    ).fetchall()
    assert len(connection.execute("FROM pore_life($track)", {"track": track}).fetchall()) == n_obs
