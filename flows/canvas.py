"""What lines are drawn into: for one picture by Pillow; `flows.movie_lines` has the same for many."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw

from flows.movie_layout import Box

Floats = NDArray[np.float64]

CASING = "#000000"
_FINER = 8  # pixels of a mask to one of the picture, along an axis


class Canvas(ABC):
    """A picture that lines can be drawn into; its pixels are `rgba`, (y, x, 4).

    Places are pixels from the upper left corner of the picture to its pixels' corners.
    """

    rgba: NDArray[np.uint8]

    @abstractmethod
    def draw(
        self, lines: Sequence[Floats], panel: Box, colour: str, width: float, alpha: float = 1.0
    ) -> None:
        """Draw lines (n, 2), each a polygon's or a way's places, in a panel and nowhere else."""

    def cased(
        self, lines: Sequence[Floats], panel: Box, colour: str, width: float, alpha: float = 1.0
    ) -> None:
        """The same with a dark line around, to be seen on any ground."""
        self.draw(lines, panel, CASING, 2.4 * width, 0.55 * alpha)
        self.draw(lines, panel, colour, width, alpha)


class StillCanvas(Canvas):
    """For one picture with outlines only: ready at once, while matplotlib takes half a second to load."""

    def __init__(self, width: int, height: int) -> None:
        self.rgba = np.zeros((height, width, 4), np.uint8)

    def draw(
        self, lines: Sequence[Floats], panel: Box, colour: str, width: float, alpha: float = 1.0
    ) -> None:
        """See `Canvas`. Each line has a mask of its own, so that few large ones, or many small, are quick."""
        first = np.array((panel.x, panel.y))
        stop = np.array((panel.x + panel.width, panel.y + panel.height))
        for line in lines:
            low = np.clip(np.floor(line.min(axis=0) - width).astype(int), first, stop)
            high = np.clip(np.ceil(line.max(axis=0) + width).astype(int), first, stop)
            if (low < high).all():
                pixels = self.rgba[low[1] : high[1], low[0] : high[0], :3]
                _blend(pixels, ImageColor.getrgb(colour), alpha * _mask(line - low, high - low, width))


def _mask(line: Floats, size: NDArray[np.int64], width: float) -> Floats:
    """How much of each pixel a line covers, (y, x), 0 to 1."""
    mask = Image.new("L", (int(size[0]) * _FINER, int(size[1]) * _FINER))
    pen = ImageDraw.Draw(mask)
    pen.line((line * _FINER).ravel().tolist(), 255, max(round(width * _FINER), 1))
    return np.asarray(mask.reduce(_FINER), float) / 255


def _blend(pixels: NDArray[np.uint8], colour: tuple[int, ...], part: Floats) -> None:
    """Cover pixels (y, x, 3) in part with a colour."""
    mixed = pixels + (np.array(colour[:3]) - pixels) * part[:, :, None]
    pixels[:] = np.round(mixed).astype(np.uint8)
