"""The chronicle of hand-made series: what counts as a merge, a split, a contact, a gap and an end.

A series is told frame by frame: words are features, letters the scripted pores in them. A is the largest
pore; small letters have the other polarity.
"""

from collections import Counter
from typing import Any

import numpy as np
import pytest

from pores.simulate.orbit import place
from pores.simulate.parameters import SimulationParameters
from pores.simulate.script import Pore
from pores.simulate.sight import touches
from pores.simulate.tables import truth_rows
from pores.simulate.truth import SAMPLE_MM2, Feature, TrueFrame

NAMES = "ABCDEabcde"
SIDE = {letter: 20 - 2 * i for i, letter in enumerate("ABCDE")}  # samples along a side
ROUND = ((0.0, 0.0, 0.0),) * 4


def _samples(letter: str, shift: int = 0) -> tuple[Any, Any]:
    side, i = SIDE[letter.upper()], NAMES.index(letter)
    rows, cols = np.mgrid[0:side, 0:side]
    return rows.ravel() + 120, cols.ravel() + 40 * i + 20 + shift


def _feature(word: str) -> Feature:
    samples = {NAMES.index(letter) + 1: _samples(letter) for letter in word}
    size = {letter: SIDE[letter.upper()] ** 2 * (1 if letter.isupper() else -1) for letter in word}
    area = sum(map(abs, size.values())) * SAMPLE_MM2
    row = {"area_mm2": area, "mean_br": 1500.0 * sum(size.values()) / sum(map(abs, size.values()))}
    x = float(np.mean([NAMES.index(letter) for letter in word]))
    row |= {"x_px": x, "y_px": 0.0, "lon": x, "lat": 0.0, "mu": 1.0, "flux_mx": 1.0}
    edge = any(touches(PLACE, *part) for part in samples.values())
    return Feature({**row, "kind": "pore", "touches_edge": edge}, samples)


PLACE = place(SimulationParameters(shape=(100, 140), longitude=0.0), 0)


def told(*frames: str, every: int = 1, missing: tuple[int, ...] = ()) -> dict[str, list[dict[str, Any]]]:
    """The truth of a series, one word a feature; records are `every` slots apart."""
    parameters = SimulationParameters(
        shape=(100, 140), n_frames=every * len(frames), every=every, missing_frames=missing
    )
    pixels = {i + 1: (10.0 * i + 5.0, 30.0) for i in range(len(NAMES))}
    true = [
        TrueFrame(every * k, [_feature(word) for word in words.split()], pixels, PLACE)
        for k, words in enumerate(frames)
    ]
    path, area = ((0.0, 0.0, 0.0),), ((0.0, 1.0), (99.0, 1.0))
    script = [
        Pore(i + 1, "test", "pore", 1 if name.isupper() else -1, 1.0, area, path, ROUND)
        for i, name in enumerate(NAMES)
    ]
    return dict(truth_rows(parameters, script, true))


def arities(rows: dict[str, list[dict[str, Any]]]) -> list[tuple[str, int, int]]:
    """Merges and splits, in order of time."""
    forks = [event for event in rows["events"] if event["kind"] in ("merge", "split")]
    return [(e["kind"], e["n_from"], e["n_to"]) for e in sorted(forks, key=lambda e: e["t_rec"])]


def kinds(rows: dict[str, list[dict[str, Any]]]) -> Counter[str]:
    return Counter(link["kind"] for link in rows["links"])


def ends(rows: dict[str, list[dict[str, Any]]]) -> set[tuple[str, str, int, bool]]:
    return {(t["birth"], t["death"], t["n_obs"], t["passing"]) for t in rows["tracks"]}


@pytest.mark.parametrize("joined", [1, 2])
def test_features_that_touch_for_a_moment_keep_their_tracks(joined: int) -> None:
    rows = told("A B", "A B", *["AB"] * joined, "A B", "A B")
    assert arities(rows) == []
    assert ends(rows) == {
        ("censored", "censored", 4 + joined, False),
        ("censored", "censored", 4, False),
    }
    assert kinds(rows) == {"continue": 5 + joined, "gap": 1}


def test_features_that_are_one_for_longer_merge_and_split() -> None:
    rows = told("A B", "A B", "AB", "AB", "AB", "A B", "A B")
    assert arities(rows) == [("merge", 2, 1), ("split", 1, 2)]
    assert kinds(rows)["gap"] == 0
    assert {track["birth"] for track in rows["tracks"]} == {"censored", "split"}


def test_a_touch_that_no_one_saw_end_is_a_merge() -> None:
    assert arities(told("A B", "A B", "AB")) == [("merge", 2, 1)]
    assert arities(told("AB", "A B", "A B")) == [("split", 1, 2)]


def test_of_three_that_touch_those_that_stay_together_merged() -> None:
    rows = told("A B C", "ABC", "AB C", "AB C", "AB C")
    assert arities(rows) == [("merge", 2, 1)]
    assert kinds(rows) == {"continue": 4 + 2, "gap": 1, "merge": 1}


def test_the_joined_feature_is_on_the_track_of_what_was_larger_before_and_after() -> None:
    rows = told("A B C", "A BC", "ABC", "A BC", "A BC", "A BC")  # B and C merged before and outdo A
    (merge,) = [event for event in rows["events"] if event["kind"] == "merge"]
    joined = next(
        row for row in rows["pores"] if row["area_mm2"] == max(r["area_mm2"] for r in rows["pores"])
    )
    assert joined["track_id"] == merge["to_track_ids"][0]


