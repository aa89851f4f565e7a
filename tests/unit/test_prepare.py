"""Prepared intensity of a Sun whose truth is known."""

import numpy as np
import pytest

from pores.errors import Reason, UnusableFrame
from pores.geometry import CeaGrid, Observer, mu_map
from pores.limb_darkening import profile
from pores.parameters import PrepareParameters
from pores.prepare import prepare

DEFAULT = PrepareParameters()
LEVEL = 60_000.0


def scene(lon=60.0, shape=(150, 200), limb_darkening="neckel_labs_6173", seed=0):
    """Continuum in DN/s with granulation, a pore of 0.3 and the limb darkening of another source."""
    centre = ((shape[1] + 1) / 2, (shape[0] + 1) / 2)
    mu = mu_map(CeaGrid(shape, centre, (lon, 10.0), (0.03, 0.03), 696e6), Observer(0.0, 0.0, 1.49e11))
    truth = 1 + 0.01 * np.random.default_rng(seed).normal(size=shape)
    truth[40:60, 50:70] = 0.3
    return (LEVEL * truth * profile(mu, limb_darkening)).astype(np.float32), mu, truth


@pytest.mark.parametrize("lon", [0.0, 40.0, 60.0])
@pytest.mark.parametrize("quiet_sun", ["fixed_bins", "half_sample_mode"])
def test_intensity_is_in_units_of_the_quiet_sun(lon, quiet_sun):
    continuum, mu, truth = scene(lon)
    prepared = prepare(continuum, mu, None, PrepareParameters(quiet_sun=quiet_sun))
    assert prepared.intensity.dtype == np.float32
    assert prepared.quiet_sun == pytest.approx(LEVEL, rel=4e-3)
    np.testing.assert_allclose(prepared.intensity, truth, rtol=6e-3)


def test_brightness_of_the_camera_divides_out():
    continuum, mu, _ = scene()
    one, other = (prepare(continuum * np.float32(f), mu, None, DEFAULT) for f in (1.0, 0.37))
    assert other.quiet_sun == pytest.approx(0.37 * one.quiet_sun, rel=1e-5)
    np.testing.assert_allclose(other.intensity, one.intensity, rtol=1e-5)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, -5.0])
def test_missing_pixels_are_nan_and_change_nothing_else(value):
    continuum, mu, _ = scene()
    whole = prepare(continuum, mu, None, DEFAULT)
    continuum[100:120, :30] = value
    holed = prepare(continuum, mu, None, DEFAULT)
    np.testing.assert_array_equal(
        np.isnan(holed.intensity),
        np.indices(mu.shape)[0] // 20 * 1000 + np.indices(mu.shape)[1] // 30 == 5000,
    )
    assert holed.quiet_sun == pytest.approx(whole.quiet_sun, rel=1e-3)


def test_nothing_is_seen_beyond_the_limit_of_mu():
    continuum, mu, _ = scene(lon=76.0)
    prepared = prepare(continuum, mu, None, PrepareParameters(mu_min=0.25))
    assert (mu < 0.25).any()
    assert (mu >= 0.25).any()
    np.testing.assert_array_equal(np.isnan(prepared.intensity), mu < 0.25)


def test_the_level_is_that_of_quiet_pixels():
    """Three quarters of the patch are plage 3 % brighter: only the bitmap knows which level is quiet."""
    continuum, mu, _ = scene()
    bitmap = np.ones(mu.shape, np.int8)
    continuum[:, 50:] *= np.float32(1.03)
    bitmap[:, 50:] = 34
    assert prepare(continuum, mu, bitmap, DEFAULT).quiet_sun == pytest.approx(LEVEL, rel=4e-3)
    assert prepare(continuum, mu, None, DEFAULT).quiet_sun == pytest.approx(1.03 * LEVEL, rel=4e-3)


def test_too_few_quiet_pixels_are_not_trusted():
    continuum, mu, _ = scene()
    bitmap = np.full(mu.shape, 34, np.int8)
    bitmap[40:60, 50:70] = 33  # the pore, by mistake
    assert prepare(continuum, mu, bitmap, DEFAULT).quiet_sun == pytest.approx(LEVEL, rel=4e-3)


def test_a_frame_without_data_says_so():
    continuum, mu, _ = scene()
    for empty in (np.full_like(continuum, np.nan), np.zeros_like(continuum)):
        with pytest.raises(UnusableFrame) as error:
            prepare(empty, mu, None, DEFAULT)
        assert error.value.reason is Reason.NO_DATA
    with pytest.raises(UnusableFrame, match="no data"):
        prepare(continuum, np.full_like(mu, 0.1), None, DEFAULT)


def test_images_of_different_shape_are_refused():
    continuum, mu, _ = scene()
    with pytest.raises(UnusableFrame, match="bitmap") as error:
        prepare(continuum, mu, np.ones((3, 3), np.int8), DEFAULT)
    assert error.value.reason is Reason.SHAPE_MISMATCH
