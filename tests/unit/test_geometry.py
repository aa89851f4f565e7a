"""CEA geometry against astropy's WCS, unit vectors and sunpy's frames."""

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.wcs import WCS
from hypothesis import given
from hypothesis import strategies as st
from sunpy.coordinates import Heliocentric, HeliographicStonyhurst

from pores.errors import Reason, UnusableFrame
from pores.geometry import CeaGrid, Observer, mu_at, mu_map, native_pixel

# Patch centre and observer: HARP 377; HARP 1422, whose CRVAL1 exceeds 360; across the zero meridian; ...
PLACES = [
    ((34.879105, -21.0769), (21.725103, -6.8279)),
    ((416.359253, 19.696251), (333.951019, -7.237364)),
    ((1.0, 40.0), (359.5, 3.0)),
    ((359.5, -55.0), (380.0, 7.1)),
    ((200.0, 0.0), (170.0, 0.0)),
]
KEYWORDS = {
    **{"CTYPE1": "CRLN-CEA", "CTYPE2": "CRLT-CEA", "CUNIT1": "degree", "CUNIT2": "degree", "CROTA2": 0.0},
    **{
        "CRPIX1": 372.5,
        "CRPIX2": 189.0,
        "CRVAL1": 34.879105,
        "CRVAL2": -21.0769,
        "CDELT1": 0.03,
        "CDELT2": 0.03,
    },
    **{"RSUN_REF": 696000000, "CRLN_OBS": 21.725103, "CRLT_OBS": -6.8279, "DSUN_OBS": 147746220503.41},
}


def make(crval, observer, shape=(377, 744)):
    centre = ((shape[1] + 1) / 2, (shape[0] + 1) / 2)
    return CeaGrid(shape, centre, crval, (0.03, 0.03), 696e6), Observer(*observer, 147746220503.41)


def astropy_world(grid):
    y, x = np.indices(grid.shape)
    return WCS(fits.Header(grid.wcs_keywords())).pixel_to_world_values(x, y)


def vector(lon, lat):
    lon, lat = np.radians(lon), np.radians(lat)
    return np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def angle(normal, towards):
    return (normal * towards).sum(0) / np.sqrt((towards**2).sum(0))


def vector_mu(lon, lat, observer, rsun_m):
    normal = vector(lon, lat)
    place = observer.distance_m * vector(observer.lon, observer.lat)
    return angle(normal, place.reshape(3, *[1] * np.ndim(lon)) - rsun_m * normal)


@pytest.mark.parametrize(("crval", "observer"), PLACES)
def test_coordinates_are_those_of_astropys_wcs(crval, observer):
    grid, _ = make(crval, observer)
    y, x = np.indices(grid.shape)
    lon, lat = grid.to_carrington(x, y)
    expected_lon, expected_lat = astropy_world(grid)
    np.testing.assert_allclose((lon - expected_lon + 180) % 360, 180, atol=1e-11, rtol=0)
    np.testing.assert_allclose(lat, expected_lat, atol=1e-11, rtol=0)
    assert lon.min() >= 0
    assert lon.max() < 360


@pytest.mark.parametrize(("crval", "observer"), PLACES)
@pytest.mark.parametrize("turns", [-360, 0, 360])
def test_pixels_are_had_back_whatever_the_turn_of_longitude(crval, observer, turns):
    grid, _ = make(crval, observer)
    y, x = np.indices(grid.shape)
    lon, lat = grid.to_carrington(x, y)
    np.testing.assert_allclose(grid.to_pixel(lon + turns, lat), (x, y), atol=1e-9)


@pytest.mark.parametrize(("crval", "observer"), PLACES)
def test_mu_is_that_of_astropys_wcs_and_unit_vectors(crval, observer):
    grid, seen_by = make(crval, observer)
    lon, lat = astropy_world(grid)
    expected = vector_mu(lon, lat, seen_by, grid.rsun_m)
    np.testing.assert_allclose(mu_map(grid, seen_by), expected, atol=1e-12, rtol=0)
    np.testing.assert_allclose(mu_at(lon, lat, seen_by, grid.rsun_m), expected, atol=1e-12, rtol=0)


