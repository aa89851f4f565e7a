"""The parts of a movie: its moments, places, colours, numbers and trails."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.movie_colours import MISSING, field_scale, prepared_scale, raw_scale
from flows.movie_labels import Numbering
from flows.movie_layout import Box, lay_out
from flows.movie_times import LONGEST_GAP, NO_RECORD, cadence, moments
from flows.movie_trails import Trails
from flows.outlines import outlines

T0 = np.datetime64("2014-06-10T00:00", "ms")
STEP = np.timedelta64(12, "m")


def frames(*steps: int, unusable: tuple[int, ...] = ()) -> dict[str, np.ndarray]:
    """Frames at so many times the cadence after the first."""
    n = len(steps)
    usable = np.array([step not in unusable for step in steps])
    return {
        "t_rec": T0 + np.array(steps) * STEP,
        "usable": usable,
        "reason": np.array([None if good else "bad quality" for good in usable], object),
        "detail": np.array([None if good else "bad quality: QUALITY 0x400" for good in usable], object),
        "crval1": np.full(n, 10.0),
        "crval2": np.full(n, 7.6),
        "crln_obs": np.full(n, 350.0),
        "mu_center": np.full(n, 0.9),
        "n_pores": np.array([3 if good else None for good in usable], object),
    }


def test_time_runs_evenly_through_gaps() -> None:
    shown = moments(frames(0, 1, 4, 5))
    assert [moment.t_rec for moment in shown] == [T0 + i * STEP for i in range(6)]
    assert [moment.reason for moment in shown] == ["", "", NO_RECORD, NO_RECORD, "", ""]
    assert [moment.recorded for moment in shown] == [True, True, False, False, True, True]


def test_a_long_gap_is_cut_and_told() -> None:
    shown = moments(frames(0, 1, 2, 1002))
    gap = [moment for moment in shown if not moment.recorded]
    assert len(gap) == LONGEST_GAP
    assert {moment.detail for moment in gap} == {"for 200.0 h, shortened"}
    assert shown[-1].t_rec == T0 + 1002 * STEP
    assert (np.diff([moment.t_rec for moment in shown]) > np.timedelta64(0, "ms")).all()


def test_an_unusable_frame_says_why_and_where_it_is() -> None:
    shown = moments(frames(0, 1, 2, unusable=(1,)))
    assert (shown[1].reason, shown[1].detail) == ("bad quality", "QUALITY 0x400")
    assert shown[1].where == "N08 W20 · μ = 0.90"
    assert shown[0].where == "N08 W20 · μ = 0.90 · 3 features"


def test_each_nth_moment_and_the_cadence() -> None:
    assert [moment.t_rec for moment in moments(frames(0, 1, 2, 3, 4), every=2)] == [
        T0 + i * STEP for i in (0, 2, 4)
    ]
    assert cadence(frames(0, 5, 6, 7, 9)["t_rec"]) == STEP
    assert cadence(frames(0)["t_rec"]) == STEP


@given(st.tuples(st.integers(20, 1500), st.integers(20, 3000)), st.integers(1, 2), st.integers(640, 1920))
def test_everything_fits(shape: tuple[int, int], n_panels: int, width: int) -> None:
    layout = lay_out(shape, n_panels, width)
    assert layout.width <= width
    assert layout.height <= width * 9 / 16 + 2
    assert layout.width % 2 == layout.height % 2 == 0
    everything = [*layout.panels, *(layout.bar_of(panel) for panel in layout.panels)]
    for box in everything:
        assert min(box.x, box.y) >= 0
        assert box.x + box.width <= layout.width
        assert box.y + box.height <= layout.height
    assert not any(overlapping(a, b) for a, b in combinations(everything, 2))
    assert len(layout.panels) == n_panels
    for panel in layout.panels:  # square pixels
        assert panel.width == pytest.approx(shape[1] * layout.zoom, abs=1)
        assert panel.height == pytest.approx(shape[0] * layout.zoom, abs=1)


def overlapping(a: Box, b: Box) -> bool:
    across = a.x < b.x + b.width and b.x < a.x + a.width
    return across and a.y < b.y + b.height and b.y < a.y + a.height


def test_wide_patches_are_stacked_and_others_side_by_side() -> None:
    wide, square = lay_out((377, 744), 2, 1920).panels, lay_out((400, 400), 2, 1920).panels
    assert wide[0].x == wide[1].x
    assert square[0].y == square[1].y


def test_north_is_up_and_values_have_the_colours_of_the_table() -> None:
    image = np.full((4, 6), 0.2)
    image[3, :] = 1.2  # the northernmost row
    shown = prepared_scale().coloured(image, (6, 4))[..., :3]
    assert (shown[0] == 255).all()
    assert (shown[-1] == 0).all()
    middle = prepared_scale().coloured(np.full((2, 2), 0.7), (8, 8))[..., :3]
    assert (middle == 128).all()


def test_missing_pixels_have_a_colour_of_their_own() -> None:
    image = np.ones((4, 4))
    image[0, 0] = np.nan
    shown = prepared_scale().coloured(image, (40, 40))[..., :3]
    missing = (shown == MISSING).all(axis=2)
    assert missing[30:, :10].all()
    assert missing.sum() == 100


def test_the_field_is_shown_as_sunpy_shows_it() -> None:
    from sunpy.visualization.colormaps import cm

    scale = field_scale(grey=False)
    for value in (-1500.0, -800.0, 0.0, 300.0, 1500.0):
        expected = np.round(255 * np.array(cm.hmimag((value + 1500) / 3000)[:3]))
        shown = scale.coloured(np.full((2, 2), value), (2, 2))[0, 0, :3]
        assert shown == pytest.approx(expected, abs=0)
    north, south = (
        field_scale(grey=True).coloured(np.full((2, 2), b), (2, 2))[..., :3] for b in (900.0, -900.0)
    )
    assert north.mean() > 180
    assert south.mean() < 75


def test_ticks_lie_in_their_scale() -> None:
    for scale in (prepared_scale(), raw_scale(60_000), raw_scale(4000), field_scale(grey=True)):
        assert len(scale.ticks) >= 3
        assert scale.low <= min(scale.ticks) < max(scale.ticks) <= scale.high


def crowd(n: int, spread: float) -> np.ndarray:
    centres = np.random.default_rng(n).uniform(20, 20 + spread, (n, 2))
    return np.concatenate((centres - 4, centres + 4), axis=1)


@pytest.mark.parametrize(("n", "spread"), [(5, 300), (40, 400), (60, 150)])
def test_numbers_lie_on_no_other_and_inside(n: int, spread: float) -> None:
    frame = np.array((0, 0, spread + 40, spread + 40), float)
    names = [str(i) for i in range(n)]
    found = Numbering(2).numbers(names, crowd(n, spread), [(18.0, 14.0)] * n, frame)
    assert len({number.row for number in found}) == len(found)
    assert len(found) == n or spread == 150
    for a, b in combinations(found, 2):
        apart = np.abs(np.subtract(a.centre, b.centre))
        assert apart[0] >= 18 or apart[1] >= 14
    for number in found:
        assert min(number.centre) >= 9
        assert max(number.centre) <= spread + 40


def test_numbers_stay_on_their_side() -> None:
    """Another feature comes and goes; the number that had to move for it does not move back."""
    numbering = Numbering(2)
    frame, size = np.array((0, 0, 200, 200), float), (20.0, 14.0)
    mine = np.array((96, 96, 104, 104), float)
    other = np.array((108, 86, 122, 96), float)  # where the number would stand first
    alone = Numbering(2).numbers(["a"], mine[None], [size], frame)[0].centre
    both = numbering.numbers(["a", "b"], np.stack((mine, other)), [size] * 2, frame)[0].centre
    again = numbering.numbers(["a"], mine[None], [size], frame)[0].centre
    assert alone != both
    assert again == both


def test_a_number_far_off_has_a_line_to_its_feature() -> None:
    boxes = np.tile(np.array((90.0, 90.0, 98.0, 98.0)), (14, 1))
    found = Numbering(2).numbers(
        [str(i) for i in range(14)], boxes, [(20.0, 14.0)] * 14, np.array((0, 0, 200, 200))
    )
    far = [number for number in found if number.line_to is not None]
    assert 0 < len(far) < len(found)
    for number in found:
        away = np.abs(np.subtract(number.centre, 94)) - (4, 4) - (10, 7)
        assert (away.max() > 2 + 4) == (number in far)  # a gap, and features' sizes are rounded up
    for number in far:
        assert ((np.array(number.line_to) >= 90) & (np.array(number.line_to) <= 98)).all()


def pores(**columns: object) -> dict[str, np.ndarray]:
    made = {
        "track_id": ["a", "b", "a", None, "a"],
        "t_rec": T0 + np.array([0, 0, 1, 1, 4]) * STEP,
        "kind": ["pore", "pore", "pore", "pore", "umbra"],
        "x_px": [1.0, 50.0, 2.0, 70.0, 5.0],
        "y_px": [1.0, 50.0, 1.5, 70.0, 3.0],
    }
    return {name: np.asarray(values) for name, values in {**made, **columns}.items()}


def test_trails_are_of_the_past_and_fade() -> None:
    trails = Trails(pores(), hours=1.0)

    def at(step: int) -> list[tuple[str, float, list[list[list[float]]]]]:
        found = trails.at(T0 + step * STEP)
        return [(kind, alpha, [part.tolist() for part in parts]) for kind, alpha, parts in found]

    first, second = [[1.0, 1.0], [2.0, 1.5]], [[2.0, 1.5], [5.0, 3.0]]
    assert at(0) == []
    assert [parts for _, _, parts in at(1)] == [[first]]
    assert [(kind, parts) for kind, _, parts in at(4)] == [("pore", [first]), ("umbra", [second])]
    assert at(1)[0][1] > at(3)[0][1] > 0
    assert at(4)[0][1] < at(4)[1][1]
    assert at(20) == []
    assert list(Trails(pores(), hours=0).at(T0 + STEP)) == []


def test_no_features_have_no_trails() -> None:
    nothing = {name: values[:0] for name, values in pores().items()}
    assert list(Trails(nothing, 12.0).at(T0)) == []


def test_outlines_run_between_the_pixels_of_a_feature_and_others() -> None:
    labels = np.zeros((12, 16), np.int32)
    labels[0:4, 2:8] = 1  # up to the edge
    labels[6:9, 10:13] = 3
    labels[7, 11] = 0  # with a hole
    found = outlines(labels, 2)
    assert set(found) == {1, 3}
    assert [len(lines) for lines in found.values()] == [1, 2]
    low, high = found[1][0].min(axis=0), found[1][0].max(axis=0)
    # The outer edges of columns 2 to 7 and rows 0 to 3 of the fine grid, in native pixels.
    assert (*low, *high) == pytest.approx((0.5, -0.5, 3.5, 1.5))
