"""Detection, classification and measurement on real records, from raw continuum to columns."""

import numpy as np
import pytest

from pores.chain import detect_frame
from pores.detect import classify, detect
from pores.enhancers import simple_enhancer
from pores.geometry import CeaGrid, Observer, mu_map
from pores.measure import measure
from pores.parameters import DetectParameters, Parameters
from pores.prepare import prepare


def features(frame, parameters=None):
    parameters = parameters or Parameters(enhance="spline")
    grid = CeaGrid.from_keywords(frame.keywords, frame.segments["continuum"].shape)
    observer, scale = Observer.from_keywords(frame.keywords), parameters.grid_scale
    bitmap = frame.segments.get("bitmap")
    prepared = prepare(frame.segments["continuum"], mu_map(grid, observer), bitmap, parameters.prepare)
    intensity = simple_enhancer(parameters.enhance).all_of([prepared.intensity])[0]
    regions = detect(intensity, parameters.detect, scale)
    kind, spot = classify(intensity, regions, grid.pixel_area_mm2 / scale**2, parameters.detect)
    columns = measure(regions, intensity, scale, grid, observer, frame.segments)
    return {**columns, "kind": kind, "spot_area_mm2": spot}


@pytest.fixture(scope="module")
def harp_377(sharp_frame):
    return features(sharp_frame(377, "20110215_020000"))


def test_harp_377_features(harp_377) -> None:
    assert len(harp_377["label"]) in (19, 20)
    assert harp_377["area_mm2"].min() >= 0.664
    assert harp_377["area_mm2"].sum() == pytest.approx(316, rel=0.03)


def test_harp_377_umbrae(harp_377) -> None:
    order = np.argsort(harp_377["area_mm2"])[::-1]
    areas = harp_377["area_mm2"][order]

    assert areas[:5].sum() / areas.sum() == pytest.approx(0.82, abs=0.01)
    assert (harp_377["kind"][order[:5]] == "umbra").all()
    assert (harp_377["kind"] == "pore").sum() >= 9
    apart = harp_377["spot_area_mm2"] < 100  # the features outside of the three spots
    assert (harp_377["kind"][apart] == "pore").all()


def test_harp_377_field(harp_377) -> None:
    umbra = harp_377["area_mm2"] > 30

    # Umbrae are stronger inside than on their outline, where Br is 1.4-1.9 kG (Jurcak et al. 2018).
    assert (np.abs(harp_377["mean_br"]) > np.abs(harp_377["boundary_br"]))[umbra].all()
    assert ((np.abs(harp_377["boundary_br"]) > 1400) & (np.abs(harp_377["boundary_br"]) < 1900))[umbra].all()
    assert (harp_377["mean_b"] >= np.abs(harp_377["mean_br"])).all()
    assert (harp_377["mean_br_err"] < 30).all()
    assert not harp_377["touches_edge"].any()


def test_both_grids_agree_on_harp_377(sharp_frame, harp_377) -> None:
    native = features(sharp_frame(377, "20110215_020000"), Parameters(enhance="none"))

    assert native["area_mm2"].sum() == pytest.approx(harp_377["area_mm2"].sum(), rel=0.01)
    big, same = (np.sort(table["mean_br"][table["area_mm2"] > 4]) for table in (native, harp_377))
    np.testing.assert_allclose(big, same, rtol=0.02)


@pytest.mark.parametrize(
    ("harpnum", "time", "faint"),
    [
        (377, "20110215_020000", 7),
        (2875, "20130618_122400", 1),
        (2875, "20130620_103600", 4),
        (2875, "20130622_084800", 4),
        (14003, "20251108_150000", 1),
        (13561, "20250727_150000", 0),
    ],
)
def test_cuts_change_nothing_in_these_frames_and_few_features_are_faint(
    sharp_frame, harpnum, time, faint
) -> None:
    frame = sharp_frame(harpnum, time)
    found = detect_frame(frame, Parameters(enhance="spline"))
    never = Parameters(enhance="spline", detect=DetectParameters(cut_polarity_g=1e5))

    assert (found.labels == detect_frame(frame, never).labels).all()
    assert len(found.faint["label"]) == pytest.approx(faint, abs=1)


def test_the_delta_spot_of_harp_377_is_cut_where_more_counts_as_dark(sharp_frame) -> None:
    lenient = DetectParameters(threshold=0.6)
    whole = lenient.model_copy(update={"cut_polarity_g": 1e5})
    frame = sharp_frame(377, "20110215_020000")
    found, uncut = (
        detect_frame(frame, Parameters(enhance="spline", detect=asked)).pores for asked in (lenient, whole)
    )
    umbra = np.argmin(np.abs(uncut["area_mm2"] - 2997 * 0.0332))
    x, y = (np.abs(found[name] - uncut[name][umbra]) for name in ("x_px", "y_px"))
    parts = np.argsort(x + y)[:2]

    assert len(found["label"]) == len(uncut["label"]) + 3
    assert np.sort(found["mean_br"][parts]) == pytest.approx([-1550, 1140], abs=60)


@pytest.mark.parametrize(
    ("time", "number", "umbrae"),
    [("20130618_122400", 0, 0), ("20130620_103600", 5, 1), ("20130622_084800", 8, 5)],
)
def test_flux_emergence_in_harp_2875(sharp_frame, time, number, umbrae) -> None:
    found = features(sharp_frame(2875, time))

    assert len(found["label"]) == pytest.approx(number, abs=1)
    assert (found["kind"] == "umbra").sum() == umbrae


def test_today_s_exports(sharp_frame) -> None:
    spot, plage = (
        features(sharp_frame(*name)) for name in ((14003, "20251108_150000"), (13561, "20250727_150000"))
    )

    assert spot["kind"].tolist() == ["umbra", "pore", "pore"]
    assert spot["area_mm2"][0] == pytest.approx(105, rel=0.03)
    assert np.isnan(spot["mean_bp"]).all()
    assert len(plage["label"]) == 0
