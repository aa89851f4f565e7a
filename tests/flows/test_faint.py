"""Faint features in the lake of a run: rows, label images and tracks that agree."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from catalog.check import verify
from flows import harp, stages
from flows.pipeline import run_request
from flows.simulated import simulate_series
from flows.stages import detect
from pores.parameters import DetectParameters
from storage.labels import read_labels
from storage.lake import Lake
from storage.runs import current_runs
from storage.tables import read_table
from tests.flows.runs import request

HARP = 7
# Five faint features in twelve frames: pores that begin and end.
SERIES = {"seed": 7, "harpnum": HARP, "n_frames": 12, "shape": (80, 120), "lifetime_h": 1.0}


@pytest.fixture(scope="module")
def fading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of pores that come and go."""
    out = tmp_path_factory.mktemp("fading")
    simulate_series(out / "fits", "clean", {**SERIES, "segments": ("continuum", "Br")})
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PREFECT_API_URL", raising=False)
        patch.setenv("PREFECT_HOME", str(out))
        run_request(request(out / "fits", out / "lake"))
    return out / "lake"


@pytest.fixture(scope="module")
def tables(fading: Path) -> dict[str, dict[str, np.ndarray]]:
    (run,) = current_runs(Lake.at(fading))
    names = ("faint", "frames", "pores", "tracks", "events", "runs")
    return {name: read_table(Lake.at(fading).table(name, HARP, run.run_id)) for name in names}


def test_rows_are_what_the_label_images_show(tables, fading) -> None:
    faint, frames = tables["faint"], tables["frames"]
    assert len(faint["faint_id"]) >= 4
    assert len(set(faint["faint_id"])) == len(faint["faint_id"])
    areas = {}
    for t_rec, file in zip(frames["t_rec"], frames["labels_file"], strict=True):
        if file is None:
            continue
        image = read_labels(fading / file, t_rec, "faint")
        assert not ((image > 0) & (read_labels(fading / file, t_rec) > 0)).any()
        areas |= {(t_rec, label): n for label, n in enumerate(np.bincount(image.ravel())) if label and n}
    rows = zip(faint["t_rec"], faint["label"], strict=True)
    assert dict(zip(rows, faint["area_px"], strict=True)) == areas


def test_they_are_between_the_levels(tables) -> None:
    faint, levels = tables["faint"], DetectParameters()
    assert (faint["mean_intensity"] < levels.faint_threshold).all()
    assert (faint["mean_intensity"] > levels.threshold).all()
    assert (faint["area_px"] >= levels.min_area_fine_px).all()
    assert np.isfinite(faint["mean_br"].astype(float)).all()
    assert set(faint["run_id"]) == set(tables["runs"]["run_id"])


def test_no_track_is_in_a_frame_twice(tables) -> None:
    faint, pores = tables["faint"], tables["pores"]
    known = [(i, t) for i, t in zip(faint["track_id"], faint["t_rec"], strict=True) if i is not None]
    seen = Counter([*known, *zip(pores["track_id"], pores["t_rec"], strict=True)])
    assert max(seen.values()) == 1
    assert {track for track, _ in known} <= set(tables["tracks"]["track_id"])


def test_all_say_their_product(tables, fading) -> None:
    for name in ("pores", "faint", "tracks", "events"):
        assert set(tables[name]["product"]) == {"spline"}, name
    assert [run.product for run in current_runs(Lake.at(fading))] == ["spline"]


def test_the_lake_is_sound(fading) -> None:
    assert verify(Lake.at(fading)) == []


def test_rows_of_before_there_was_the_column_are_made_again(fading, tmp_path, monkeypatch) -> None:
    shutil.copytree(fading, tmp_path / "lake")
    for path in (tmp_path / "lake" / "stages").rglob("faint-*"):
        path.unlink()
    asked = request(None, tmp_path / "lake")
    with monkeypatch.context() as before:
        for module in (harp, stages):
            before.setattr(module, "FAINTLY", harp.FAINT.without("track_id", "product", "run_id"))
        assert detect(asked, HARP).said == "12 frames searched"
        assert detect(asked, HARP).said == ""
    assert detect(asked, HARP).said == "12 frames searched"


def test_a_block_without_its_faint_features_is_done_again(fading) -> None:
    asked = request(None, fading)
    assert detect(asked, HARP).said == ""
    lost = next(fading.glob(f"stages/*/{HARP}/faint-*.parquet"))
    before = lost.read_bytes()
    lost.unlink()
    assert detect(asked, HARP).said == "12 frames searched"
    assert lost.read_bytes() == before
