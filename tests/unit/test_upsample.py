"""Doubling by cubic spline: against scipy, on the sky, at borders and beside gaps."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline
from scipy.ndimage import zoom

from pores.enhancers import simple_enhancer
from pores.errors import InputError
from pores.geometry import CeaGrid, native_pixel
from pores.upsample import double, double_window

GRID = CeaGrid((50, 70), (35.5, 25.5), (34.9, -21.1), (0.03, 0.03), 696e6)


def noise(shape, seed=0, contrast=0.1):
    return (1 + contrast * np.random.default_rng(seed).normal(size=shape)).astype(np.float32)


def blob(grid, lon, lat, width=3.0):
    """A dark Gaussian at a place on the Sun, `width` native pixels wide, on any grid of the patch."""
    y, x = np.indices(grid.shape)
    x0, y0 = grid.to_pixel(lon, lat)
    scale = 0.03 / grid.cdelt[0]
    return 1 - 0.8 * np.exp(-((x - x0) ** 2 + (y - y0) ** 2) / (2 * (scale * width) ** 2))


def centroid(image):
    y, x = np.indices(image.shape)
    weight = 1 - image
    return (weight * x).sum() / weight.sum(), (weight * y).sum() / weight.sum()


def smooth(shape, scale=1):
    """What is smooth on the scale of a pixel, with no symmetry about any border."""
    y, x = (native_pixel(np.arange(scale * n), scale) for n in shape)
    y = y[:, None]
    return np.sin(0.31 * y + 0.2) * np.cos(0.23 * x + 1.0) + 0.02 * x - 0.01 * y


@pytest.mark.parametrize("shape", [(60, 80), (61, 83)])
def test_it_is_scipys_spline_inside(shape):
    image = noise(shape)
    expected = zoom(image.astype(float), 2, order=3, grid_mode=True, mode="nearest")
    inside = (slice(26, -26), slice(26, -26))
    np.testing.assert_allclose(double(image)[inside], expected[inside], rtol=2e-6)


def natural(values):
    """Natural spline along the first axis at fine pixels; the outermost are odd about the border pixel."""
    n = values.shape[0]
    at = native_pixel(np.arange(2 * n), 2)
    inner = CubicSpline(np.arange(n), values, bc_type="natural")(np.abs(n - 1 - np.abs(n - 1 - at)))
    inner[0], inner[-1] = 2 * values[0] - inner[0], 2 * values[-1] - inner[-1]
    return inner


def test_it_is_the_natural_spline_everywhere():
    image = noise((61, 83))
    np.testing.assert_allclose(double(image), natural(natural(image.astype(float)).T).T, rtol=2e-6)


@pytest.mark.parametrize(("x", "y"), [(35.0, 25.0), (20.3, 30.71), (48.6, 14.25)])
def test_a_feature_stays_where_it_is_on_the_sun(x, y):
    lon, lat = GRID.to_carrington(x, y)
    before, after = blob(GRID, lon, lat), double(blob(GRID, lon, lat))
    coarse = WCS(fits.Header(GRID.wcs_keywords())).pixel_to_world_values(*centroid(before))
    fine = WCS(fits.Header(GRID.doubled().wcs_keywords())).pixel_to_world_values(*centroid(after))
    np.testing.assert_allclose(fine, coarse, atol=0.01 * 0.03)
    np.testing.assert_allclose(fine, (lon, lat), atol=0.01 * 0.03)
    np.testing.assert_allclose(after, blob(GRID.doubled(), lon, lat), atol=2e-4)


def test_a_feature_stays_where_it_is_in_sunpys_maps():
    import sunpy.map

    lon, lat = GRID.to_carrington(20.3, 30.71)
    keywords = {
        "CRLN_OBS": 21.7,
        "CRLT_OBS": -6.8,
        "DSUN_OBS": 1.477e11,
        "DATE-OBS": "2011-02-15T01:58:12.30",
    }
    image = blob(GRID, lon, lat)
    maps = [
        sunpy.map.Map(data, {**grid.wcs_keywords(), **keywords})
        for data, grid in ((image, GRID), (double(image), GRID.doubled()))
    ]
    for each in maps:
        place = each.wcs.pixel_to_world(*centroid(each.data))
        assert place.lon.wrap_at("360d").deg == pytest.approx(lon, abs=0.01 * 0.03)
        assert place.lat.deg == pytest.approx(lat, abs=0.01 * 0.03)
        assert each.rsun_meters.to_value("m") == 696e6
    corners = [m.wcs.pixel_to_world(m.data.shape[1] - 0.5, m.data.shape[0] - 0.5) for m in maps]
    assert corners[0].lon.deg == pytest.approx(corners[1].lon.deg, abs=1e-9)
    assert corners[0].lat.deg == pytest.approx(corners[1].lat.deg, abs=1e-9)


def test_a_ramp_is_exact_to_the_border():
    y, x = np.indices((20, 31)).astype(float)
    fine_y, fine_x = native_pixel(np.indices((40, 62)), 2)
    np.testing.assert_allclose(double(5 + 0.3 * x - 0.2 * y), 5 + 0.3 * fine_x - 0.2 * fine_y, atol=5e-6)


def test_the_border_is_nearly_as_good_as_the_inside():
    image, truth = smooth((60, 80)), smooth((60, 80), 2)
    error = np.abs(double(image) - truth)
    assert error[26:-26, 26:-26].max() < 1e-3
    assert error.max() < 0.02 * np.ptp(truth) / 2


def test_a_crop_differs_from_the_whole_by_a_pixels_noise_at_its_border_only():
    image = noise((90, 100))
    whole, crop = double(image)[40:140, 40:160], double(image[20:70, 20:80])
    difference = np.abs(whole - crop)
    assert difference.max() < 0.5 * np.ptp(image)
    assert difference[6:-6, 6:-6].max() < 0.01
    assert difference[28:-28, 28:-28].max() < 1e-6


gaps = st.lists(
    st.tuples(st.integers(0, 29), st.integers(0, 39), st.integers(1, 20), st.integers(1, 20)), max_size=4
)


def holed(holes, fill=np.nan, shape=(30, 40), seed=0):
    image = noise(shape, seed)
    for y, x, height, width in holes:
        image[y : y + height, x : x + width] = fill
    return image


@given(gaps)
def test_a_fine_pixel_is_missing_iff_its_native_pixel_is(holes):
    image = holed(holes)
    expected = np.kron(np.isnan(image), np.ones((2, 2), bool))
    np.testing.assert_array_equal(np.isnan(double(image)), expected)


@given(gaps)
def test_no_ringing_beside_gaps(holes):
    """However deep the gap, what is beside it stays within what a spline does to the data themselves."""
    image = holed(holes)
    if np.isfinite(image).any():
        low, high = np.nanmin(image), np.nanmax(image)
        margin = 0.35 * (high - low) + 1e-5
        fine = double(image)
        assert np.nanmin(fine) > low - margin
        assert np.nanmax(fine) < high + margin
    flat = double(np.where(np.isnan(image), np.nan, 3.0))
    np.testing.assert_allclose(flat[np.isfinite(flat)], 3.0, rtol=1e-6)


def test_beside_a_gap_a_smooth_image_stays_true():
    image, truth = smooth((60, 80)), smooth((60, 80), 2)
    image[:, 50:] = np.nan
    image[20:24, 20:23] = np.nan
    image[5, 5] = np.inf
    error = np.abs(double(image) - truth)
    assert np.isnan(error[:, 100:]).all()
    slope = np.abs(np.diff(truth, axis=1)).max() * 2
    assert np.nanmax(error) < 0.3 * slope
    assert np.nanmax(error[70:90, 60:72]) < 1e-3


@given(gaps, st.integers(0, 25), st.integers(0, 35), st.integers(1, 20), st.integers(1, 20))
def test_a_window_is_that_part_of_the_whole(holes, r0, c0, height, width):
    image = holed(holes, shape=(70, 90))
    rows, cols = slice(r0, r0 + height), slice(c0, c0 + width)
    window = double(image)[2 * r0 : 2 * (r0 + height), 2 * c0 : 2 * (c0 + width)]
    np.testing.assert_allclose(double_window(image, rows, cols), window, atol=1e-6)


def test_a_window_in_a_large_image_with_gaps_is_that_part_of_the_whole():
    image = 1000 * noise((200, 220), contrast=1.0)
    image[:, 120:] = np.nan
    image[90:93, 100:103] = np.nan
    scale = np.nanmax(np.abs(image))
    for rows, cols in (
        (slice(85, 105), slice(95, 119)),
        (slice(0, 12), slice(0, 12)),
        (slice(150, 200), slice(90, 130)),
    ):
        whole = double(image)[2 * rows.start : 2 * rows.stop, 2 * cols.start : 2 * cols.stop]
        np.testing.assert_allclose(double_window(image, rows, cols), whole, atol=1e-6 * scale)


def test_a_window_on_an_island_of_data_sees_the_data_beyond_the_gap():
    image = np.full((60, 60), np.nan)
    image[30, 30] = 1.0
    image[20:40, 47:] = 1000.0
    whole = double(image)[60:62, 60:62]
    np.testing.assert_allclose(double_window(image, slice(30, 31), slice(30, 31)), whole, atol=1e-4)


@given(st.sampled_from([np.s_[::-1], np.s_[:, ::-1]]), gaps)
def test_flipping_before_or_after_is_the_same(flip, holes):
    image = holed(holes)
    np.testing.assert_allclose(double(image[flip]), double(image)[flip], atol=2e-6)


@given(gaps)
def test_transposing_before_or_after_is_the_same(holes):
    image = holed(holes)
    np.testing.assert_allclose(double(image.T), double(image).T, atol=2e-6)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 3)])
def test_small_images_are_doubled_too(shape):
    fine = double(np.full(shape, 2.0))
    assert fine.shape == (2 * shape[0], 2 * shape[1])
    assert fine == pytest.approx(2.0, rel=1e-6)


def test_an_image_without_data_stays_without():
    assert np.isnan(double(np.full((4, 5), np.nan))).all()


def test_the_input_is_left_as_it_was():
    image = holed([(3, 4, 5, 6)])
    before = image.copy()
    double(image)
    np.testing.assert_array_equal(image, before)


def test_enhancers_by_name():
    image = noise((10, 12))
    spline, none = (simple_enhancer(name) for name in ("spline", "none"))
    np.testing.assert_array_equal(spline.all_of([image])[0], double(image))
    np.testing.assert_array_equal(none.all_of([image])[0], image)
    assert none.all_of([image.astype(float)])[0].dtype == np.float32
    assert [(one.product, one.scale, one.level) for one in (spline, none)] == [
        ("spline", 2, 1),
        ("none", 1, 1),
    ]
    with pytest.raises(InputError, match="network"):
        simple_enhancer("network")
