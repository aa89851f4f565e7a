"""Outlines and trails, drawn smoothly into a picture."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Bbox
from numpy.typing import NDArray

from flows.movie_layout import Box

Floats = NDArray[np.float64]

CASING = "#000000"


class Lines:
    """A picture that lines can be drawn into; its pixels are `rgba`, (y, x, 4).

    Places are pixels from the upper left corner of the picture to its pixels' corners.
    """

    def __init__(self, width: int, height: int) -> None:
        self._renderer = RendererAgg(width, height, 72)
        self._flip = Affine2D().scale(1, -1).translate(0, height)
        self._height = height
        self.rgba: NDArray[np.uint8] = np.asarray(self._renderer.buffer_rgba())

    def draw(
        self, lines: Sequence[Floats], panel: Box, colour: str, width: float, alpha: float = 1.0
    ) -> None:
        """Draw lines (n, 2), each a polygon's or a way's places, in a panel and nowhere else."""
        if not lines:
            return
        path = _compound(lines)
        context = self._renderer.new_gc()
        context.set_foreground(colour)
        context.set_alpha(alpha)
        context.set_linewidth(width)
        context.set_joinstyle("round")
        context.set_capstyle("butt")
        context.set_snap(False)
        top = self._height - panel.y
        context.set_clip_rectangle(Bbox([[panel.x, top - panel.height], [panel.x + panel.width, top]]))
        self._renderer.draw_path(context, path, self._flip)
        context.restore()

    def cased(
        self, lines: Sequence[Floats], panel: Box, colour: str, width: float, alpha: float = 1.0
    ) -> None:
        """The same with a dark line around, to be seen on any ground."""
        self.draw(lines, panel, CASING, 2.4 * width, 0.55 * alpha)
        self.draw(lines, panel, colour, width, alpha)


def _compound(lines: Iterable[Floats]) -> Path:
    lines = list(lines)
    codes: list[NDArray[Any]] = []
    for line in lines:
        code = np.full(len(line), Path.LINETO, Path.code_type)
        code[0] = Path.MOVETO
        codes.append(code)
    return Path(np.concatenate(lines), np.concatenate(codes))
