"""Trackers beside one another: their mistakes, their figures together, and the page made of them."""

import math
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import contest
from benchmarks.contest import Result
from benchmarks.contest_aims import BY_NAME, Together
from benchmarks.contest_page import page, summary
from benchmarks.discs import Discs, Stock
from benchmarks.mistakes import Mistake, mistakes
from flows.challenge import Series
from pores.parameters import TrackParameters
from pores.track import track
from tests.unit.scenes import Disc, Scene


def tables(scene: Scene):
    given = scene.sightings()
    return contest.tables(given, track(given, TrackParameters()))


FAR = Disc(20, 20, 5)
APART, TOGETHER = [Disc(60, 60, 6), Disc(78, 60, 5)], [Disc(67, 60, 9)]
TRUE = Scene([[FAR, *APART]] * 3 + [[FAR, *TOGETHER]] * 4)


def what(found: Scene, true: Scene = TRUE) -> list[str]:
    return [f"{one.what} {one.step}" for one in mistakes(tables(found), tables(true))]


class TestMistakes:
    def test_none_without_any(self):
        assert what(TRUE) == []

    def test_a_merge_that_is_not_found(self):
        found = tables(TRUE)
        cut = found["links"]["kind"] == "merge"
        found["links"] = {name: values[~cut] for name, values in found["links"].items()}
        found["events"] = {name: v[found["events"]["kind"] != "merge"] for name, v in found["events"].items()}
        told = mistakes(found, tables(TRUE))
        assert [(one.what, one.step) for one in told] == [("merge missed", 3), ("link missed", 2)]
        assert told[0].detail == "2 to 1"
        assert (told[1].x_px, told[1].y_px) == pytest.approx((38.75, 29.75), abs=0.3)

    def test_an_event_too_late_by_more_than_a_frame(self):
        late = Scene([*TRUE.discs[:3], *TRUE.discs[:2], *TRUE.discs[5:]])
        told = mistakes(tables(late), tables(TRUE))
        assert [(one.what, one.detail) for one in told if one.step == 3] == [("merge late", "by 2 steps")]

    def test_a_wrong_arity(self):
        found = tables(TRUE)
        found["events"]["n_from"] = np.where(found["events"]["kind"] == "merge", 3, found["events"]["n_from"])
        assert [str(one).split("  ")[-1] for one in mistakes(found, tables(TRUE))] == ["3 to 1 for 2 to 1"]

    def test_ends_that_are_wrong(self):
        found = tables(TRUE)
        found["tracks"]["death"] = np.where(
            found["tracks"]["death"] == "censored", "decayed", found["tracks"]["death"]
        )
        assert {one.what for one in mistakes(found, tables(TRUE))} == {"censoring"}


def result(tracker: str, seed: int, every: int = 1, **figures: float) -> Result:
    """A result with the same figures throughout, but for some."""
    names = {name: 1.0 if figure.more else 0.0 for name, figure in BY_NAME.items()}
    sizes = {f"{kind}_{side}": 10.0 for kind in KINDS for side in ("true", "found")}
    return Result(
        Series("clean", seed, every), tracker, 1.5, 40, {**names, "merge3_true": 1.0, **sizes, **figures}
    )


KINDS = ("links", "births", "deaths", "merges", "splits")


class TestTogether:
    def test_f1_is_of_all_things_together(self):
        few, many = result("porelake", 1, links_f1=0.5), result("porelake", 2, links_true=90, links_found=90)
        together = Together([few, many])
        assert together.value(("clean", 1), "porelake", BY_NAME["links_f1"]) == pytest.approx(0.95)
        assert together.worst(("clean", 1), "porelake", BY_NAME["links_f1"]) == 0.5

    def test_what_a_series_has_not_counts_nothing(self):
        nothing = result("porelake", 1, merges_f1_1=math.nan, merge_arity_right=math.nan)
        together = Together([nothing, result("porelake", 2, merges_f1_1=0.8)])
        assert together.value(("clean", 1), "porelake", BY_NAME["merges_f1_1"]) == pytest.approx(0.8)
        assert together.value(("clean", 1), "porelake", BY_NAME["merge_arity_right"]) == 1

    def test_worst_is_the_most_of_what_should_be_little(self):
        both = [result("porelake", seed, lifetime_ks=seed / 10) for seed in (1, 2)]
        assert Together(both).worst(("clean", 1), "porelake", BY_NAME["lifetime_ks"]) == 0.2


