"""Outlines and trails, drawn smoothly and many at a time into the pictures of a movie."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Bbox
from numpy.typing import NDArray

from flows.canvas import Canvas, Floats
from flows.movie_layout import Box


class Lines(Canvas):
    """A canvas for many pictures of many lines, drawn by matplotlib's own renderer."""

    def __init__(self, width: int, height: int) -> None:
        self._renderer = RendererAgg(width, height, 72)
        self._flip = Affine2D().scale(1, -1).translate(0, height)
        self._height = height
        self.rgba = np.asarray(self._renderer.buffer_rgba())

    def draw(
        self, lines: Sequence[Floats], panel: Box, colour: str, width: float, alpha: float = 1.0
    ) -> None:
        """See `Canvas`."""
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


def _compound(lines: Iterable[Floats]) -> Path:
    lines = list(lines)
    codes: list[NDArray[Any]] = []
    for line in lines:
        code = np.full(len(line), Path.LINETO, Path.code_type)
        code[0] = Path.MOVETO
        codes.append(code)
    return Path(np.concatenate(lines), np.concatenate(codes))
