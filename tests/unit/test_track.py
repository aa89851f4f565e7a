"""Lives of single features: gaps, data gaps and edges, each rule on a small scene of discs."""

from dataclasses import replace

import numpy as np
import pytest

from pores.geometry import CeaGrid, Observer
from pores.parameters import TrackParameters
from pores.track import Sightings, track
from tests.unit.scenes import Disc, Scene, grid_at, pore, still, table

A = Disc(40, 60)
LIFE = ("track_id", "birth", "death", "n_obs")


def lives(scene, **parameters):
    return table(scene.track(**parameters).tracks, *LIFE)


def kinds(scene, **parameters):
    return table(scene.track(**parameters).links, "from_pore_id", "to_pore_id", "kind")


def flicker(n_missing, before=1, after=1):
    """A feature that is missing for some frames, beside one that isn't."""
    other = Disc(120, 30, 6)
    return Scene([[A, other]] * before + [[other]] * n_missing + [[A, other]] * after)


class TestOneFeature:
    def test_seen_throughout_is_one_censored_life(self):
        result = Scene(still(4, A)).track()
        assert table(result.tracks, *LIFE, "lifetime_h") == [(pore(0), "censored", "censored", 4, 0.6)]
        assert list(result.track_id) == [pore(0)] * 4
        assert list(result.links["kind"]) == ["continue"] * 3

    def test_emerges_and_decays_between_empty_frames(self):
        assert lives(Scene([[], [A], [A], []])) == [(pore(1), "emerged", "decayed", 2)]

    def test_gone_in_the_last_frame_decayed_though_it_might_come_back(self):
        assert lives(Scene([[A], [A], []])) == [(pore(0), "censored", "decayed", 2)]

    def test_in_a_single_frame(self):
        result = Scene([[A]]).track()
        assert table(result.tracks, *LIFE, "lifetime_h") == [(pore(0), "censored", "censored", 1, 0.0)]
        assert len(result.links["kind"]) == 0

    def test_moves_on_without_overlap(self):
        scene = Scene([[], *[[Disc(40 + 5 * i, 60, 2)] for i in range(4)], []])
        assert lives(scene) == [(pore(1), "emerged", "decayed", 4)]

    def test_faster_than_the_top_speed_is_another_one(self):
        # 9 fine pixels in 12 minutes: 2.28 km/s
        assert len(lives(Scene([[Disc(40, 60, 2)], [Disc(49, 60, 2)]]))) == 2
        assert len(lives(Scene([[Disc(40, 60, 2)], [Disc(49, 60, 2)]]), max_speed_km_s=2.4)) == 1

    def test_of_quite_another_size_is_another_one_without_overlap(self):
        assert len(lives(Scene([[Disc(40, 60, 1)], [Disc(45, 60, 3)]]))) == 2
        assert len(lives(Scene([[Disc(40, 60, 1)], [Disc(45, 60, 3)]]), max_area_ratio=9)) == 1

    def test_follows_the_drift_of_the_patch(self):
        def runaway(slot):
            """A patch that runs 3 native pixels ahead of rotation in each frame."""
            grid = grid_at(slot)
            return replace(grid, crval=(grid.crval[0] + 0.09 * slot, grid.crval[1]))

        step = 2 * 3 * np.cos(np.radians(15))
        discs = [[Disc(120 - step * i, 60, 2), Disc(120 - step * (i - 1), 62, 2.2)] for i in range(5)]
        assert [row[3] for row in lives(Scene(discs, grids=runaway))] == [5, 5]

    def test_longitude_is_averaged_across_360(self):
        def across(slot):
            return replace(grid_at(0), crval=(360.0, 15.0))

        result = Scene(
            [[Disc(74, 60)], [Disc(77, 60)], [Disc(80, 60)], [Disc(83, 60)], [Disc(86, 60)]], grids=across
        ).track()
        assert abs((result.tracks["mean_lon"][0] + 180) % 360 - 180) < 0.02


