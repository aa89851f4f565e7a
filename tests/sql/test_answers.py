"""Answers as table, CSV, JSON and Parquet, on stdout and in files; and errors in one line."""

import csv
import io
import json
import os
import shutil
import signal
import sys
import threading
import time

import duckdb
import pyarrow.parquet as pq
import pytest

from catalog.build import publish
from catalog.interruption import interruptible
from catalog.query import run_query, run_sql
from pores.errors import InputError, PorelakeError
from storage.lake import Lake
from storage.pack_plan import Sizes

PACKED = Sizes(least=1)
ODD = """
SELECT 1 AS i, 0.1::DOUBLE AS f, 'a,"b"' AS s, NULL AS n, 'nan'::DOUBLE AS nan, 'inf'::DOUBLE AS inf,
    true AS b, TIMESTAMP '2011-02-15 00:00:00.5' AS t, ['x', 'y, z'] AS l, '' AS e"""


def answer(capsys, lake, sql, form):
    run_sql(lake, sql, form)
    return capsys.readouterr().out


def test_csv(lake, capsys) -> None:
    rows = list(csv.DictReader(io.StringIO(answer(capsys, lake, ODD, "csv"))))
    assert rows == [
        {
            "i": "1",
            "f": "0.1",
            "s": 'a,"b"',
            "n": "",
            "nan": "",
            "inf": "inf",
            "b": "true",
            "t": "2011-02-15 00:00:00.5",
            "l": '["x","y, z"]',
            "e": "",
        }
    ]


def test_json(lake, capsys) -> None:
    rows = json.loads(answer(capsys, lake, ODD, "json"), parse_constant=lambda text: pytest.fail(text))
    assert rows[0] | {"t": None} == {
        "i": 1,
        "f": 0.1,
        "s": 'a,"b"',
        "n": None,
        "nan": None,
        "inf": None,
        "b": True,
        "t": None,
        "l": ["x", "y, z"],
        "e": "",
    }


@pytest.mark.parametrize("form", ["csv", "json"])
def test_columns_of_one_name_keep_their_values(lake, capsys, form) -> None:
    text = answer(capsys, lake, "SELECT 1 AS a, 2.5::DOUBLE AS a, ['x'] AS a, 'y' AS \"c 0\"", form)
    found = next(csv.reader(text.splitlines()[1:])) if form == "csv" else [*json.loads(text)[0].values()]
    assert [str(value) for value in found] == ["1", "2.5", '["x"]' if form == "csv" else "['x']", "y"]


def test_json_without_rows_is_an_empty_array(lake, capsys) -> None:
    assert json.loads(answer(capsys, lake, "SELECT 1 AS a WHERE false", "json")) == []


def test_table_is_aligned_with_nulls_seen(lake, capsys) -> None:
    text = answer(
        capsys, lake, "SELECT * FROM (VALUES (1, 'a', 1 / 3), (200, NULL, NULL)) AS t(n, s, x)", "table"
    )
    assert text.splitlines() == [
        "  n  s            x",
        "---  ----  --------",
        "  1  a     0.333333",
        "200  NULL      NULL",
        "(2 rows)",
    ]


def test_table_without_rows(lake, capsys) -> None:
    assert answer(capsys, lake, "SELECT 1 AS a WHERE false", "table").splitlines() == ["a", "-", "(0 rows)"]


def test_table_says_when_it_stops(lake, capsys) -> None:
    lines = answer(capsys, lake, "FROM range(2000)", "table").splitlines()
    assert len(lines) == 1003
    assert lines[-1] == "(first 1000 rows; --format csv gives all)"
    assert len(answer(capsys, lake, "FROM range(2000)", "csv").splitlines()) == 2001


def test_table_cuts_long_values_visibly_and_shows_no_control_characters(lake, capsys) -> None:
    text = answer(capsys, lake, "SELECT repeat('x', 100) AS a, chr(27) || '[31m' AS b, 'a\nb' AS c", "table")
    assert text.splitlines()[2].split("  ") == ["x" * 59 + "…", "\\x1b[31m", "a\\nb"]