def test_mu_is_that_of_sunpys_frames():
    grid, observer = make(*PLACES[0], shape=(9, 11))
    y, x = np.indices(grid.shape)
    lon, lat = grid.to_carrington(x * 37, y * 40)
    date = "2011-02-15T01:58:12"
    seen_by = SkyCoord(
        0 * u.deg,
        observer.lat * u.deg,
        observer.distance_m * u.m,
        frame="heliographic_stonyhurst",
        obstime=date,
    )
    place = SkyCoord(
        (lon - observer.lon) * u.deg,
        lat * u.deg,
        grid.rsun_m * u.m,
        frame=HeliographicStonyhurst(obstime=date),
    )
    xyz = place.transform_to(Heliocentric(observer=seen_by, obstime=date)).cartesian.xyz.to_value(u.m)
    towards = np.array([0, 0, observer.distance_m]).reshape(3, 1, 1) - xyz
    np.testing.assert_allclose(
        mu_at(lon, lat, observer, grid.rsun_m), angle(xyz / grid.rsun_m, towards), atol=1e-9
    )


def test_mu_agrees_with_the_apparent_radius_to_its_approximation():
    """At the sub-observer point mu is 1; where the line of sight touches the surface it is 0."""
    observer = Observer(100.0, 5.0, 1.49e11)
    limb = 100.0 + np.degrees(np.arccos(696e6 / 1.49e11))
    assert mu_at(100.0, 5.0, observer, 696e6) == pytest.approx(1, abs=1e-15)
    assert mu_at(limb, 0.0, Observer(100.0, 0.0, 1.49e11), 696e6) == pytest.approx(0, abs=1e-12)
    assert mu_at(limb + 1, 0.0, Observer(100.0, 0.0, 1.49e11), 696e6) < 0


@given(st.floats(0, 360), st.floats(-75, 75), st.floats(-20, 20), st.floats(-20, 20))
def test_turning_sun_and_observer_together_changes_nothing(turn, lat, x, y):
    here, there = (CeaGrid((40, 40), (20.5, 20.5), (lon, lat), (0.03, 0.03), 696e6) for lon in (0, turn))
    one, other = here.to_carrington(x, y), there.to_carrington(x, y)
    assert (other[0] - one[0] - turn + 180) % 360 == pytest.approx(180, abs=1e-9)
    assert other[1] == pytest.approx(one[1], abs=1e-12)


@given(st.floats(-70, 70), st.floats(-100, 100), st.floats(-100, 100))
def test_hemispheres_mirror_each_other(lat, x, y):
    north, south = (CeaGrid((1, 1), (1, 1), (50.0, sign * lat), (0.03, 0.03), 696e6) for sign in (1, -1))
    one, other = north.to_carrington(x, y), south.to_carrington(x, -y)
    assert other[0] == pytest.approx(one[0], abs=1e-9)
    assert other[1] == pytest.approx(-one[1], abs=1e-9)


def test_the_projection_is_oblique():
    """Rows taken for parallels put the corners of HARP 377 1.24 deg off in longitude, 0.97 in latitude."""
    grid = CeaGrid.from_keywords(KEYWORDS, (377, 744))
    lon, lat = grid.to_carrington([0, 743], [0, 0])
    rows = np.sin(np.radians(grid.crval[1])) + np.radians(0.03 * (0 - 188))
    np.testing.assert_allclose(
        lon - grid.crval[0] - 0.03 * np.array([-371.5, 371.5]), [-1.244, 1.244], atol=5e-4
    )
    np.testing.assert_allclose(lat - np.degrees(np.arcsin(rows)), 0.968, atol=5e-4)


