"""Pictures of a frame: drawn where the features are."""

from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.figure import Figure

from flows.pictures import draw
from flows.scenes import Scene
from pores.geometry import CeaGrid

GRID = CeaGrid((40, 60), (30.5, 20.5), (120.0, -15.0), (0.03, 0.03), 6.96e8)
T = np.datetime64("2011-02-15T02:00:34.000", "ms")


def scene(**changed: object) -> Scene:
    labels = np.zeros((80, 120), np.int32)
    labels[20:32, 90:106] = 1
    labels[60:70, 10:20] = 2
    values = {
        "title": "HARP 377",
        "t_rec": T,
        "intensity": np.ones((40, 60)),
        "br": None,
        "labels": labels,
        "features": {"label": np.array([1, 2]), "kind": np.array(["pore", "umbra"], object)},
        "grid": GRID,
    }
    return Scene(**{**values, **changed})  # type: ignore[arg-type]


def coloured(path: Path, colour: tuple[float, float, float]) -> np.ndarray:
    """Rows and columns of a picture that have a colour."""
    picture = matplotlib.image.imread(path)[..., :3]
    return np.argwhere(np.abs(picture - np.array(colour)).max(axis=2) < 0.12)


PORE, UMBRA = (1.0, 0.69, 0.0), (0.22, 0.78, 1.0)


def test_outlines_are_where_the_features_are(tmp_path: Path) -> None:
    draw(scene(), tmp_path / "picture.png")
    shape = matplotlib.image.imread(tmp_path / "picture.png").shape
    pore, umbra = coloured(tmp_path / "picture.png", PORE), coloured(tmp_path / "picture.png", UMBRA)
    assert len(pore) > 50
    assert len(umbra) > 30
    # The pore is south and west of the umbra: lower and to the right.
    assert np.median(pore[:, 0]) > np.median(umbra[:, 0])
    assert np.median(pore[:, 1]) > np.median(umbra[:, 1]) + shape[1] / 3


def test_the_title_has_the_time_of_the_tables_and_of_clocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles: list[str] = []
    monkeypatch.setattr(Figure, "suptitle", lambda _, text, **__: titles.append(text))
    draw(scene(), tmp_path / "picture.png")
    assert titles == ["HARP 377\nT_REC 2011-02-15 02:00:34 TAI = 2011-02-15 02:00:00 UTC"]


def test_a_second_panel_shows_the_field(tmp_path: Path) -> None:
    draw(scene(), tmp_path / "one.png")
    draw(scene(br=np.full((40, 60), 1000.0)), tmp_path / "two.png")
    one, two = (matplotlib.image.imread(tmp_path / f"{name}.png").shape for name in ("one", "two"))
    assert two[0] * two[1] > 1.2 * one[0] * one[1]


@pytest.mark.parametrize("shape", [(40, 60), (60, 40)])
def test_equal_scenes_give_equal_pictures(tmp_path: Path, shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(1).random(shape)
    nothing = {"label": np.array([], int), "kind": np.array([], object)}
    labels = np.zeros((2 * shape[0], 2 * shape[1]), np.int32)
    for name in ("a", "b"):
        draw(scene(intensity=noise, labels=labels, features=nothing), tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_missing_data_are_no_level_of_grey(tmp_path: Path) -> None:
    hole = np.ones((40, 60))
    hole[:, :30] = np.nan
    draw(scene(intensity=hole), tmp_path / "hole.png")
    blue = coloured(tmp_path / "hole.png", (0x22 / 255, 0x22 / 255, 0x33 / 255))
    assert len(blue) > 1000
