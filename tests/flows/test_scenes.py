"""Scenes and cut-outs of a run: what the lake has of a frame, where its tables say it is."""

from pathlib import Path

import numpy as np
import pytest

from flows.lineage_plot import write_lineage
from flows.scenes import HarpScenes, track_numbers
from pores.errors import InputError
from storage.lake import Lake
from storage.runs import current_runs
from storage.tables import read_table
from tests.flows.runs import BUSY, UNUSABLE


@pytest.fixture(scope="module")
def scenes(small_lake: Path) -> HarpScenes:
    lake = Lake.at(small_lake)
    return HarpScenes(lake, next(run for run in current_runs(lake) if run.harpnum == BUSY))


@pytest.fixture(scope="module")
def pores(scenes: HarpScenes) -> dict[str, np.ndarray]:
    return read_table(scenes.lake.table("pores", BUSY, scenes.run.run_id))


def test_every_frame_is_a_scene_or_says_why_not(scenes: HarpScenes) -> None:
    usable = set(scenes.t_usable)
    assert len(usable) == len(scenes.frames["t_rec"]) - len(UNUSABLE)
    for t_rec in set(scenes.frames["t_rec"]) - usable:
        with pytest.raises(InputError, match="|".join(UNUSABLE.values())):
            scenes.scene(t_rec)
    with pytest.raises(InputError, match="no such frame"):
        scenes.scene(np.datetime64("2001-01-01"))


def test_intensity_is_what_the_pores_were_measured_in(scenes: HarpScenes) -> None:
    """The quiet Sun is at 1 with the run's own level, also where this frame alone would give another."""
    t_rec = scenes.t_usable[0]
    before = np.nanmedian(scenes.scene(t_rec).intensity)
    assert before == pytest.approx(1, abs=0.02)
    level = scenes.frames["quiet_sun"].copy()
    brighter = HarpScenes(scenes.lake, scenes.run)
    brighter.frames["quiet_sun"] = level * 2
    assert np.nanmedian(brighter.scene(t_rec).intensity) == pytest.approx(before / 2, rel=1e-5)


def test_cutouts_hold_the_feature_of_their_name(scenes: HarpScenes, pores: dict[str, np.ndarray]) -> None:
    for row in np.linspace(0, len(pores["pore_id"]) - 1, 25).astype(int):
        pore = {name: values[row] for name, values in pores.items()}
        for cut in (scenes.cutout(pore["pore_id"], 6), scenes.view(pore["pore_id"], 30)):
            assert cut.t_rec == pore["t_rec"]
            assert cut.mask.sum() == pore["area_px"]
            assert not (cut.mask & cut.others).any()
            y, x = (np.mean(place) for place in np.nonzero(cut.mask))
            assert (x + 0.5) / 2 - 0.5 + cut.first[1] == pytest.approx(pore["x_px"], abs=1e-6)
            assert (y + 0.5) / 2 - 0.5 + cut.first[0] == pytest.approx(pore["y_px"], abs=1e-6)
            lon, lat = cut.grid.to_carrington(pore["x_px"] - cut.first[1], pore["y_px"] - cut.first[0])
            assert (lon, lat) == pytest.approx((pore["lon"], pore["lat"]), abs=1e-6)
            inside = cut.br.repeat(2, 0).repeat(2, 1)[cut.mask]
            assert inside.mean() == pytest.approx(pore["mean_br"], abs=0.15 * abs(pore["mean_br"]))
            assert cut.intensity.repeat(2, 0).repeat(2, 1)[cut.mask].mean() < 0.6


def test_a_margin_is_kept_and_a_view_has_one_size(scenes: HarpScenes, pores: dict[str, np.ndarray]) -> None:
    pore_id = pores["pore_id"][0]
    rows, columns = np.nonzero(scenes.cutout(pore_id, 6).mask)
    assert rows.min() in (12, 13)
    assert columns.min() in (12, 13)
    assert {scenes.view(name, 30).intensity.shape for name in pores["pore_id"][::20]} == {(61, 61)}


def test_outside_of_the_patch_there_is_nothing(scenes: HarpScenes, pores: dict[str, np.ndarray]) -> None:
    cut = scenes.view(pores["pore_id"][0], 200)
    ny, nx = scenes.scene(cut.t_rec).intensity.shape
    assert np.isfinite(cut.intensity).sum() <= ny * nx
    y, x = -cut.first[0], -cut.first[1]
    whole = scenes.scene(cut.t_rec)
    np.testing.assert_array_equal(cut.intensity[y : y + ny, x : x + nx], whole.intensity)
    assert np.isnan(cut.intensity[:y]).all()
    assert cut.mask.sum() + cut.others.sum() == (whole.labels > 0).sum()


def test_an_unknown_feature(scenes: HarpScenes) -> None:
    with pytest.raises(InputError, match="no such feature"):
        scenes.cutout("99001_20140610_000000_001")


def test_the_field_of_a_frame_that_could_not_be_used(scenes: HarpScenes) -> None:
    t_rec = scenes.frames["t_rec"][9]  # no continuum
    assert np.isfinite(scenes.br(t_rec)).any()
    assert scenes.br(np.datetime64("2001-01-01", "ms")) is None
    assert np.nanmedian(scenes.continuum(scenes.t_usable[0])) > 1000


def test_numbers_of_tracks_are_those_of_lineage_plots(scenes: HarpScenes, tmp_path: Path) -> None:
    numbers = track_numbers(scenes.tracks)
    said = write_lineage(scenes.lake, None, BUSY, tmp_path / "harp.png").splitlines()[:-1]
    assert len(said) >= 3
    assert all(numbers[line.split()[1]] == int(line.split()[0]) for line in said)
    shuffled = {name: values[::-1] for name, values in scenes.tracks.items()}
    assert track_numbers(shuffled) == numbers
