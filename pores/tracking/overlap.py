"""Footprints of features on the working grid, and how much of them they share once moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Ints32 = NDArray[np.int32]
Pixels = tuple[Ints32, Ints32, Ints32]  # owner, y, x


@dataclass(frozen=True, eq=False)
class Footprints:
    """The masks of the features of one frame as runs of pixels along x: a tenth of the room of pixels.

    Attributes
    ----------
    owner : ndarray of int, (n_runs,)
        Feature of each run, counted within the frame.
    y, x, length : ndarray of int, (n_runs,)
        Where a run begins, and its pixels.
    area : ndarray of int, (n_features,)
        Pixels of each feature.
    """

    owner: Ints32
    y: Ints32
    x: Ints32
    length: Ints32
    area: Ints

    @classmethod
    def of(cls, image: NDArray[np.integer[Any]], labels: Ints, name: str) -> Self:
        """The footprints of the labels of a label image, that of the frame called `name`.

        Raises
        ------
        InputError
            If a label isn't in the image.
        """
        flat = np.flatnonzero(image != 0)  # of booleans: five times as fast
        values = image.ravel()[flat]
        n_px = np.bincount(values, minlength=int(labels.max(initial=0)) + 1)
        absent = labels[n_px[labels] == 0]
        if len(absent):
            raise InputError(f"frame {name}: the label image has no pixel of label {absent[0]} of the table")
        owner_of_label = np.full(len(n_px), -1, np.intp)
        owner_of_label[labels] = np.arange(len(labels))
        owner = owner_of_label[values]
        flat, owner = flat[owner >= 0], owner[owner >= 0]
        y, x = np.divmod(flat, max(image.shape[1], 1))
        new = (np.diff(flat, prepend=-2) != 1) | (np.diff(owner, prepend=-1) != 0) | (x == 0)
        begins = np.flatnonzero(new)
        return cls._small(
            owner[begins], y[begins], x[begins], np.diff(begins, append=len(flat)), n_px[labels]
        )

    @classmethod
    def _small(cls, owner: Ints, y: Ints, x: Ints, length: Ints, area: Ints) -> Self:
        small = np.int32
        return cls(owner.astype(small), y.astype(small), x.astype(small), length.astype(small), area)

    @classmethod
    def none(cls) -> Self:
        """The footprints of a frame without features."""
        return cls._small(*(np.empty(0, np.intp) for _ in range(5)))

    @classmethod
    def joined(cls, parts: "Sequence[Footprints]", places: Sequence[Ints]) -> Self:
        """The footprints of several label images of a frame: `places` says where the features of each are."""
        area = np.zeros(sum(len(place) for place in places), np.intp)
        for part, place in zip(parts, places, strict=True):
            area[place] = part.area
        owner = np.concatenate([place[part.owner] for part, place in zip(parts, places, strict=True)])
        y, x, length = (np.concatenate([getattr(part, of) for part in parts]) for of in ("y", "x", "length"))
        return cls._small(owner, y, x, length, area)

    def some(self, which: Ints) -> "Footprints":
        """The footprints of some features, ascending."""
        place = np.full(len(self.area), -1, np.int32)
        place[which] = np.arange(len(which))
        mine = place[self.owner] >= 0
        owner = place[self.owner[mine]]
        return Footprints(owner, self.y[mine], self.x[mine], self.length[mine], self.area[which])

    def pixels(self) -> tuple[Ints32, Ints32, Ints32]:
        """Owner, y and x of every pixel."""
        n = self.length
        start = np.cumsum(n, dtype=np.int32) - n
        x = np.repeat(self.x - start, n) + np.arange(int(n.sum()), dtype=np.int32)
        return np.repeat(self.owner, n), np.repeat(self.y, n), x


@dataclass(frozen=True, eq=False)
class Pairs:
    """Candidates for links: source and target features, and the part of the smaller mask that they share."""

    source: Ints
    target: Ints
    overlap: Floats

    @classmethod
    def joined(cls, parts: "Sequence[Pairs]") -> Self:
        """The pairs of all parts."""
        source, target = (
            np.concatenate([np.empty(0, np.intp), *(getattr(part, side) for part in parts)])
            for side in ("source", "target")
        )
        return cls(source, target, np.concatenate([np.empty(0), *(part.overlap for part in parts)]))

    def where(self, keep: Bools | Ints) -> "Pairs":
        """Some of the pairs."""
        return Pairs(self.source[keep], self.target[keep], self.overlap[keep])

    def __len__(self) -> int:
        return len(self.source)


@dataclass(frozen=True, eq=False)
class Moves:
    """Where the features of a frame are in another one: displacement, working grid, and whether it is known.

    What isn't known is a guess (rotation alone) that counts only where the other side knows no better.
    """

    dx: Floats
    dy: Floats
    known: Bools


class Canvas:
    """Compares footprints; keeps one image to paint them on."""

    def __init__(self) -> None:
        self._image = np.zeros((0, 0), np.int32)

    def overlaps(self, before: Footprints, now: Footprints, there: Moves, moves_back: Moves) -> Pairs:
        """The pairs of features of two frames that share pixels, counted within their frames.

        The earlier are moved `there`, and the later back; what they share is the mean of the two, so that
        the same comes out with time reversed. Overlap is the shared part of the smaller mask.
        """
        if not len(before.area) or not len(now.area):
            return Pairs.joined([])
        pixels = before.pixels(), now.pixels()
        sizes = len(before.area), len(now.area)
        forth = self._shared(pixels, there, sizes)
        back = self._shared(pixels[::-1], moves_back, sizes[::-1]).T
        source, target = np.nonzero(forth + back)
        a, b = there.known[source], moves_back.known[target]
        weights = (a | ~b).astype(float), (b | ~a).astype(float)
        shared = forth[source, target] * weights[0] + back[source, target] * weights[1]
        size = np.minimum(before.area[source], now.area[target])
        return Pairs(source, target, shared / (weights[0] + weights[1]) / size)

    def _shared(self, pixels: tuple[Pixels, Pixels], moves: Moves, sizes: tuple[int, int]) -> Ints:
        """Pixels shared by each feature of the first, moved, and each of the second."""
        (source, y, x), (target, still_y, still_x) = pixels
        self._grow(int(still_y.max(initial=0)) + 1, int(still_x.max(initial=0)) + 1)
        self._image[still_y, still_x] = target + 1
        y = y + _whole(moves.dy)[source]
        x = x + _whole(moves.dx)[source]
        inside = (x >= 0) & (x < self._image.shape[1]) & (y >= 0) & (y < self._image.shape[0])
        found = self._image[y[inside], x[inside]]
        self._image[still_y, still_x] = 0
        n_still = sizes[1] + 1
        code = source[inside] * np.intp(n_still) + found
        counts = np.bincount(code, minlength=sizes[0] * n_still)
        return np.asarray(counts.reshape(-1, n_still)[:, 1:])

    def _grow(self, ny: int, nx: int) -> None:
        old = self._image.shape
        if ny > old[0] or nx > old[1]:
            self._image = np.zeros((max(ny, old[0]), max(nx, old[1])), np.int32)


def _whole(displacement: Floats) -> Ints32:
    """Whole pixels; halves go to even numbers, in either direction alike, also a hundredth off."""
    return np.rint(np.round(displacement, 2)).astype(np.int32)


def occurrences(of: Ints, among: Ints) -> Ints:
    """How often each number `of` occurs `among` numbers."""
    if not len(of):
        return np.empty(0, np.intp)
    return np.asarray(np.bincount(among - among.min())[of - among.min()], np.intp)