def test_a_piece_that_is_back_within_a_contact_is_no_event() -> None:
    rows = told("AB", "AB", "A B", "A B", "AB", "AB")
    assert arities(rows) == []
    assert ends(rows) == {("censored", "censored", 6, False), ("split", "merged", 2, True)}
    assert kinds(rows) == {"continue": 6, "split": 1, "merge": 1}
    rows = told("AB", "AB", "A B", "A B", "A B", "AB", "AB")
    assert arities(rows) == [("split", 1, 2), ("merge", 2, 1)]
    assert not any(track["passing"] for track in rows["tracks"])


def test_a_passing_piece_is_not_counted_in_the_arity_of_others() -> None:
    rows = told("ABC", "ABC", "A B C", "A BC", "A BC", "A BC", "A BC")
    assert arities(rows) == [("split", 1, 3), ("merge", 2, 1)]  # C is in another piece than it came from
    rows = told("ABC", "ABC", "A B C", "AC B", "AC B", "AC B", "AC B")
    assert arities(rows) == [("split", 1, 2)]


def test_three_at_once_are_one_event() -> None:
    rows = told("A B C", "A B C", *["ABC"] * 4)
    assert arities(rows) == [("merge", 3, 1)]
    assert kinds(rows)["merge"] == 2
    assert arities(told(*["ABC"] * 4, "A B C", "A B C")) == [("split", 1, 3)]


def test_a_merge_after_a_gap_is_one_event() -> None:
    rows = told("A B", "A B", "A", "A", "AB", "AB", "AB", "AB")
    assert arities(rows) == [("merge", 2, 1)]
    (link,) = [link for link in rows["links"] if link["kind"] == "merge"]
    assert (link["to_t"] - link["from_t"]) == np.timedelta64(36, "m")
    assert arities(told("AB", "AB", "AB", "AB", "A", "A", "A B", "A B")) == [("split", 1, 2)]


@pytest.mark.parametrize(("unseen", "gaps"), [(1, 1), (5, 1), (6, 0)])
def test_a_track_outlives_an_hour_out_of_sight(unseen: int, gaps: int) -> None:
    rows = told("A B", "A B", *["A"] * unseen, "A B", "A B")
    assert kinds(rows)["gap"] == gaps
    assert len(rows["tracks"]) == 3 - gaps
    died = {track["death"] for track in rows["tracks"]}
    assert died == ({"censored"} if gaps else {"censored", "decayed"})


def test_a_part_that_is_unseen_within_its_feature_is_no_event() -> None:
    rows = told("AB", "A", "A", "AB", "AB")
    assert arities(rows) == []
    assert kinds(rows) == {"continue": 4}


@pytest.mark.parametrize(("every", "unseen", "gaps"), [(5, 1, 1), (5, 2, 0), (10, 0, 0), (10, 1, 0)])
def test_at_a_coarser_cadence_the_window_is_an_hour_and_a_step(every: int, unseen: int, gaps: int) -> None:
    rows = told("A B", "A B", *["A"] * unseen, "A B", "A B", every=every)
    assert kinds(rows)["gap"] == gaps
    assert len(rows["tracks"]) == 2 + (unseen > 0 and not gaps)
    assert rows["tracks"][0]["lifetime_h"] == pytest.approx(0.2 * every * (3 + unseen))


def test_frames_further_apart_than_two_hours_tell_nothing_of_one_another() -> None:
    assert kinds(told("A B", "A B", "A B", every=10)) == {"continue": 4}
    rows = told("A B", "A B", "A B", every=11)
    assert not rows["links"]
    assert ends(rows) == {("censored", "censored", 1, False)}


def test_a_contact_that_only_a_coarse_cadence_sees_is_a_merge() -> None:
    assert arities(told("A B", "AB", "A B", every=5)) == [("merge", 2, 1), ("split", 1, 2)]


def test_missing_records_make_gaps_and_long_ones_end_all() -> None:
    rows = told("A", "A", "A", "A", "A", missing=(2,))
    assert kinds(rows) == {"continue": 2, "gap": 1}
    rows = told(*["A"] * 10, missing=tuple(range(2, 8)))
    assert ends(rows) == {("censored", "censored", 2, False)}


def test_in_a_feature_of_both_signs_only_the_stronger_goes_on() -> None:
    rows = told("A b", "A b", "Ab", "Ab", "Ab", "Ab", "A b", "A b")
    assert arities(rows) == []
    assert kinds(rows) == {"continue": 7 + 2, "gap": 1}
    assert ends(told("A b", "A b", *["Ab"] * 6, "A b")) == {
        ("censored", "censored", 9, False),
        ("censored", "decayed", 2, False),
        ("emerged", "censored", 1, False),
    }


def test_families_hold_all_that_merged_or_split() -> None:
    rows = told("A B C D", "AB C D", "AB C D", "AB CD", "AB CD", "ABCD", "ABCD", "ABCD")
    assert len({track["family_id"] for track in rows["tracks"]}) == 1
    rows = told("A B C D", *["AB C D"] * 4)
    assert len({track["family_id"] for track in rows["tracks"]}) == 3
