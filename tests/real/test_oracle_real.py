"""The header oracle on real records."""

from dataclasses import replace

import numpy as np
import pytest

from pores.oracle import CHECKS, residuals, within

# What the definitions of the keywords are known to reach on HARP 377.
REACHED = {
    "USFLUX": 1e-7, "CMASK": 0, "TOTUSJZ": 1e-7, "MEANJZD": 1e-8, "MEANGBZ": 7e-6, "MEANGBH": 7e-6,
    "MEANGBT": 7e-6, "MEANGAM": 5e-4, "AREA_ACR": 0.01, "AREA": 0.01, "LAT_FWT": 0.1, "LON_FWT": 0.1,
    "LATFWTPO": 0.1, "LONFWTPO": 0.1, "LATFWTNE": 0.1, "LONFWTNE": 0.1,
    "DATAMIN": 1e-6, "DATAMAX": 1e-6, "DATAMEAN": 1e-6, "DATARMS": 1e-6,
}  # fmt: skip


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.keyword)
def test_harp_377_agrees_with_its_header(sharp_frame, check) -> None:
    residual = residuals(sharp_frame(377, "20110215_020000"))[check.column]

    assert abs(residual) <= min(REACHED[check.keyword], check.tolerance)


def test_every_check_has_a_stated_reach() -> None:
    assert set(REACHED) == {check.keyword for check in CHECKS}


@pytest.mark.parametrize(
    ("harpnum", "time", "known"),
    [
        (1441, "20120306_142400", {"area", "area_acr", "lat_fwt", "lon_fwt", "latfwtpo", "lonfwtpo"}),
        (1422, "20120306_142400", set()),
        (2875, "20130620_103600", set()),
        (6060, "20151030_001200", set()),
        (13561, "20250727_150000", {"usflux", "cmask", "meangbz", "lat_fwt", "lonfwtne"}),
        (14003, "20251108_150000", {"usflux", "cmask", "meangbz", "lat_fwt", "lonfwtne"}),
    ],
)
def test_records_with_fewer_segments(sharp_frame, harpnum, time, known) -> None:
    found = residuals(sharp_frame(harpnum, time))

    assert within(found) is True
    for name in known | {"datamin", "datamax", "datamean", "datarms"}:
        assert not np.isnan(found[f"oracle_{name}"])
    assert np.isnan(found["oracle_totusjz"])  # none of them has all of Br, Bp, Bt, bitmap, conf_disambig


def test_a_bare_file_says_nothing(sharp_frame) -> None:
    found = residuals(sharp_frame(833, "20110904_130000"))

    assert np.isnan(list(found.values())).all()
    assert within(found) is None


@pytest.mark.parametrize(
    ("segment", "change", "caught"),
    [
        ("Bt", np.negative, "totusjz"),
        ("Br", np.negative, "datamean"),
        ("Br", np.fliplr, "usflux"),
        ("magnetogram", np.flipud, "lat_fwt"),
        ("bitmap", lambda image: np.roll(image, 20, 1), "lon_fwt"),
        ("continuum", lambda image: image * np.float32(1.0001), "datamean"),
    ],
)
def test_damage_is_caught(sharp_frame, segment, change, caught) -> None:
    frame = sharp_frame(377, "20110215_020000")
    damaged = replace(frame, segments={**frame.segments, segment: change(frame.segments[segment])})
    found = residuals(damaged)
    tolerance = next(check.tolerance for check in CHECKS if check.column == f"oracle_{caught}")

    assert within(found) is False
    assert abs(found[f"oracle_{caught}"]) > tolerance
