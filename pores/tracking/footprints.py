"""Which pixels of the working grid features have, as runs along x: a tenth of the room of pixels."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pores.features import frames_in_batches
from pores.series import Bools, Ints

_AT_A_TIME = 100_000  # runs looked at together: what they take stays in the cache

Ints32 = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Strip:
    """Runs of pixels, in raster order and frame after frame.

    Attributes
    ----------
    owner : ndarray of int, (n,)
        Feature of each run, counted from the first of these frames.
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
    owner : ndarray of int, (n_runs,)
        Feature of each run.
    y, x, length : ndarray of int, (n_runs,)
        As in `Strip`.
    first : ndarray of int, (n_frames + 1,)
        Runs of frame k are first[k]..first[k + 1] - 1.
    features : ndarray of int, (n_frames + 1,)
        Features of frame k are features[k]..features[k + 1] - 1.
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
    features: Ints
    area: Ints
    shape: tuple[int, int]

    @classmethod
    def of(cls, frames: Iterable[NDArray[Any]], features: Ints) -> Self:
        """The footprints of runs: owner, y, x and length by frame, in raster order, shape (4, n) each.

        `features` as above.
        """
        kept = [_small(runs) for runs in frames]
        first = np.cumsum([0, *(len(runs[0]) for runs in kept)])
        columns = [np.concatenate([np.empty(0, np.int16), *parts]) for parts in zip(*kept, strict=True)]
        owner, y, x, length = columns or [np.empty(0, np.int16)] * 4
        area = np.zeros(features[-1], np.intp)
        for k, (low, high) in enumerate(pairwise(features.tolist())):
            some = slice(first[k], first[k + 1])
            area[low:high] = np.bincount(owner[some] - low, length[some], high - low)
        shape = int(y.max(initial=-1)) + 1, int((x + length).max(initial=0))
        return cls(owner.astype(np.int32, copy=False), y, x, length, first, features, area, shape)

    def batches(self, step: int) -> Iterator[tuple[int, int]]:
        """See `frames_in_batches`; of few runs each."""
        return frames_in_batches(self.first, step, _AT_A_TIME)

    def strip(self, begin: int, end: int, wanted: Bools) -> Strip:
        """The runs in frames from `begin` to before `end` of those of their features that are wanted."""
        some = slice(self.first[begin], self.first[end])
        owner = self.owner[some] - np.int32(self.features[begin])
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
