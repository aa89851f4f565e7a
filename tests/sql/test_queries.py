"""Named queries give the answers that can be worked out by hand from the rows in conftest."""

import pytest

import porelake
from catalog.describe import described_query, list_queries
from catalog.export import export
from catalog.formats import SQL_TYPES
from catalog.query import connect, named, run_query
from catalog.schema.columns import PRODUCT
from catalog.sql_files import sql_file, sql_files
from pores.errors import InputError
from tests.sql.conftest import LIVES_1, make_run

NEEDED = {"family_tree": {"track": "1_20110215_000000_001"}, "pore_life": {"track": "1_20110215_000000_001"}}
QUERIES = [file.name for file in sql_files("queries")]


def ask(lake, name, **params):
    question = named(name, params)
    with connect(lake) as connection:
        return connection.execute(question.sql, question.values).fetchall()


def test_lifetime_against_mean_br(lake) -> None:
    # 400-600 G: lives of 0.4, 0.4, 0.8, 1.2 h seen whole and one of at least 1.8 h that began unseen.
    # Kaplan-Meier of the births that were seen: after 0.4 h 2/4 live.
    assert ask(lake, "pore_lifetime_vs_mean_br") == [
        ("spline", 400, 600, 5, 1, 4, pytest.approx(0.6), pytest.approx(0.4), pytest.approx(0.9), 1.8, 0.4),
        ("spline", 800, 1000, 1, 0, 1, 0.2, 0.2, 0.2, None, 0.2),
        ("spline", 1200, 1400, 1, 1, 0, None, None, None, 0.4, None),
        ("spline", None, None, 1, 0, 1, 0.4, 0.4, 0.4, None, 0.4),
    ]


def test_what_a_header_says_over_several_lines_stays_together() -> None:
    macro, view = sql_file("macros", "survival_by"), sql_file("views", "pore_stability")
    assert macro.description.endswith("Deaths come before what is censored at the same time")
    births = next(parameter for parameter in macro.parameters if parameter.name == "births")
    assert births.description.endswith(
        "`all`: the others too, with the part seen as lower bound of their life, which makes lives too long"
    )
    lowest = next(column for column in view.columns if column.name == "threshold_from")
    assert lowest.description.startswith("Lowest threshold at which it is found, of runs")
    assert lowest.description.endswith("that differ from the current one in the threshold only")


def test_lifetime_parameters(lake) -> None:
    all_in_one = ask(lake, "pore_lifetime_vs_mean_br", bin_g="5000", min_obs="1")
    assert [row[1:6] for row in all_in_one] == [(0, 5000, 8, 2, 6), (None, None, 1, 0, 1)]
    assert ask(lake, "pore_lifetime_vs_mean_br", min_mu="0.95") == []


def test_survival(lake) -> None:
    rows = ask(lake, "pore_survival", br_from="400", br_to="600")
    assert [row[1:5] for row in rows] == [(0.4, 4, 2, 0), (0.8, 2, 1, 0), (1.2, 1, 1, 0)]
    assert [row[5] for row in rows] == pytest.approx([0.5, 0.25, 0])


def test_pore_life(lake, ids) -> None:
    rows = ask(lake, "pore_life", track=ids(2, 0, 1))
    assert [(row[1], row[2]) for row in rows] == [(0.0, ids(2, 0, 1)), (0.4, ids(2, 2, 1))]


def test_longest_lives(lake, ids) -> None:
    rows = ask(lake, "longest_lives", rows="2")
    assert [(row[0], row[5], row[6]) for row in rows] == [
        (ids(1, 0, 4), 1.8, True),
        (ids(1, 2, 3), 1.2, False),
    ]


def test_unusable_by_reason(lake) -> None:
    assert [row[:3] for row in ask(lake, "unusable_by_reason")] == [(2, "missing segment", 1)]
    assert ask(lake, "unusable_by_reason", harp="1") == []


def test_merges_and_splits(lake, ids) -> None:
    rows = ask(lake, "merges_and_splits")
    assert [(row[3], row[6], row[7]) for row in rows] == [
        ("split", [ids(1, 0, 4)], [ids(1, 0, 4), ids(1, 5, 8)]),
        ("merge", [ids(1, 0, 4), ids(1, 2, 3)], [ids(1, 0, 4)]),
    ]


def test_area_distribution(lake) -> None:
    rows = ask(lake, "area_distribution", bins_per_decade="1")
    # 100 and 200 pixels are 3.3 and 6.6 Mm2, 400 are 13.3
    assert [row[3:] for row in rows] == [(8, 1, pytest.approx(8 / 9)), (1, 1, pytest.approx(1 / 9))]
    assert rows[0][:3] == ("spline", 1, 10)


