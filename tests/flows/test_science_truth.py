"""The same questions to the truth of a simulated series and to what the chain made of it agree."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalog.query import connect, named
from storage.lake import Lake
from tests.flows.truth_lakes import truth_lake

Rows = list[dict[str, Any]]
Ask = Callable[..., tuple[Rows, Rows]]


@pytest.fixture(scope="module")
def ask(scored: Path, tmp_path_factory: pytest.TempPathFactory) -> Ask:
    """Answers of the truth and of the chain."""
    found = Lake.at(scored / "lake")
    true = truth_lake(tmp_path_factory.mktemp("true"), scored / "fits" / "truth", found)

    def answers(what: str, **params: str) -> tuple[Rows, Rows]:
        if " " in what:
            return _rows(true, what, None), _rows(found, what, None)
        question = named(what, params)
        return _rows(true, question.sql, question.values), _rows(found, question.sql, question.values)

    return answers


def _rows(lake: Lake, sql: str, values: Any) -> Rows:
    with connect(lake) as connection:
        answer = connection.execute(sql, values)
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("lifetime_vs_br", {"bin_g": "1e5"}),
        ("lifetime_vs_latitude", {"bin_deg": "90"}),
        ("lifetime_vs_polarity", {}),
        ("boundary_field_vs_lifetime", {"bin_g": "1e5"}),
    ],
)
def test_lives_are_as_many_and_as_long(ask: Ask, query: str, params: dict[str, str]) -> None:
    for true, found in zip(*ask(query, **params), strict=True):
        for count in ("n", "n_censored", "n_births_seen", "n_complete", "n_critical"):
            assert abs(true.get(count, 0) - found.get(count, 0)) <= 1, count
        longest = [row.get("longest_censored_h") for row in (true, found)]
        assert longest[0] == longest[1]


def test_survival_is_within_the_limits_of_the_truth(ask: Ask) -> None:
    true, found = ask("survival")
    assert true[0]["at_risk"] == pytest.approx(found[0]["at_risk"], abs=1)
    for row in found:
        curve = [one for one in true if one["lifetime_h"] <= row["lifetime_h"] + 1e-9]
        assert not curve or curve[-1]["lower"] <= row["surviving"] <= curve[-1]["upper"]


def test_areas_follow_the_same_law(ask: Ask) -> None:
    (true,), (found,) = ask("area_lognormal")
    assert found["n"] == true["n"] > 20
    assert found["median_mm2"] == pytest.approx(true["median_mm2"], rel=0.02)
    assert found["sigma"] == pytest.approx(true["sigma"], rel=0.02)


def test_pores_grow_and_decay_as_fast(ask: Ask) -> None:
    for true, found in zip(*ask("growth_law"), strict=True):
        assert found["n"] == pytest.approx(true["n"], abs=1)
        assert found["slope_per_h"] == pytest.approx(true["slope_per_h"], abs=true["slope_err_per_h"])
        assert found["median_per_h"] == pytest.approx(true["median_per_h"], rel=0.1)


def test_merges_and_splits_are_as_frequent(ask: Ask) -> None:
    for true, found in zip(*ask("merge_split_rates"), strict=True):
        assert (found["kind"], found["n"]) == (true["kind"], true["n"])
        assert found["per_pore_hour"] == pytest.approx(true["per_pore_hour"], rel=0.03)
    assert true["pore_hours"] > 40


def test_regions_hold_as_much(ask: Ask) -> None:
    true, found = ask("SELECT * FROM region_occurrence ORDER BY t_rec")
    assert [row["t_rec"] for row in true] == [row["t_rec"] for row in found]
    for one, other in zip(true, found, strict=True):
        assert other["n_pores"] == pytest.approx(one["n_pores"], abs=3)  # those at the limit of size
        assert other["pore_area_mm2"] == pytest.approx(one["pore_area_mm2"], rel=0.03)
        assert other["pore_flux_mx"] == pytest.approx(one["pore_flux_mx"], rel=0.03)


def test_shares_of_the_flux_are_those_of_the_header(ask: Ask) -> None:
    # the truth of a frame has no SHARP keywords: the flux of its features over the header's must agree
    sql = "SELECT t_rec, sum(flux_mx) AS flux, sum(flux_share) AS share FROM pore_sharp GROUP BY 1 ORDER BY 1"
    for one, other in zip(*ask(sql), strict=True):
        assert other["flux"] == pytest.approx(one["flux"], rel=0.03)
        assert 0 < other["share"] < 1


def test_families_are_as_large(ask: Ask) -> None:
    true, found = ask("SELECT family_id, count(*) AS n FROM tracks GROUP BY 1 HAVING count(*) > 1 ORDER BY 1")
    assert [row["n"] for row in true] == [row["n"] for row in found]
    trees = [ask("family_tree", track=rows["family_id"]) for rows in found]
    assert [len(tree) for _, tree in trees] == [row["n"] for row in found]


def test_granules_are_at_the_same_times_and_places(ask: Ask) -> None:
    true, found = ask("SELECT * FROM epn_core")
    assert len(found) == pytest.approx(len(true), abs=1)
    near = [min(true, key=lambda one, other=other: _distance(one, other)) for other in found]
    agree = [_distance(one, other) < 0.03 for one, other in zip(near, found, strict=True)]
    assert sum(agree) >= 0.9 * len(found)


def _distance(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Largest difference of two granules in degrees, a frame counting as one of 0.02."""
    frames = max(abs(one[name] - other[name]) for name in ("time_min", "time_max")) * 120
    return max(
        frames * 0.02, *(abs(one[name] - other[name]) for name in ("c1min", "c1max", "c2min", "c2max"))
    )


def test_lives_of_hours_are_too_short_for_the_orbit(ask: Ask) -> None:
    for rows in ask("SELECT DISTINCT verdict FROM field_oscillation"):
        assert rows == [{"verdict": "too short"}]
    assert ask("pores_to_spots") == ([], [])
