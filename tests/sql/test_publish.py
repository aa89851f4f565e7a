"""Publishing: one swap, whatever the path and whoever reads, dies or publishes meanwhile."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from catalog import build
from catalog.build import publish
from catalog.query import connect
from catalog.schema import ENSEMBLES, TABLES
from catalog.sql_files import sql_files
from pores.errors import InputError, PorelakeError
from storage.lake import Lake
from storage.runs import CurrentRun, set_current


def harps(lake):
    with connect(lake) as connection:
        return [harp for (harp,) in connection.execute("SELECT harpnum FROM harps ORDER BY 1").fetchall()]


@pytest.mark.parametrize(
    "name",
    [
        "it's",
        "a b",
        "x[1]",
        "*",
        "?",
        "{a,b}",
        "h=1",
        "mu=1",
        "harpnum=7",
        'say "so"',
        "%20",
        "$HOME",
        "Sønne",
        "#;--",
    ],
)
def test_any_path(tmp_path, make_lake, runs, name) -> None:
    lake = make_lake(tmp_path / name / "lake", runs)
    assert harps(lake) == [1, 2]


def test_a_directory_named_like_a_column_is_none(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path / "MU=1" / "harpnum=7", runs)
    with connect(lake) as connection:
        assert connection.execute("SELECT DISTINCT harpnum, mu FROM pores ORDER BY 1").fetchall() == [
            (1, 0.9),
            (2, 0.9),
        ]


def test_only_the_files_of_the_harps_asked_for_are_opened(lake) -> None:
    with connect(lake) as connection:
        for table in TABLES:
            sql = f"EXPLAIN ANALYZE SELECT count(run_id) FROM {table} WHERE harpnum = 2"
            (_, plan) = connection.execute(sql).fetchall()[0]
            assert "Scanning Files: 1/2" in plan, table


@pytest.mark.parametrize("name", ["x[1]", "x*", "x?"])
def test_no_file_is_taken_for_a_pattern(tmp_path, make_lake, runs, name) -> None:
    (runs[1].harpnum, runs[1].run_id) = (runs[0].harpnum, runs[0].run_id)  # files of the same names
    make_lake(tmp_path / "x1", runs[1:])
    assert harps(make_lake(tmp_path / name, runs[:1])) == [1]


def test_a_backslash_is_refused_before_anything_is_made(tmp_path) -> None:
    with pytest.raises(InputError, match="backslash"):
        Lake.at(tmp_path / "back\\slash")


def test_equal_tables_give_equal_answers_again(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    with connect(lake) as connection:
        before = connection.execute("FROM pores").fetchall()
    publish(lake)
    with connect(lake) as connection:
        assert connection.execute("FROM pores").fetchall() == before


def test_an_open_connection_keeps_its_catalogue_and_the_next_sees_the_new(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs[:1])
    with connect(lake) as old:
        make_lake(tmp_path, runs)
        assert old.execute("SELECT count(*) FROM harps").fetchall() == [(1,)]
        assert harps(lake) == [1, 2]


def test_says_what_it_made(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    n_views = len(TABLES) + len(ENSEMBLES) + len(sql_files("views")) + 2
    assert str(publish(lake)).endswith(f"catalog.duckdb: {n_views} views of 2 HARPs")


def test_only_a_lake_is_published(tmp_path) -> None:
    lake = Lake.at(tmp_path / "laek")
    with pytest.raises(InputError, match=f"--lake {lake.root}: there is no lake; `porelake run` makes one"):
        publish(lake)
    assert not lake.root.exists()
    lake.root.mkdir()
    assert publish(lake).n_harps == 0


def test_says_that_products_differ(mixed_lake) -> None:
    first, *more = str(publish(mixed_lake)).splitlines()
    assert first.endswith("views of 3 HARPs")
    assert more == [
        "not of one product: network (1 HARP), spline (2 HARPs);"
        " their numbers differ, keep them apart by column product"
    ]


def test_of_one_product_nothing_is_said(lake) -> None:
    assert len(str(publish(lake)).splitlines()) == 1


def test_others_can_open_the_file_with_duckdb_itself(lake) -> None:
    with duckdb.connect(lake.catalog, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM tracks").fetchall() == [(10,)]
        assert connection.execute("SELECT count(*) FROM tracks_of_noaa(11158)").fetchall() == [(10,)]


def test_a_missing_file_leaves_the_old_catalogue(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    lake.table("events", 2, "bbbb").unlink()
    before = lake.catalog.read_bytes()
    with pytest.raises(
        PorelakeError,
        match=r"events/harpnum=2/bbbb\.parquet is missing; `porelake run --from lake --harp 2`",
    ):
        publish(lake)
    assert lake.catalog.read_bytes() == before
    assert list(tmp_path.glob("catalog.duckdb*")) == [lake.catalog]


def test_a_table_that_no_run_has_is_told_once(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    for path in tmp_path.glob("tables/faint/*/*.parquet"):
        path.unlink()
    with pytest.raises(PorelakeError, match=r"faint/harpnum=1/aaaa\.parquet and 1 more are missing; `porel"):
        publish(lake)


def test_a_broken_file_leaves_the_old_catalogue(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    lake.table("tracks", 1, "aaaa").write_bytes(b"no parquet at all")
    with pytest.raises(PorelakeError, match="no new catalogue"):
        publish(lake)
    assert harps(lake) == [1, 2]
    assert list(tmp_path.glob("catalog.duckdb*")) == [lake.catalog]


KILLED = """
import os, sys
from pathlib import Path
from catalog import build
from storage.lake import Lake

