"""Each scenario has in its truth what its name promises: acts are drawn, blurred and told, without noise."""

from collections import Counter
from functools import partial
from typing import Any

import numpy as np
import pytest
import scipy.fft

from pores.scenarios import BILLS, Scenario
from pores.simulate import SimulationParameters, crowds, encounters, groups, movers
from pores.simulate.encounters import Act
from pores.simulate.instrument import response
from pores.simulate.orbit import place
from pores.simulate.scenario import script
from pores.simulate.scene import Scene, Seen
from pores.simulate.script import Pore, presences
from pores.simulate.sight import MU_MIN
from pores.simulate.stage import Stage
from pores.simulate.tables import truth_rows
from pores.simulate.truth import LIMIT_MM2, TrueFrame, features

Tables = dict[str, list[dict[str, Any]]]
SMALL = SimulationParameters(shape=(84, 96), n_frames=36, longitude=0.0, latitude=2.0, seed=3)


def drawn(scene: Scene, frame: int) -> TrueFrame:
    """The features of a record without granulation and network."""
    where = place(scene.parameters, frame)
    dark, field, owner, pixels = scene._pores(where)
    transfer = response(scene.spectrum, where)
    seen_dark, br = (
        scipy.fft.irfft2(scipy.fft.rfft2(image) * transfer, s=image.shape).astype(np.float32)
        for image in (dark, field)
    )
    seen = Seen(where, 1 - seen_dark, br, 0 * br, 0 * br, owner, pixels)
    return TrueFrame(frame, features(scene, seen), pixels, where)


def told(pores: list[Pore], parameters: SimulationParameters = SMALL) -> Tables:
    """The truth of a series of these pores."""
    scene = Scene(parameters)
    cast = tuple(Pore(**{**pore.__dict__, "number": i}) for i, pore in enumerate(pores, 1))
    scene.__dict__["script"] = cast
    return dict(truth_rows(parameters, cast, [drawn(scene, frame) for frame in parameters.slots]))


def acted(act: Act, parameters: SimulationParameters = SMALL) -> Tables:
    """The truth of a series of one act."""
    return told(act(Stage.of(parameters)), parameters)


def arities(rows: Tables) -> list[tuple[str, int, int]]:
    forks = [event for event in rows["events"] if event["kind"] in ("merge", "split")]
    return sorted((event["kind"], event["n_from"], event["n_to"]) for event in forks)


def count(rows: Tables, table: str, column: str) -> Counter[Any]:
    return Counter(row[column] for row in rows[table])


@pytest.mark.parametrize("seed", [3, 4])
def test_two_and_three_merge_or_split_between_two_records(seed: int) -> None:
    parameters = SMALL.model_copy(update={"seed": seed, "shape": (100, 100), "n_frames": 24})
    assert arities(acted(partial(encounters.merger, n=3), parameters)) == [("merge", 3, 1)]
    assert arities(acted(partial(encounters.separation, n=3), parameters)) == [("split", 1, 3)]
    assert arities(acted(encounters.merger, parameters)) == [("merge", 2, 1)]


@pytest.mark.parametrize("seed", [3, 4])
def test_contacts_are_no_events_in_truth(seed: int) -> None:
    parameters = SMALL.model_copy(update={"seed": seed, "n_frames": 46})
    rows = acted(partial(encounters.contact, lengths=(1, 2)), parameters)
    assert arities(rows) == []
    assert count(rows, "links", "kind")["gap"] == 2
    assert [track["n_obs"] for track in rows["tracks"]].count(46) == len(rows["tracks"]) - 1 == 1


def test_light_bridges_come_and_go_and_long_ones_are_events() -> None:
    parameters = SMALL.model_copy(update={"n_frames": 64})
    rows = acted(partial(encounters.bridge, lengths=(1, 2, 6)), parameters)
    assert sorted(track["n_obs"] for track in rows["tracks"] if track["passing"]) == [1, 2]
    assert arities(rows) == [("merge", 2, 1), ("split", 1, 2)]


