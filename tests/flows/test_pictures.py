"""The picture of a frame that runs leave for people: the right frame, marked where its features are."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from flows.movie_layout import lay_out
from flows.movie_text import Writing
from flows.pictures import busiest, draw
from flows.run_report import picture
from flows.scenes import HarpScenes
from storage.lake import Lake
from storage.runs import current_runs
from storage.tables import read_table
from tests.flows.runs import BUSY, scenes_of

COLOURS = {"pore": (0xFF, 0xB0, 0x00), "umbra": (0x39, 0xC6, 0xFF)}


@pytest.fixture(scope="module")
def scenes(small_lake: Path) -> HarpScenes:
    return scenes_of(small_lake, BUSY)


def test_every_feature_is_ringed_in_the_colour_of_its_kind(scenes: HarpScenes) -> None:
    ny, nx = scenes.shape
    layout = lay_out((ny, nx), 2, 1920)
    for t_rec in scenes.t_usable[[0, -1]]:
        shown = draw(scenes, t_rec).astype(int)
        assert shown.shape == (layout.height, layout.width, 3)
        pores = read_table(scenes.lake.table("pores", BUSY, scenes.run.run_id))
        for row in np.flatnonzero(pores["t_rec"] == t_rec):
            near = np.abs(shown - COLOURS[pores["kind"][row]]).max(axis=2) < 70
            radius = layout.zoom * (0.5 + np.sqrt(pores["area_px"][row] / 4 / np.pi))
            for box in layout.panels:
                x = box.x + (pores["x_px"][row] + 0.5) * box.width / nx
                y = box.y + box.height - (pores["y_px"][row] + 0.5) * box.height / ny
                found = np.argwhere(near) - (y, x)
                assert np.hypot(*found.T).min() < 1.5 * radius + 3


def test_it_is_of_the_frame_with_most_features_and_says_when(
    small_lake: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[tuple[str, ...]] = []
    monkeypatch.setattr(Writing, "clock", lambda _, pen, *texts: said.append(texts))
    lake = Lake.at(small_lake)
    runs = list(current_runs(lake))
    counts = [
        (n, run.harpnum, t_rec)
        for run in runs
        for t_rec, n in zip(
            *read_table(lake.table("frames", run.harpnum, run.run_id), ["t_rec", "n_pores"]).values(),
            strict=True,
        )
        if n is not None
    ]
    most = max(n for n, _, _ in counts)
    run, t_rec = busiest(lake, runs)
    assert (most, run.harpnum, t_rec) in counts
    draw(HarpScenes(lake, run), t_rec)
    ((utc, tai, where),) = said
    seconds = t_rec.astype("datetime64[s]")
    assert tai == str(seconds).replace("T", "  ")
    assert utc == str(seconds - np.timedelta64(35, "s")).replace("T", "  ")  # TAI is 35 s ahead in 2014
    assert where.endswith(f"{most} features")


def test_a_harp_without_field_has_one_panel(scenes: HarpScenes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(HarpScenes, "has_field", False)
    layout = lay_out(scenes.shape, 1, 1920)
    assert draw(scenes, scenes.t_usable[0]).shape == (layout.height, layout.width, 3)


def test_the_length_of_a_pixel_needs_no_image(scenes: HarpScenes) -> None:
    assert scenes.pixel_km == scenes.scene(scenes.t_usable[0]).grid.pixel_km


def test_a_run_has_its_picture_without_matplotlib(small_lake: Path) -> None:
    program = (
        "import sys\n"
        "from flows.run_report import picture\n"
        "from storage.lake import Lake\n"
        "from storage.runs import current_runs\n"
        "lake = Lake.at(sys.argv[1])\n"
        "sys.stdout.buffer.write(picture(lake, current_runs(lake)))\n"
        "sys.exit(str(sorted({'matplotlib', 'sunpy'} & set(sys.modules))))"
    )
    done = subprocess.run([sys.executable, "-c", program, small_lake], capture_output=True, check=False)
    assert done.stderr.decode().strip() == "[]"
    lake = Lake.at(small_lake)
    assert done.stdout == picture(lake, list(current_runs(lake)))
    with Image.open(io.BytesIO(done.stdout)) as image:
        assert image.format == "JPEG"
        assert image.width > 700