def die(*_):
    os.kill(os.getpid(), 9)

build._shipped = lambda: iter(die, None)  # when the tables' views are made
build.publish(Lake(Path(sys.argv[1])))
"""


def test_a_killed_publish_leaves_the_old_catalogue(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path, runs)
    before = lake.catalog.read_bytes()
    done = subprocess.run([sys.executable, "-c", KILLED, str(lake.root)], check=False)
    assert done.returncode == -9
    assert lake.catalog.read_bytes() == before
    publish(lake)
    assert harps(lake) == [1, 2]


def test_a_slow_publish_does_not_undo_a_later_one(tmp_path, make_lake, runs, monkeypatch) -> None:
    lake = make_lake(tmp_path, runs[:1])
    runs[1].write(lake)
    write, writing = build._write, threading.Event()

    def slow(*args) -> None:
        if not writing.is_set():
            writing.set()
            time.sleep(0.5)
        write(*args)

    monkeypatch.setattr(build, "_write", slow)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(publish, lake)
        assert writing.wait(10)
        set_current(lake, CurrentRun("hmi.sharp_cea_720s", 2, "bbbb"))
        publish(lake)
        first.result()
    assert harps(lake) == [1, 2]


def test_no_lake(tmp_path) -> None:
    with pytest.raises(InputError, match=r"no catalogue in the lake .*nowhere; `porelake run` makes one"):
        connect(Lake.at(tmp_path / "nowhere"))
    assert not (tmp_path / "nowhere").exists()


def test_a_lake_that_was_moved(tmp_path, make_lake, runs) -> None:
    make_lake(tmp_path / "here", runs)
    (tmp_path / "here").rename(tmp_path / "there")
    lake = Lake.at(tmp_path / "there")
    with pytest.raises(InputError, match=r"was made for .*here; `porelake publish --lake .*there`"):
        connect(lake)
    publish(lake)
    assert harps(lake) == [1, 2]


def test_a_catalogue_that_is_none(tmp_path) -> None:
    (tmp_path / "catalog.duckdb").write_text("garbage")
    with pytest.raises(InputError, match="not a readable catalogue; `porelake publish` makes a new one"):
        connect(Lake.at(tmp_path))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_lake_without_right_to_write_can_be_asked(tmp_path, make_lake, runs) -> None:
    lake = make_lake(tmp_path / "lake", runs)
    lake.root.chmod(0o500)
    try:
        assert harps(lake) == [1, 2]
    finally:
        lake.root.chmod(0o700)


def test_asking_starts_fast(lake) -> None:
    script = (
        "import sys; from pathlib import Path;"
        "from catalog.query import run_sql; from storage.lake import Lake;"
        "run_sql(Lake(Path(sys.argv[1])), 'select 1');"
        "heavy = {'pyarrow', 'pandas', 'astropy', 'scipy', 'pydantic', 'rich'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", script, str(lake.root)], check=True, stdout=subprocess.DEVNULL)
    assert time.perf_counter() - start < 5  # 0.4 s alone; the machine may be busy
