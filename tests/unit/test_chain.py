"""One frame through the chain: what makes it unusable, and what is told of it all the same."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from catalog.schema import FAINT, FRAMES, PORES
from pores.chain import detect_frame, prepare_frame, prepared_intensity
from pores.errors import Reason, UnusableFrame
from pores.frame import Frame, Problem
from pores.parameters import Parameters, PrepareParameters
from pores.simulate.observe import physical
from pores.simulate.parameters import SimulationParameters
from pores.simulate.series import simulate

SCIENCE = Parameters(enhance="spline")


@pytest.fixture(scope="module")
def good() -> Frame:
    """A simulated record with pores in it."""
    parameters = SimulationParameters(seed=3, n_frames=1, shape=(90, 140), scenario="interactions")
    seen = next(simulate(parameters))
    segments = {name: physical(name, stored) for name, stored in seen.stored.items()}
    return Frame(parameters.harpnum, seen.t_rec.astype("datetime64[ms]"), seen.keywords, segments)


def with_keywords(frame: Frame, **changed: Any) -> Frame:
    return replace(frame, keywords={**frame.keywords, **changed})


def with_segments(frame: Frame, **changed: Any) -> Frame:
    segments = {**frame.segments, **changed}
    return replace(frame, segments={name: image for name, image in segments.items() if image is not None})


def reason(frame: Frame, parameters: PrepareParameters = SCIENCE.prepare) -> str | None:
    """The reason in the frame's row, which detection gives too."""
    row = prepare_frame(frame, parameters)
    assert set(row) == {column.name for column in FRAMES.without("n_pores", "labels_file", "run_id").columns}
    assert row["usable"] == (row["reason"] is None) == (row["quiet_sun"] is not None)
    assert (row["detail"] is None) == row["usable"]
    if not row["usable"]:
        with pytest.raises(UnusableFrame) as finding:
            detect_frame(frame, Parameters(enhance="spline", prepare=parameters))
        assert finding.value.reason == row["reason"]
    return row["reason"]  # type: ignore[no-any-return]


def test_a_good_frame(good: Frame) -> None:
    assert reason(good) is None
    row = prepare_frame(good, SCIENCE.prepare)
    assert (row["ny"], row["nx"]) == (90, 140)
    assert row["missing_segments"] == []
    assert row["quality"] == 0
    assert row["crval1"] == good.keywords["CRVAL1"]
    assert json.loads(row["keywords"]) == dict(good.keywords)
    assert 0 < row["mu_center"] <= 1
    inside = good.segments["continuum"][40:50, 60:80]
    assert row["quiet_sun"] == pytest.approx(np.median(inside) / row["mu_center"] ** 0.4, rel=0.2)
    offset = good.t_rec - row["t_obs"]
    assert np.timedelta64(25, "s") < offset < np.timedelta64(45, "s")  # TAI is ahead of UTC


def test_features_of_a_good_frame(good: Frame) -> None:
    found = detect_frame(good, SCIENCE)
    columns, labels = found.pores, found.labels
    assert set(columns) == {column.name for column in PORES.without("track_id", "run_id").columns}
    assert labels.shape == (180, 280)
    n = len(columns["label"])
    assert n >= 2
    assert np.unique(labels).tolist() == list(range(n + 1))
    assert columns["label"].tolist() == list(range(1, n + 1))
    assert columns["area_px"].tolist() == np.bincount(labels.ravel())[1:].tolist()
    assert columns["pore_id"].tolist() == [f"99001_20140610_000000_{i:03d}" for i in range(1, n + 1)]
    assert set(columns["product"]) == {"spline"}
    assert set(columns["grid_scale"]) == {2}


@pytest.fixture(scope="module")
def pale(good: Frame) -> Frame:
    """The same record with three quarters of the darkness: pores are smaller, or faint, or gone."""
    continuum = good.segments["continuum"]
    quiet_sun = np.median(continuum)
    dim = np.where(continuum < quiet_sun, quiet_sun - 0.75 * (quiet_sun - continuum), continuum)
    return with_segments(good, continuum=dim.astype(np.float32))


def test_faint_features_of_a_frame(good: Frame, pale: Frame) -> None:
    found = detect_frame(pale, SCIENCE)
    faint = found.faint
    assert set(faint) == {column.name for column in FAINT.without("track_id", "run_id").columns}
    assert set(detect_frame(good, SCIENCE).faint) == set(faint)
    n = len(faint["label"])
    assert n >= 1
    assert np.unique(found.faint_labels).tolist() == list(range(n + 1))
    assert faint["area_px"].tolist() == np.bincount(found.faint_labels.ravel())[1:].tolist()
    assert faint["faint_id"].tolist() == [f"99001_20140610_000000_f{i:03d}" for i in range(1, n + 1)]
    assert not ((found.labels > 0) & (found.faint_labels > 0)).any()
    assert (faint["mean_intensity"] < SCIENCE.detect.faint_threshold).all()


