"""Who meets whom, who descends from whom, what regions hold, and how long what lives where."""

import itertools

import duckdb
import pyarrow as pa
import pytest
from scipy import stats

from catalog.formats import arrow_schema
from catalog.schema import TABLES
from catalog.sql_files import sql_file
from tests.sql.conftest import PIXEL_MM2, pore_id
from tests.sql.science import EVENTS, FAMILY, HARPS


def test_interactions_per_hour_watched(science) -> None:
    (row,) = science.view("meeting", "interaction_rates")
    # 1: from frame 0 to 3 and from 5 to 8; 2: 0 to 2; 3: 2 to 3; 4: 6 to 8; 7: 5 to 7
    hours = 0.6 + 0.6 + 0.4 + 0.2 + 0.4 + 0.4
    assert row["pore_hours"] == pytest.approx(hours)
    # what merges and splits across the unusable frame is not counted, nor what splits off an umbra
    assert (row["n_pores"], row["n_merges"], row["n_splits"]) == (5, 1, 1)
    assert row["merges_per_pore_hour"] == pytest.approx(1 / hours)
    assert row["splits_per_pore_hour"] == pytest.approx(1 / hours)


def test_nothing_is_watched_in_frames_too_far_apart_to_be_linked(science) -> None:
    (row,) = science.view("sparse", "interaction_rates")
    assert (row["n_pores"], row["pore_hours"], row["merges_per_pore_hour"]) == (3, 0, None)
    for rate in science.query("sparse", "merge_split_rates"):
        assert (rate["n"], rate["lower"], rate["upper"]) == (0, None, None)


@pytest.mark.parametrize("n", EVENTS)
def test_rates_of_merges_with_poisson_limits(science, n) -> None:
    merge, split = science.query(f"merging {n}", "merge_split_rates")
    hours = n * (0.4 + 0.6) + 0.6
    assert (merge["kind"], merge["n"], split["kind"], split["n"]) == ("merge", n, "split", 0)
    assert merge["pore_hours"] == pytest.approx(hours)
    assert merge["per_pore_hour"] == pytest.approx(n / hours)
    lower = stats.chi2.ppf(0.025, 2 * n) / 2 if n else 0.0
    upper = stats.chi2.ppf(0.975, 2 * n + 2) / 2
    assert merge["lower"] * hours == pytest.approx(lower, rel=0.01)
    assert merge["upper"] * hours == pytest.approx(upper, rel=0.01)


def tree(science, label: int) -> dict[int, dict]:
    first = next(life.seen[0] for life in FAMILY if life.label == label)
    found = science.query("family", "family_tree", track=pore_id(HARPS["family"], first, label))
    assert len({row["track_id"] for row in found}) == len(found)
    assert [row["n_steps"] for row in found] == sorted(row["n_steps"] for row in found)
    return {int(row["track_id"][-3:]): row for row in found}


def test_family_tree(science) -> None:
    found = tree(science, 2)
    assert {label: (row["relation"], row["n_steps"], row["link"]) for label, row in found.items()} == {
        2: ("itself", 0, None),
        1: ("ancestor", 1, "split"),
        3: ("descendant", 1, "merge"),
        6: ("descendant", 1, "split"),
        4: ("descendant", 2, "merge"),
        5: ("descendant", 3, "split"),
    }
    assert found[5]["nearer_track_id"] == found[4]["track_id"]
    assert tree(science, 3)[1]["relation"] == "ancestor"
    assert tree(science, 6)[3]["relation"] == "relative"
    assert [row["relation"] for row in tree(science, 7).values()] == ["itself"]


@pytest.mark.parametrize("label", range(1, 8))
def test_family_tree_is_what_links_connect(science, label) -> None:
    sql = f"SELECT from_pore_id, to_pore_id FROM links WHERE harpnum = {HARPS['family']}"
    links = [{int(end[-3:]) for end in link} for link in science.connection.execute(sql).fetchall()]
    connected = {label}
    for _ in FAMILY:
        connected = connected.union(*(link for link in links if link & connected))
    assert tree(science, label).keys() == connected
    assert len(connected) == (1 if label == 7 else 6)


def test_family_tree_of_an_unknown_track_is_empty(science) -> None:
    assert science.query("family", "family_tree", track="nothing") == []


# B and C parted from A and merge into D: two ways of equal length from A to D.
PARENTS_AND_CHILDREN = {"A": (None, None), "B": ("A", "D"), "C": ("A", "D"), "D": (None, None)}