def line(text: str, begin: str) -> str:
    (found,) = [one for one in text.splitlines() if one.startswith(f"| {begin} |")]
    return found


class TestPage:
    def test_aims_met_and_missed_are_computed(self):
        wrong = replace(result("porelake", 1, births_f1_1=0.9), mistakes=(Mistake("birth missed", 7, 1, 2),))
        text = page([wrong, result("nearest", 1)])
        asked = text.partition("## What is asked")[2].partition("## All")[0]
        assert "1 of" in asked
        assert line(asked, "Births within a frame, F1").endswith("| 0.900 | clean | clean (0.900) |")
        assert line(asked, "Deaths within a frame, F1").endswith("| none: **met** |")
        assert "clean, seed 1: 1 birth missed" in text
        assert "step 7" in text

    def test_a_run_that_failed_is_not_as_asked(self):
        failed = Result(Series("crowd", 2), "porelake", error="ValueError: no")
        text = page([result("porelake", 1), failed, replace(result("nearest", 2), series=failed.series)])
        asked = text.partition("## What is asked")[2].partition("## All")[0]
        assert "12 of 25" in asked
        assert line(asked, "Births within a frame, F1").endswith("| - | crowd | crowd (-, a run failed) |")

    def test_what_there_is_nothing_of_is_not_asked(self):
        text = page([result("porelake", 1, merges_f1_1=math.nan, merge_arity_right=math.nan)])
        assert "0 of 11" in text
        assert (
            "| Merges within a frame, F1 |"
            not in text.partition("## What is asked")[2].partition("## All")[0]
        )

    def test_who_is_ahead_is_computed(self):
        ours = [result("porelake", 1, tra=0.9, births_f1_1=0.95), result("porelake", 1, 5, tra=0.9)]
        theirs = [result("laptrack", 1, tra=0.95, births_f1_1=0.9), result("laptrack", 1, 5, tra=0.8)]
        text = page([*ours, *theirs]).partition("## Who is ahead")[2]
        assert line(text, "Births within a frame, F1 | 1 | 1 | 0 | none").count("|") == 6
        assert "1 | 0 | 1 | clean (0.900, laptrack 0.950)" in text

    def test_the_best_of_all_scenarios_is_in_bold(self):
        ours, other = result("porelake", 1, births_f1_1=0.9), result("porelake", 2, births_f1_1=1.0)
        crowd = replace(other, series=Series("crowd", 2))
        theirs = [replace(one, tracker="laptrack") for one in (ours, ours)]
        text = page([ours, crowd, *theirs]).partition("## All scenarios")[2].partition("## Who")[0]
        assert line(text, "Births within a frame, F1").endswith("| **0.950** | 0.900 |")
        assert line(text, "Deaths within a frame, F1").endswith("| **1.000** | **1.000** |")

    def test_failures_are_told_and_lose_nothing(self):
        failed = Result(Series("crowd", 2), "laptrack", error="ValueError: no")
        text = page([result("porelake", 1), failed])
        assert "- crowd-2, laptrack: ValueError: no" in text
        assert "| clean | **1.000 (1.000)** |" in text
        assert summary([failed]) == "laptrack failed (ValueError: no)"

    def test_a_tracker_that_fails_is_a_result(self, tmp_path):
        ((one,),) = contest.results(tmp_path, [Series("clean", 1)], ["porelake"])
        assert "clean-1" in one.error
        assert one.figures is None


def test_discs_of_the_bench_are_tracked(tmp_path):
    discs = Discs(tmp_path, Stock(2, 3, (3.0, 6.0), 8.0), 70)
    given = discs.sightings(65)
    assert given.pores["t_rec"].max() == discs.t_rec[64]
    tracks = track(given, TrackParameters()).tracks
    assert set(tracks["birth"]) <= {"emerged", "censored"}
    assert 6 <= len(tracks["track_id"]) <= 12
