"""`import porelake`: answers in Python keep their units, are lazy and read only, and fail in a line."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from astropy import units as u
from astropy.time import Time

import porelake
from catalog.build import publish
from catalog.meanings import known_columns
from catalog.qtables import time_scale
from catalog.sql_files import sql_files
from storage.lake import Lake
from tests.sql.conftest import START, STEP

HOUR = 1 * u.h


@pytest.fixture(scope="session")
def opened(lake):
    with porelake.connect(lake.root) as opened:
        yield opened


# What becomes of the unit of a column of which statement.
UNITS = [
    ("SELECT mean_br FROM tracks", {"mean_br": "G"}),
    ("SELECT mean_br AS lifetime_h FROM tracks", {"lifetime_h": "G"}),
    ("SELECT avg(area_mm2) AS area_mm2 FROM pores", {}),
    ("SELECT 2 * lifetime_h AS lifetime_h, mean_br FROM tracks", {"mean_br": "G"}),
    ("SELECT mean_br / 1000 AS mean_br FROM tracks", {}),
    ("SELECT mean_br::INTEGER AS mean_br FROM tracks", {}),
    ("SELECT max(mean_br) FROM tracks", {}),
    ("WITH t AS (SELECT -mean_br AS mean_br, lon FROM pores) FROM t", {"lon": "deg"}),
    ("WITH tracks AS (SELECT 1 AS mean_br) FROM tracks", {}),
    ("SELECT t.a FROM (SELECT area_mm2 AS a FROM pores) AS t", {"a": "Mm2"}),
    ("SELECT lon FROM pores UNION ALL SELECT lon FROM faint", {"lon": "deg"}),
    ("SELECT lon FROM pores UNION ALL SELECT mean_br FROM tracks", {}),
    ("SELECT lon FROM pores UNION ALL SELECT 1", {}),
    ("SELECT * REPLACE (1 AS mean_br) FROM (SELECT lon, mean_br FROM pores)", {"lon": "deg"}),
    ("SELECT p.lon, t.mean_br AS b FROM pores p JOIN tracks t USING (track_id)", {"lon": "deg", "b": "G"}),
    ("SELECT * FROM (SELECT lon FROM pores) FULL JOIN (SELECT 2 AS lon) USING (lon)", {}),
    ("SELECT age_h FROM pore_life('x')", {"age_h": "h"}),
    ("SELECT pores.lon FROM pores AS other JOIN (SELECT {'lon': 1} AS pores) ON true", {}),
    ("SELECT a FROM (SELECT lon FROM pores) AS t(a)", {}),
    ("SELECT lon, unnest([1, 2]) AS lat FROM pores", {"lon": "deg"}),
    ("DESCRIBE pores", {}),
    ("SUMMARIZE tracks", {}),
]


@pytest.mark.parametrize(("statement", "units"), UNITS)
def test_a_unit_follows_its_column_and_no_other(opened, statement, units) -> None:
    assert opened.sql(statement).units == units


@pytest.mark.parametrize("name", sorted(known_columns()))
def test_every_table_and_view_has_its_units(opened, name) -> None:
    if name in opened.tables:
        assert opened.table(name).units == {c.name: c.unit for c in known_columns()[name] if c.unit}
        assert opened.table(name).units == opened.sql(f"FROM {name}").units


@pytest.mark.parametrize("file", sql_files("queries"), ids=lambda file: file.name)
def test_every_query_has_its_units(opened, file) -> None:
    needed = {parameter.name: "none" for parameter in file.parameters if not parameter.default}
    assert opened.query(file.name, **needed).units == {c.name: c.unit for c in file.columns if c.unit}


def test_every_time_says_its_scale() -> None:
    named = [*known_columns().values(), *(file.columns for file in sql_files("queries"))]
    times = [column for columns in named for column in columns if column.type == "timestamp"]
    assert times
    assert [column for column in times if time_scale(column) is None] == []


def test_quantities_and_times_of_astropy(opened) -> None:
    table = opened.table("tracks").order("track_id").qtable()
    assert table["lifetime_h"].unit == u.h
    assert table["mean_br"].unit == u.G
    assert max(table["lifetime_h"]) == 1.8 * HOUR
    assert table["lifetime_h"].info.description == "t_death - t_birth"
    assert table["mean_br"].info.meta["ucd"].startswith("phys.magField")
    assert np.isnan(table["mean_br"]).sum() == 1  # the null
    births = table["t_birth"]
    assert births.scale == "tai"
    assert abs(births.min() - Time(str(START), scale="tai")) < 1 * u.us
    assert abs(births.max() - Time(str(START + 5 * STEP), scale="tai")) < 1 * u.us
    assert table.meta["title"] == "tracks"
    assert {run["run_id"] for run in table.meta["runs"]} == {"aaaa", "bbbb"}


def test_times_in_utc_and_of_no_known_scale(opened) -> None:
    table = opened.sql("SELECT started, max(finished) AS finished FROM runs GROUP BY ALL").qtable()
    assert table["started"].scale == "utc"
    assert table["finished"].dtype == np.dtype("datetime64[ms]")


def test_nulls_of_integers_and_texts_are_masked(opened) -> None:
    table = opened.sql("SELECT n_pores, reason, usable FROM frames ORDER BY harpnum, t_rec").qtable()
    assert table["reason"].mask.sum() == 13
    assert table["n_pores"].mask.tolist() == [False] * 11 + [True, False, False]
    assert table["usable"].dtype == bool


def test_sums_of_integers_are_numbers(opened) -> None:
    (row,) = opened.sql("SELECT sum(n_obs) AS n, 1.25 AS d FROM tracks").qtable()
    assert (row["n"], row["d"]) == (opened.sql("FROM pores").qtable()["mu"].size, 1.25)


def test_pandas_polars_and_arrow_have_the_same_rows(opened) -> None:
    answer = opened.table("tracks").order("track_id")
    frame, lazy, arrow = answer.df(), answer.pl(), answer.arrow()
    assert frame.attrs["units"]["mean_br"] == "G"
    assert frame.attrs["descriptions"]["lifetime_h"] == "t_death - t_birth"
    assert frame["lifetime_h"].tolist() == lazy["lifetime_h"].to_list() == arrow["lifetime_h"].to_pylist()
    assert arrow.schema.field("mean_br").metadata[b"unit"] == b"G"
    assert b"aaaa" in arrow.schema.metadata[b"provenance"]


def test_steps_are_lazy_and_keep_the_meaning_of_what_they_hand_on(opened) -> None:
    answer = opened.table("tracks").filter("n_obs > 1").order("lifetime_h DESC, track_id").limit(3)
    assert answer.units == opened.table("tracks").units
    chosen = answer.select("lifetime_h AS life", "mean_br * 2 AS lifetime_h", "track_id")
    assert chosen.units == {"life": "h"}
    assert [row[0] for row in chosen.rows()] == [1.8, 1.8, 1.2]
    assert opened.sql("SELECT error('read') AS x FROM range(3)").columns == ["x"]  # nothing was read


def test_parameters(opened) -> None:
    assert opened.sql("SELECT count(*) FROM tracks WHERE n_obs >= $n", n=10).rows() == [(2,)]
    assert opened.query("longest_lives", rows=2).rows()[1][5] == 1.2
    assert len(opened.query("merges_and_splits", harp=None).rows()) == 2
    assert len(opened.query("merges_and_splits", harp=2).rows()) == 0


def test_a_half_read_answer_is_in_no_way(opened) -> None:
    half = opened.sql("FROM range(1000000)").relation.to_arrow_reader(10)
    assert half.read_next_batch().num_rows
    assert opened.sql("SELECT 1").rows() == [(1,)]
    assert len(opened.tables) > 5


def test_it_shows_itself(opened) -> None:
    answer = opened.sql("SELECT mean_br, '<b>' AS x FROM tracks ORDER BY 1 LIMIT 1")
    assert repr(answer).splitlines() == ["mean_br  x", "    [G]", "-------  ---", "  -1250  <b>", "(1 row)"]
    html = answer._repr_html_()
    assert "<small>G</small>" in html
    assert "&lt;b&gt;" in html
    assert repr(opened.sql("FROM range(50)")).endswith("(first 20 rows)")
    assert "HARPs: 2, tracks: 10; " in repr(opened)
    assert "computed" in repr(opened.sql("SELECT 1 AS one").describe())
    assert "[G]" in repr(answer.describe())


def test_describe(opened) -> None:
    assert "One row per life" in opened.describe("tracks")
    assert "Named queries" in opened.describe()


WRONG = [
    (lambda lake: lake.table("pores").limit(-1), "must not be negative"),
    (lambda lake: lake.cutout("any", margin=-1), "must not be negative"),
    (lambda lake: lake.sql("SELECT areamm2 FROM pores"), "area_mm2"),
    (lambda lake: lake.sql("DROP VIEW pores"), "only SELECT is possible here, not DROP"),
    (lambda lake: lake.sql("SELECT 1; SELECT 2"), "one statement is wanted"),
    (lambda lake: lake.sql("COPY pores TO 'x.csv'"), "only SELECT"),
    (lambda lake: lake.sql("FROM read_text('/etc/hostname')"), "read_text is not possible here"),
    (lambda lake: lake.sql("SELECT $n"), "parameter"),
    (lambda lake: lake.sql("SELECT error('told')").rows(), "told"),
    (lambda lake: lake.sql("SELECT 1 AS a, 2 AS a").qtable(), "several columns are called a"),
    (lambda lake: lake.table("pore"), "pore: no such table; did you mean pores"),
    (lambda lake: lake.table("pores; DROP VIEW pores"), "no such table"),
    (lambda lake: lake.table("tracks").filter("n_ob > 1"), "n_obs"),
    (lambda lake: lake.query("longest_live"), "did you mean longest_lives"),
    (
        lambda lake: lake.query("longest_lives", row=1),
        "^row: no parameter of longest_lives; did you mean rows",
    ),
    (lambda lake: lake.query("longest_lives", rows="many"), "^rows=many: not a value of type INTEGER"),
    (lambda lake: lake.describe("trcks"), "did you mean tracks"),
    (lambda lake: lake.cube(7), "HARP 7: the catalogue has none of that number"),
    (lambda lake: lake.mask("x' OR true"), "has no such pore_id"),
    (lambda lake: lake.cutout("x"), "has no such pore_id"),
]


@pytest.mark.parametrize(("ask", "said"), WRONG)
def test_what_is_wrong_is_told_in_a_line(opened, ask, said) -> None:
    with pytest.raises(porelake.InputError, match=said) as caught:
        ask(opened)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "write",
    [
        lambda relation, out: relation.to_csv(str(out / "x.csv")),
        lambda relation, out: relation.to_parquet(str(out / "x.parquet")),
        lambda relation, out: relation.create_view("tracks"),
        lambda relation, out: relation.create("t"),
    ],
)
def test_relations_are_locked_down(opened, tmp_path, write) -> None:
    with pytest.raises(Exception, match=r"(Permission|Invalid Input) Error"):
        write(opened.table("pores").relation, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_no_lake_and_no_catalogue(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PORELAKE_LAKE", str(tmp_path / "there"))
    with pytest.raises(porelake.InputError, match=r"no catalogue in the lake .*there"):
        porelake.connect()
    with pytest.raises(porelake.InputError, match="no catalogue in the lake"):
        porelake.connect(tmp_path)


def test_a_closed_lake_says_so(lake) -> None:
    with porelake.connect(lake.root) as opened:
        answer = opened.table("pores")
    for ask in (
        answer.rows,
        answer.df,
        lambda: opened.sql("SELECT 1"),
        lambda: opened.tables,
    ):
        with pytest.raises(porelake.InputError, match="the lake is closed"):
            ask()
    assert repr(opened).endswith(", closed")


def test_two_at_once_and_one_republished(lake, tmp_path) -> None:
    copy = Lake.at(shutil.copytree(lake.root, tmp_path / "copy"))
    publish(copy)
    with porelake.connect(copy.root) as first, porelake.connect(copy.root) as second:
        answer = first.table("tracks")
        assert len(answer.rows()) == len(second.table("tracks").rows()) == 10
        copy.pointer("hmi.sharp_cea_720s", 2).unlink()
        publish(copy)
        assert len(answer.rows()) == len(second.table("tracks").rows()) == 10  # as it was opened
        with porelake.connect(copy.root) as later:
            assert len(later.table("tracks").rows()) == 9


def test_it_is_light_until_more_is_asked_for(lake) -> None:
    heavy = "pandas", "polars", "astropy", "sunpy", "h5py", "prompt_toolkit", "prefect"
    code = (
        "import sys, porelake; lake = porelake.connect(sys.argv[1]); lake.table('pores').rows();"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, lake.root], capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"


def test_a_package_that_is_absent_is_named(opened, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ModuleNotFoundError, match="polars is not installed: pip install polars"):
        opened.table("pores").pl()