def test_faint_features_are_measured_as_pores_are(pale: Frame) -> None:
    level = SCIENCE.detect.faint_threshold
    lenient = Parameters(enhance="spline", detect=SCIENCE.detect.model_copy(update={"threshold": level}))
    found, pores = detect_frame(pale, SCIENCE), detect_frame(pale, lenient).pores
    rows = [int(np.argmin(np.abs(pores["x_px"] - x))) for x in found.faint["x_px"]]
    for column in FAINT.without("track_id", "run_id", "faint_id", "label").columns:
        np.testing.assert_array_equal(found.faint[column.name], pores[column.name][rows])


def test_pores_of_opposite_polarity_that_touch(good: Frame) -> None:
    whole = detect_frame(good, SCIENCE)
    largest = int(np.argmax(whole.pores["area_mm2"]))
    middle = whole.pores["x_px"][largest]
    west = np.broadcast_to(np.arange(140) > middle, (90, 140))
    br = np.where(west, 800, -900).astype(np.float32)
    cut = detect_frame(with_segments(good, Br=br), SCIENCE).pores
    assert len(cut["label"]) == len(whole.pores["label"]) + 1
    parts = np.abs(cut["x_px"] - middle) + np.abs(cut["y_px"] - whole.pores["y_px"][largest]) < 6
    assert np.sign(cut["mean_br"][parts]).tolist() in ([-1, 1], [1, -1])
    assert cut["area_px"][parts].sum() == whole.pores["area_px"][largest]
    around = whole.pores["perimeter_mm"][largest] * (1 + 2 / np.pi)  # of two halves of a disc
    assert cut["perimeter_mm"][parts].sum() == pytest.approx(around, rel=0.03)
    assert len(detect_frame(with_segments(good, Br=None), SCIENCE).pores["label"]) == len(
        whole.pores["label"]
    )


def test_features_on_the_native_grid(good: Frame) -> None:
    found = detect_frame(good, Parameters(enhance="none"))
    columns, labels = found.pores, found.labels
    fine = detect_frame(good, SCIENCE).pores
    assert labels.shape == (90, 140)
    assert set(columns["grid_scale"]) == {1}
    assert columns["area_mm2"].sum() == pytest.approx(fine["area_mm2"].sum(), rel=0.1)


@pytest.mark.parametrize("bit", range(22, 32))
def test_quality_bits_that_mean_no_observable(good: Frame, bit: int) -> None:
    frame = with_keywords(good, QUALITY=1 << bit)
    assert reason(frame) == Reason.BAD_QUALITY
    assert f"0x{1 << bit:08x}" in prepare_frame(frame, SCIENCE.prepare)["detail"]
    assert prepare_frame(frame, SCIENCE.prepare)["quality"] == 1 << bit


@pytest.mark.parametrize("bit", [30, 31])
def test_quality_as_a_signed_integer(good: Frame, bit: int) -> None:
    frame = with_keywords(good, QUALITY=int(np.uint32(1 << bit).astype(np.int32)))
    assert reason(frame) == Reason.BAD_QUALITY
    assert prepare_frame(frame, SCIENCE.prepare)["quality"] == 1 << bit


@pytest.mark.parametrize("quality", ["unknown", 0.5])
def test_quality_that_is_no_whole_number_is_null(good: Frame, quality: object) -> None:
    frame = with_keywords(good, QUALITY=quality)
    assert reason(frame) is None
    assert prepare_frame(frame, SCIENCE.prepare)["quality"] is None


@pytest.mark.parametrize("quality", [0, 1, 0x400, 0x10000, 0x003FFFFF, None])
def test_quality_bits_that_do_not_matter(good: Frame, quality: int | None) -> None:
    assert reason(with_keywords(good, QUALITY=quality)) is None


def test_quality_mask_is_a_parameter(good: Frame) -> None:
    assert (
        reason(with_keywords(good, QUALITY=0x400), PrepareParameters(bad_quality_mask=0x400)) == "bad quality"
    )
    assert reason(with_keywords(good, QUALITY=1 << 31), PrepareParameters(bad_quality_mask=0)) is None


def test_no_continuum(good: Frame) -> None:
    frame = with_segments(good, continuum=None)
    assert reason(frame) == Reason.MISSING_SEGMENT
    assert prepare_frame(frame, SCIENCE.prepare)["missing_segments"] == ["continuum"]


def test_no_field_is_no_reason(good: Frame) -> None:
    frame = with_segments(good, Br=None, Bp=None, Bt=None)
    assert reason(frame) is None
    assert prepare_frame(frame, SCIENCE.prepare)["missing_segments"] == ["Br", "Bp", "Bt"]
    columns = detect_frame(frame, SCIENCE).pores
    assert np.isnan(columns["mean_br"]).all()
    assert np.isnan(columns["flux_mx"]).all()
    assert columns["area_px"].tolist() == detect_frame(good, SCIENCE).pores["area_px"].tolist()


