"""Measurement on features whose geometry and field are known."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.schema import PORES
from pores.detect import detect
from pores.geometry import CeaGrid, Observer
from pores.measure import measure
from pores.parameters import DetectParameters
from pores.upsample import double

SHAPE = (80, 100)  # native
GRID = CeaGrid(SHAPE, (50.5, 40.5), (120.0, -15.0), (0.03, 0.03), 6.96e8)
OBSERVER = Observer(100.0, 5.0, 1.48e11)
KM = GRID.pixel_km
MM2 = GRID.pixel_area_mm2


def smooth_ellipse(centre, axes, angle_deg, scale=2, shape=SHAPE, edge=0.8) -> np.ndarray:
    """Intensity that crosses 0.5 on an ellipse; centre (x, y) and semi-axes in native pixels."""
    y, x = np.indices((scale * shape[0], scale * shape[1]))
    x, y = (x + 0.5) / scale - 0.5 - centre[0], (y + 0.5) / scale - 0.5 - centre[1]
    c, s = np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))
    u, v = c * x + s * y, -s * x + c * y
    radius = np.hypot(u / axes[0], v / axes[1])
    distance = (radius - 1) * radius / np.maximum(np.hypot(u / axes[0] ** 2, v / axes[1] ** 2), 1e-9)
    return (0.5 + 0.4 * np.tanh(distance / edge)).astype(np.float32)


def measured(intensity, scale=2, segments=None, grid=GRID):
    return measure(
        detect(intensity, DetectParameters(), scale), intensity, scale, grid, OBSERVER, segments or {}
    )


def ellipse_perimeter(a, b) -> float:
    t = np.linspace(0, 2 * np.pi, 4001)
    return float(np.hypot(np.diff(a * np.cos(t)), np.diff(b * np.sin(t))).sum())


@given(
    centre=st.tuples(st.floats(40, 60), st.floats(38, 41)),
    semi=st.floats(7, 16),
    ratio=st.floats(0.5, 0.8),
    angle=st.floats(-90, 89.9),
)
@settings(max_examples=30, deadline=None)
def test_ellipses_anywhere(centre, semi, ratio, angle) -> None:
    axes = (semi, semi * ratio)
    got = measured(smooth_ellipse(centre, axes, angle))

    assert len(got["label"]) == 1
    assert got["area_mm2"][0] == pytest.approx(np.pi * axes[0] * axes[1] * MM2, rel=0.03)
    assert got["x_px"][0] == pytest.approx(centre[0], abs=0.1)
    assert got["y_px"][0] == pytest.approx(centre[1], abs=0.1)
    assert got["major_axis_mm"][0] == pytest.approx(2 * axes[0] * KM / 1e3, rel=0.02)
    assert got["minor_axis_mm"][0] == pytest.approx(2 * axes[1] * KM / 1e3, rel=0.03)
    assert (got["orientation_deg"][0] - angle + 90) % 180 - 90 == pytest.approx(0, abs=4)
    assert got["perimeter_mm"][0] == pytest.approx(ellipse_perimeter(*axes) * KM / 1e3, rel=0.01)


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("radius", [1.8, 3.0, 10.0])
def test_perimeter_of_discs_is_unbiased(scale, radius) -> None:
    rng = np.random.default_rng(5)
    found = [
        measured(smooth_ellipse((50 + dx, 40 + dy), (radius, radius), 0, scale), scale)["perimeter_mm"][0]
        for dx, dy in rng.random((20, 2))
    ]

    assert np.mean(found) == pytest.approx(2 * np.pi * radius * KM / 1e3, rel=0.05 if radius < 3 else 0.025)


def test_a_rectangle_is_exact() -> None:
    intensity = np.ones((160, 200), np.float32)
    intensity[70:80, 60:100] = 0.0  # rows 70-79, columns 60-99 of the fine grid
    got = measured(intensity)
    fine_mm = KM / 2e3

    assert got["area_px"] == [400]
    assert got["area_mm2"][0] == pytest.approx(400 * MM2 / 4, rel=1e-12)
    assert got["area_msh"][0] == pytest.approx(got["area_mm2"][0] / (2 * np.pi * 696**2) * 1e6, rel=1e-9)
    assert got["x_px"][0] == pytest.approx((79.5 - 0.5) / 2)
    assert got["y_px"][0] == pytest.approx((74.5 - 0.5) / 2)
    assert got["major_axis_mm"][0] == pytest.approx(4 * 40 / 12**0.5 * fine_mm, rel=1e-4)
    assert got["minor_axis_mm"][0] == pytest.approx(4 * 10 / 12**0.5 * fine_mm, rel=1e-4)
    assert got["orientation_deg"][0] == pytest.approx(0, abs=1e-9)


def test_orientation_is_half_open() -> None:
    intensity = np.ones((160, 200), np.float32)
    intensity[50:90, 100:110] = 0.0

    assert measured(intensity)["orientation_deg"][0] == pytest.approx(-90)


def test_shapes_are_true_far_from_the_native_equator() -> None:
    # 10 deg up the map, a circle on the Sun is an ellipse of pixels: wide by 1 / cos, low by cos.
    grid = replace(GRID, crpix=(50.5, 40.5 - np.degrees(np.sin(np.radians(10))) / 0.03))
    cosine = np.cos(np.radians(10))
    got = measured(smooth_ellipse((49.5, 39.5), (12 / cosine, 12 * cosine), 0), grid=grid)

    assert got["major_axis_mm"][0] == pytest.approx(24 * KM / 1e3, rel=0.01)  # 3 % from round in pixels
    assert got["minor_axis_mm"][0] == pytest.approx(24 * KM / 1e3, rel=0.01)
    assert got["perimeter_mm"][0] == pytest.approx(24 * np.pi * KM / 1e3, rel=2e-3)


def test_holes_belong_to_the_outline() -> None:
    ring = np.maximum(smooth_ellipse((50, 40), (12, 12), 0), 1 - smooth_ellipse((50, 40), (6, 6), 0))
    got = measured(ring)

    assert got["perimeter_mm"][0] == pytest.approx(2 * np.pi * 18 * KM / 1e3, rel=0.01)


def test_neighbours_do_not_enter_an_outline() -> None:
    one, other = smooth_ellipse((45, 40), (12, 3), 45), smooth_ellipse((50, 35), (12, 3), 45)
    alone, both = measured(one), measured(np.minimum(one, other))

    assert len(both["label"]) == 2
    assert both["perimeter_mm"][0] == pytest.approx(alone["perimeter_mm"][0], rel=0.02)


@pytest.mark.parametrize("scale", [1, 2])
def test_place_on_the_sun(scale) -> None:
    got = measured(smooth_ellipse((49.5, 39.5), (5, 5), 0, scale), scale)

    assert (got["x_px"][0], got["y_px"][0]) == pytest.approx((49.5, 39.5), abs=1e-9)
    assert (got["lon"][0], got["lat"][0]) == pytest.approx((120, -15), abs=1e-9)
    assert got["mu"][0] == pytest.approx(np.cos(np.radians(20)) * np.cos(np.radians(20)), abs=0.02)


@pytest.mark.parametrize("scale", [1, 2])
def test_linear_fields_are_exact(scale) -> None:
    y, x = np.indices(SHAPE).astype(float)
    segments = {
        "Br": (-2000 + 3 * x + 5 * y).astype(np.float32),
        "Bp": np.full(SHAPE, 300, np.float32),
        "Bt": np.full(SHAPE, -400, np.float32),
    }
    got = measured(smooth_ellipse((47.3, 41.2), (8, 5), 30, scale), scale, segments)
    expected = -2000 + 3 * got["x_px"][0] + 5 * got["y_px"][0]

    assert got["mean_br"][0] == pytest.approx(expected, rel=1e-5)
    assert (got["mean_bp"][0], got["mean_bt"][0]) == pytest.approx((300, -400), rel=1e-5)
    assert got["flux_mx"][0] == pytest.approx(-expected * got["area_mm2"][0] * 1e16, rel=1e-5)
    assert got["boundary_br"][0] == pytest.approx(expected, rel=2e-3)
    assert got["mean_b"][0] == pytest.approx(np.hypot(expected, 500), rel=1e-4)


def test_field_on_the_outline_is_the_field_at_its_radius() -> None:
    y, x = np.indices(SHAPE).astype(float)
    radial = (2500 - 120 * np.hypot(x - 50, y - 40)).astype(np.float32)
    got = measured(smooth_ellipse((50, 40), (9, 9), 0), segments={"Br": radial})

    assert got["boundary_br"][0] == pytest.approx(2500 - 120 * 9, rel=5e-3)
    assert got["mean_br"][0] == pytest.approx(2500 - 120 * 6, rel=1e-2)


def test_errors_by_monte_carlo() -> None:
    rng = np.random.default_rng(1)
    intensity = smooth_ellipse((47.3, 41.2), (5, 3), 30)
    sigma = rng.uniform(20, 60, SHAPE).astype(np.float32)
    told = measured(intensity, segments={"Br": 0 * sigma, "Br_err": sigma})["mean_br_err"][0]
    labels = detect(intensity, DetectParameters(), 2).labels > 0
    means = [double(sigma * rng.standard_normal(SHAPE).astype(np.float32))[labels].mean() for _ in range(400)]

    assert told == pytest.approx(np.std(means), rel=0.12)
    assert told == pytest.approx(40 / np.sqrt(np.pi * 15), rel=0.15)  # fine pixels: half


def test_means_leave_missing_pixels_out() -> None:
    radial = np.full(SHAPE, 1000, np.float32)
    radial[:, 50:] = np.nan
    got = measured(smooth_ellipse((49.5, 39.5), (8, 8), 0), segments={"Br": radial, "Br_err": radial / 10})

    assert got["mean_br"][0] == pytest.approx(1000)
    assert got["boundary_br"][0] == pytest.approx(1000)
    assert got["flux_mx"][0] == pytest.approx(1000 * got["area_mm2"][0] / 2 * 1e16, rel=1e-6)
    assert got["mean_br_err"][0] == pytest.approx(100 / np.sqrt(np.pi * 32), rel=0.1)


def test_missing_segments_are_null() -> None:
    radial = np.full(SHAPE, 1000, np.float32)
    image = smooth_ellipse((49.5, 39.5), (8, 8), 0)
    nothing = measured(image)
    lone = measured(image, segments={"Br": radial})
    void = measured(image, segments={"Br": radial * np.nan})

    for name in ("mean_br", "mean_bp", "mean_bt_err", "mean_b", "boundary_br", "flux_mx"):
        assert np.isnan(nothing[name]).all()
    assert np.isnan([lone["mean_bp"][0], lone["mean_b"][0], lone["mean_br_err"][0]]).all()
    assert lone["flux_mx"][0] > 0
    assert np.isnan([void["mean_br"][0], void["flux_mx"][0], void["boundary_br"][0]]).all()


def test_intensity_and_weighted_centroid() -> None:
    intensity = np.ones((160, 200), np.float32)
    intensity[70:80, 60:80] = 0.4
    intensity[70:80, 80:100] = 0.2
    got = measured(intensity)

    assert (got["min_intensity"][0], got["mean_intensity"][0]) == pytest.approx((0.2, 0.3))
    assert got["x_px"][0] == pytest.approx(39.5)
    assert got["x_weighted_px"][0] == pytest.approx((((0.6 * 69.5 + 0.8 * 89.5) / 1.4) - 0.5) / 2)
    assert got["y_weighted_px"][0] == pytest.approx(got["y_px"][0])


@pytest.mark.parametrize(
    ("rows", "cols", "touches"),
    [
        ((1, 9), (20, 30), False),
        ((0, 8), (20, 30), True),
        ((60, 68), (190, 200), True),
        ((60, 68), (189, 199), False),
    ],
)
def test_edges_of_the_patch(rows, cols, touches) -> None:
    intensity = np.ones((160, 200), np.float32)
    intensity[slice(*rows), slice(*cols)] = 0.3

    assert measured(intensity)["touches_edge"].tolist() == [touches]


@pytest.mark.parametrize(("hole", "touches"), [((49, 49), True), ((50, 49), True), ((48, 48), False)])
def test_missing_data_beside_the_mask(hole, touches) -> None:
    intensity = np.ones((160, 200), np.float32)
    intensity[50:58, 50:60] = 0.3
    intensity[hole] = np.nan

    assert measured(intensity)["touches_edge"].tolist() == [touches]


@pytest.mark.parametrize("flip", ["x", "y", "both"])
def test_flips(flip) -> None:
    rng = np.random.default_rng(3)
    blobs = [smooth_ellipse((20 + 30 * i, 20 + 18 * i), (6, 3), 25 * i) for i in range(3)]
    image = np.minimum.reduce(blobs)
    field = (1000 + 300 * rng.standard_normal(SHAPE)).astype(np.float32)
    ways = {"x": np.s_[:, ::-1], "y": np.s_[::-1], "both": np.s_[::-1, ::-1]}
    here = measured(image, segments={"Br": field})
    there = measured(image[ways[flip]].copy(), segments={"Br": field[ways[flip]].copy()})
    order = np.argsort(there["x_px"])[:: -1 if flip != "y" else 1]
    mirror = np.argsort(here["x_px"])

    for name in (
        "area_mm2",
        "major_axis_mm",
        "minor_axis_mm",
        "perimeter_mm",
        "mean_br",
        "boundary_br",
        "flux_mx",
    ):
        np.testing.assert_allclose(there[name][order], here[name][mirror], rtol=1e-5)
    if flip != "y":
        np.testing.assert_allclose(there["x_px"][order], SHAPE[1] - 1 - here["x_px"][mirror], atol=1e-9)
    sign = 1 if flip == "both" else -1
    np.testing.assert_allclose(
        there["orientation_deg"][order], sign * here["orientation_deg"][mirror], atol=1e-6
    )


def test_columns_are_the_schema_s_also_when_there_is_nothing() -> None:
    elsewhere = {
        "harpnum",
        "t_rec",
        "pore_id",
        "track_id",
        "product",
        "product_level",
        "kind",
        "spot_area_mm2",
        "run_id",
    }
    expected = {column.name: column.type for column in PORES.columns if column.name not in elsewhere}
    none = measured(np.ones((160, 200), np.float32), segments={"Br": np.ones(SHAPE, np.float32)})
    some = measured(smooth_ellipse((49.5, 39.5), (8, 8), 0), segments={"Br": np.ones(SHAPE, np.float32)})

    for columns, length in ((none, 0), (some, 1)):
        assert {name: str(values.dtype) for name, values in columns.items()} == expected
        assert {len(values) for values in columns.values()} == {length}
