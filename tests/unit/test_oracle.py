"""The header oracle on fields whose keywords are known."""

from dataclasses import replace

import numpy as np
import pytest

from pores.frame import Frame
from pores.oracle import CHECKS, residuals, within
from pores.sharp_keywords import MU_0, recomputed, statistics

SHAPE = (60, 80)
Y, X = np.mgrid[: SHAPE[0], : SHAPE[1]].astype(float)
# RSUN_OBS as it follows from RSUN_REF and DSUN_OBS makes a pixel 364.425 km to one part in 1e5.
KEYWORDS = {
    "CTYPE1": "CRLN-CEA", "CTYPE2": "CRLT-CEA", "CUNIT1": "degree", "CUNIT2": "degree",
    "CDELT1": 0.03, "CDELT2": 0.03, "CRPIX1": 40.5, "CRPIX2": 30.5, "CRVAL1": 100.0, "CRVAL2": -20.0,
    "CRLN_OBS": 90.0, "CRLT_OBS": 0.0, "RSUN_REF": 6.96e8, "DSUN_OBS": 1.5e11,
    "RSUN_OBS": np.degrees(6.96e8 / 1.5e11) * 3600,
}  # fmt: skip
PIXEL_M = np.radians(0.03) * 6.96e8


def frame(**segments) -> Frame:
    inside = (slice(10, 50), slice(10, 70))
    bitmap, confidence = np.ones(SHAPE, np.int16), np.full(SHAPE, 60, np.int16)
    bitmap[inside], confidence[inside] = 34, 90
    images = {name: np.asarray(image, np.float32) for name, image in segments.items()}
    t_rec = np.datetime64("2011-02-15T02:00", "ms")
    return Frame(1, t_rec, KEYWORDS, {"bitmap": bitmap, "conf_disambig": confidence, **images})


def test_flux_and_mask() -> None:
    values = recomputed(frame(Br=np.where(X % 2, -300, 500)))

    assert values["CMASK"] == 40 * 60
    assert values["USFLUX"] == pytest.approx(400 * 2400 * (100 * PIXEL_M) ** 2, rel=1e-5)


def test_missing_pixels_are_not_counted() -> None:
    radial = np.full(SHAPE, 100.0)
    radial[20, 20] = np.nan
    values = recomputed(frame(Br=radial))

    assert values["CMASK"] == 2399
    assert values["USFLUX"] == pytest.approx(100 * 2399 * (100 * PIXEL_M) ** 2, rel=1e-5)


def test_gradients_of_linear_fields() -> None:
    values = recomputed(frame(Br=3 * X + 4 * Y, Bp=6 * X + 8 * Y, Bt=np.zeros(SHAPE)))

    assert values["MEANGBZ"] == pytest.approx(5, rel=1e-6)
    assert values["MEANGBH"] == pytest.approx(10, rel=1e-6)
    assert values["MEANGBT"] == pytest.approx(np.hypot(5, 10), rel=1e-6)


def test_current_of_a_rotating_field() -> None:
    # (Bx, By) = a (-y, x) turns counter-clockwise: its curl is 2a upward; Bt is southward, -By.
    a = 2.5
    values = recomputed(frame(Br=X, Bp=-a * Y, Bt=-a * X))
    density = 2 * a * 1e-4 / PIXEL_M / MU_0

    assert values["MEANJZD"] == pytest.approx(1e3 * density, rel=1e-5)
    assert values["TOTUSJZ"] == pytest.approx(density * 2400 * PIXEL_M**2, rel=1e-5)


def test_inclination_leaves_weak_horizontal_fields_out() -> None:
    horizontal = np.where(X < 40, 99.0, 1000.0)
    values = recomputed(frame(Br=np.full(SHAPE, -1000.0), Bp=0 * X, Bt=horizontal))

    assert values["MEANGAM"] == pytest.approx(45)


