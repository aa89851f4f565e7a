"""The simulation: what it draws is what it says, and its truth is what is there."""

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError
from scipy import ndimage

from pores.frame import Frame
from pores.oracle import residuals, within
from pores.parameters import TrackParameters
from pores.quiet_sun import half_sample_mode
from pores.simulate import SimulatedFrame, SimulationParameters, frame_of, simulate
from pores.simulate.acts import PAUSE_H, lifetime
from pores.simulate.instrument import Spectrum, field_noise, isotropic_response, response
from pores.simulate.keywords import segment_keywords
from pores.simulate.network import Network
from pores.simulate.observe import STORED, physical
from pores.simulate.orbit import place, to_carrington
from pores.simulate.profiles import FIELD_G, depth, radius_of
from pores.simulate.scenario import script
from pores.simulate.scene import Scene
from pores.simulate.script import Pore, presences
from pores.simulate.stage import PIXEL_MM
from pores.simulate.truth import features

ROUND = ((0.0, 0.0, 0.0),) * 4
SMALL = SimulationParameters(shape=(96, 120), n_frames=8, longitude=0.0, latitude=2.0)
KM_S = 3.6


def pore(number: int, path: Any, area: float = 8.0, **given: Any) -> Pore:
    """A round pore that exists all the time."""
    stops = path if isinstance(path[0], tuple) else ((0.0, *path),)
    values = {"area": ((-1.0, area), (100.0, area)), "polarity": 1, "strength": 1.0, "kind": "pore", **given}
    return Pore(number=number, act="test", path=stops, outline=ROUND, **values)


def staged(*pores: Pore, parameters: SimulationParameters = SMALL) -> Scene:
    """A scene with these pores instead of a scenario's."""
    scene = Scene(parameters)
    scene.__dict__["script"] = pores
    return scene


@pytest.fixture(scope="module")
def quiet() -> NDArray[np.float32]:
    """A field-free patch at disk centre, at the instrument's resolution, without noise."""
    scene = staged(parameters=SMALL.model_copy(update={"shape": (200, 240)}))
    scene.__dict__["_network"] = Network(*np.zeros((7, 0)))
    return scene.native(scene.seen(0).intensity)


def test_quiet_sun_has_the_contrast_and_grain_of_real_frames(quiet: NDArray[np.float32]) -> None:
    # HARP 2875 on 2013-06-18, mu 0.97: contrast 2.68 %, neighbours correlate to 0.76, then 0.31 and 0.03.
    assert quiet.std() == pytest.approx(0.027, abs=0.001)
    apart = [np.corrcoef(quiet[:, :-k].ravel(), quiet[:, k:].ravel())[0, 1] for k in (1, 2, 3)]
    assert apart == pytest.approx([0.76, 0.31, 0.03], abs=0.04)
    assert quiet.min() > 0.75  # granulation alone is never a pore


def test_intensity_is_in_units_of_the_mode(quiet: NDArray[np.float32]) -> None:
    assert half_sample_mode(quiet.ravel()) == pytest.approx(1.0, abs=0.003)


def test_frames_are_reproducible_alone() -> None:
    parameters = SMALL.model_copy(update={"n_frames": 3})
    *_, last = simulate(parameters)
    alone = frame_of(Scene(parameters), 2)
    assert all(np.array_equal(last.stored[name], alone.stored[name]) for name in STORED)
    assert last.keywords == alone.keywords


def test_seeds_differ() -> None:
    one, other = (script(SimulationParameters.of("demo", seed=seed)) for seed in (1, 2))
    assert one != other
    assert one == script(SimulationParameters.of("demo", seed=1))


def test_granules_are_new_every_record_and_supergranules_stay() -> None:
    scene = staged(parameters=SMALL.model_copy(update={"shape": (200, 240)}))
    one, other = (scene.native(scene.seen(frame).intensity) for frame in (0, 1))
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.12
    one, other = (ndimage.gaussian_filter(image, 8) for image in (one, other))
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.25


