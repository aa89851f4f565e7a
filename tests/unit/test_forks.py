"""Merges and splits: which track goes on, and what is never linked."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.scenes import Disc, Scene, pore, still, table

A = Disc(40, 60)
LIFE = ("track_id", "birth", "death", "n_obs")


def lives(scene, **parameters):
    return table(scene.track(**parameters).tracks, *LIFE)


def kinds(scene, **parameters):
    return table(scene.track(**parameters).links, "from_pore_id", "to_pore_id", "kind")


class TestMerges:
    small, large = Disc(39, 60, 4), Disc(51, 60, 6)
    near = Disc(42, 60, 4)

    def test_the_larger_goes_on(self):
        result = Scene([[self.small, self.large], [self.small, self.large], [self.near, self.large]]).track()
        # raster order: the top of the larger disc comes first
        assert table(result.tracks, *LIFE, "child_track_id") == [
            (pore(0, 1), "censored", "censored", 3, None),
            (pore(0, 2), "censored", "merged", 2, pore(0, 1)),
        ]
        assert (pore(1, 2), pore(2, 1), "merge") in table(result.links, "from_pore_id", "to_pore_id", "kind")
        assert set(result.tracks["family_id"]) == {pore(0, 1)}

    def test_three_into_one(self):
        middle = [Disc(60, 60, 6), Disc(48, 60, 4), Disc(71, 60, 3)]
        joined = [Disc(60, 60, 6), Disc(51, 60, 4), Disc(69, 60, 3)]
        result = Scene([middle, middle, joined, joined]).track()
        assert [row[1:] for row in table(result.tracks, *LIFE)] == [
            ("censored", "censored", 4),
            ("censored", "merged", 2),
            ("censored", "merged", 2),
        ]
        assert sorted(result.links["kind"]).count("merge") == 2

    def test_equal_areas_go_by_raster_order(self):
        up, down = Disc(40, 40, 4), Disc(40, 50, 4)
        result = Scene([[up, down], [Disc(40, 41, 4), Disc(40, 49, 4)]]).track()
        assert table(result.tracks, "track_id", "death") == [(pore(0, 1), "censored"), (pore(0, 2), "merged")]

    def test_opposite_polarities_never_merge(self):
        positive, negative = replace(self.large, br=900.0), replace(self.small, br=-900.0)
        over_both = Disc(48, 60, 11, br=800.0)
        result = Scene([[positive, negative], [over_both], [over_both]]).track()
        assert table(result.tracks, "track_id", "death") == [
            (pore(0, 1), "censored"),
            (pore(0, 2), "decayed"),
        ]

    def test_opposite_polarities_at_one_place_are_two(self):
        assert len(lives(Scene([[replace(A, br=300)], [replace(A, br=-300)]]))) == 2

    @pytest.mark.parametrize("br", [-49.0, np.nan])
    def test_weak_or_unknown_polarity_is_none(self, br):
        assert len(lives(Scene([[replace(A, br=300)], [replace(A, br=br)]]))) == 1

    def test_without_field_tracking_goes_by_shape(self):
        assert lives(Scene(still(3, replace(A, br=np.nan)))) == [(pore(0), "censored", "censored", 3)]

    def test_taken_up_by_two_it_merges_into_the_larger(self):
        before = [Disc(42, 60, 10), Disc(60, 60, 5), Disc(78, 60, 11)]
        after = [Disc(44, 60, 15), Disc(77, 60, 16)]
        result = Scene([before, after]).track()
        children = table(result.tracks, "death", "child_track_id")
        assert children == [("censored", None), ("censored", None), ("merged", pore(0, 1))]
        assert sorted(result.links["kind"]) == ["continue", "continue", "merge", "merge"]
        assert sorted(result.events["kind"]).count("merge") == 2


class TestSplits:
    def test_the_largest_piece_keeps_the_track(self):
        whole = [Disc(40, 60, 4), Disc(50, 60, 6)]
        parts = [Disc(39, 60, 4), Disc(51, 60, 6)]
        result = Scene([whole, whole, parts, parts]).track()
        assert table(result.tracks, *LIFE, "parent_track_id") == [
            (pore(0), "censored", "censored", 4, None),
            (pore(2, 2), "split", "censored", 2, pore(0)),
        ]
        assert (pore(1), pore(2, 2), "split") in table(result.links, "from_pore_id", "to_pore_id", "kind")

    def test_and_joining_again_is_one_family(self):
        whole, parts = [Disc(42, 60, 4), Disc(50, 60, 6)], [Disc(39, 60, 4), Disc(51, 60, 6)]
        result = Scene([parts, *[whole] * 3, *[parts] * 3, whole]).track()
        assert [row[1:3] for row in table(result.tracks, *LIFE)] == [
            ("censored", "censored"), ("censored", "merged"), ("split", "merged"),
        ]  # fmt: skip
        assert set(result.tracks["family_id"]) == {pore(0, 1)}

    def test_neighbours_that_only_brush_past_exchange_nothing(self):
        # the large one shrinks away from the small one, which grows into its place and becomes the larger
        before = [Disc(60, 60, 9), Disc(42, 60, 7)]
        after = [Disc(66, 60, 6), Disc(46, 60, 12)]
        assert kinds(Scene([before, after])) == [
            (pore(0, 1), pore(1, 2), "continue"),
            (pore(0, 2), pore(1, 1), "continue"),
        ]
        assert "merge" in {kind for *_, kind in kinds(Scene([before, after]), min_exchange_overlap=0.2)}

    def test_a_piece_that_joins_a_neighbour_is_split_and_merge(self):
        # the middle belongs to the left, then to the right, which is small
        left, right = Disc(25, 60, 9), Disc(55, 60, 3)
        before = [left, Disc(40, 60, 7), right]
        after = [left, Disc(44, 60, 7), right]
        result = Scene([before, after]).track()
        assert sorted(result.links["kind"]) == ["continue", "continue", "merge"]
        assert set(result.tracks["death"]) == {"censored"}
        assert sorted(result.events["kind"]) == ["birth", "birth", "death", "death", "merge", "split"]
