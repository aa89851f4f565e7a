"""Which pixels of the working grid features have, as runs along x: a tenth of the room of pixels."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pores.series import Bools, Ints

_AT_A_TIME = 100_000  # runs looked at together: what they take stays in the cache

Ints32 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Strip:
    """Runs of pixels, in raster order and frame after frame.

    Attributes
    ----------
    owner : ndarray of int, (n,)
        Feature of each run.
    frame : ndarray of int, (n,)
        Its frame, counted from the first that was asked for.
    y, x, length : ndarray of int, (n,)
        Where it begins, and its pixels.
    """

    owner: Ints32
    frame: Ints32
    y: Ints32
    x: Ints32
    length: Ints32


@dataclass(frozen=True, eq=False)
class Footprints:
    """The masks of all features of a series.

    Attributes
    ----------
    owner, y, x, length : ndarray of int, (n_runs,)
        As in `Strip`.
    first : ndarray of int, (n_frames + 1,)
        Runs of frame k are first[k]..first[k + 1] - 1.
    area : ndarray of int, (n_features,)
        Pixels of each feature.
    shape : tuple of int
        Rows and columns that hold them all.
    """

    owner: Ints32
    y: NDArray[Any]
    x: NDArray[Any]
    length: NDArray[Any]
    first: Ints
    area: Ints
    shape: tuple[int, int]

    @classmethod
    def of(cls, frames: Iterable[NDArray[Any]], n_features: int) -> Self:
        """The footprints of runs: owner, y, x and length by frame, in raster order, shape (4, n) each."""
        kept = [_small(runs) for runs in frames]
        first = np.cumsum([0, *(len(runs[0]) for runs in kept)])
        columns = [np.concatenate([np.empty(0, np.int16), *parts]) for parts in zip(*kept, strict=True)]
        owner, y, x, length = columns or [np.empty(0, np.int16)] * 4
        area = np.zeros(n_features, np.intp)
        np.add.at(area, owner, length)
        shape = int(y.max(initial=-1)) + 1, int((x + length).max(initial=0))
        return cls(owner.astype(np.int32, copy=False), y, x, length, first, area, shape)

    def batches(self, step: int) -> Iterator[tuple[int, int]]:
        """Frames from k to before another one, of few runs each, that all have a frame `step` on."""
        k, n = 0, len(self.first) - 1 - step
        while k < n:
            end = int(np.searchsorted(self.first, self.first[k] + _AT_A_TIME))
            end = min(max(end, k + 1), n)
            yield k, end
            k = end

    def strip(self, begin: int, end: int, wanted: Bools) -> Strip:
        """The runs of wanted features in frames from `begin` to before `end`."""
        some = slice(self.first[begin], self.first[end])
        owner = self.owner[some]
        frame = np.repeat(np.arange(end - begin, dtype=np.int32), np.diff(self.first[begin : end + 1]))
        keep = wanted[owner]
        columns = (frame, *(values[some].astype(np.int32) for values in (self.y, self.x, self.length)))
        if keep.all():
            return Strip(owner, *columns)
        return Strip(owner[keep], *(values[keep] for values in columns))


def _small(runs: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """Owner, y, x and length in as few bytes as an image's size allows: there are millions."""
    owner, *places = runs
    small = np.int16 if max(int(place.max(initial=0)) for place in places) < 2**14 else np.int32
    return owner.astype(np.int32), *(place.astype(small) for place in places)
