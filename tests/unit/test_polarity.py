"""Dark regions of two polarities are cut where Br changes sign, and nothing else is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pores import polarity
from pores.detect import detect
from pores.parameters import DetectParameters
from pores.regions import Regions
from pores.simulate.apart import apart

LEVELS = DetectParameters()
NATIVE = (24, 40)


def dark(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Labels of rectangles (top, bottom, left, right) of the x2 grid that are dark."""
    image = np.ones((2 * NATIVE[0], 2 * NATIVE[1]), np.float32)
    for top, bottom, left, right in boxes:
        image[top:bottom, left:right] = 0.3
    return detect(image, LEVELS, 2).labels


def cut(labels: np.ndarray, *asked: object) -> np.ndarray:
    """The label image of the features that are left."""
    return polarity.cut(Regions.of(labels), *asked).labels


def field(*boxes: tuple[int, int, int, int, float]) -> np.ndarray:
    """Br of the native grid from rectangles (top, bottom, left, right, G)."""
    br = np.zeros(NATIVE, np.float32)
    for top, bottom, left, right, value in boxes:
        br[top:bottom, left:right] = value
    return br


PAIR = dark((10, 20, 20, 60))  # one region of 400 fine pixels
SIDES = field((0, 24, 0, 16, 900.0), (0, 24, 16, 40, -700.0))  # changes sign at fine column 32


def areas(labels: np.ndarray) -> list[int]:
    return np.bincount(labels.ravel())[1:].tolist()


def test_a_pair_is_cut_where_the_field_changes_sign() -> None:
    parts = cut(PAIR, SIDES, LEVELS, 2)

    assert PAIR.max() == 1
    assert areas(parts) == [120, 280]
    assert (parts[10:20, 20:32] == 1).all()
    assert (parts[10:20, 32:60] == 2).all()
    assert PAIR.max() == 1  # the given image stays as it is
    assert parts.dtype == np.int32


def test_a_pair_on_the_native_grid() -> None:
    image = np.ones(NATIVE, np.float32)
    image[5:10, 10:30] = 0.3
    parts = cut(detect(image, LEVELS, 1).labels, SIDES, LEVELS, 1)

    assert areas(parts) == [30, 70]


@pytest.mark.parametrize(("columns", "parts"), [(3, [24, 396]), (2, [420])])  # 24 and 16 fine pixels
def test_both_sides_need_the_smallest_area(columns, parts) -> None:
    labels = dark((10, 20, 20, 60), (12, 16, 60, 65))  # 400 + 20
    br = field((0, 24, 0, 40, 900.0), (6, 8, 33 - columns, 40, -3000.0))
    found = cut(labels, br, LEVELS, 2)

    assert found.max() == len(parts)
    if len(parts) == 1:
        np.testing.assert_array_equal(found, labels)


@pytest.mark.parametrize(("gauss", "number"), [(-290.0, 1), (-330.0, 2)])
def test_both_sides_need_the_field(gauss, number) -> None:
    br = field((0, 24, 0, 16, 330.0), (0, 24, 16, 40, gauss))

    assert cut(PAIR, br, LEVELS, 2).max() == number
    assert cut(PAIR, -br, LEVELS, 2).max() == number


def test_one_polarity_is_never_cut() -> None:
    br = field((0, 24, 0, 16, 2000.0), (0, 24, 16, 18, 5.0), (0, 24, 18, 40, 900.0))

    assert cut(PAIR, br, LEVELS, 2) is PAIR


def test_weak_field_between_two_of_one_polarity_does_not_part_them() -> None:
    br = field((0, 24, 0, 14, 2000.0), (0, 24, 14, 18, -200.0), (0, 24, 18, 40, 900.0))

    assert cut(PAIR, br, LEVELS, 2) is PAIR


def test_three_in_a_row_are_three() -> None:
    br = field((0, 24, 0, 15, 900.0), (0, 24, 15, 22, -900.0), (0, 24, 22, 40, 900.0))

    assert areas(cut(PAIR, br, LEVELS, 2)) == [100, 140, 160]