@pytest.fixture(scope="session")
def network_lake(tmp_path_factory, make_lake):
    """Of the mixed lake what is doubled by network."""
    run = make_run(2, "run2", 10, LIVES_1, {}, "network")
    return make_lake(tmp_path_factory.mktemp("network"), [run])


@pytest.mark.parametrize("name", sorted({*QUERIES} - {"unusable_by_reason", "longest_lives"}))
def test_products_are_kept_apart(mixed_lake, network_lake, name) -> None:
    product = [column.name for column in sql_file("queries", name).columns].index("product")
    given = {"track": ask(network_lake, "longest_lives")[0][0]} if name in NEEDED else {}
    found = [row for row in ask(mixed_lake, name, **given) if row[product] == "network"]
    alone = ask(network_lake, name, **given)
    assert alone or not given
    assert len(found) == len(alone)
    for row, other in zip(found, alone, strict=True):
        assert [*map(_rounded, row)] == [*map(_rounded, other)]


def _rounded(value: object) -> object:
    """A value less what the order of a sum decides."""
    return float(f"{value:.9g}") if isinstance(value, float) else value


@pytest.mark.parametrize("name", sorted({*QUERIES} - {"unusable_by_reason"}))
def test_every_answer_on_features_names_their_product(name) -> None:
    described = next(file for file in sql_files("queries") if file.name == name)
    assert PRODUCT in described.columns


@pytest.mark.parametrize("name", QUERIES)
def test_empty_lake_gives_no_rows(empty_lake, name) -> None:
    assert ask(empty_lake, name, **NEEDED.get(name, {})) == []


@pytest.mark.parametrize("name", QUERIES)
def test_columns_are_as_described(empty_lake, name) -> None:
    query = named(name, NEEDED.get(name, {}))
    described = next(file for file in sql_files("queries") if file.name == name)
    with connect(empty_lake) as connection:
        found = connection.execute(f"DESCRIBE ({query.sql}\n)", query.values).fetchall()
    assert [row[:2] for row in found] == [
        (column.name, SQL_TYPES[column.type]) for column in described.columns
    ]


def test_list_names_every_query_and_parameter() -> None:
    text = list_queries()
    assert all(name in text for name in QUERIES)
    assert "--param bin_g=200" in text


def test_unknown_query_lists_what_exists(lake) -> None:
    with pytest.raises(InputError, match="pore_lifetime_vs_mean_br"):
        run_query(lake, "pore_lifetimes")


def test_unknown_parameter_lists_what_exists(lake) -> None:
    with pytest.raises(InputError, match=r"--param bins: no parameter of .*; did you mean bin_g"):
        run_query(lake, "pore_lifetime_vs_mean_br", {"bins": "3"})


@pytest.mark.parametrize("given", [{}, {"track": ""}, {"track": "null"}])
def test_a_parameter_without_a_useful_default_is_asked_for(lake, given, tmp_path) -> None:
    for name in NEEDED:
        with pytest.raises(InputError, match="--param track=TRACK is missing; track: The track_id"):
            run_query(lake, name, given)
        with pytest.raises(InputError, match="--param track=TRACK is missing"):
            export(lake, name, given, "csv", tmp_path / "life.csv")
        with (
            pytest.raises(InputError, match=r"^track=TRACK is missing"),
            porelake.connect(lake.root) as opened,
        ):
            opened.query(name, **given)
        assert f"porelake query {name} --param track=TRACK" in described_query(name).usage
    assert "--param track=TRACK" in list_queries()
    wanting = (file.name for file in sql_files("queries") if any(not p.default for p in file.parameters))
    assert sorted(wanting) == sorted(NEEDED)


def test_null_is_a_value_only_where_it_means_something(lake) -> None:
    assert ask(lake, "tracks_of_harp", harp="null") == ask(lake, "tracks_of_harp") != []
    for name, given in (("pore_lifetime_vs_mean_br", "min_obs"), ("pore_survival", "br_from")):
        with pytest.raises(InputError, match=f"--param {given}=null: not a value of type"):
            named(name, {given: "null"})
    with pytest.raises(InputError, match="--param births=null: must be one of seen, all"):
        named("survival", {"births": "null"})


def test_parameter_of_wrong_type(lake) -> None:
    with pytest.raises(InputError, match=r"--param min_obs=1\.5: not a value of type INTEGER"):
        run_query(lake, "pore_lifetime_vs_mean_br", {"min_obs": "1.5"})
