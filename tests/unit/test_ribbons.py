"""Ribbons, labels and ticks: geometry against exact values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.label_places import along_line, boxes, overlap, place
from flows.ribbons import (
    FACTORS,
    area_examples,
    between,
    equivalent_diameter,
    extent,
    join,
    outline,
    quads,
    round_limit,
    widened,
    width_factor,
)
from flows.time_axis import time_ticks

T, S, W = np.array([0.0, 1.0, 3.0]), np.array([5.0, 6.0, 6.0]), np.array([2.0, 4.0, 1.0])


def area(polygon: np.ndarray) -> float:
    x, y = polygon.T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def test_a_ribbon_is_as_wide_as_it_is_told() -> None:
    corners = quads(T, S, W)
    assert corners[0].tolist() == [[0, 4], [1, 4], [1, 8], [0, 6]]
    assert corners[1].tolist() == [[1, 4], [3, 5.5], [3, 6.5], [1, 8]]
    # Trapezia: (2 + 4) / 2 x 1 and (4 + 1) / 2 x 2.
    assert [area(corner) for corner in corners] == [3, 5]
    assert area(outline(T, S, W)) == 8
    assert equivalent_diameter(np.array([np.pi, 4 * np.pi])).tolist() == [2, 4]


def test_a_join_leaves_and_arrives_level() -> None:
    t, s, width = join((1.0, 2.0, 3.0), (2.0, 10.0, 1.0), 101)
    assert (t[0], s[0], width[0]) == (1, 2, 3)
    assert (t[-1], s[-1], width[-1]) == (2, 10, 1)
    assert (t[50], s[50], width[50]) == pytest.approx((1.5, 6, 2))
    slope = np.diff(s) / np.diff(t)
    assert slope[[0, -1]] == pytest.approx([0, 0], abs=0.3)
    assert slope.max() == pytest.approx(12, rel=1e-3)  # 1.5 times the mean of a smooth step
    assert (slope > 0).all()


def test_a_single_observation_can_be_seen() -> None:
    assert widened(np.array([3.0]), 0.05).tolist() == [2.95, 3.05]
    assert widened(T, 0.05) is T


def test_means_between_observations() -> None:
    assert between(np.array([1.0, 3.0, np.nan, np.nan, 5.0])).tolist()[:2] == [2, 3]
    assert np.isnan(between(np.array([1.0, np.nan, np.nan]))).tolist() == [False, True]


def test_widths_are_true_where_they_can_be_seen_and_have_room() -> None:
    frame = np.array([0, 0, 1])
    assert width_factor(np.array([2.0, 2.0, 2.0]), frame, 20.0, 250.0) == 1
    # 40 Mm side by side in 20 Mm: a fifth fills 8 of them.
    assert width_factor(np.array([20.0, 20.0, 1.0]), frame, 20.0, 250.0) == 0.2
    # 1 Mm in 400 is 0.6 points: five times that, no more, and no more than there is room for.
    assert width_factor(np.ones(3), frame, 400.0, 250.0) == 5
    assert width_factor(np.array([1.0, 1.0, 60.0]), frame, 400.0, 250.0) == 2
    # A crowd of 300 pores of 2 Mm, 2.5 points each in 200 Mm: half of that would be too thin.
    assert width_factor(np.full(300, 2.0), np.zeros(300), 200.0, 250.0) == 1
    assert width_factor(np.array([1e6]), np.array([0]), 20.0, 250.0) == min(FACTORS)


def test_the_axis_holds_what_is_drawn() -> None:
    low, high = extent(np.array([0.0, 50.0]), np.array([2.0, 4.0]))
    assert low < -1
    assert high > 52
    low, high = extent(np.array([7.0]), np.array([2.0]))
    assert (low, high) == pytest.approx((4, 10))


def test_round_limits_and_areas() -> None:
    assert round_limit(np.array([np.nan, -1510.0, 300.0]), 500) == 2000
    assert round_limit(np.array([2000.0]), 500) == 2000
    assert round_limit(np.array([np.nan]), 500) == 500
    assert area_examples(np.geomspace(0.7, 60, 50)) == [1, 5, 50]
    assert area_examples(np.array([3.0])) == [2]


def test_ticks_have_the_date_once_a_day() -> None:
    t0 = np.datetime64("2014-06-10T22:36:00", "ms")
    ticks = time_ticks(t0, (-0.5, 5.0))
    assert [hour for hour, _ in ticks] == pytest.approx([-0.6 + 1, 1.4, 2.4, 3.4, 4.4])
    assert [label.split("\n")[0] for _, label in ticks] == ["23:00", "00:00", "01:00", "02:00", "03:00"]
    assert [label.split("\n")[1].strip() for _, label in ticks] == ["2014-06-10", "2014-06-11", "", "", ""]


@given(st.floats(-2, 0), st.floats(0.3, 8000), st.integers(0, 24 * 60))
def test_ticks_are_few_and_on_the_axis(first: float, last: float, minute: int) -> None:
    t0 = np.datetime64("2014-02-27T00:00:00", "ms") + np.timedelta64(minute, "m")
    ticks = time_ticks(t0, (first, last))
    assert len(ticks) <= 13
    assert all(first - 1e-6 <= hour <= last + 1e-6 for hour, _ in ticks)
    if last - first > 2:
        assert len(ticks) >= 2


def test_labels_stand_beside_their_lines() -> None:
    x = np.array([0.0, 100.0])
    centres, by = along_line(x, x + 10, x + 20, (10.0, 8.0), 2.0)
    assert centres[0].tolist() == [50, 70 + 2 + 4]
    assert by[0].tolist() == [50, 70]
    below = centres[:, 1] < by[:, 1]
    assert below.sum() == len(centres) // 2
    assert np.abs(centres[:, 1] - by[:, 1]).min() == 6
    assert (np.diff(np.abs(centres[:, 1] - by[:, 1])) >= 0).all()


def test_overlaps_of_boxes() -> None:
    box = np.array([[0.0, 0, 2, 2], [5, 5, 6, 6]])
    others = np.array([[1.0, 1, 3, 3], [0, 0, 1, 1]])
    assert overlap(box, others).tolist() == [2, 0]
    assert overlap(box, np.empty((0, 4))).tolist() == [0, 0]


def test_sixty_labels_of_a_crowd_all_find_a_place_of_their_own() -> None:
    rng = np.random.default_rng(2)
    sizes = [(10.0, 8.0)] * 60
    lines = [(np.array([a, a + 60]), y + np.zeros(2)) for a, y in rng.uniform((10, 20), (330, 230), (60, 2))]
    places = [along_line(x, y - 2, y + 2, (10.0, 8.0), 1.5)[0] for x, y in lines]
    obstacles = np.array([[x[0], y[0] - 2, x[1], y[1] + 2] for x, y in lines])
    frame = np.array([0.0, 0, 400, 250])
    chosen = place(places, sizes, obstacles, frame)
    assert None not in chosen
    box = np.concatenate([boxes(at[i][None], sizes[0]) for at, i in zip(places, chosen, strict=True)])
    for i in range(60):
        assert overlap(box[i : i + 1], np.delete(box, i, axis=0))[0] == 0
    assert (box[:, :2] >= 0).all()
    assert (box[:, 2:] <= frame[2:]).all()


def test_labels_keep_off_what_is_drawn_and_off_nothing_where_there_is_no_room() -> None:
    centres = np.array([[5.0, 5.0], [5.0, 15.0], *[[50.0, 50.0]] * 4])  # the others are outside
    obstacle, frame = np.array([[0.0, 0, 10, 10]]), np.array([0.0, 0, 10, 20])
    assert place([centres], [(4.0, 4.0)], obstacle, frame) == [1]
    assert place([centres] * 3, [(4.0, 4.0)] * 3, obstacle, frame) == [1, 0, None]