@pytest.mark.parametrize("order", list(itertools.permutations(PARENTS_AND_CHILDREN)), ids="".join)
def test_family_tree_is_the_same_in_whatever_order_its_rows_are(order) -> None:
    rows = []
    for name in order:
        parent, child = PARENTS_AND_CHILDREN[name]
        key = {"track_id": name, "run_id": "r", "family_id": "A"}
        rows.append(key | {"parent_track_id": parent, "child_track_id": child})
    with duckdb.connect() as connection:
        connection.register("tracks", pa.Table.from_pylist(rows, arrow_schema(TABLES["tracks"])))
        connection.execute(sql_file("macros", "family_tree").body)
        sql = "SELECT track_id, relation, n_steps, nearer_track_id FROM family_tree('A')"
        assert connection.execute(sql).fetchall()[-1] == ("D", "descendant", 2, "B")


def test_occurrence_in_frames(science) -> None:
    found = science.view("emerging", "region_occurrence", "t_rec")
    assert [row["n_pores"] for row in found] == [0, 0, 1, 1, 2, 2, 2, 0, 0]
    assert [row["n_umbrae"] for row in found] == [0, 0, 0, 0, 0, 1, 1, 0, 0]
    assert [row["since_first_h"] for row in found][:5] == pytest.approx([-0.4, -0.2, 0, 0.2, 0.6])
    assert found[4]["pore_area_mm2"] == pytest.approx(300 * PIXEL_MM2)
    assert found[4]["pore_flux_mx"] == pytest.approx(300 * PIXEL_MM2 * 1e19)
    assert {row["emergence_seen"] for row in found} == {True}
    before = science.view("there_before", "region_occurrence")
    assert {(row["emergence_seen"], row["pore_flux_mx"]) for row in before} == {(False, None)}


def test_occurrence_by_time_since_emergence(science) -> None:
    names = ("since_from_h", "n_frames", "mean_pores", "mean_umbrae", "n_emerged")
    found = science.query("emerging", "occurrence", bin_h="0.4")
    assert [[row[name] for name in names] for row in found] == [
        [pytest.approx(-0.4), 2, 0, 0, 0],
        [pytest.approx(0), 2, 1, 0, 1],
        [pytest.approx(0.4), 1, 2, 0, 1],
        [pytest.approx(0.8), 2, 2, 1, 0],
        [pytest.approx(1.2), 2, 0, 0, 0],
    ]
    assert science.query("emerging", "occurrence", harp=str(HARPS["there_before"])) == []


def test_sharp_keywords_of_the_same_record(science) -> None:
    found = [
        row for row in science.view("emerging", "pore_sharp", "t_rec") if row["track_id"].endswith("_002")
    ]
    assert [row["usflux"] for row in found] == [6e20, 7e20, 8e20]
    assert {row["r_value"] for row in found} == {3.5}
    assert found[0]["flux_share"] == pytest.approx(200 * PIXEL_MM2 * 1e19 / 6e20)


def test_every_feature_has_its_keywords(science) -> None:
    (n,) = science.connection.execute("SELECT count(*) FROM pores").fetchone()
    assert science.connection.execute("SELECT count(*) FROM pore_sharp").fetchone() == (n,)


def test_boundary_field_against_lifetime(science) -> None:
    names = ("br_from", "br_to", "n", "n_critical", "n_censored", "median_lifetime_h", "survival_median_h")
    found = science.query("boundaries", "boundary_field_vs_lifetime")
    assert [[row[name] for name in names] for row in found] == [
        [1200, 1400, 2, 0, 0, pytest.approx(0.6), pytest.approx(0.4)],
        [1800, 2000, 2, 2, 1, pytest.approx(1.2), pytest.approx(1.2)],
        [None, None, 1, 0, 0, pytest.approx(0.2), pytest.approx(0.2)],
    ]
    critical = science.query("boundaries", "boundary_field_vs_lifetime", critical_g="1330")
    assert [row["n_critical"] for row in critical] == [1, 2, 0]


def test_lifetimes_by_latitude_polarity_and_area(science) -> None:
    found = science.query("places", "lifetime_vs_latitude", bin_deg="10")
    assert [(row["lat_from"], row["lat_to"], row["n"]) for row in found] == [(-20, -10, 1), (10, 20, 2)]
    found = science.query("places", "lifetime_vs_polarity")
    assert [(row["polarity"], row["survival_median_h"]) for row in found] == [
        (-1, pytest.approx(0.2)),
        (1, pytest.approx(0.4)),
        (None, pytest.approx(0.6)),
    ]
    found = science.query("places", "lifetime_vs_area", bins_per_decade="1")
    assert [(row["area_from"], row["area_to"], row["n"]) for row in found] == [(1, 10, 3)]
    assert science.query("places", "lifetime_vs_br", kind="umbra") == []
    found = science.query("spots", "lifetime_vs_br", kind="null", min_obs="9")
    assert [row["n"] for row in found] == [4]