@pytest.mark.parametrize("seed", [1, 2])
def test_pores_that_blink_keep_their_tracks_for_an_hour(seed: int) -> None:
    parameters = SMALL.model_copy(update={"seed": seed, "n_frames": 70})
    stage = Stage.of(parameters)
    pores = encounters.blink(stage, neighbour=True)
    seen = [0.2 * frame for frame in range(70)]
    hours, areas = zip(*pores[0].area, strict=True)
    dark = np.interp(seen, hours, areas) > 0
    until = np.flatnonzero(dark)
    spells = (np.diff(until) - 1)[np.diff(until) > 1]
    rows = told(pores, parameters)
    assert count(rows, "links", "kind")["gap"] == sum(spell <= 5 for spell in spells) > 0
    assert len(rows["tracks"]) == 2 + sum(spell > 5 for spell in spells)
    assert arities(rows) == []


@pytest.mark.parametrize("act", [encounters.touch_and_part, encounters.slide])
def test_opposite_polarities_touch_and_never_link(act: Act) -> None:
    rows = acted(act)
    assert len(rows["tracks"]) == 2
    assert arities(rows) == []
    assert count(rows, "links", "kind") == {"continue": 70}
    pairs = [
        [row for row in rows["pores"] if row["t_rec"] == t] for t in {row["t_rec"] for row in rows["pores"]}
    ]
    away = [
        np.hypot(a["x_px"] - b["x_px"], a["y_px"] - b["y_px"])
        - sum(np.sqrt(one["area_mm2"] / np.pi) for one in (a, b)) / 0.3644
        for a, b in pairs
    ]
    assert min(away) < 1.5  # pixels between the outlines of equal circles
    assert max(away) > 4


def test_neighbours_of_one_polarity_pass_without_touching() -> None:
    rows = acted(partial(encounters.slide, opposite=False, aside=1.6))
    assert count(rows, "links", "kind") == {"continue": 70}


def test_fast_pores_outrun_themselves() -> None:
    parameters = SimulationParameters.of("fast", seed=3, shape=(100, 240), n_frames=30)
    rows = told(list(script(parameters)), parameters)
    where = {row["pore_id"]: row for row in rows["pores"]}
    links = [(where[link["from_pore_id"]], where[link["to_pore_id"]]) for link in rows["links"]]
    km_s = [np.hypot(b["x_px"] - a["x_px"], b["y_px"] - a["y_px"]) * 364.4 / 720 for a, b in links]
    across = [
        2 * np.sqrt(a["area_mm2"] / np.pi) * 1000 / 720 for a, _ in links
    ]  # km/s to leave itself behind
    assert len(links) > 60
    assert np.percentile(km_s, [5, 95]) == pytest.approx([1.4, 1.95], abs=0.2)
    assert np.mean(np.array(km_s) > np.array(across)) > 0.2
    assert count(rows, "tracks", "birth")["emerged"] > 1


def test_all_edges_are_crossed_in_and_out() -> None:
    parameters = SMALL.model_copy(update={"shape": (100, 100), "n_frames": 44})
    rows = acted(movers.crossings, parameters)
    edge = [row for row in rows["pores"] if row["touches_edge"]]
    sides = {(row[axis] > 50, axis) for row in edge for axis in ("x_px", "y_px") if not 10 < row[axis] < 89}
    assert len(sides) == 4
    assert set(count(rows, "tracks", "birth")) | set(count(rows, "tracks", "death")) == {"censored"}


@pytest.mark.parametrize(("longitude", "end"), [(76.0, "death"), (-79.0, "birth")])
def test_the_limb_takes_and_gives(longitude: float, end: str) -> None:
    parameters = SimulationParameters(shape=(90, 110), n_frames=30, latitude=2.0, longitude=longitude)
    stage = Stage.of(parameters)
    rows = told([pore for _ in range(6) for pore in groups.veteran(stage)], parameters)
    assert rows["pores"]
    assert min(row["mu"] for row in rows["pores"]) > MU_MIN
    cut = [row for row in rows["pores"] if row["touches_edge"] and row["mu"] < MU_MIN + 0.03]
    assert cut
    inner = [track for track in rows["tracks"] if track["n_obs"] < 30 and track["min_mu"] < MU_MIN + 0.02]
    assert inner
    assert Counter(track[end] for track in inner).most_common(1)[0][0] == "censored"