def test_off_the_map_is_nan():
    grid = CeaGrid((3, 3), (2, 2), (0.0, 10.0), (40.0, 40.0), 696e6)
    assert not np.isnan(grid.to_carrington(1, 2)[0])
    tall = CeaGrid((3, 3), (2, 2), (0.0, 10.0), (60.0, 60.0), 696e6)
    assert np.isnan(tall.to_carrington(1, 2)).all()
    np.testing.assert_array_equal(np.isnan(mu_map(tall, Observer(0, 0, 1.5e11)))[:, 1], [True, False, True])


def test_numbers_of_one_native_pixel():
    grid = CeaGrid.from_keywords(KEYWORDS, (377, 744))
    assert grid.pixel_km == pytest.approx(364.425, abs=5e-4)
    assert grid.pixel_area_mm2 == pytest.approx(0.132805, abs=5e-7)
    assert grid.pixel_area_msh == pytest.approx(0.0436332, abs=5e-8)
    assert grid.doubled().pixel_area_mm2 == pytest.approx(grid.pixel_area_mm2 / 4, rel=1e-14)


def test_pixels_are_of_equal_area_on_the_sphere():
    """Area of pixels from their corners as spherical quadrilaterals, near the centre and in a corner."""
    grid, _ = make(*PLACES[2])
    for x, y in ((372, 188), (0, 0), (743, 376)):
        corners = vector(
            *grid.to_carrington(np.array([-0.5, 0.5, 0.5, -0.5]) + x, np.array([-0.5, -0.5, 0.5, 0.5]) + y)
        )
        a, b, c, d = corners.T
        area = 0.5 * np.linalg.norm(np.cross(c - a, d - b)) * grid.rsun_m**2 / 1e12
        assert area == pytest.approx(grid.pixel_area_mm2, rel=1e-6)


def test_the_doubled_grid_shares_its_outer_edges():
    grid = CeaGrid.from_keywords(KEYWORDS, (377, 744))
    fine = grid.doubled()
    assert fine.shape == (754, 1488)
    for (x, y), (fx, fy) in [
        ((-0.5, -0.5), (-0.5, -0.5)),
        ((743.5, 376.5), (1487.5, 753.5)),
        ((10, 20), (20.5, 40.5)),
    ]:
        np.testing.assert_allclose(fine.to_carrington(fx, fy), grid.to_carrington(x, y), atol=1e-12)
        assert native_pixel(fx, 2) == pytest.approx(x)
    assert native_pixel(7.25, 1) == 7.25
    np.testing.assert_allclose(np.ravel(astropy_world(fine))[0], fine.to_carrington(0, 0)[0], atol=1e-11)


@pytest.mark.parametrize("name", ["CTYPE1", "CRPIX1", "CRVAL2", "CDELT1", "RSUN_REF"])
@pytest.mark.parametrize("value", [None, "nan", float("inf")])
def test_a_missing_keyword_is_named(name, value):
    with pytest.raises(UnusableFrame, match=name) as error:
        CeaGrid.from_keywords({**KEYWORDS, name: value}, (377, 744))
    assert error.value.reason is Reason.NO_COORDINATES


@pytest.mark.parametrize(
    ("name", "value"), [("CTYPE1", "HPLN-TAN"), ("CUNIT2", "arcsec"), ("CROTA2", 180.0), ("CDELT1", 0)]
)
def test_another_projection_is_refused(name, value):
    with pytest.raises(UnusableFrame, match=name[:5]):
        CeaGrid.from_keywords({**KEYWORDS, name: value}, (377, 744))


@pytest.mark.parametrize("name", ["CRLN_OBS", "CRLT_OBS", "DSUN_OBS"])
def test_an_observer_needs_its_keywords(name):
    assert Observer.from_keywords(KEYWORDS) == Observer(21.725103, -6.8279, 147746220503.41)
    with pytest.raises(UnusableFrame, match=f"{name} is missing"):
        Observer.from_keywords({key: value for key, value in KEYWORDS.items() if key != name})
