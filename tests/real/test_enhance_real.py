"""The network on real images: against the published one where nothing was learnt, and on SHARP records."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.doubling_frames import shift, worst_box
from flows.enhancement import enhancer_of, network
from flows.network import material, score
from pores.chain import detect_frame, prepared_intensity
from pores.enhance.doubler import Network
from pores.enhance.recipe import Recipe
from pores.parameters import OWN_WEIGHTS, Parameters
from pores.quiet_sun import quiet_sun_level
from pores.upsample import double
from storage.weights import own_weights

FRAMES = (
    (377, "20110215_020000"),
    (2875, "20130618_122400"),
    (2875, "20130620_103600"),
    (2875, "20130622_084800"),
    (14003, "20251108_150000"),
    (13561, "20250727_150000"),
)


@pytest.fixture(scope="module")
def scores(real_data: Path) -> dict[str, dict[str, float]]:
    return score(network(OWN_WEIGHTS), material(real_data / "enhance"), Recipe())


def test_agrees_with_the_published_network_where_nothing_was_learnt(scores) -> None:
    ours = scores["teacher"]
    assert ours["rms"] <= 0.007
    assert ours["correlation"] >= 0.999
    assert ours["contrast_ratio"] == pytest.approx(1, abs=0.05)
    assert ours["power_ratio_least"] > 0.95
    assert ours["power_ratio_most"] < 1.05
    assert scores["teacher, spline"]["rms"] > 4 * ours["rms"]


def test_nearer_to_the_truth_of_unseen_scenes_than_the_spline(scores) -> None:
    assert scores["truth"]["rms"] < 0.5 * scores["truth, spline"]["rms"]


def test_the_card_says_the_same(scores) -> None:
    import json

    told = json.loads(own_weights().card["scores"])
    for name in ("teacher", "truth"):
        assert told[name] == pytest.approx(scores[name], abs=2e-3)


@pytest.mark.parametrize(("harpnum", "time"), FRAMES)
def test_what_must_stay_stays(sharp_frame, harpnum: int, time: str) -> None:
    native = prepared_intensity(sharp_frame(harpnum, time), Parameters().prepare).intensity
    fine = network(OWN_WEIGHTS).all_of([native])[0]
    spline = double(native)

    assert abs(worst_box(native, fine)) < 3e-3
    assert max(map(abs, shift(spline, fine))) < 0.02
    assert np.nanmin(fine) > 0
    # The mean stays; sharper granulation is more skew, so that its mode is a little lower.
    assert quiet_sun_level(fine[np.isfinite(fine)], "fixed_bins") == pytest.approx(1, abs=0.015)
    np.testing.assert_array_equal(np.isnan(fine), np.isnan(spline))


@pytest.mark.parametrize(("harpnum", "time"), FRAMES)
def test_tiles_that_are_needed_give_the_same_features(sharp_frame, harpnum: int, time: str) -> None:
    frame, parameters = sharp_frame(harpnum, time), Parameters()
    needed = enhancer_of(parameters)
    whole = Network.of(own_weights(), everywhere=True)
    some, every = (detect_frame(frame, parameters, None, one) for one in (needed, whole))

    np.testing.assert_array_equal(some.labels, every.labels)
    np.testing.assert_array_equal(some.faint_labels, every.faint_labels)
    for name, values in every.pores.items():
        if values.dtype.kind in "OM":
            assert some.pores[name].tolist() == values.tolist()
        else:
            np.testing.assert_allclose(some.pores[name], values, rtol=1e-5)
