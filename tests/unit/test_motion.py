"""Rotation law, expected places and what a frame shows."""

import numpy as np
import pytest

from pores.geometry import CeaGrid, Observer
from pores.motion import Places, View, drift_rate, expected, rotated, sidereal_rate

GRID = CeaGrid((100, 200), (100.5, 50.5), (120.0, 15.0), (0.03, 0.03), 6.96e8)


def place(
    x: float, y: float, vx: float = 0.0, vy: float = 0.0, radius: float = 2.0, grid: CeaGrid = GRID
) -> Places:
    lon, lat = grid.to_carrington([x], [y])
    return Places(lon, lat, np.array([vx]), np.array([vy]), np.array([radius]))


@pytest.mark.parametrize(("lat", "deg_day"), [(0, 14.366), (30, 13.690), (-30, 13.690), (90, 10.445)])
def test_sidereal_rate_is_that_of_magnetic_features(lat, deg_day):
    # 2.902 - 0.464/4 - 0.328/16 = 2.7655 microrad/s at 30 deg, 4.9504 deg/day to a microrad/s
    assert sidereal_rate(lat) == pytest.approx(deg_day, abs=1e-3)


def test_drift_is_westward_at_the_equator_and_eastward_at_high_latitude():
    assert drift_rate(0) == pytest.approx(0.182, abs=1e-3)
    assert drift_rate(17) == pytest.approx(0, abs=0.03)
    assert drift_rate(40) < -0.8


def test_a_day_of_rotation_moves_a_place_by_its_drift():
    here = place(100, 50)
    x, y = rotated(here, 86400.0, GRID)
    lon, lat = GRID.to_carrington(x, y)
    assert lon - here.lon == pytest.approx(drift_rate(here.lat))
    assert lat == pytest.approx(here.lat)


def test_each_grid_has_its_own_place_for_the_same_sun():
    later = CeaGrid(GRID.shape, GRID.crpix, (120.3, 15.0), GRID.cdelt, GRID.rsun_m)
    x, _ = rotated(place(100, 50), 0.0, later)
    assert x == pytest.approx(100 - 0.3 * np.cos(np.radians(15)) / 0.03, abs=0.02)


def test_rotation_back_and_forth_is_where_it_was():
    there = rotated(place(30, 80), 7200.0, GRID)
    x, y = rotated(place(float(there[0][0]), float(there[1][0])), -7200.0, GRID)
    assert (x, y) == (pytest.approx(30, abs=1e-3), pytest.approx(80, abs=1e-3))


def test_own_motion_comes_on_top():
    here = place(100, 50, vx=0.001, vy=-0.002)
    still_x, still_y = rotated(here, 1000.0, GRID)
    x, y = expected(here, 1000.0, GRID)
    assert x - still_x == pytest.approx(1.0)
    assert y - still_y == pytest.approx(-2.0)


@pytest.mark.parametrize(
    ("x", "y", "seen"),
    [
        (100, 50, True),
        (1.6, 50, True),
        (1.4, 50, False),
        (197.6, 50, False),
        (100, 97.6, False),
        (100, 1.4, False),
    ],
)
def test_a_feature_is_seen_only_wholly_inside_the_patch(x, y, seen):
    assert View(GRID, None, 0.2).holds(place(x, y), 0.0)[0] == seen


def test_a_feature_is_seen_only_within_the_limit_of_mu():
    centre = place(99.5, 49.5)
    tilted = Observer(
        120.0, 15.0 - 70.0, 1.5e11
    )  # centre of the patch 70 deg away: mu about cos(70.25 deg) = 0.338
    assert View(GRID, tilted, 0.33).holds(centre, 0.0)[0]
    assert not View(GRID, tilted, 0.345).holds(centre, 0.0)[0]
    # a radius of 20 px is 0.6 deg: its limbward edge is at mu 0.328
    assert not View(GRID, tilted, 0.33).holds(place(99.5, 49.5, radius=20), 0.0)[0]
