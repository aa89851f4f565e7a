"""The truth of whole records: rendered pores that merge, split, blink, leave, and what is told of them."""

from dataclasses import replace
from typing import Any

import pytest

from pores.simulate import SimulationParameters, frame_of
from pores.simulate.scene import Scene
from pores.simulate.script import Pore
from pores.simulate.stage import PIXEL_MM
from pores.simulate.tables import truth_rows
from pores.simulate.truth import LIMIT_MM2

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


def told(scene: Scene) -> dict[str, list[dict[str, Any]]]:
    """The truth's rows of a whole series."""
    frames = [frame_of(scene, i).truth for i in scene.parameters.slots]
    return dict(truth_rows(scene.parameters, scene.script, frames))


def test_two_pores_merge_and_the_larger_goes_on() -> None:
    speed = 1.0 * KM_S
    scene = staged(
        pore(1, ((0.0, 7.0, 0.0), (1.4, 7.0 - 1.4 * speed, 0.0)), 9.0),
        pore(2, (-0.0, 0.0), 5.0),
    )
    rows = told(scene)
    (merge,) = [event for event in rows["events"] if event["kind"] == "merge"]
    assert (merge["n_from"], merge["n_to"]) == (2, 1)
    dead = [track for track in rows["tracks"] if track["death"] == "merged"]
    (large,) = [track for track in rows["tracks"] if track["death"] == "censored"]
    assert [track["child_track_id"] for track in dead] == [large["track_id"]]
    assert large["max_area_mm2"] > 12
    assert merge["from_track_ids"][0] == large["track_id"]
    assert {track["family_id"] for track in rows["tracks"]} == {
        min(track["track_id"] for track in rows["tracks"])
    }
    assert [link["kind"] for link in rows["links"]].count("merge") == 1


def test_every_row_but_links_says_the_product() -> None:
    speed = 1.0 * KM_S
    rows = told(
        staged(pore(1, ((0.0, 7.0, 0.0), (1.4, 7.0 - 1.4 * speed, 0.0)), 9.0), pore(2, (-0.0, 0.0), 5.0))
    )
    for name in ("pores", "tracks", "events"):
        assert {row["product"] for row in rows[name]} == {"spline"}
    assert all("product" not in row for row in rows["links"])


def test_one_pore_splits_and_the_larger_piece_keeps_the_track() -> None:
    rows = told(
        staged(
            pore(1, ((0.0, 1.2, 0.0), (0.5, 1.2, 0.0), (1.4, 6.0, 0.0)), 5.0),
            pore(2, ((0.0, -1.2, 0.0), (0.5, -1.2, 0.0), (1.4, -6.0, 0.0)), 9.0),
        )
    )
    (split,) = [event for event in rows["events"] if event["kind"] == "split"]
    (new,) = [track for track in rows["tracks"] if track["birth"] == "split"]
    assert (split["n_from"], split["n_to"]) == (1, 2)
    assert new["parent_track_id"] == split["from_track_ids"][0] == split["to_track_ids"][0]
    assert new["mean_area_mm2"] == pytest.approx(5.0, rel=0.15)


@pytest.mark.parametrize(("dark_again", "n_tracks"), [(7, 1), (8, 2)])
def test_a_pore_out_of_sight_for_five_frames_keeps_its_track(dark_again: int, n_tracks: int) -> None:
    t = 0.2 * dark_again
    area = ((-1.0, 4.0), (0.25, 4.0), (0.3, -1.5), (t - 0.1, -1.5), (t - 0.05, 4.0), (9.0, 4.0))
    blinking = replace(pore(1, (0.0, 0.0)), area=area)
    rows = told(staged(blinking, parameters=SMALL.model_copy(update={"n_frames": 12})))
    assert len(rows["tracks"]) == n_tracks
    assert [link["kind"] for link in rows["links"]].count("gap") == 2 - n_tracks
    if n_tracks == 2:
        assert [track["death"] for track in rows["tracks"]] == ["decayed", "censored"]


def test_missing_frames_make_gaps_and_no_deaths() -> None:
    parameters = SMALL.model_copy(update={"missing_frames": (3, 4), "bad_quality_frames": (6,)})
    rows = told(staged(pore(1, (0.0, 0.0)), parameters=parameters))
    (track,) = rows["tracks"]
    assert (track["n_obs"], track["birth"], track["death"]) == (5, "censored", "censored")
    assert [link["kind"] for link in rows["links"]] == ["continue", "continue", "gap", "gap"]


def test_a_pore_that_leaves_over_the_edge_is_censored() -> None:
    west = SMALL.shape[1] * PIXEL_MM / 2
    rows = told(staged(pore(1, ((0.0, west - 2.0, 0.0), (1.4, west + 6.0, 0.0)))))
    (track,) = rows["tracks"]
    assert track["n_obs"] < SMALL.n_frames
    assert track["death"] == "censored"
    assert any(row["touches_edge"] for row in rows["pores"])


def test_features_below_the_limit_are_told_without_a_track() -> None:
    rows = told(staged(pore(1, (0.0, 0.0), 0.5), parameters=SMALL.model_copy(update={"n_frames": 2})))
    assert rows["pores"]
    assert all(row["area_mm2"] < LIMIT_MM2 and row["track_id"] is None for row in rows["pores"])
    assert not rows["tracks"]
