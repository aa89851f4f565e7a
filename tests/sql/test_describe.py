"""What there is, told to people and to machines: tables, macros, queries, their columns and parameters."""

import json

import pytest

from catalog.build import publish
from catalog.describe import contents, described, everything, list_queries
from catalog.layout import laid_out, listing
from catalog.near import nearest
from catalog.query import connect, named, run_query
from catalog.schema import TABLES
from catalog.sql_files import shipped, sql_files
from pores.errors import InputError


def test_a_table_is_told_with_units_nulls_and_ucds(lake) -> None:
    (tracks,) = described(lake, "tracks")
    assert tracks.columns == TABLES["tracks"].columns
    line = next(line for line in tracks.text(200).splitlines() if line.startswith("  mean_br "))
    assert line.split()[:4] == ["mean_br", "DOUBLE", "[G]", "null"]
    assert "(phys.magField" in line
    assert next(line for line in tracks.text().splitlines() if " lifetime_h " in line).split()[2] == "[h]"


def test_every_name_of_a_catalogue_is_told(lake) -> None:
    there = everything(lake)
    named = {what.name for what in there}
    assert named >= {
        *TABLES,
        *(file.name for file in shipped()),
        *(file.name for file in sql_files("queries")),
    }
    text = contents(there)
    assert all(f"  {name} " in text for name in named)
    assert [what.name for what in there if not what.columns] == ["sweep"]  # a number


@pytest.mark.parametrize("width", [40, 80, 200])
def test_texts_keep_to_the_terminal(lake, width) -> None:
    there = everything(lake)
    lines = [*contents(there, width).splitlines(), *list_queries(width).splitlines()]
    for name in ("tracks", "pore_lifetime"):
        lines += described(lake, name)[0].text(width).splitlines()
    names = 55  # a name is not broken
    assert max(map(len, lines)) <= max(width, names)


def test_a_macro_and_a_query_of_one_name(lake) -> None:
    macro, query = described(lake, "pore_life")
    assert (macro.kind, query.kind) == ("macro", "query")
    assert [column.name for column in macro.columns] == [column.name for column in query.columns]
    assert {c.name: c.unit for c in macro.columns} == {c.name: c.unit for c in query.columns}
    assert "CREATE MACRO pore_life(track)" in macro.text()
    assert "porelake query pore_life --param track=TRACK" in query.text()


def test_for_machines(lake) -> None:
    (record,) = json.loads(json.dumps([what.record() for what in described(lake, "longest_lives")]))
    assert record["kind"] == "query"
    assert record["parameters"] == [
        {"name": "rows", "type": "INTEGER", "default": "20", "description": "Most rows"}
    ]
    units = {column["name"]: column["unit"] for column in record["columns"]}
    assert (units["lifetime_h"], units["censored"]) == ("h", None)


def test_a_catalogue_of_another_version(tmp_path, make_lake, runs, monkeypatch, capsys) -> None:
    lake = make_lake(tmp_path, runs)
    monkeypatch.setattr("catalog.build.shipped", lambda: [])
    publish(lake)
    monkeypatch.undo()
    assert {what.kind for what in everything(lake)} == {"table", "query"}
    with pytest.raises(InputError, match=r"of another version: it has no .*`porelake publish --lake"):
        run_query(lake, "lifetime_vs_br")
    run_query(lake, "merges_and_splits")  # stands on tables only
    assert "split" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pore_lifetimes", "did you mean pore_lifetime"),
        ("survivl", "did you mean survival"),
        ("TRACKS_", "did you mean tracks"),
        ("zzz", "there are a, tracks"),
    ],
)
def test_near_names(name, said) -> None:
    known = ["tracks", "a"] if name == "zzz" else ["pore_lifetime", "survival", "tracks"]
    assert nearest(name, known).startswith(said)


def test_unknown_parameter_says_what_is_near() -> None:
    with pytest.raises(InputError, match=r"--param row: no parameter of longest_lives; did you mean rows\?"):
        named("longest_lives", {"row": "1"})


def cells(*columns: list[object]) -> list[list[str]]:
    names = [str(i) for i in range(len(columns))]
    lines = laid_out(names, [""] * len(columns), list(zip(*columns, strict=True)), None)
    return [line.split() for line in lines[2:]]


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ([0.630957344, 1.0, 39.8107170], ["0.6310", "1.0000", "39.8107"]),
        ([11.8, 8.0, None], ["11.8", "8.0", "NULL"]),
        ([1200.0, 1400.0], ["1200", "1400"]),
        ([6.02117891e19, 0.0], ["6.0212e+19", "0"]),
        ([1.5e-8, 2.25e-7], ["1.5000e-08", "2.2500e-07"]),
        ([0.001234567, 12345.678], ["0.00123457", "12345.7"]),
        ([float("nan"), float("inf"), 0.5], ["nan", "inf", "0.5"]),
        ([0.0, -0.25], ["0.00", "-0.25"]),
        ([0.1 + 0.2], ["0.3"]),
        ([1000000.0, 1.0], ["1000000", "1"]),
        ([1000000.5, 1.0], ["1e+06", "1"]),
        ([True, False], ["true", "false"]),
    ],
)
def test_numbers_have_digits_that_say_something(values, shown) -> None:
    assert [row[0] for row in cells(values)] == shown


def test_wide_letters_stand_aligned() -> None:
    lines = laid_out(["s", "n"], ["", ""], [("日本", 1), ("λ", 20)], None)
    assert lines == ["s      n", "----  --", "日本   1", "λ     20"]


def test_units_and_names_that_are_broken() -> None:
    names, units = ["survival_median_h", "n"], ["h", ""]
    assert laid_out(names, units, [(0.5, 3)], None)[:2] == ["survival_median_h  n", "              [h]"]
    assert laid_out(names, units, [(0.5, 3)], 15) == [
        "survival_",
        " median_h  n",
        "      [h]",
        "---------  -",
        "      0.5  3",
    ]
    assert laid_out(names, units, [(0.5, 3)], 8)[0] == "-- row 1"


def test_no_rows_and_no_columns_that_fit() -> None:
    assert laid_out(["a"], [""], [], 80) == ["a", "-"]
    assert listing([("a_name", "x", "a meaning that is long enough to be broken")], 34) == [
        "a_name  x",
        "      a meaning that is long",
        "      enough to be broken",
    ]


def test_the_connection_is_free_after_a_table_that_stops(lake) -> None:
    from catalog.answers import print_answer

    with connect(lake) as connection:
        print_answer(connection, "FROM range(5000)", {}, "table", lake.root / "none")
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
