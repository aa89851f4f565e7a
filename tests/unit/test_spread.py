"""Places in the plane that turns with a group, and the direction in which it spreads."""

import numpy as np
import pytest

from pores.motion import drift_rate
from pores.spread import RSUN_MM, Plane, along, direction_words, main_direction

DEG = np.pi / 180 * RSUN_MM


def test_a_degree_is_as_long_as_the_latitude_makes_it() -> None:
    plane = Plane(120.0, 60.0)
    x, y = plane.place([120.0, 121.0, 119.0], [60.0, 60.0, 62.0], 0.0)
    assert x == pytest.approx([0, DEG / 2, -DEG / 2])
    assert y == pytest.approx([0, 0, 2 * DEG])


def test_what_turns_with_the_sun_stays_in_place() -> None:
    hours = np.arange(0.0, 240.0, 12)
    lon = np.mod(355.0 + drift_rate(7.0) * hours / 24, 360)
    plane = Plane.of(lon, np.full(len(hours), 7.0), hours)
    x, y = plane.place(lon, np.full(len(hours), 7.0), hours)
    assert (plane.lon, plane.lat) == pytest.approx((355.0, 7.0))
    assert np.abs(x).max() < 1e-9
    assert np.abs(y).max() < 1e-9
    assert np.ptp(np.unwrap(lon, period=360)) > 1  # degrees, that would be 20 Mm


def test_longitude_zero_is_no_cliff() -> None:
    plane = Plane.of([359.0, 1.0], [0.0, 0.0], [0.0, 0.0])
    x, _ = plane.place([359.0, 1.0], [0.0, 0.0], 0.0)
    assert x == pytest.approx([-DEG, DEG])
    assert plane.longitude([-2 * DEG, 2 * DEG], 0.0) == pytest.approx([plane.lon - 2, plane.lon + 2])


def test_longitude_is_the_inverse_of_place() -> None:
    plane = Plane(300.0, -25.0)
    x, _ = plane.place(303.0, -25.0, 30.0)
    assert plane.longitude(x, 30.0) == pytest.approx(303.0)


@pytest.mark.parametrize("angle", [-44.0, -10.0, 0.0, 30.0, 45.0, 60.0, 90.0, 120.0, 134.0])
def test_the_main_direction_is_that_of_the_longest_spread(angle: float) -> None:
    rng = np.random.default_rng(3)
    long, short = rng.normal(size=200), rng.normal(size=200)
    short -= long * (short @ long) / (long @ long)  # uncorrelated, exactly
    long, short = 5 * (long - long.mean()), short - short.mean()
    short -= long * (short @ long) / (long @ long)
    c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    x, y = 7 + c * long - s * short, -3 + s * long + c * short
    assert main_direction(x, y) == pytest.approx(angle)
    assert along(x - 7, y + 3, angle) == pytest.approx(long)


def test_without_a_spread_positions_are_west() -> None:
    assert main_direction([3.0], [4.0]) == 0
    assert main_direction([1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]) == 0


def test_directions_in_words() -> None:
    said = [direction_words(angle) for angle in (0, 0.4, 30, -30, 45, 46, 90, 134)]
    assert said == [
        *("west", "west", "30° north of west", "30° south of west", "45° north of west"),
        *("44° west of north", "north", "44° east of north"),
    ]
