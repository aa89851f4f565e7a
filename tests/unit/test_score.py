"""Scores: perfect for the truth itself, and each fault of a catalogue lowers the number that is about it."""

from dataclasses import replace

import numpy as np
import pytest

from pores.errors import InputError
from pores.score import Rates, ScoreParameters, score
from tests.unit.scenes import Disc, Scene

WHOLE = [Disc(60, 60, 6), Disc(51, 60, 4), Disc(69, 60, 3.2)]
PARTS = [Disc(60, 60, 6), Disc(48, 60, 4), Disc(71, 60, 3.2)]
LONELY = Disc(120, 90, 5)
FRAMES = [[], PARTS, PARTS, WHOLE, WHOLE, PARTS, [*PARTS, LONELY], [*PARTS, LONELY], PARTS, PARTS]


def tables(scene, **parameters):
    result = scene.track(**parameters)
    return {
        "pores": scene.pores() | {"track_id": result.track_id},
        "links": result.links,
        "tracks": result.tracks,
        "events": result.events,
    }


TRUTH = tables(Scene(FRAMES))


def only(tables, keep):
    """The tables without some pores and their links."""
    pores = {name: values[keep] for name, values in tables["pores"].items()}
    there = np.isin(tables["links"]["from_pore_id"], pores["pore_id"])
    there &= np.isin(tables["links"]["to_pore_id"], pores["pore_id"])
    return tables | {
        "pores": pores,
        "links": {name: values[there] for name, values in tables["links"].items()},
    }


def altered(tables, **columns):
    return tables | {"pores": tables["pores"] | columns}


def test_the_truth_is_perfect():
    scores = score(TRUTH, TRUTH)
    assert {name: rates.f1 for name, rates in scores.rates.items()} == dict.fromkeys(scores.rates, 1.0)
    assert scores.rates["merges"].true == scores.rates["splits"].true == 1
    assert scores.rates["births"].true == 4
    perfect = {"lifetimes_compared": 3, "merge_arity_right": 1, "split_arity_right": 1}
    assert scores.errors == {name: perfect.get(name, 0) for name in scores.errors}


def test_a_missed_feature_lowers_recall_only():
    keep = np.ones(len(TRUTH["pores"]["label"]), bool)
    keep[[0, 5, 7]] = False
    features = score(only(TRUTH, keep), TRUTH).rates["features"]
    assert (features.recall, features.precision) == (pytest.approx(1 - 3 / len(keep)), 1)


def test_a_false_feature_lowers_precision_only():
    false = tables(Scene([[*discs, Disc(20, 20, 4)] for discs in FRAMES]))
    features = score(false, TRUTH).rates["features"]
    assert features.recall == 1
    assert features.precision == pytest.approx(1 - len(FRAMES) / len(false["pores"]["label"]))


def test_small_features_may_be_found_but_need_not():
    small = Disc(20, 20, 2)  # 13 fine pixels, 0.43 Mm^2
    with_small = tables(Scene([[*discs, small] for discs in FRAMES]))
    assert score(TRUTH, with_small).rates["features"].recall == 1
    assert score(with_small, with_small).rates["features"].precision == 1
    strict = ScoreParameters(min_area_mm2=0.2)
    assert score(TRUTH, with_small, strict).rates["features"].recall < 1


def test_a_feature_is_the_same_within_its_radius_only():
    radius = np.sqrt(TRUTH["pores"]["area_px"] / 4 / np.pi)
    near = altered(TRUTH, x_px=TRUTH["pores"]["x_px"] + 0.9 * radius)
    far = altered(TRUTH, x_px=TRUTH["pores"]["x_px"] + 1.1 * radius)
    # three features in a row lie apart by more than their radii: none can be taken for another
    assert score(near, TRUTH).rates["features"].f1 == 1
    assert score(near, TRUTH).errors["centroid_px"] == pytest.approx(0.9 * np.median(radius))
    assert score(far, TRUTH).rates["features"].recall < 0.5


def test_each_feature_counts_once():
    doubled = {name: np.concatenate((values, values)) for name, values in TRUTH["pores"].items()}
    features = score(TRUTH | {"pores": doubled}, TRUTH).rates["features"]
    assert (features.recall, features.precision) == (1, 0.5)


def test_features_of_another_frame_or_harp_do_not_count():
    assert score(altered(TRUTH, harpnum=TRUTH["pores"]["harpnum"] + 1), TRUTH).rates["features"].recall == 0
    later = TRUTH["pores"]["t_rec"] + np.timedelta64(7200, "s")
    assert score(altered(TRUTH, t_rec=later), TRUTH).rates["features"].recall == 0


def test_biases_are_found_minus_true():
    pores = TRUTH["pores"]
    biased = altered(TRUTH, area_mm2=1.2 * pores["area_mm2"], mean_br=pores["mean_br"] - 50)
    errors = score(biased, TRUTH).errors
    assert errors["area_relative"] == pytest.approx(0.2)
    assert errors["mean_br_g"] == pytest.approx(-50)


def test_unknown_field_has_no_bias():
    assert np.isnan(
        score(altered(TRUTH, mean_br=np.full(len(TRUTH["pores"]["label"]), np.nan)), TRUTH).errors[
            "mean_br_g"
        ]
    )