def test_centroids_of_two_poles() -> None:
    field = np.zeros(SHAPE)
    field[29, 20], field[29, 60] = 300, -100
    grid_lon = 100 - 90 + 0.03 * (np.array([20, 60]) - 39.5) / np.cos(np.radians(20))
    values = recomputed(frame(magnetogram=field))

    assert values["LONFWTPO"] == pytest.approx(grid_lon[0], abs=2e-3)
    assert values["LONFWTNE"] == pytest.approx(grid_lon[1], abs=2e-3)
    assert values["LON_FWT"] == pytest.approx((3 * values["LONFWTPO"] + values["LONFWTNE"]) / 4)
    assert values["LAT_FWT"] == pytest.approx(-20 - 0.015, abs=5e-3)


def test_areas_are_millionths_of_a_hemisphere() -> None:
    pixel_msh = PIXEL_M**2 / (2 * np.pi * 6.96e8**2) * 1e6

    assert recomputed(frame())["AREA_ACR"] == pytest.approx(2400 * pixel_msh)
    assert recomputed(frame())["AREA"] == pytest.approx(2400 * pixel_msh)


def test_statistics_skip_missing_pixels_and_divide_by_n_minus_1() -> None:
    image = np.array([[1, 2, np.nan], [3, 6, np.nan]], np.float32)

    assert statistics(image) == pytest.approx(
        {"DATAMIN": 1, "DATAMAX": 6, "DATAMEAN": 3, "DATARMS": np.sqrt(14 / 3)}
    )
    assert statistics(np.full((3, 3), np.nan)) == {}


def test_a_frame_that_keeps_its_word_and_one_that_does_not() -> None:
    record = frame(Br=3 * X + 4 * Y, Bp=6 * X, Bt=8 * Y, magnetogram=X - 40)
    told = {**KEYWORDS, **recomputed(record)}
    headers = {name: statistics(image) for name, image in record.segments.items()}
    honest = replace(record, keywords=told, headers=headers)

    assert within(residuals(honest)) is True
    assert not np.isnan(list(residuals(honest).values())).any()
    for check in CHECKS:
        if check.keyword.startswith("DATA"):
            wrong = {**headers, "Br": {**headers["Br"], check.keyword: headers["Br"][check.keyword] + 0.01}}
            found = residuals(replace(honest, headers=wrong))
        else:
            lie = (
                told[check.keyword] * (1 + 2 * check.tolerance)
                + 2 * check.tolerance
                + (check.keyword == "CMASK")
            )
            found = residuals(replace(honest, keywords={**told, check.keyword: lie}))
        assert within(found) is False
        assert abs(found[check.column]) > check.tolerance


@pytest.mark.parametrize("name", ["_DATAMIN", "DATAMIN"])
def test_both_spellings_of_the_2025_exports(name) -> None:
    record = frame(Br=X)
    header = {name: 1.0, "DATARMS": 10.0}

    assert residuals(replace(record, headers={"Br": header}))["oracle_datamin"] == pytest.approx(-0.1)


def test_integers_with_missing_pixels_are_not_compared() -> None:
    record = frame()
    header = {**statistics(record.segments["bitmap"]), "DATAMEAN": 30.0}

    assert within(residuals(replace(record, keywords={}, headers={"bitmap": header}))) is False
    assert (
        within(residuals(replace(record, keywords={}, headers={"bitmap": {**header, "MISSVALS": 5}}))) is None
    )


def test_nothing_known_is_no_verdict() -> None:
    empty = Frame(1, np.datetime64("2011-02-15", "ms"), {}, {})
    odd = replace(frame(Br=X), keywords={"USFLUX": "nan", "CMASK": None})
    unequal = replace(frame(Br=X), segments={**frame(Br=X).segments, "Br": np.ones((5, 5), np.float32)})

    for record in (empty, odd, unequal):
        assert within(residuals(record)) is None


def test_no_confident_pixel() -> None:
    record = frame(Br=X, Bp=X, Bt=X, magnetogram=X)
    blank = {**record.segments, "bitmap": np.zeros(SHAPE, np.int16)}

    assert recomputed(replace(record, segments=blank))["CMASK"] == 0
