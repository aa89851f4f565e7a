"""How pores grow and decay, how large they are, and which become spots."""

import numpy as np
import pytest
from scipy import stats

from tests.sql.science import AREAS, DECAY, GROWTH, LARGEST, LINE, LINE_AREAS, LINE_RATES, NOISY_AREAS


def by_label(rows):
    return {int(row["track_id"][-3:]): row for row in rows}


def test_rates_of_growth_and_decay(science) -> None:
    found = by_label(science.view("growing", "pore_rates"))
    assert len(found) == 8
    for label in range(1, 8):
        row = found[label]
        assert (row["n_growth"], row["n_decay"]) == (5, 9)
        assert (row["growth_h"], row["decay_h"]) == (pytest.approx(0.8), pytest.approx(1.6))
        assert row["growth_mm2_h"] == pytest.approx(GROWTH * LARGEST[label])
        assert row["decay_mm2_h"] == pytest.approx(DECAY * LARGEST[label])
        assert row["growth_err_mm2_h"] == pytest.approx(0, abs=1e-6)
    # flat in the fifth and sixth observation: growth ends with the first of them, decay begins with the last
    assert (found[8]["n_growth"], found[8]["n_decay"]) == (5, 8)


def test_rates_and_errors_are_those_of_scipy(science) -> None:
    (row,) = science.view("noisy_area", "pore_rates")
    hours = np.arange(16) * 0.2
    for phase, part in (("growth", slice(0, 7)), ("decay", slice(6, None))):
        fit = stats.linregress(hours[part], NOISY_AREAS[part])
        assert row[f"{phase}_mm2_h"] == pytest.approx(fit.slope)
        assert row[f"{phase}_err_mm2_h"] == pytest.approx(fit.stderr)


def test_a_phase_of_one_observation_has_no_rate(science) -> None:
    row = by_label(science.view("places", "pore_rates"))[1]  # of constant area
    assert (row["n_growth"], row["growth_mm2_h"], row["growth_err_mm2_h"]) == (1, None, None)


def test_growth_law_of_what_was_seen_whole(science) -> None:
    growth, decay = science.query("growing", "growth_law")
    assert (growth["phase"], decay["phase"]) == ("growth", "decay")
    assert (growth["n"], decay["n"]) == (7, 7)  # one was not seen to emerge, nor to decay
    assert growth["median_per_h"] == pytest.approx(GROWTH)
    assert [row["phase"] for row in science.query("growing", "growth_law", min_obs="6")] == ["decay"]
    assert science.query("growing", "growth_law", min_mu="0.95") == []


def test_growth_law_gives_an_injected_line(science) -> None:
    growth = next(row for row in science.query("line", "growth_law") if row["phase"] == "growth")
    fit = stats.linregress(LINE_AREAS, LINE_RATES)
    assert growth["n"] == 40
    assert growth["slope_per_h"] == pytest.approx(fit.slope)
    assert growth["slope_err_per_h"] == pytest.approx(fit.stderr)
    assert growth["intercept_mm2_h"] == pytest.approx(fit.intercept)
    assert growth["correlation"] == pytest.approx(fit.rvalue)
    assert abs(growth["slope_per_h"] - LINE["slope"]) < 3 * growth["slope_err_per_h"]


def test_growth_by_area(science) -> None:
    rows = science.query("line", "growth_and_decay", bins_per_decade="1")
    bins = [row for row in rows if row["phase"] == "growth"]
    assert [(row["area_from"], row["area_to"]) for row in bins] == [(1, 10), (10, 100)]
    small = LINE_AREAS < 10
    assert [row["n"] for row in bins] == [small.sum(), (~small).sum()]
    assert bins[0]["median_mm2_h"] == pytest.approx(np.median(LINE_RATES[small]))
    assert bins[0]["q25_mm2_h"] == pytest.approx(np.quantile(LINE_RATES[small], 0.25))
    assert bins[0]["median_per_h"] == pytest.approx(np.median((LINE_RATES / LINE_AREAS)[small]))


def test_lognormal_law_is_that_of_scipy(science) -> None:
    (row,) = science.query("lognormal", "area_lognormal")
    sigma, _, scale = stats.lognorm.fit(AREAS, floc=0)
    assert (row["sigma"], row["median_mm2"]) == (pytest.approx(sigma), pytest.approx(scale))
    assert abs(row["sigma"] - 0.7) < 3 * row["sigma_err"]
    assert abs(row["median_mm2"] - 3.5) < 3 * row["median_err_mm2"]
    law = stats.lognorm(sigma, scale=scale)
    assert row["mean_mm2"] == pytest.approx(law.mean())
    assert law.pdf(row["mode_mm2"]) > law.pdf([row["mode_mm2"] * 0.99, row["mode_mm2"] * 1.01]).max()
    assert row["skewness"] == pytest.approx(stats.skew(np.log(AREAS), bias=False))
    assert row["kurtosis"] == pytest.approx(stats.kurtosis(np.log(AREAS), bias=False))
    assert row["below_5_mm2"] == pytest.approx((AREAS < 5).mean())
    assert (row["n"], row["n_censored"]) == (400, 100)


def test_errors_of_the_lognormal_law_are_its_scatter() -> None:
    draws = np.log(stats.lognorm(0.7, scale=3.5).rvs((2000, 400), random_state=1))
    assert draws.mean(axis=1).std() == pytest.approx(0.7 / np.sqrt(400), rel=0.05)
    assert draws.std(axis=1).std() == pytest.approx(0.7 / np.sqrt(800), rel=0.05)


def test_pores_that_become_spots(science) -> None:
    found = by_label(science.view("spots", "pores_to_spots"))
    names = ("n_before", "n_after", "umbra_share", "n_changes", "area_mm2", "spot_area_mm2")
    assert {label: [row[name] for name in names] for label, row in found.items()} == {
        1: [5, 5, 1.0, 1, 6.0, 50.0],
        2: [3, 7, pytest.approx(1 / 7), 2, 4.0, 30.0],
        6: [3, 5, 0.8, 3, 6.0, 50.0],
    }
    assert found[2]["age_h"] == pytest.approx(0.6)
    assert by_label(science.query("spots", "pores_to_spots")).keys() == {1, 6}
    assert by_label(science.query("spots", "pores_to_spots", min_share="0.9")).keys() == {1}
    assert by_label(science.query("spots", "pores_to_spots", min_before="4")).keys() == {1}
    assert by_label(science.query("spots", "pores_to_spots", min_after="6")).keys() == set()