def test_noise_at_the_inversion_line_makes_no_crumbs() -> None:
    rng = np.random.default_rng(5)
    slope = np.broadcast_to((15.5 - np.arange(40)) * 150, NATIVE).astype(np.float32)
    for _ in range(20):
        parts = cut(PAIR, slope + rng.normal(0, 250, NATIVE).astype(np.float32), LEVELS, 2)
        assert parts.max() == 2
        assert (np.bincount(parts.ravel())[1:] > 80).all()
        assert ((parts > 0) == (PAIR > 0)).all()


def test_pixels_without_field_go_to_a_neighbour() -> None:
    br = SIDES.copy()
    br[7:9, 14:18] = np.nan
    parts = cut(PAIR, br, LEVELS, 2)

    assert parts.max() == 2
    assert ((parts > 0) == (PAIR > 0)).all()


def test_without_field_nothing_is_cut() -> None:
    assert cut(PAIR, None, LEVELS, 2) is PAIR
    assert cut(PAIR, np.full(NATIVE, np.nan, np.float32), LEVELS, 2) is PAIR


def test_numbers_stay_in_raster_order_and_others_as_they_are() -> None:
    labels = dark((2, 8, 70, 78), (10, 20, 20, 60), (30, 40, 4, 12))
    parts = cut(labels, SIDES, LEVELS, 2)

    assert [parts[4, 72], parts[12, 25], parts[12, 50], parts[35, 6]] == [1, 2, 3, 4]
    assert areas(parts) == [48, 120, 280, 80]


def test_the_sign_of_the_field_as_a_whole_changes_nothing() -> None:
    np.testing.assert_array_equal(cut(PAIR, -SIDES, LEVELS, 2), cut(PAIR, SIDES, LEVELS, 2))


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_parts_are_connected_and_cover_the_regions(seed) -> None:
    rng = np.random.default_rng(seed)
    blobs = rng.normal(0, 1, NATIVE)
    blobs = sum(np.roll(blobs, (i, j), (0, 1)) for i in range(-2, 3) for j in range(-2, 3)) / 5
    image = (0.5 + 0.3 * np.kron(blobs, np.ones((2, 2)))).astype(np.float32)
    labels = detect(image, LEVELS, 2).labels
    waves = np.sin(rng.uniform(0.1, 0.6) * np.arange(NATIVE[1]) + rng.uniform(0, 6))
    br = (1500 * waves + rng.normal(0, 100, NATIVE)).astype(np.float32)
    parts = cut(labels, br, LEVELS, 2)

    assert ((parts > 0) == (labels > 0)).all()
    assert all(np.unique(labels[parts == part]).size == 1 for part in range(1, parts.max() + 1))
    one_each = np.where(parts > 0, 0.3, 1.0).astype(np.float32)
    for part in range(1, parts.max() + 1):
        alone = np.where(parts == part, one_each, np.float32(1))
        assert detect(alone, LEVELS, 2).n == 1


def test_the_simulation_parts_the_same_by_other_code() -> None:
    rng = np.random.default_rng(2)
    for angle in rng.uniform(0, np.pi, 12):
        y, x = np.indices(NATIVE)
        br = 80 * ((x - 16) * np.cos(angle) + (y - 7) * np.sin(angle)).astype(np.float32)
        fine = (np.indices(PAIR.shape) - 0.5) / 2
        exact = 80 * ((fine[1] - 16) * np.cos(angle) + (fine[0] - 7) * np.sin(angle))
        parts = cut(PAIR, br, LEVELS, 2)
        true = apart(PAIR, lambda rows, cols, exact=exact: exact[rows, cols], 20)
        np.testing.assert_array_equal(parts, true)


@pytest.mark.parametrize(("size", "number"), [(4, 1), (5, 2)])
def test_the_simulation_parts_nothing_small(size, number) -> None:
    exact = np.full(PAIR.shape, 900.0)
    exact[16:20, 60 - size : 60] = -900.0  # 16 and 20 samples of the region

    assert apart(PAIR, lambda rows, cols: exact[rows, cols], 20).max() == number
