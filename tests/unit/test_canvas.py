"""Lines in a picture: the canvas of a single one draws as that of a movie does."""

import numpy as np
import pytest

from flows.canvas import Canvas, StillCanvas
from flows.movie_layout import Box
from flows.movie_lines import Lines

SIZE, PANEL = (90, 60), Box(10, 5, 70, 50)
TURN = np.linspace(0, 2 * np.pi, 40)
RING = np.column_stack((40.3 + 17 * np.cos(TURN), 30.8 + 11 * np.sin(TURN)))
LARGE = np.column_stack((45 + 60 * np.cos(TURN), 30 + 20 * np.sin(TURN)))  # partly out of the panel
OUTSIDE = RING + np.array((200, 0))


def drawn(canvas: Canvas, *lines: np.ndarray) -> np.ndarray:
    canvas.rgba[:] = (90, 120, 150, 255)
    canvas.cased(list(lines), PANEL, "#ffb000", 1.6)
    return canvas.rgba.astype(int)


@pytest.mark.parametrize("lines", [(RING,), (RING, LARGE, OUTSIDE), ()])
def test_both_ways_draw_the_same(lines: tuple[np.ndarray, ...]) -> None:
    still, movie = drawn(StillCanvas(*SIZE), *lines), drawn(Lines(*SIZE), *lines)
    difference = np.abs(still - movie)
    assert difference.mean() < 1
    assert np.quantile(difference, 0.99) < 18
    assert (still[..., 3] == 255).all()


def test_a_line_lies_in_its_panel_and_in_the_middle_of_its_casing() -> None:
    still = drawn(StillCanvas(*SIZE), LARGE)
    changed = (still[..., :3] != (90, 120, 150)).any(axis=2)
    assert changed.any()
    changed[PANEL.y : PANEL.y + PANEL.height, PANEL.x : PANEL.x + PANEL.width] = False
    assert not changed.any()
    upright = drawn(StillCanvas(*SIZE), np.array([[40.0, 10.0], [40.0, 50.0]]))
    red = upright[30, 30:50, 0]
    assert red.argmax() in (9, 10)  # the pixels on either side of x = 40
    assert red[[7, 8, 11, 12]].min() < 90
    assert (red[[0, 19]] == 90).all()
