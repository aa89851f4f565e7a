"""Geometry, preparation and doubling on real SHARP records."""

import numpy as np
import pytest
from astropy.wcs import WCS

from pores.errors import Reason, UnusableFrame
from pores.geometry import CeaGrid, Observer, mu_map
from pores.parameters import PrepareParameters
from pores.prepare import prepare
from pores.upsample import double

CARDS = [f"{name}{axis}" for name in ("CTYPE", "CRPIX", "CRVAL", "CDELT") for axis in "12"]
DEFAULT = PrepareParameters()
WITH_CONTINUUM = [
    "377.20110215_020000",
    "2875.20130618_122400",
    "2875.20130620_103600",
    "2875.20130622_084800",
    "14003.20251108_150000",
    "13561.20250727_150000",
]


@pytest.fixture
def load(sharp_frame):
    """An image of a record and its keywords."""

    def image(record, segment="continuum"):
        harpnum, time = record.split(".")
        frame = sharp_frame(int(harpnum), time)
        return frame.segments[segment], frame.keywords

    return image


def grid_and_mu(keywords, shape):
    grid = CeaGrid.from_keywords(keywords, shape)
    return grid, mu_map(grid, Observer.from_keywords(keywords))


@pytest.mark.parametrize("record", [*WITH_CONTINUUM, "1422.20120306_142400"])
def test_coordinates_are_those_of_the_records_own_wcs(load, record):
    image, keywords = load(record, "Br" if record.startswith("1422") else "continuum")
    wcs = WCS({"CUNIT1": "deg", "CUNIT2": "deg", **{name: keywords[name] for name in CARDS}})
    grid = CeaGrid.from_keywords(keywords, image.shape)
    y, x = np.indices(image.shape)
    lon, lat = grid.to_carrington(x, y)
    expected_lon, expected_lat = wcs.pixel_to_world_values(x, y)
    np.testing.assert_allclose((lon - expected_lon + 180) % 360, 180, atol=1e-10)
    np.testing.assert_allclose(lat, expected_lat, atol=1e-10)


def test_data_end_at_one_angle_along_the_limb(load):
    """HARP 1422 lies across the limb: from south to north its data end within 0.01 of one mu."""
    image, keywords = load("1422.20120306_142400", "Br")
    _, mu = grid_and_mu(keywords, image.shape)
    missing = np.isnan(image)
    assert missing.mean() == pytest.approx(0.46, abs=0.01)
    assert mu[missing].max() - mu[~missing].min() < 0.01
    assert mu[missing].max() < 0.065


@pytest.mark.parametrize("record", WITH_CONTINUUM)
@pytest.mark.parametrize("quiet_sun", ["fixed_bins", "half_sample_mode"])
def test_quiet_sun_is_one(load, record, quiet_sun):
    image, keywords = load(record)
    _, mu = grid_and_mu(keywords, image.shape)
    prepared = prepare(image, mu, None, PrepareParameters(quiet_sun=quiet_sun))
    np.testing.assert_array_equal(np.isnan(prepared.intensity), np.isnan(image))
    assert np.nanmedian(prepared.intensity) == pytest.approx(1, abs=7e-3)
    assert 40_000 < prepared.quiet_sun < 75_000
    assert np.nanmax(prepared.intensity) < 1.25


def test_the_level_hardly_depends_on_the_bitmap(load):
    for record in ("377.20110215_020000", "14003.20251108_150000", "13561.20250727_150000"):
        image, keywords = load(record)
        _, mu = grid_and_mu(keywords, image.shape)
        quiet, every = (prepare(image, mu, b, DEFAULT).quiet_sun for b in (load(record, "bitmap")[0], None))
        assert every == pytest.approx(quiet, rel=1e-3)


def test_one_region_has_one_level_from_centre_to_limb(load):
    """HARP 2875 went from mu 0.96 to 0.74 in four days: limb darkening of 10 % leaves 1.2 %."""
    levels = {}
    for name in ("pierce_slaughter_6173", "none"):
        found = []
        for record in WITH_CONTINUUM[1:4]:
            image, keywords = load(record)
            _, mu = grid_and_mu(keywords, image.shape)
            found.append(prepare(image, mu, None, PrepareParameters(limb_darkening=name)).quiet_sun)
        levels[name] = np.ptp(found) / np.mean(found)
    assert levels["none"] > 0.08
    assert levels["pierce_slaughter_6173"] < 0.013


def test_dark_area_of_harp_377(load):
    image, keywords = load("377.20110215_020000")
    grid, mu = grid_and_mu(keywords, image.shape)
    intensity = prepare(image, mu, load("377.20110215_020000", "bitmap")[0], DEFAULT).intensity
    areas = [grid.pixel_area_mm2 * np.count_nonzero(intensity < level) for level in (0.45, 0.50, 0.55)]
    np.testing.assert_allclose(areas, [243, 316, 388], rtol=0.01)
    fine = grid.doubled().pixel_area_mm2 * np.count_nonzero(double(intensity) < 0.5)
    assert fine == pytest.approx(areas[1], rel=0.005)


def test_a_bare_file_has_no_coordinates(load):
    image, keywords = load("833.20110904_130000")
    with pytest.raises(UnusableFrame) as error:
        CeaGrid.from_keywords(keywords, image.shape)
    assert error.value.reason is Reason.NO_COORDINATES
