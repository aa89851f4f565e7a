"""Limb darkening: published sets against each other, and the image without it."""

import numpy as np
import pytest

from pores.limb_darkening import coefficients, flatten, profile, separable_part
from pores.parameters import PrepareParameters

MU = np.linspace(0.2, 1.0, 81)
SETS = ["pierce_slaughter_6173", "pierce_slaughter_6206", "neckel_labs_6173", "none"]


def departure(one, other):
    return np.abs(profile(MU, one) / profile(MU, other) - 1)


@pytest.mark.parametrize("name", SETS)
def test_every_set_is_one_at_disk_centre_and_falls_to_the_limb(name):
    assert profile(np.ones(1), name)[0] == pytest.approx(1, abs=2e-5)
    assert np.all(np.diff(profile(MU, name)) >= 0)


def test_the_default_is_interpolated_to_hmis_line():
    expected = [0.31461774, 1.33336481, -1.70153055, 2.06373695, -1.37310195, 0.36291821]
    assert PrepareParameters().limb_darkening == "pierce_slaughter_6173"
    np.testing.assert_allclose(coefficients("pierce_slaughter_6173"), expected, atol=5e-9)


def test_independent_measurements_agree():
    assert departure("pierce_slaughter_6173", "neckel_labs_6173").max() < 0.00155


def test_the_set_of_another_wavelength_is_off():
    assert 0.006 < departure("pierce_slaughter_6206", "pierce_slaughter_6173").max() < 0.0075


@pytest.mark.parametrize("name", SETS)
def test_a_darkened_sun_comes_out_flat(name):
    mu = np.linspace(0.3, 0.9, 400).reshape(20, 20)
    sun = np.full(mu.shape, 5e4)
    sun[3:6, 4:9] = 1e4
    np.testing.assert_allclose(flatten(sun * profile(mu, name), mu, name), sun, rtol=1e-12)


def test_precision_of_single_floats_is_kept_single():
    mu = MU.astype(np.float32)
    flat = flatten(np.ones_like(mu), mu, "pierce_slaughter_6173")
    assert flat.dtype == np.float32
    np.testing.assert_allclose(flat, 1 / profile(MU, "pierce_slaughter_6173"), rtol=5e-7)


def test_missing_pixels_stay_missing():
    mu = np.array([[0.5, np.nan], [0.7, 0.9]])
    image = np.array([[1.0, 1.0], [np.nan, 1.0]])
    for name in (*SETS[:3], "svd"):
        np.testing.assert_array_equal(np.isnan(flatten(image, mu, name)), [[False, True], [True, False]])


def test_svd_removes_a_separable_trend_and_a_spots_row_with_it():
    """What it is for it does; what it does beside that is why it is no default."""
    rng = np.random.default_rng(3)
    trend = np.outer(np.linspace(0.8, 1, 60), np.linspace(0.7, 1, 90))
    quiet = 1 + 0.03 * rng.normal(size=trend.shape)
    flat = flatten(trend * quiet, np.ones_like(trend), "svd")
    assert np.corrcoef(flat.ravel(), trend.ravel())[0, 1] < 0.02
    spotted = quiet.copy()
    spotted[20:40, 30:70] = 0.2
    beside = flatten(spotted, np.ones_like(trend), "svd")[20:40, :30].mean()
    assert beside > 1.1 * spotted[20:40, :30].mean()
    assert np.median(separable_part(spotted)) == pytest.approx(1)
