"""Scores: perfect for the truth itself; features that are missed, false or small; tables that are wrong."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pores.errors import InputError
from pores.score import FIGURES, Rates, ScoreParameters, score
from pores.scoring.matching import match_features
from tests.unit.stories import STORY, Life, altered, linked, told, when, without

TRUTH = told()
N = 76
RADIUS = np.sqrt(TRUTH["pores"]["area_mm2"] / (np.radians(0.03) * 696) ** 2 / np.pi)  # native pixels


def of(tables, names):
    """The pores whose ids are given, as rows."""
    return np.flatnonzero(np.isin(tables["pores"]["pore_id"], names))


def missed(tables, *names):
    """The tables without some pores and their links."""
    touched = np.isin(tables["links"]["from_pore_id"], names) | np.isin(tables["links"]["to_pore_id"], names)
    return without(without(tables, "pores", of(tables, names)), "links", touched)


def same(a, b):
    return a == b or (np.isnan(a) and np.isnan(b))


def test_the_truth_is_perfect():
    scores = score(TRUTH, TRUTH)
    counts = {name: rates.true for name, rates in scores.rates.items()}
    assert counts == {"features": N, "links": 72, "tracks": 9}
    assert {name: rates[0].true for name, rates in scores.events.items()} == {
        "births": 6, "deaths": 5, "merges": 2, "splits": 2,
    }  # fmt: skip
    rates = [*scores.rates.values(), *(r for within in scores.events.values() for r in within.values())]
    assert [r.f1 for r in rates] == [1.0] * 15
    ones = ("idf1", "tra", "det", "lnk", "chota", "chota_forward", "chota_backward", "lifetimes_right")
    ones += ("censoring_right", "merge_arity_right", "merge3_arity_right", "merge3_true", "split_arity_right")
    expected = dict.fromkeys(ones, 1) | {"lifetimes_compared": 7, "split3_arity_right": np.nan}
    assert list(scores.figures) == list(FIGURES)
    for name, value in scores.figures.items():
        assert same(value, expected.get(name, 0)), name


def test_the_order_of_rows_says_nothing():
    rng = np.random.default_rng(1)
    lives = [replace(life, x=life.x + 1, last=life.last - (life.name in "adg")) for life in STORY]
    found = told([*lives, Life("z", 3, 5, 150, 20), Life("y", 3, 5, 150, 20)])
    base = score(found, TRUTH).rows()
    for _ in range(3):
        both = [
            {
                name: {column: values[order] for column, values in table.items()}
                for name, table in tables.items()
                for order in [rng.permutation(len(table["harpnum"]))]
            }
            for tables in (found, TRUTH)
        ]
        assert all(same(value, base[name]) for name, value in score(*both).rows().items())


def test_a_missed_feature_lowers_recall_only():
    features = score(missed(TRUTH, "a5", "d2", "f7"), TRUTH).rates["features"]
    assert features == Rates(N, N - 3, N - 3, N - 3)


def test_small_features_may_be_found_but_need_not():
    with_small = told([*STORY, Life("s", 3, 7, 150, 20, area=0.8)])
    assert score(TRUTH, with_small).rates["features"].recall == 1
    assert score(with_small, with_small).rates["features"].precision == 1
    strict = ScoreParameters(min_area_mm2=0.2)
    assert score(TRUTH, with_small, strict).rates["features"].recall == N / (N + 5)


def test_a_feature_is_the_same_within_its_radius_only():
    y = TRUTH["pores"]["y_px"]
    near = score(altered(TRUTH, "pores", y_px=y + 0.9 * RADIUS), TRUTH)
    assert near.rates["features"].f1 == 1
    assert near.figures["centroid_px"] == pytest.approx(0.9 * np.median(RADIUS))
    # pores that lie apart by more than their radii: none can be taken for another
    assert score(altered(TRUTH, "pores", y_px=y - 1.1 * RADIUS), TRUTH).rates["features"].recall == 0


def test_each_feature_counts_once():
    doubled = {name: np.concatenate((values, values)) for name, values in TRUTH["pores"].items()}
    scores = score(TRUTH | {"pores": doubled}, TRUTH)
    assert scores.rates["features"] == Rates(N, N, 2 * N, N)
    assert scores.rates["links"].f1 == 1


def test_features_of_another_frame_or_harp_do_not_count():
    assert score(told(harpnum=378), TRUTH).rates["features"].recall == 0
    later = TRUTH["pores"]["t_rec"] + np.timedelta64(100, "h")
    assert score(altered(TRUTH, "pores", t_rec=later), TRUTH).rates["features"].recall == 0


def test_a_crowd_is_paired_in_little_memory():
    n, frames = 400, 20
    x, y = np.meshgrid(np.arange(20.0) * 10, np.arange(20.0) * 10)
    crowd = {
        "harpnum": np.full(n * frames, 377),
        "t_rec": np.repeat(when(range(frames)), n),
        "x_px": np.tile(x.ravel(), frames),
        "y_px": np.tile(y.ravel(), frames),
        "area_mm2": np.full(n * frames, 3.0),
    }
    tracemalloc.start()
    try:
        pairs = match_features(crowd, crowd, 1.5)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(pairs) == n * frames
    assert (pairs.found == pairs.truth).all()
    assert peak < 8 * n * n * frames  # bytes: less than one number for each two features of a frame


def test_two_harps_count_together():
    both = {
        name: {column: np.concatenate((values, more[column])) for column, values in table.items()}
        for other in [told([replace(life, name=life.name.upper(), parent=life.parent.upper(),
                                    child=life.child.upper()) for life in STORY], 378)]
        for name, table in TRUTH.items()
        for more in [other[name]]
    }  # fmt: skip
    assert score(both, both).rates["links"] == Rates(144, 144, 144, 144)
    assert score(TRUTH, both).rates["links"] == Rates(72, 72, 72, 72)  # between matched features
    assert score(TRUTH, both).figures["tra"] == pytest.approx(0.5)


def test_biases_are_found_minus_true():
    pores = TRUTH["pores"]
    biased = altered(TRUTH, "pores", area_mm2=1.2 * pores["area_mm2"], mean_br=1.1 * pores["mean_br"] - 50)
    figures = score(biased, TRUTH).figures
    assert figures["area_relative"] == pytest.approx(0.2)
    assert figures["area_sum_relative"] == pytest.approx(0.2)
    assert figures["mean_br_g"] == pytest.approx(50)  # 100 - 50 for all but d
    # d is 200 G stronger, the eight others 50 G
    assert figures["mean_br_bias_g"] == pytest.approx((8 * 50 + 200) / 9)


def test_unknown_field_has_no_bias():
    figures = score(altered(TRUTH, "pores", mean_br=np.full(N, np.nan)), TRUTH).figures
    assert np.isnan(figures["mean_br_g"])
    assert np.isnan(figures["mean_br_bias_g"])
    assert figures["opposite_links"] == 0


def test_nothing_found_and_nothing_true():
    nothing = told([])
    empty = score(nothing, TRUTH)
    assert (empty.rates["features"].recall, empty.rates["features"].f1) == (0, 0)
    assert np.isnan(empty.rates["features"].precision)
    zeros = ("idf1", "tra", "lnk", "chota", "lifetimes_right", "identity_switches_per_100", "opposite_links")
    assert [empty.figures[name] for name in zeros] == [0] * len(zeros)
    assert np.isnan(empty.figures["centroid_px"])
    assert score(TRUTH, nothing).rates["features"].precision == 0
    assert np.isnan(score(nothing, nothing).rates["features"].f1)
    assert np.isnan(score(nothing, nothing).figures["chota"])


def test_it_reads_as_a_table():
    text = str(score(TRUTH, TRUTH))
    lines = [line.split() for line in text.splitlines()]
    assert lines[0] == ["true", "found", "precision", "recall", "F1"]
    assert ["merges", "2", "2", "1.000", "1.000", "1.000"] in lines
    assert ["split3_arity_right", "-"] in [line[:2] for line in lines]
    assert {line[0] for line in lines if line} >= set(FIGURES)
    assert max(map(len, text.splitlines())) <= 110


def test_every_number_has_a_name():
    rows = score(TRUTH, TRUTH).rows()
    assert rows["merges_f1_0"] == rows["births_recall_2"] == rows["links_precision"] == 1
    assert (rows["merges_true"], rows["features_found"]) == (2, 76)
    assert len(rows) == 3 * 3 + 4 * 3 * 3 + 7 * 2 + len(FIGURES)


def test_the_page_explains_every_number():
    page = (Path(__file__).parents[2] / "docs" / "scoring.md").read_text()
    assert [name for name in FIGURES if f"`{name}`" not in page] == []
    rates = score(TRUTH, TRUTH)
    assert [name for name in (*rates.rates, *rates.events) if name not in page] == []


def test_the_cadence_is_that_of_the_frames():
    """One merge 24 min late: two frames of 12 min, one of 24."""
    events = TRUTH["events"]
    late = events["t_rec"] + (events["kind"] == "merge") * np.timedelta64(1440, "s")
    found = altered(TRUTH, "events", t_rec=late)
    assert score(found, TRUTH).rows()["merges_f1_1"] == 0
    frames = {"t_rec": when(range(0, 20, 2)), "harpnum": np.full(10, 377)}
    assert score(found, TRUTH | {"frames": frames}).rows()["merges_f1_1"] == 1
    assert score(found, TRUTH, ScoreParameters(cadence_s=1440)).rows()["merges_f1_1"] == 1


def test_what_is_wrong_with_tables_is_named():
    with pytest.raises(InputError, match="true tables: no table links"):
        score(TRUTH, {name: columns for name, columns in TRUTH.items() if name != "links"})
    pores = {name: values for name, values in TRUTH["pores"].items() if name != "x_px"}
    with pytest.raises(InputError, match="found table pores: no column x_px"):
        score(TRUTH | {"pores": pores}, TRUTH)
    with pytest.raises(InputError, match="found table links: no pore a5, which from_pore_id names"):
        score(without(TRUTH, "pores", of(TRUTH, ["a5"])), TRUTH)
    with pytest.raises(InputError, match="found table tracks: no track a, which table pores names"):
        score(without(TRUTH, "tracks", [0]), TRUTH)
    with pytest.raises(InputError, match="the link from a5 to d2 does not lead forward in time"):
        score(linked(TRUTH, "a5", "d2"), TRUTH)
