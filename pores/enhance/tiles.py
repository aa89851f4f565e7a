"""A frame cut into tiles of one size, so that memory is bounded and any part of a frame can be had alone."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Place = tuple[int, int]

# Native pixels of a tile along an axis: large ones waste less on halos, small ones less on the quiet Sun.
WHOLE_PX, NEEDED_PX = 128, 48


@dataclass(frozen=True)
class Tiling:
    """How an image is cut.

    Tiles at the far edges are moved inward until they fit, so that all are alike; what they share is the same
    in both. A window is a tile with its halo, moved inward likewise where the network pads by itself.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns of the image.
    halo : int
        Pixels of context that a network needs to either side.
    pads : bool
        Whether the network treats borders by itself; else the image is reflected about its edge pixels.
    size : int
        Rows and columns of a tile, if the image is as large.
    """

    shape: tuple[int, int]
    halo: int
    pads: bool
    size: int = WHOLE_PX

    @cached_property
    def tile(self) -> tuple[int, int]:
        """Rows and columns of a tile."""
        rows, cols = (min(self.size, n) for n in self.shape)
        return rows, cols

    @cached_property
    def count(self) -> tuple[int, int]:
        """Tiles along the rows and the columns of the image."""
        rows, cols = (-(-n // size) for n, size in zip(self.shape, self.tile, strict=True))
        return rows, cols

    def every(self) -> list[Place]:
        """All tiles, as row and column of tiles."""
        return [(i, j) for i in range(self.count[0]) for j in range(self.count[1])]

    def fine(self, place: Place) -> tuple[slice, slice]:
        """Where a tile is in the doubled image."""
        starts = zip(self._start(place), self.tile, strict=True)
        rows, cols = (slice(2 * start, 2 * (start + n)) for start, n in starts)
        return rows, cols

    def padded(self, image: Image) -> Image:
        """What windows are cut from."""
        return image if self.pads else np.pad(image, self.halo, mode="reflect")

    def window(self, padded: Image, place: Place) -> Image:
        """A tile with its halo, of what `padded` gave."""
        return padded[self._window(place)]

    @cached_property
    def window_shape(self) -> tuple[int, int]:
        """Rows and columns of every window."""
        rows, cols = (side.stop - side.start for side in self._window((0, 0)))
        return rows, cols

    def kept(self, place: Place) -> tuple[slice, slice]:
        """Where a tile is in the network's doubled image of its window."""
        if not self.pads:
            return slice(None), slice(None)
        starts = zip(self._start(place), self._window(place), self.tile, strict=True)
        rows, cols = (slice(2 * (at - window.start), 2 * (at - window.start + n)) for at, window, n in starts)
        return rows, cols

    def _start(self, place: Place) -> tuple[int, int]:
        row, col = (min(k * size, n - size) for k, size, n in zip(place, self.tile, self.shape, strict=True))
        return row, col

    def _window(self, place: Place) -> tuple[slice, slice]:
        """The window of a tile in the image, or in the padded image where the network doesn't pad."""
        sizes = [size + 2 * self.halo for size in self.tile]
        starts = list(self._start(place))
        if self.pads:
            sizes = [min(size, n) for size, n in zip(sizes, self.shape, strict=True)]
            starts = [
                min(max(at - self.halo, 0), n - size)
                for at, size, n in zip(starts, sizes, self.shape, strict=True)
            ]
        rows, cols = (slice(at, at + size) for at, size in zip(starts, sizes, strict=True))
        return rows, cols


@dataclass(frozen=True, eq=False)
class Canvas:
    """An image and its doubled image, of which some tiles are there.

    Attributes
    ----------
    image : ndarray of float32
        What is doubled, finite, as `Tiling.padded` gives it.
    tiling : Tiling
    out : ndarray of float32, (2 ny, 2 nx)
        The doubled image.
    """

    image: Image
    tiling: Tiling
    out: Image


def fill(
    work: Sequence[tuple[Canvas, Iterable[Place]]], forward: Callable[[Image], Image], batch: int
) -> None:
    """Make tiles of doubled images, at most `batch` at a time, also of several images of one size."""
    tasks = [(canvas, place) for canvas, places in work for place in places]
    for some in _batches(tasks, batch):
        windows = np.stack([canvas.tiling.window(canvas.image, place) for canvas, place in some])
        made = forward(windows[..., None])[..., 0]
        for (canvas, place), window in zip(some, made, strict=True):
            canvas.out[canvas.tiling.fine(place)] = window[canvas.tiling.kept(place)]


def _batches(tasks: list[tuple[Canvas, Place]], size: int) -> Iterator[list[tuple[Canvas, Place]]]:
    """Runs of tasks whose windows are alike."""
    for _, alike in groupby(tasks, key=lambda task: task[0].tiling.window_shape):
        some = list(alike)
        for start in range(0, len(some), size):
            yield some[start : start + size]