def test_a_group_emerges() -> None:
    parameters = SimulationParameters.of("emerging", seed=2, shape=(120, 200), n_frames=40)
    pores = [pore for pore in script(parameters) if abs(pore.path[0][2]) < 14]
    rows = told(pores, parameters)
    assert sum(kind == "merge" for kind, _, _ in arities(rows)) >= 6
    assert np.mean([(row["x_px"] > 100) == (row["mean_br"] > 0) for row in rows["pores"]]) > 0.9
    longest = max(rows["tracks"], key=lambda track: int(track["n_obs"]))
    assert longest["max_area_mm2"] > 2.5 * MAIN_AT_FIRST
    assert count(rows, "tracks", "birth")["emerged"] > 5


MAIN_AT_FIRST = groups.MAIN_MM2[0]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_crowd_is_one(seed: int) -> None:
    parameters = SimulationParameters.of("crowd", seed=seed)
    pores = script(parameters)
    acts = Counter(pore.act for pore in pores)
    assert acts["merge"] > 50
    assert acts["split"] >= 12
    assert acts["contact"] >= 10
    assert acts["pass"] >= 6
    assert acts["runner"] >= 4
    alive = [sum(one.area_mm2 > LIMIT_MM2 for one in presences(pores, 0.2 * frame)) for frame in range(80)]
    lost = acts["merge"] / 3 + acts["split"] / 3  # in common features, at any time
    assert np.mean(alive) - lost > 100


def test_a_corner_of_a_crowd_has_all_kinds_of_meetings() -> None:
    parameters = SMALL.model_copy(update={"shape": (150, 170), "n_frames": 40, "scenario": "crowd"})
    stage = Stage.of(parameters)
    rows = told([pore for act in crowds.crowd(0.13) for pore in act(stage)], parameters)
    found = Counter(arities(rows))
    assert found["merge", 3, 1] >= 1
    assert found["merge", 2, 1] >= 1
    assert count(rows, "links", "kind")["gap"] >= 1


@pytest.mark.parametrize("scenario", sorted(BILLS))
def test_scripts_of_all_scenarios_are_reproducible_and_differ_by_seed(scenario: Scenario) -> None:
    one, again, other = (script(SimulationParameters.of(scenario, seed=seed)) for seed in (5, 5, 6))
    assert one == again != other
    assert [pore.number for pore in one] == list(range(1, len(one) + 1))


@pytest.mark.parametrize("scenario", sorted(BILLS))
@pytest.mark.parametrize(("shape", "n_frames"), [((200, 300), 1), ((200, 300), 7), ((60, 60), 30)])
def test_the_shortest_and_smallest_series_go_forward_in_time(
    scenario: Scenario, shape: tuple[int, int], n_frames: int
) -> None:
    for pore in script(SimulationParameters.of(scenario, shape=shape, n_frames=n_frames)):
        for knots in (pore.area, pore.path):
            times = [knot[0] for knot in knots]
            assert times == sorted(times), pore.act


def test_gaps_are_of_all_lengths_and_one_is_too_long() -> None:
    parameters = SimulationParameters.of("gaps")
    lost = sorted(parameters.unusable_frames)
    runs = np.split(lost, np.flatnonzero(np.diff(lost) > 1) + 1)
    assert {1, 2, 3, 4, 5, 8} <= {len(run) for run in runs}
    assert parameters.missing_frames
    assert parameters.corrupt_frames
    assert parameters.cadence_h == 0.2


def test_scenarios_have_their_own_patch_noise_and_place() -> None:
    assert SimulationParameters.of("noisy").noise == 3.0
    assert SimulationParameters.of("noisy", noise=0.0, n_frames=7).noise == 0.0
    assert [SimulationParameters.of("limb", seed=seed).longitude for seed in (1, 2)] == [-76.0, 66.0]
    assert SimulationParameters.of("fast").shape == (200, 300)
    assert SimulationParameters.of("clean").n_frames == 60
    assert SimulationParameters.of("clean", n_frames=80, every=5).slots == range(0, 80, 5)