@pytest.mark.parametrize("area", [2.0, 8.0, 20.0])
@pytest.mark.parametrize("strength", [0.8, 1.2])
def test_a_pore_is_as_large_as_scripted_where_scripted(area: float, strength: float) -> None:
    scene = staged(pore(1, (3.3, -4.1), area, strength=strength))
    seen = scene.seen(0)
    (feature,) = features(scene, seen)
    lon, lat = to_carrington(SMALL, np.array([3.3]), np.array([-4.1]), 0.0)
    x, y = seen.place.grid.to_pixel(lon, lat)
    assert feature.row["area_mm2"] == pytest.approx(area, rel=0.06)  # granulation moves the outline
    assert feature.row["x_px"] == pytest.approx(float(x[0]), abs=0.12)
    assert feature.row["y_px"] == pytest.approx(float(y[0]), abs=0.12)
    assert feature.row["perimeter_mm"] == pytest.approx(2 * np.sqrt(np.pi * area), rel=0.06)
    assert list(feature.samples) == [1]


def test_truth_is_the_scene_between_its_samples() -> None:
    # A small pore, placed off the pixels by a known part of one: the centroid follows.
    centres = []
    for shift in (0.0, 0.37):
        scene = staged(pore(1, (shift * PIXEL_MM, 0.0), 3.0))
        (feature,) = features(scene, scene.seen(0))
        centres.append(feature.row["x_px"])
    assert centres[1] - centres[0] == pytest.approx(0.37, abs=0.03)


def test_stronger_pores_are_darker_and_larger_ones_too() -> None:
    assert depth(1.0, 1.2) > depth(1.0, 0.8)
    assert depth(2.0, 1.0) > depth(1.0, 1.0)
    rows = []
    for strength in (0.8, 1.2):
        scene = staged(pore(1, (0.0, 0.0), 8.0, strength=strength, polarity=-1))
        rows.append(features(scene, scene.seen(0))[0].row)
    assert rows[1]["mean_br"] < rows[0]["mean_br"] < -1000
    assert rows[1]["min_intensity"] < rows[0]["min_intensity"]
    assert rows[0]["flux_mx"] == pytest.approx(-rows[0]["mean_br"] * rows[0]["area_mm2"] * 1e16, rel=1e-6)


def test_radius_grows_with_area_from_the_smallest_that_can_be_seen() -> None:
    radii = [radius_of(area, 1.0) for area in (0.0, 0.3, 1.0, 3.0, 10.0, 30.0)]
    assert all(np.diff(radii) > 0)
    assert radii[0] > 0.5  # below that the instrument leaves nothing darker than half the quiet Sun
    assert FIELD_G * depth(radii[3], 1.0) == pytest.approx(1930, rel=0.1)


def test_field_fans_out_of_a_positive_pore() -> None:
    scene = staged(pore(1, (0.0, 0.0), 12.0))
    seen = scene.seen(0)
    br, bp, bt = (scene.native(image) for image in (seen.br, seen.bp, seen.bt))
    y, x = (int(n / 2) for n in SMALL.shape)
    assert br[y, x] > 1500
    assert bp[y, x + 6] > 300 > -300 > bp[y, x - 6]  # westward, positive, west of it
    assert bt[y + 6, x] < -300 < 300 < bt[y - 6, x]  # southward is positive: north of it negative


def test_the_limb_blurs_the_direction_to_it() -> None:
    spectrum = Spectrum((128, 128), 2)
    centre, limb = (
        response(spectrum, place(SMALL.model_copy(update={"longitude": longitude}), 0))
        for longitude in (0.0, 60.0)
    )
    along_x, along_y = limb[0, 16], limb[16, 0]  # 0.25 cycles per pixel
    assert along_x < 0.35 * along_y
    assert along_y == pytest.approx(centre[16, 0], rel=0.03)
    assert centre[0, 16] == pytest.approx(float(isotropic_response(np.array([0.25]))[0]), rel=0.05)
    assert limb[0, 0] == pytest.approx(1.0)


def test_noise_is_small_along_the_line_of_sight_only() -> None:
    where = place(SMALL.model_copy(update={"longitude": 50.0}), 0)
    noise = field_noise(np.random.default_rng(1), where, (200, 200))
    line = np.array(where.line_of_sight())
    along = np.tensordot(line, noise, 1)
    assert along.std() == pytest.approx(9.5, rel=0.05)
    assert noise[2].std() == pytest.approx(47.0, rel=0.08)
    assert np.corrcoef(noise[1][:, 1:].ravel(), noise[1][:, :-1].ravel())[0, 1] == pytest.approx(
        0.44, abs=0.04
    )


def test_opposite_polarities_lead_and_follow() -> None:
    pores = script(SimulationParameters.of("clean", seed=4))
    sides = np.array([(one.path[0][1], one.polarity) for one in pores])
    assert np.mean(np.sign(sides[:, 0]) == sides[:, 1]) > 0.85
    assert {-1, 1} == set(sides[:, 1])


