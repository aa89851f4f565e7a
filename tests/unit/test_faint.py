"""Faint features: regions below the second threshold that hold no pore."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pores.detect import detect, detect_faint
from pores.parameters import DetectParameters

LEVELS = DetectParameters()
GREY, DARK = (LEVELS.threshold + LEVELS.faint_threshold) / 2, LEVELS.threshold - 0.1


def both(image: np.ndarray, scale: int = 2, parameters: DetectParameters = LEVELS):
    pores = detect(image, parameters, scale).labels
    return pores, detect_faint(image, pores, parameters, scale).labels


def quiet(shape=(60, 80)) -> np.ndarray:
    return np.ones(shape, np.float32)


def test_a_grey_region_alone_is_faint() -> None:
    image = quiet()
    image[10:15, 20:26] = GREY
    pores, faint = both(image)

    assert pores.max() == 0
    assert faint.dtype == np.int32
    np.testing.assert_array_equal(faint, image < 1)


def test_the_grey_around_a_pore_is_not_faint() -> None:
    image = quiet()
    image[10:30, 20:40] = GREY
    image[14:20, 24:30] = DARK
    image[20:22, 44:60] = GREY  # beside it, not connected
    pores, faint = both(image)

    assert pores.max() == 1
    assert (faint > 0).sum() == 32
    assert faint[20, 50] == 1


def test_what_touches_a_rim_belongs_to_it() -> None:
    image = quiet()
    image[14:20, 24:30] = DARK
    image[16, 30:60] = GREY  # a tail of thirty pixels

    assert both(image)[1].max() == 0


def test_a_dark_region_below_the_smallest_area_may_be_faint() -> None:
    image = quiet()
    image[10:14, 20:24] = DARK  # 16 pixels
    image[9:15, 19:25] = np.minimum(image[9:15, 19:25], GREY)  # 36
    pores, faint = both(image)

    assert pores.max() == 0
    assert (faint > 0).sum() == 36


@pytest.mark.parametrize(("scale", "width", "found"), [(2, 20, 1), (2, 19, 0), (1, 5, 1), (1, 4, 0)])
def test_smallest_area(scale, width, found) -> None:
    image = quiet()
    image[5, 3 : 3 + width] = GREY

    assert both(image, scale)[1].max() == found


def test_the_threshold_itself_is_bright_and_missing_is_not_faint() -> None:
    level = np.float32(LEVELS.faint_threshold)
    image = np.full((10, 30), level, np.float32)
    image[:5] = np.nan
    image[9] = np.nextafter(level, np.float32(0))

    assert (both(image)[1] > 0).sum() == 30


def test_connectivity() -> None:
    image = quiet()
    image[0:5, 0:5] = DARK
    image[5:10, 5:10] = GREY  # touches at a corner

    assert both(image)[1].max() == 1
    assert both(image, parameters=DetectParameters(connectivity=8))[1].max() == 0


def test_a_pore_that_fades_is_a_pore_then_faint_then_nothing() -> None:
    y, x = np.indices((40, 40)) - 19.5
    shape = np.exp(-(x**2 + y**2) / (2 * 5**2))
    seen = []
    for depth in np.linspace(0.9, 0.1, 33):
        pores, faint = both((1 - depth * shape).astype(np.float32))
        seen.append("pore" if pores.max() else "faint" if faint.max() else "none")

    assert [kind for i, kind in enumerate(seen) if kind != seen[i - 1] or i == 0] == ["pore", "faint", "none"]
    assert seen.count("faint") >= 3


@given(arrays(np.float32, st.tuples(st.integers(1, 14), st.integers(1, 14)), elements=st.sampled_from(
    [np.float32(DARK), np.float32(GREY), np.float32(1), np.float32(np.nan)]
)))  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_levels_part_the_grey(image) -> None:
    parameters = DetectParameters(min_area_fine_px=4)
    pores, faint = both(image, 2, parameters)
    grey = image < LEVELS.faint_threshold

    assert not (faint[~grey] > 0).any()
    assert not ((faint > 0) & (pores > 0)).any()
    assert np.unique(faint[faint > 0]).tolist() == list(range(1, faint.max() + 1))
    for shift, axis in ((1, 0), (1, 1)):  # a faint feature ends where the grey ends
        a, b = (np.take(part, range(shift, part.shape[axis]), axis) for part in (faint, grey))
        c, d = (np.take(part, range(part.shape[axis] - shift), axis) for part in (faint, grey))
        assert (a[b & d] == c[b & d]).all()
    assert (np.bincount(faint.ravel())[1:] >= 4).all()
