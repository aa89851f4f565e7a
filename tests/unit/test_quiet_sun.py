"""Quiet-Sun level on samples whose mode is known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pores.quiet_sun import fixed_bins, half_sample_mode, histogram_100, quiet_pixels, quiet_sun_level

ESTIMATORS = ["fixed_bins", "half_sample_mode", "histogram_100"]
LEVEL = 52_000.0


def patch(seed, skewness=1.0, spot=0.0, facula=0.0, size=60_000):
    """Granulation with 2.7 % contrast and its mode at LEVEL; shares of it in a spot and in faculae."""
    rng = np.random.default_rng(seed)
    law = stats.skewnorm(skewness)
    x = np.linspace(-5, 5, 20_001)
    values = 1 + 0.027 * (law.rvs(size, random_state=rng) - x[law.pdf(x).argmax()]) / law.std()
    n_spot, n_facula = int(spot * size), int(facula * size)
    values[:n_spot] = rng.uniform(0.1, 0.95, n_spot)
    values[n_spot : n_spot + n_facula] *= rng.uniform(1, 1.06, n_facula)
    return (LEVEL * values).astype(np.float32)


def errors(estimator, **kind):
    return np.array([quiet_sun_level(patch(seed, **kind), estimator) / LEVEL - 1 for seed in range(12)])


@pytest.mark.parametrize("skewness", [0.0, 1.0, 2.0])
def test_fixed_bins_find_the_mode_to_a_thousandth(skewness):
    found = errors("fixed_bins", skewness=skewness)
    assert abs(found.mean()) < 1e-3
    assert found.std() < 1e-3


def test_fixed_bins_are_steadier_than_the_others():
    scatter = {name: errors(name).std() for name in ESTIMATORS}
    assert scatter["fixed_bins"] < scatter["half_sample_mode"] / 2
    assert scatter["fixed_bins"] < scatter["histogram_100"] / 2


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_spot_and_faculae_move_the_mode_little(name):
    assert abs(errors(name, spot=0.15, facula=0.1).mean()) < 4e-3
    mean = np.mean([patch(seed, spot=0.15, facula=0.1).mean() / LEVEL for seed in range(3)])
    assert mean < 0.95


@pytest.mark.parametrize("estimator", [fixed_bins, half_sample_mode])
def test_one_black_pixel_changes_nothing(estimator):
    values = patch(1)
    assert estimator(np.append(values, np.float32(1))) == pytest.approx(estimator(values), rel=5e-4)
    assert estimator(np.append(values, np.float32(1e6))) == pytest.approx(estimator(values), rel=5e-4)


def test_bins_of_the_extremes_follow_the_extremes():
    values = patch(1)
    found = [histogram_100(np.append(values, np.float32(f * LEVEL))) for f in (0.05, 0.2, 0.4, 2.0, 3.0)]
    assert np.ptp(found) > 3e-3 * LEVEL


@given(st.floats(1e-3, 1e6), st.integers(0, 5))
def test_the_level_has_the_unit_of_the_values(scale, seed):
    values = patch(seed, size=2000).astype(np.float64)
    for name in ("fixed_bins", "half_sample_mode"):
        assert quiet_sun_level(scale * values, name) == pytest.approx(
            scale * quiet_sun_level(values, name), rel=3e-3
        )


@pytest.mark.parametrize("name", ["fixed_bins", "half_sample_mode"])
@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_equal_values_are_their_own_level(name, size):
    assert quiet_sun_level(np.full(size, 12_345.0, np.float32), name) == pytest.approx(12_345.0, rel=1e-6)


def test_half_sample_mode_of_a_small_sample_by_hand():
    assert half_sample_mode(np.array([0.0, 1.0, 1.5, 10.0, 11.0])) == pytest.approx((0 + 1 + 1.5) / 3)
    assert half_sample_mode(np.array([0.0, 4.0, 5.0, 5.5, 9.0, 20.0])) == pytest.approx((4 + 5 + 5.5) / 3)


def test_quiet_pixels_are_those_whose_low_bits_say_one():
    codes = np.array([[0, 1, 2], [33, 34, 32]])
    expected = [[False, True, False], [True, False, False]]
    for kind in (np.int8, np.int32, np.float32):
        np.testing.assert_array_equal(quiet_pixels(codes.astype(kind)), expected)
    assert not quiet_pixels(np.array([[np.nan]], np.float32)).any()
