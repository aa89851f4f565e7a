"""Which tiles detection needs: marked so that none is left out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pores.enhance.need import _places, _touch, expected, needed
from pores.enhance.tiles import Canvas, Tiling
from pores.parameters import DetectParameters

PIXEL_MM = 0.3644
ASKED = DetectParameters()


def canvas(shape: tuple[int, int], size: int) -> Canvas:
    tiling = Tiling(shape, 3, False, size)
    image = np.ones(shape, np.float32)
    return Canvas(tiling.padded(image), tiling, np.ones((2 * shape[0], 2 * shape[1]), np.float32))


@given(
    st.tuples(st.integers(1, 70), st.integers(1, 70)),
    st.integers(3, 20),
    st.integers(0, 25),
    st.lists(st.tuples(st.floats(0, 0.999), st.floats(0, 0.999)), min_size=1, max_size=6),
)
def test_squares_around_pixels_touch_the_tiles_they_lie_in(
    shape: tuple[int, int], size: int, reach: int, points: list[tuple[float, float]]
) -> None:
    tiling = Tiling(shape, 3, False, size)
    places = np.array([(int(y * shape[0]), int(x * shape[1])) for y, x in points])
    touched = np.zeros(tiling.count, bool)
    _touch(touched, np.ravel_multi_index(tuple(places.T), shape), reach, tiling)
    wanted = {
        (i // tiling.tile[0], j // tiling.tile[1])
        for y, x in places
        for i in range(max(y - reach, 0), min(y + reach + 1, shape[0]))
        for j in range(max(x - reach, 0), min(x + reach + 1, shape[1]))
    }
    assert _places(touched) == wanted


def test_a_pore_asks_for_its_tile_and_a_structure_for_all_that_it_lies_in() -> None:
    one = canvas((96, 96), 16)
    one.out[80:84, 80:84] = 0.4  # native 40 to 41, in the middle of a tile
    assert needed(one, set(one.tiling.every()), ASKED, PIXEL_MM) == {(2, 2)}
    one.out[82, 84:130] = 0.8  # to native column 64, two tiles on
    assert needed(one, set(one.tiling.every()), ASKED, PIXEL_MM) == {(2, 2), (2, 3), (2, 4)}


def test_grey_without_anything_dark_is_not_asked_for() -> None:
    one = canvas((96, 96), 16)
    one.out[20:100, 20:100] = 0.7
    assert needed(one, set(one.tiling.every()), ASKED, PIXEL_MM) == set()
    one.out[50:54, 50:54] = 0.55  # faint
    assert needed(one, set(one.tiling.every()), ASKED, PIXEL_MM) == {(1, 1)}


def test_the_rim_of_what_may_be_an_umbra_is_asked_for() -> None:
    one = canvas((160, 160), 16)
    one.out[144:176, 144:176] = 0.3  # 16 x 16 native pixels, 34 Mm^2, from 72 to 87
    found = needed(one, set(one.tiling.every()), ASKED, PIXEL_MM)
    rim = int(np.ceil(ASKED.rim_outer_mm / PIXEL_MM))
    assert found == {(i, j) for i in range((72 - rim) // 16, 6 + 1) for j in range((72 - rim) // 16, 6 + 1)}


def test_what_is_looked_at_is_found_in_a_part_of_the_frame_too() -> None:
    one = canvas((96, 128), 16)
    one.out[80:84, 95:97] = 0.4  # native columns 47 and 48: on the edge of two tiles
    assert needed(one, {(2, 2), (2, 3)}, ASKED, PIXEL_MM) == {(2, 2), (2, 3)}


@pytest.mark.parametrize(("depth", "found"), [(0.1, set()), (0.35, {(1, 2)})])
def test_dips_that_sharpen_to_dark_ones_are_expected(depth: float, found: set[tuple[int, int]]) -> None:
    y, x = np.mgrid[:48, :64]
    image = (1 - depth * np.exp(-((y - 24) ** 2 + (x - 40) ** 2) / 4)).astype(np.float32)
    assert expected(image, Tiling((48, 64), 3, False, 16), ASKED) == found
