"""The catalogue's views and macros: current runs only, described, right."""

import pytest

from catalog.describe import contents, described, everything
from catalog.formats import SQL_TYPES
from catalog.query import connect
from catalog.schema import ENSEMBLES, TABLES
from catalog.sql_files import sql_files
from pores.errors import InputError

MACROS = {macro.name: macro.example for macro in sql_files("macros")}


def ask(lake, sql):
    with connect(lake) as connection:
        return connection.execute(sql).fetchall()


def test_tables_show_the_current_runs_only(lake) -> None:
    assert ask(lake, "SELECT harpnum, run_id, count(*) FROM tracks GROUP BY ALL ORDER BY ALL") == [
        (1, "aaaa", 9),
        (2, "bbbb", 1),
    ]
    assert ask(lake, "SELECT run_id FROM runs ORDER BY 1") == [("aaaa",), ("bbbb",)]
    assert ask(lake, "SELECT run_id FROM all_runs ORDER BY 1") == [("0000",), ("aaaa",), ("bbbb",)]


@pytest.mark.parametrize("which", ["lake", "empty_lake"])
def test_every_column_has_its_type_and_meaning(request, which) -> None:
    wanted = {name: table.columns for name, table in TABLES.items()}
    wanted |= {view.name: view.columns for view in sql_files("views")}
    for name, columns in wanted.items():
        found = ask(
            request.getfixturevalue(which),
            f"SELECT column_name, data_type, comment FROM duckdb_columns() WHERE table_name = '{name}'"
            " ORDER BY column_index",
        )
        assert [row[:2] for row in found] == [(column.name, SQL_TYPES[column.type]) for column in columns]
        assert all(column.description in row[2] for row, column in zip(found, columns, strict=True))


def test_every_view_and_macro_is_described(lake) -> None:
    views = ask(lake, "SELECT comment FROM duckdb_views() WHERE database_name = 'lake' AND NOT internal")
    macros = ask(lake, "SELECT comment FROM duckdb_functions() WHERE database_name = 'lake' AND NOT internal")
    assert len(views) == len(TABLES) + len(ENSEMBLES) + len(sql_files("views")) + 2
    assert len(macros) == len(sql_files("macros"))
    assert all(comment for (comment,) in [*views, *macros])


WITH_PRODUCT = [
    "pores",
    "faint",
    "tracks",
    "events",
    "pore_lifetime",
    "pore_series",
    "families",
    "harp_summary",
]


@pytest.mark.parametrize("name", WITH_PRODUCT)
def test_rows_say_their_product(mixed_lake, name) -> None:
    rows = ask(mixed_lake, f"SELECT DISTINCT harpnum, product FROM {name} ORDER BY harpnum")
    assert rows == [(1, "spline"), (2, "network"), (3, "spline")]


def test_macros_say_the_product(mixed_lake, ids) -> None:
    assert ask(
        mixed_lake, "SELECT DISTINCT harpnum, product FROM tracks_of_noaa(11158) WHERE harpnum = 2"
    ) == [(2, "network")]
    assert ask(
        mixed_lake, "SELECT DISTINCT harpnum, product FROM pores_near(31, -20, 1) WHERE harpnum = 2"
    ) == [(2, "network")]
    assert ask(mixed_lake, f"SELECT DISTINCT product FROM pore_life('{ids(2, 0, 4)}')") == [("network",)]


@pytest.mark.parametrize("name", [*TABLES, *(view.name for view in sql_files("views"))])
def test_empty_lake_gives_no_rows(empty_lake, name) -> None:
    assert ask(empty_lake, f"FROM {name}") == []


TABLES_OF = [name for name, example in MACROS.items() if example.startswith("FROM")]


@pytest.mark.parametrize("name", TABLES_OF)
def test_macros_of_an_empty_lake_give_no_rows(empty_lake, name) -> None:
    assert ask(empty_lake, MACROS[name]) == []


@pytest.mark.parametrize("name", MACROS)
def test_macros_give_an_example_that_can_be_asked(lake, name) -> None:
    assert f"{name}(" in MACROS[name]
    ask(lake, MACROS[name])


def test_pore_lifetime(lake, ids) -> None:
    rows = ask(lake, "SELECT track_id, censored, abs_mean_br FROM pore_lifetime ORDER BY 1")
    assert len(rows) == 9  # the umbra is none of them
    assert (ids(1, 1, 2), False, 500.0) in rows
    assert {row[0] for row in rows if row[1]} == {ids(1, 0, 4), ids(2, 0, 1)}


def test_unusable_frames(lake) -> None:
    rows = ask(lake, "SELECT harpnum, epoch(t_rec - '2011-02-15'::TIMESTAMP), reason FROM unusable_frames")
    assert rows == [(2, 720.0, "missing segment")]


def test_pore_series(lake, ids) -> None:
    rows = ask(lake, f"SELECT age_h FROM pore_series WHERE track_id = '{ids(1, 1, 2)}' ORDER BY t_rec")
    assert [row[0] for row in rows] == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert ask(lake, "SELECT count(*) FROM pore_series") == ask(lake, "SELECT count(*) FROM pores")


def test_families(lake, ids) -> None:
    rows = ask(
        lake,
        "SELECT family_id, duration_h, n_tracks, n_born_by_split, n_merged FROM families WHERE n_tracks > 1",
    )
    assert rows == [(ids(1, 0, 4), 1.8, 3, 1, 1)]


def test_harp_summary(lake) -> None:
    rows = ask(
        lake,
        "SELECT harpnum, n_frames, n_unusable, n_features, n_tracks, n_pore_tracks"
        " FROM harp_summary ORDER BY harpnum",
    )
    assert rows == [(1, 10, 0, 44, 9, 8), (2, 4, 1, 2, 1, 1)]


def test_macro_pore_life(lake, ids) -> None:
    rows = ask(lake, f"SELECT age_h, mean_br FROM pore_life('{ids(2, 0, 1)}')")
    assert rows == [(0.0, -1250.0), (0.4, -1250.0)]


def test_macro_tracks_of_noaa(lake) -> None:
    assert ask(lake, "SELECT count(*) FROM tracks_of_noaa(11158)") == [(10,)]
    assert ask(lake, "FROM tracks_of_noaa(11159)") == []


def test_macro_pores_near(lake, ids) -> None:
    # labels stand a degree of longitude apart at latitude -20: cos(20 deg) on the great circle
    rows = ask(
        lake,
        "SELECT pore_id, distance_deg FROM pores_near(31, -20, 0.95) WHERE t_rec = '2011-02-15 00:12:00'",
    )
    assert rows == [(ids(1, 1, 1), 0.0), (ids(1, 1, 2), pytest.approx(0.9397, abs=1e-4))]


def test_describe_says_type_unit_and_meaning(lake) -> None:
    (tracks,) = described(lake, "tracks")
    line = next(line for line in tracks.text().splitlines() if line.strip().startswith("lifetime_h"))
    assert line.split()[:3] == ["lifetime_h", "DOUBLE", "[h]"]
    assert "t_death - t_birth" in line


def test_describe_lists_everything(lake) -> None:
    text = contents(everything(lake))
    shipped = [file.name for kind in ("views", "queries") for file in sql_files(kind)]
    assert all(name in text for name in [*TABLES, *shipped, *TABLES_OF])


def test_describe_of_an_unknown_table_proposes_what_there_is(lake) -> None:
    with pytest.raises(InputError, match=r"pore: no such table, macro or query; .*pores"):
        described(lake, "pore")