def test_two_thirds_of_pores_stay_below_five_mm2_and_stronger_ones_live_longer() -> None:
    largest = [
        max(area for _, area in one.area)
        for seed in range(12)
        for one in script(SimulationParameters.of("clean", seed=seed))
        if one.act == "single"
    ]
    assert np.mean(np.array(largest) < 5.0) == pytest.approx(2 / 3, abs=0.08)
    assert lifetime(3.0, 1.2, 4.0) > 4 * lifetime(3.0, 0.8, 4.0)


def test_pores_at_one_place_follow_each_other_with_a_pause_longer_than_a_gap() -> None:
    parameters = SimulationParameters.of("clean", seed=4, lifetime_h=1.5, generations=3)
    singles = [one for one in script(parameters) if one.act == "single"]
    once = script(parameters.model_copy(update={"generations": 1}))
    assert len(singles) > 2 * len([one for one in once if one.act == "single"])
    places = np.array([np.mean([stop[1:] for stop in one.path], axis=0) for one in singles])
    for i, one in enumerate(singles):
        for other, away in zip(singles[:i], np.hypot(*(places[:i] - places[i]).T), strict=True):
            if away < 9.0:  # the same place
                assert one.area[1][0] - other.area[-2][0] >= PAUSE_H - 1e-9
    assert TrackParameters().max_gap_h + 0.2 < PAUSE_H


def test_the_demo_has_every_act() -> None:
    pores = script(SimulationParameters.of("demo"))
    assert {one.act for one in pores} == {"single", "grey", "merge", "split", "flicker", "edge", "spot"}
    assert len({one.number for one in pores}) == len(pores)
    assert [one.kind for one in pores].count("spot") == 1
    assert len(presences(pores, 6.0)) > 25


@pytest.fixture(scope="module")
def frame() -> SimulatedFrame:
    parameters = SimulationParameters.of("demo", shape=(200, 260), n_frames=1)
    return frame_of(Scene(parameters), 0)


def test_headers_agree_with_the_pixels(frame: SimulatedFrame) -> None:
    segments = {name: physical(name, image) for name, image in frame.stored.items()}
    headers = {
        name: {**frame.keywords, **segment_keywords(name, image)} for name, image in frame.stored.items()
    }
    checks = residuals(Frame(99001, frame.t_rec, frame.keywords, segments, {}, headers))
    assert within(checks) is True
    assert not any(np.isnan(value) for value in checks.values())


def test_a_sunspot_has_umbra_and_penumbra(frame: SimulatedFrame) -> None:
    (umbra,) = [feature.row for feature in frame.truth.features if feature.row["kind"] == "umbra"]
    assert umbra["min_intensity"] < 0.3
    assert umbra["spot_area_mm2"] > 2.5 * umbra["area_mm2"]


def test_stored_steps_are_those_of_the_archive(frame: SimulatedFrame) -> None:
    assert {name: (how.bscale, how.bzero) for name, how in STORED.items() if name in ("continuum", "Br")} == {
        "continuum": (3.0, 97304.0),
        "Br": (0.01, 0.0),
    }
    assert {int(value) for value in np.unique(frame.stored["bitmap"])} <= {1, 2, 33, 34}
    assert {int(value) for value in np.unique(frame.stored["conf_disambig"])} <= {60, 90}
    assert json.dumps(frame.keywords)
    continuum = physical("continuum", frame.stored["continuum"])
    assert 50_000 < np.median(continuum) < 64_000


def test_box_gains_on_carrington_longitude_as_sharps_do() -> None:
    one, other = (place(SMALL, frame).grid.crval[0] for frame in (0, 1))
    assert other - one == pytest.approx(0.002, abs=0.0002)
    assert np.ptp([place(SMALL, frame).obs_vr for frame in range(120)]) == pytest.approx(6000, rel=0.01)


@pytest.mark.parametrize(
    "values",
    [{"shape": (20, 100)}, {"segments": ("Ic",)}, {"n_frames": 5, "missing_frames": (5,)}, {"sed": 1}],
)
def test_parameters_that_make_no_series_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SimulationParameters.model_validate(values)


def test_faults_come_with_their_scenarios() -> None:
    assert len(SimulationParameters.of("demo").unusable_frames) == 5
    assert not SimulationParameters.of("clean").unusable_frames
    assert SimulationParameters.of("faults", missing_frames=()).missing_frames == ()