def test_a_narrow_terminal_gets_one_value_a_line(lake, capsys, monkeypatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    text = answer(capsys, lake, "SELECT 'a' AS short, repeat('x', 50) AS long_name", "table")
    assert text.splitlines() == ["-- row 1", "short      a", f"long_name  {'x' * 50}", "(1 row)"]


@pytest.mark.parametrize("form", ["csv", "json"])
def test_stdout_and_file_are_equal(lake, capsys, tmp_path, form) -> None:
    run_sql(lake, "FROM tracks ORDER BY ALL", form, tmp_path / "out")
    assert (tmp_path / "out").read_text() == answer(capsys, lake, "FROM tracks ORDER BY ALL", form)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_parquet(lake, tmp_path) -> None:
    run_sql(lake, "FROM tracks ORDER BY ALL", "parquet", tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 10


def test_query_in_a_file(lake, tmp_path) -> None:
    run_query(lake, "pore_lifetime_vs_mean_br", {"bin_g": "5000"}, "csv", tmp_path / "a b'c.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a b'c.csv").read_text())))
    assert [row["n"] for row in rows] == ["7", "1"]


def test_parquet_needs_a_file(lake) -> None:
    with pytest.raises(InputError, match="name the file to write with --out"):
        run_sql(lake, "SELECT 1", "parquet")


def test_unknown_format(lake) -> None:
    with pytest.raises(InputError, match="--format xml: the formats are table, csv, json, parquet"):
        run_sql(lake, "SELECT 1", "xml")


def test_the_lake_itself_is_not_written_to(lake, tmp_path) -> None:
    own = (
        lake.cube("s", 1),
        lake.stage("s", 1, "detect", "k"),
        lake.labels("s", 1, "k"),
        lake.product("s", 1, "k"),
    )
    for out in (lake.catalog, *own, lake.table("pores", 1, "k"), lake.pointer("s", 1)):
        with pytest.raises(InputError, match=r"--out .* the lake keeps its own files"):
            run_sql(lake, "SELECT 1", "csv", out)


def test_a_place_that_is_no_file_is_refused_and_not_made(lake, tmp_path) -> None:
    with pytest.raises(InputError, match=r"--out .*: a directory; name another file"):
        run_sql(lake, "SELECT 1", "csv", tmp_path)
    with pytest.raises(InputError, match=rf"--out .*: there is no directory {tmp_path / 'new'}"):
        run_sql(lake, "SELECT 1", "csv", tmp_path / "new" / "x.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_statement_leaves_the_file_that_was_there(lake, tmp_path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("before")
    with pytest.raises(InputError):
        run_sql(lake, "SELECT error('no') FROM range(100000)", "csv", out)
    assert out.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT areamm2 FROM pores", r'Referenced column "areamm2" not found.*area_mm2'),
        ("FROM pore", r"Table with name pore does not exist! Did you mean .*pores"),
        ("SELECT 1 +", "syntax error"),
        ("SELECT 'a'::INTEGER", "Could not convert string 'a' to INT32"),
        ("SELECT $a", "1 parameters|parameter"),
    ],
)
def test_errors_are_one_line_that_helps(lake, sql, said) -> None:
    with pytest.raises(InputError, match=said) as caught:
        run_sql(lake, sql)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("room", ["packs", "tables"])
def test_a_file_that_was_removed_is_named_with_what_to_do(lake, tmp_path, room) -> None:
    copy = Lake.at(shutil.copytree(lake.root, tmp_path / "a [lake]*"))
    publish(copy, PACKED if room == "packs" else Sizes())
    files = (copy.root / room / "pores").rglob("*.parquet")
    gone = next(path for path in files if path.stem != "0000")  # a superseded run's is not missed
    gone.unlink()
    for ask in (
        lambda: run_sql(copy, "SELECT count(area_mm2) FROM pores", "csv"),
        lambda: run_query(copy, "features_of_harp", {}, "json"),
        lambda: run_sql(copy, "FROM pores", out=tmp_path / "rows.csv"),
    ):
        with pytest.raises(PorelakeError) as raised:
            ask()
        assert str(raised.value) == (
            f"{gone} is missing; `porelake publish --lake '{copy.root}'` makes it again, or says what does"
        )
        assert not isinstance(raised.value, InputError)
    if room == "packs":
        publish(copy, PACKED)
        run_sql(copy, "SELECT count(area_mm2) FROM pores", "csv")


def test_ctrl_c_between_two_statements_ends_the_next_one() -> None:
    """DuckDB heeds an interruption only while it works."""
    began = threading.Event()

    def work() -> None:
        began.wait()
        time.sleep(0.2)
        connection.execute("SELECT count(*) FROM range(1000000000000) AS t(x) WHERE hash(x) = 1")

    def press() -> None:
        began.set()
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    with duckdb.connect() as connection:
        threading.Timer(0.1, press).start()
        with pytest.raises(KeyboardInterrupt):
            interruptible(connection, work)
        signal.signal(signal.SIGINT, before)
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
