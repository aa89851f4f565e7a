"""Features that touch, part, pass and merge: what becomes of them is known to the frame."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.scenes import Disc, Scene, pore, table

LARGE, SMALL, THIRD = Disc(60, 60, 7), Disc(76, 60, 5), Disc(68, 76, 6)
BRIDGE = Disc(69, 60, 3.5)  # joins the first two
HUB = Disc(67, 66, 6)  # joins all three


def apart(n):
    return [[LARGE, SMALL] for _ in range(n)]


def joined(n):
    return [[LARGE, SMALL, BRIDGE] for _ in range(n)]


def kinds(scene, **parameters):
    return [row[0] for row in table(scene.track(**parameters).events, "kind")]


def links(scene, kind):
    result = scene.track()
    rows = table(result.links, "from_pore_id", "to_pore_id", "kind")
    return [(a, b) for a, b, which in rows if which == kind]


class TestContact:
    @pytest.mark.parametrize("n", [1, 2])
    def test_joined_for_up_to_two_frames_is_no_event(self, n):
        scene = Scene([*apart(3), *joined(n), *apart(3)])
        result = scene.track()
        assert kinds(scene) == ["birth", "birth", "death", "death"]
        assert table(result.tracks, "track_id", "n_obs") == [(pore(0, 1), 6 + n), (pore(0, 2), 6)]
        assert links(scene, "gap") == [(pore(2, 2), pore(3 + n, 2))]

    def test_joined_for_three_frames_is_a_merge_and_a_split(self):
        scene = Scene([*apart(3), *joined(3), *apart(3)])
        assert sorted(kinds(scene)) == ["birth", "birth", "death", "death", "merge", "split"]
        assert len(scene.track().tracks["track_id"]) == 3

    def test_the_time_is_a_parameter(self):
        assert "merge" in kinds(Scene([*apart(3), *joined(1), *apart(3)]), contact_h=0.0)
        assert "merge" not in kinds(Scene([*apart(3), *joined(3), *apart(3)]), contact_h=0.6)

    def test_nothing_is_led_past_a_contact_further_than_the_gap_window(self):
        slots = [0, 1, 2, 7, 9, 10, 11]  # 1.4 h from before the contact to after it
        scene = replace(Scene([*apart(3), *joined(1), *apart(3)]), slots=slots)
        result = scene.track()
        assert "merge" not in kinds(scene)
        assert "split" not in kinds(scene)
        assert [row[:2] for row in table(result.tracks, "track_id", "n_obs")] == [
            (pore(0, 1), 7),
            (pore(0, 2), 3),
            (pore(9, 2), 3),
        ]

    def test_of_frames_an_hour_apart_no_contact_is_brief(self):
        scene = replace(Scene([*apart(3), *joined(1), *apart(3)]), slots=[5 * i for i in range(7)])
        assert {"merge", "split"} <= set(kinds(scene))

    def test_at_the_end_of_a_series_a_merge_stands(self):
        assert "merge" in kinds(Scene([*apart(3), *joined(1)]))
        assert "split" in kinds(Scene([*joined(1), *apart(3)]))

    def test_touching_again_and_again_is_no_event(self):
        scene = Scene([*apart(2), *joined(1), *apart(1), *joined(2), *apart(1), *joined(1), *apart(2)])
        assert kinds(scene) == ["birth", "birth", "death", "death"]
        assert len(scene.track().tracks["track_id"]) == 2

    def test_the_joined_feature_is_of_the_one_that_is_larger_before_and_after(self):
        swapped = [[replace(LARGE, r=5.2), replace(SMALL, r=6.5)]] * 3
        scene = Scene([*[[replace(LARGE, r=5.6), replace(SMALL, r=5.4)]] * 3, *joined(1), *swapped])
        assert dict(table(scene.track().tracks, "track_id", "n_obs")) == {pore(0, 1): 6, pore(0, 2): 7}

    def test_one_that_stays_joined_merged_though_another_parted(self):
        three = [LARGE, SMALL, THIRD]
        scene = Scene([*[three] * 3, [*three, HUB], *[[replace(LARGE, r=7.5), THIRD]] * 3])
        result = scene.track()
        (merge,) = [row for row in table(result.events, "kind", "n_from", "n_to") if row[0] == "merge"]
        assert merge == ("merge", 2, 1)
        assert sorted(result.tracks["death"]) == ["censored", "censored", "merged"]


class TestPassing:
    @pytest.mark.parametrize("n", [1, 2])
    def test_a_piece_that_is_soon_back_makes_no_event(self, n):
        scene = Scene([*joined(4), *apart(n), *joined(4)])
        result = scene.track()
        assert kinds(scene) == ["birth", "death"]
        assert table(result.tracks, "birth", "death", "n_obs", "passing") == [
            ("censored", "censored", 8 + n, False),
            ("split", "merged", n, True),
        ]
        assert sorted(set(result.links["kind"])) == ["continue", "merge", "split"]

    def test_a_piece_that_stays_away_for_longer_split_and_merged(self):
        scene = Scene([*joined(4), *apart(3), *joined(4)])
        assert sorted(kinds(scene)) == ["birth", "death", "merge", "split"]
        assert not scene.track().tracks["passing"].any()


class TestMany:
    def test_three_that_come_together_are_one_event(self):
        three = [LARGE, SMALL, THIRD]
        result = Scene([*[three] * 3, *[[*three, HUB]] * 4]).track()
        rows = [row for row in table(result.events, "kind", "n_from", "n_to") if row[0] == "merge"]
        assert rows == [("merge", 3, 1)]
        assert sorted(result.links["kind"]).count("merge") == 2

    def test_one_that_breaks_in_three_is_one_event(self):
        three = [LARGE, SMALL, THIRD]
        result = Scene([*[[*three, HUB]] * 4, *[three] * 3]).track()
        rows = [row for row in table(result.events, "kind", "n_from", "n_to") if row[0] == "split"]
        assert rows == [("split", 1, 3)]

    def test_equal_sizes_go_by_place(self):
        twins = [Disc(50, 60, 5), Disc(62, 60, 5)]
        result = Scene([*[twins] * 3, *[[*twins, Disc(56, 60, 5)]] * 4]).track()
        assert table(result.tracks, "track_id", "death") == [(pore(0, 1), "censored"), (pore(0, 2), "merged")]


class TestGaps:
    def test_a_merge_after_a_gap_is_one_event(self):
        grown = [replace(LARGE, x=66, r=14)]
        result = Scene([*apart(3), [LARGE], [LARGE], *[grown] * 3]).track()
        rows = [row for row in table(result.events, "kind", "n_from") if row[0] == "merge"]
        assert rows == [("merge", 2)]
        assert (pore(2, 2), pore(5, 1), "merge") in table(result.links, "from_pore_id", "to_pore_id", "kind")

    def test_a_split_after_a_gap_is_one_event(self):
        grown = [replace(LARGE, x=66, r=14)]
        result = Scene([*[grown] * 3, [LARGE], [LARGE], *apart(3)]).track()
        assert [row for row in table(result.events, "kind", "n_to") if row[0] == "split"] == [("split", 2)]
        assert (pore(2, 1), pore(5, 2), "split") in table(result.links, "from_pore_id", "to_pore_id", "kind")


class TestPolarity:
    def test_pores_of_opposite_polarity_pass_through_one_another(self):
        def at(i):
            return [Disc(50 + 4 * i, 58, 5, 1000), Disc(90 - 4 * i, 63, 4, -1000)]

        scene = Scene([at(i) for i in range(11)])
        result = scene.track()
        assert not {"merge", "split"} & set(result.events["kind"])
        assert len(result.tracks["track_id"]) == 2
        assert sorted(np.sign(result.tracks["mean_br"])) == [-1, 1]

    def test_a_mixed_blob_goes_on_as_the_dominant_one(self):
        plus, minus, bridge = Disc(60, 60, 7, 800), Disc(76, 60, 5, -900), Disc(69, 60, 3.5, 0)
        for n in (1, 4):
            result = Scene([*[[plus, minus]] * 3, *[[plus, minus, bridge]] * n, *[[plus, minus]] * 3]).track()
            assert table(result.tracks, "track_id", "n_obs") == [(pore(0, 1), 6 + n), (pore(0, 2), 6)]

    def test_a_weak_frame_does_not_change_a_track(self):
        frames = [[replace(LARGE, br=br)] for br in (900, 900, -30, 900, np.nan, 900)]
        assert len(Scene(frames).track().tracks["track_id"]) == 1

    def test_what_takes_the_place_of_the_other_polarity_is_another_one(self):
        frames = [[replace(LARGE, br=br)] for br in (900, 900, -900, -900)]
        assert table(Scene(frames).track().tracks, "birth", "death") == [
            ("censored", "decayed"),
            ("emerged", "censored"),
        ]


class TestFaint:
    def faded(self, n):
        pale = replace(SMALL, faint=True)
        return Scene([*apart(3), *[[LARGE, pale]] * n, *apart(3)])

    @pytest.mark.parametrize(("n", "tracks"), [(1, 2), (5, 2), (6, 3)])
    def test_a_pore_that_fades_for_up_to_an_hour_lives_on(self, n, tracks):
        result = self.faded(n).track()
        assert len(result.tracks["track_id"]) == tracks
        assert list(result.faint_track_id[:3]) == [pore(0, 2)] * min(n, 3)

    def test_a_fading_pore_is_followed_where_it_would_not_be_found_again(self):
        # it rests before and after, and goes 24 px while it is faint
        x = [20, 20, 20, 20, 24, 28, 32, 36, 40, 44, 44, 44]
        path = [[Disc(at, 60, 4, faint=4 <= i < 9)] for i, at in enumerate(x)]
        gone = [[disc for disc in frame if not disc.faint] for frame in path]
        assert len(Scene(path).track().tracks["track_id"]) == 1
        assert len(Scene(gone).track().tracks["track_id"]) == 2

    def test_a_faint_feature_alone_makes_nothing(self):
        pale = replace(SMALL, faint=True)
        result = Scene([[LARGE], *[[LARGE, pale]] * 4, [LARGE]]).track()
        assert kinds(Scene([[LARGE], *[[LARGE, pale]] * 4, [LARGE]])) == ["birth", "death"]
        assert list(result.faint_track_id) == [None] * 4

    def test_a_faint_piece_between_two_that_go_on_makes_no_link(self):
        pale = replace(BRIDGE, x=68, r=4, faint=True)
        small, away = [LARGE, replace(SMALL, x=79)], [replace(LARGE, x=57), replace(SMALL, x=79), pale]
        assert kinds(Scene([*[small] * 3, *[away] * 3, *[small] * 3])) == ["birth", "birth", "death", "death"]