class TestGaps:
    @pytest.mark.parametrize("n_missing", [1, 5])
    def test_up_to_five_frames_keep_the_track(self, n_missing):
        result = flicker(n_missing).track()
        back = pore(n_missing + 1, 2)
        assert (pore(0, 2), back, "gap") in table(result.links, "from_pore_id", "to_pore_id", "kind")
        assert (pore(0, 2), "censored", "censored", 2) in table(result.tracks, *LIFE)

    def test_six_frames_do_not(self):
        found = lives(flicker(6))
        assert (pore(0, 2), "censored", "decayed", 1) in found
        assert (pore(7, 2), "emerged", "censored", 1) in found

    def test_the_window_is_a_parameter(self):
        assert len(lives(flicker(3), max_gap_h=0.4)) == 3
        assert len(lives(flicker(3), max_gap_h=0.6)) == 2

    @pytest.mark.parametrize(("x", "n_lives"), [(54, 1), (56, 2), (80, 2)])
    def test_back_elsewhere_is_another_one(self, x, n_lives):
        # it may wander 5.9 fine px a frame; six frames on, the root of six times as much: 14.5
        assert len(lives(Scene([[A], [A], *[[]] * 5, [Disc(x, 60)]]))) == n_lives

    def test_a_frame_without_it_is_a_gap_whatever_the_cadence(self):
        series = replace(flicker(1).series(), nominal_s=7200)
        links = track(replace(flicker(1).sightings(), frames=series), TrackParameters()).links
        assert list(links["kind"]).count("gap") == 1

    def test_back_where_its_own_motion_leads(self):
        # 4 fine px a frame; after five missing frames it is 24 px on, out of reach from where it was
        path = [[Disc(30 + 4 * i, 60, 3)] for i in range(12)]
        path[5:10] = [[]] * 5
        assert len(lives(Scene(path))) == 1

    def test_missing_frames_count_by_time(self):
        scene = Scene(still(3, A), slots=[0, 1, 7])
        assert lives(scene) == [(pore(0), "censored", "censored", 3)]
        assert kinds(scene) == [(pore(0), pore(1), "continue"), (pore(1), pore(7), "gap")]

    def test_unusable_frames_count_as_missing(self):
        scene = Scene([[A], None, None, [A]])
        assert kinds(scene) == [(pore(0), pore(3), "gap")]
        assert lives(scene) == [(pore(0), "censored", "censored", 2)]

    def test_gone_after_an_unusable_frame_decayed(self):
        assert lives(Scene([[A], [A], None, [], []]))[0][1:] == ("censored", "decayed", 2)

    def test_nothing_crosses_a_data_gap(self):
        result = Scene(still(4, A), slots=[0, 1, 8, 9]).track()
        assert table(result.tracks, *LIFE) == [
            (pore(0), "censored", "censored", 2),
            (pore(8), "censored", "censored", 2),
        ]
        assert list(result.links["kind"]) == ["continue", "continue"]

    def test_unusable_frames_make_a_data_gap_too(self):
        found = lives(Scene([[A], *[None] * 6, [A], [A]]))
        assert found == [(pore(0), "censored", "censored", 1), (pore(7), "censored", "censored", 2)]

    def test_gone_before_a_data_gap_decayed_and_found_after_its_first_frame_emerged(self):
        found = lives(Scene([[A], [], [], [A]], slots=[0, 1, 9, 10]))
        assert found == [(pore(0), "censored", "decayed", 1), (pore(10), "emerged", "censored", 1)]

    def test_the_more_recent_of_two_that_vanished_comes_back(self):
        scene = Scene([[replace(A, br=600)], [], [replace(A, br=-600)], [], [replace(A, br=20)]])
        assert kinds(scene) == [(pore(2), pore(4), "gap")]

    def test_merging_across_a_gap(self):
        left, right = Disc(40, 60, 5), Disc(51, 60, 4)
        scene = Scene([[left, right], None, [Disc(44, 60, 9)]])
        assert kinds(scene) == [(pore(0, 1), pore(2), "gap"), (pore(0, 2), pore(2), "merge")]


class TestEdges:
    def test_a_feature_beside_missing_data_came_from_there(self):
        scene = Scene([[], [A], [A], []])
        pores = scene.pores() | {"touches_edge": np.array([True, False])}
        tracks = track(Sightings(pores, scene.series(), scene.image), TrackParameters()).tracks
        assert table(tracks, "birth", "death") == [("censored", "decayed")]
        pores = scene.pores() | {"touches_edge": np.array([False, True])}
        tracks = track(Sightings(pores, scene.series(), scene.image), TrackParameters()).tracks
        assert table(tracks, "birth", "death") == [("emerged", "censored")]

    def test_a_feature_on_the_edge_came_and_went_over_it(self):
        edge = Disc(2, 60, 4)
        assert lives(Scene([[], [edge], [edge], []])) == [(pore(1), "censored", "censored", 2)]

    def test_a_feature_that_would_be_on_the_edge_in_the_next_frame(self):
        # moving 5 fine px a frame towards the edge, it would be over it next
        path = [[], *[[Disc(53 - 5 * i, 60, 4)] for i in range(10)], []]
        assert lives(Scene(path)) == [(pore(1), "emerged", "censored", 10)]
        assert lives(Scene([*path[:-2], []])) == [(pore(1), "emerged", "decayed", 9)]

    def test_a_feature_that_comes_from_beyond_the_limb(self):
        def limb(slot):
            return CeaGrid((60, 80), (40.5, 30.5), (120.0, 15.0), (0.03, 0.03), 6.96e8)

        hidden = Observer(120.0, -63.3, 1.5e11)  # mu 0.2 runs along the patch
        seen = replace(hidden, lat=-60.0)
        discs = [[], [A], [A], []]
        assert lives(Scene(discs, grids=limb, observer=seen))[0][1:3] == ("emerged", "decayed")
        assert lives(Scene(discs, grids=limb, observer=hidden))[0][1:3] == ("censored", "censored")

    def test_a_merge_on_the_edge_is_a_merge(self):
        small, near, large = Disc(2, 60, 4), Disc(5, 60, 4), Disc(14, 60, 6)
        result = Scene([[], [small, large], [near, large]]).track()
        assert table(result.tracks, "death") == [("censored",), ("merged",)]