@pytest.mark.parametrize("why", [Reason.UNREADABLE_FILE, Reason.HEADER_MISMATCH])
def test_a_continuum_file_that_is_no_good(good: Frame, why: Reason) -> None:
    frame = replace(
        with_segments(good, continuum=None), problems={"continuum": Problem(why, "x.fits: zero bytes")}
    )
    assert reason(frame) == why
    assert "x.fits: zero bytes" in prepare_frame(frame, SCIENCE.prepare)["detail"]


def test_only_files_that_are_no_good(good: Frame) -> None:
    problems = {"Br": Problem(Reason.UNREADABLE_FILE, "Br.fits: no END card")}
    frame = replace(good, segments={}, keywords={}, problems=problems)
    assert reason(frame) == Reason.UNREADABLE_FILE
    row = prepare_frame(frame, SCIENCE.prepare)
    assert (row["nx"], row["quality"], row["t_obs"], row["mu_center"]) == (None, None, None, None)
    assert "Br.fits: no END card" in row["detail"]


def test_a_field_file_that_is_no_good_is_told_where_the_continuum_lacks(good: Frame) -> None:
    problems = {"Bt": Problem(Reason.UNREADABLE_FILE, "Bt.fits: truncated")}
    frame = replace(with_segments(good, continuum=None, Bt=None), problems=problems)
    assert reason(frame) == Reason.MISSING_SEGMENT
    assert "Bt.fits: truncated" in prepare_frame(frame, SCIENCE.prepare)["detail"]


def test_a_field_file_that_is_no_good_is_told_of_a_usable_frame(good: Frame) -> None:
    problems = {"Bt": Problem(Reason.UNREADABLE_FILE, "Bt.fits: truncated")}
    row = prepare_frame(replace(with_segments(good, Bt=None), problems=problems), SCIENCE.prepare)
    assert (row["usable"], row["reason"]) == (True, None)
    assert row["missing_segments"] == ["Bt"]
    assert row["detail"] == "Bt: Bt.fits: truncated"


@pytest.mark.parametrize("segment", ["Br", "Bt", "bitmap", "conf_disambig", "magnetogram"])
def test_segments_of_different_shapes(good: Frame, segment: str) -> None:
    frame = with_segments(good, **{segment: good.segments[segment][:, :-1]})
    assert reason(frame) == Reason.SHAPE_MISMATCH
    assert f"{segment} 90x139" in prepare_frame(frame, SCIENCE.prepare)["detail"]


@pytest.mark.parametrize(
    "keyword", ["CRVAL1", "CRPIX2", "CDELT1", "CTYPE1", "CRLN_OBS", "CRLT_OBS", "DSUN_OBS", "RSUN_REF"]
)
def test_no_coordinates(good: Frame, keyword: str) -> None:
    frame = with_keywords(good, **{keyword: None})
    assert reason(frame) == Reason.NO_COORDINATES
    row = prepare_frame(frame, SCIENCE.prepare)
    assert keyword in row["detail"]
    assert row["mu_center"] is None
    assert row["nx"] == 140


def test_no_keywords_at_all(good: Frame) -> None:
    assert reason(replace(good, keywords={})) == Reason.NO_COORDINATES


def test_no_data(good: Frame) -> None:
    assert reason(with_segments(good, continuum=np.full((90, 140), np.nan, np.float32))) == Reason.NO_DATA


def test_beyond_the_limit_of_mu(good: Frame) -> None:
    behind = with_keywords(good, CRLN_OBS=float(good.keywords["CRVAL1"]) + 180)
    assert reason(behind) == Reason.NO_DATA
    assert prepare_frame(behind, SCIENCE.prepare)["mu_center"] < 0
    assert reason(good, PrepareParameters(mu_min=0.99)) == Reason.NO_DATA


def test_nothing_is_found_where_data_are_missing(good: Frame) -> None:
    hole = np.array(good.segments["continuum"])
    hole[:, :70] = np.nan
    frame = with_segments(good, continuum=hole)
    assert np.isnan(prepared_intensity(frame, SCIENCE.prepare).intensity[:, :70]).all()
    found = detect_frame(frame, SCIENCE)
    columns, labels = found.pores, found.labels
    assert not labels[:, :140].any()
    assert (columns["x_px"] > 69).all()


@pytest.mark.parametrize("text", [None, "MISSING", "2014.13.45_99:00:00_TAI", 5])
def test_t_obs_that_is_no_time(good: Frame, text: object) -> None:
    assert prepare_frame(with_keywords(good, T_OBS=text), SCIENCE.prepare)["t_obs"] is None