def test_links_are_wrong_where_they_join_others():
    links = TRUTH["links"]
    swapped = links | {"to_pore_id": np.roll(links["to_pore_id"], 1)}
    assert score(TRUTH | {"links": swapped}, TRUTH).rates["links"].f1 < 0.2


def test_a_lost_link_lowers_recall_a_false_one_precision():
    fewer = {name: values[1:] for name, values in TRUTH["links"].items()}
    n = len(TRUTH["links"]["kind"])
    assert score(TRUTH | {"links": fewer}, TRUTH).rates["links"] == Rates(n, n - 1, n - 1, n - 1)
    assert score(TRUTH, TRUTH | {"links": fewer}).rates["links"] == Rates(n - 1, n - 1, n, n - 1)


def test_a_gap_over_a_missed_feature_is_a_right_link():
    flickering = [list(discs) for discs in FRAMES]
    flickering[6] = PARTS
    lonely_again = [*flickering[:8], [*PARTS, LONELY], PARTS]
    steady = [*FRAMES[:8], [*PARTS, LONELY], PARTS]
    found, truth = (
        tables(Scene([*lonely_again[:5], [*PARTS, LONELY], *lonely_again[6:]])),
        tables(Scene([*steady[:5], [*PARTS, LONELY], *steady[6:]])),
    )
    assert "gap" in found["links"]["kind"]
    assert score(found, truth).rates["links"].f1 == 1
    assert score(found, truth).rates["features"].recall < 1


def test_broken_tracks_have_wrong_births_and_lifetimes():
    truth = tables(Scene([[], *[[LONELY]] * 3, [], [], *[[LONELY]] * 4, []]))
    broken = tables(Scene([[], *[[LONELY]] * 3, [], [], *[[LONELY]] * 4, []]), max_gap_h=0.2)
    scores = score(broken, truth)
    assert (scores.rates["births"].recall, scores.rates["births"].precision) == (1, 0.5)
    assert scores.rates["links"].recall == pytest.approx(5 / 6)
    assert scores.errors["lifetime_h"] == pytest.approx(0.6 - 1.6)


@pytest.mark.parametrize(("late", "recall"), [(2, 1), (3, 0)])
def test_events_may_be_two_frames_late(late, recall):
    events = TRUTH["events"] | {"t_rec": TRUTH["events"]["t_rec"] + np.timedelta64(late * 720, "s")}
    assert score(TRUTH | {"events": events}, TRUTH).rates["merges"].recall == recall


def test_events_must_be_in_place():
    events = TRUTH["events"] | {"x_px": TRUTH["events"]["x_px"] + 11}
    assert score(TRUTH | {"events": events}, TRUTH).rates["merges"].recall == 0


def test_a_merge_of_two_is_no_merge_of_three():
    two = [replace(disc) for disc in PARTS[:2]], [replace(disc) for disc in WHOLE[:2]]
    found = tables(Scene([[], two[0], two[0], two[1], two[1]]))
    truth = tables(Scene([[], PARTS, PARTS, WHOLE, WHOLE]))
    scores = score(found, truth)
    assert scores.rates["merges"].recall == 1
    assert scores.errors["merge_arity_right"] == 0


def test_features_too_small_to_have_a_true_track_take_no_part_in_links():
    small = Disc(20, 20, 2)
    found = tables(Scene([[*discs, small] for discs in FRAMES]))
    unfollowed = np.where(found["pores"]["x_px"] < 15, None, found["pores"]["track_id"])
    mine = np.isin(found["tracks"]["track_id"], TRUTH["pores"]["track_id"])
    assert not mine.all()
    links = found["links"]
    of_small = np.isin(links["from_pore_id"], found["pores"]["pore_id"][found["pores"]["x_px"] < 15])
    truth = found | {
        "pores": found["pores"] | {"track_id": unfollowed},
        "links": {name: values[~of_small] for name, values in links.items()},
    }
    assert score(found, truth).rates["links"].precision == 1


def test_nothing_found_and_nothing_true():
    nothing = tables(Scene([[], []]))
    empty = score(nothing, TRUTH)
    assert (empty.rates["features"].recall, empty.rates["features"].f1) == (0, 0)
    assert np.isnan(empty.rates["features"].precision)
    assert np.isnan(empty.errors["centroid_px"])
    assert score(TRUTH, nothing).rates["features"].precision == 0
    assert np.isnan(score(nothing, nothing).rates["features"].f1)


def test_it_reads_as_a_table():
    text = str(score(TRUTH, TRUTH))
    assert text.splitlines()[0].split() == ["true", "found", "precision", "recall", "F1"]
    assert ["merges", "1", "1", "1.000", "1.000", "1.000"] in [line.split() for line in text.splitlines()]
    assert score(TRUTH, TRUTH).rows()["features_f1"] == 1


def test_a_missing_table_or_column_is_named():
    with pytest.raises(InputError, match="true tables: no table links"):
        score(TRUTH, {name: columns for name, columns in TRUTH.items() if name != "links"})
    pores = {name: values for name, values in TRUTH["pores"].items() if name != "x_px"}
    with pytest.raises(InputError, match="found table pores: no column x_px"):
        score(TRUTH | {"pores": pores}, TRUTH)
