"""How much of their masks features of two frames share once they are moved, for many frames at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from pores.runs import Whole
from pores.series import Bools, Floats, Ints
from pores.tracking.footprints import Footprints, Ints32, Strip

_NONE = np.empty(0, np.intp)
_BACK = 2**16  # more pixels than a run has


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
    """Where features are in another frame: displacement, and whether it is known.

    What isn't known is a guess (rotation alone) that counts only where the other side knows no better.
    """

    dx: Floats
    dy: Floats
    known: Bools


@dataclass(frozen=True, eq=False)
class Side:
    """Features of some frames, ascending, and how they are moved onto others: working grid."""

    features: Ints
    moves: Moves


def overlaps(footprints: Footprints, before: Side, after: Side, frames: tuple[int, int], step: int) -> Pairs:
    """The pairs of features that share pixels, of frames from one to before another, and of those `step` on.

    The earlier are moved on, and the later back; what they share is the mean of the two, so that the same
    comes out with time reversed. Overlap is the shared part of the smaller mask.
    """
    begin, end = frames
    first, last = (begin, end), (begin + step, end + step)
    sides = [
        _Mover.of(side, *footprints.features[[*some]].tolist())
        for side, some in ((before, first), (after, last))
    ]
    strips = footprints.strip(*first, sides[0].wanted), footprints.strip(*last, sides[1].wanted)
    source, target, forth, back = _shared(strips, sides, footprints.shape)
    a, b = sides[0].known[source], sides[1].known[target]
    weights = (a | ~b).astype(float), (b | ~a).astype(float)
    mean = (forth * weights[0] + back * weights[1]) / (weights[0] + weights[1])
    source, target = source + sides[0].first, target + sides[1].first
    size = np.minimum(footprints.area[source], footprints.area[target])
    return Pairs(source, target, mean / size)


@dataclass(frozen=True, eq=False)
class _Mover:
    """Of features from `first` on: whether it is wanted, its move in whole pixels, and if that is known."""

    first: int
    wanted: Bools
    dx: Ints32
    dy: Ints32
    known: Bools

    @classmethod
    def of(cls, side: Side, first: int, end: int) -> Self:
        n, which = end - first, side.features - first
        one = cls(first, np.zeros(n, bool), np.zeros(n, np.int32), np.zeros(n, np.int32), np.zeros(n, bool))
        one.wanted[which] = True
        one.dx[which], one.dy[which] = _whole(side.moves.dx), _whole(side.moves.dy)
        one.known[which] = side.moves.known
        return one


Met = tuple[Whole, Whole, Whole]  # features of both, and how many pixels they share
Shared = tuple[Ints, Ints, Floats, Floats]  # features of both; pixels they share moved on, and moved back


def _shared(strips: tuple[Strip, Strip], sides: Sequence[_Mover], shape: tuple[int, int]) -> Shared:
    """Pixels that features share, those before moved on, and those after moved back."""
    before, after = strips
    on = _met(before, after, sides[0], shape)
    target, source, moved_back = _met(after, before, sides[1], shape)
    return _summed(on, (source, target, moved_back))


def _met(moving: Strip, still: Strip, mover: _Mover, shape: tuple[int, int]) -> Met:
    """What is shared once the features of the first are moved, for each pair of runs that meet."""
    start, end, owner = _moved(moving, mover, shape)
    still_start = _in_a_row(still.frame, still.y, shape) + still.x
    still_end = still_start + still.length
    at, met = np.searchsorted(still_end, start, side="right"), np.arange(len(start))
    found: list[Met] = []
    while True:  # a run meets one or two others, seldom more
        here = at < len(still_start)
        here[here] = still_start[at[here]] < end[met[here]]
        at, met = at[here], met[here]
        if not len(at):
            break
        pixels = np.minimum(still_end[at], end[met]) - np.maximum(still_start[at], start[met])
        found.append((owner[met], still.owner[at], pixels))
        at = at + 1
    mine, others, pixels = zip(*found, strict=True) if found else ([_NONE], [_NONE], [_NONE])
    return np.concatenate(mine), np.concatenate(others), np.concatenate(pixels)


def _moved(moving: Strip, mover: _Mover, shape: tuple[int, int]) -> Met:
    """Where moved runs begin and end in the row of all pixels, and whose they are; cut at the borders."""
    ny, nx = shape
    y, left = moving.y + mover.dy[moving.owner], moving.x + mover.dx[moving.owner]
    left, right = np.maximum(left, 0), np.minimum(left + moving.length, nx)
    inside = np.flatnonzero((y >= 0) & (y < ny) & (left < right))
    row = _in_a_row(moving.frame[inside], y[inside], shape)
    return row + left[inside], row + right[inside], moving.owner[inside]


def _in_a_row(frame: Ints32, y: Ints32, shape: tuple[int, int]) -> Ints:
    """Where rows of frames begin if all pixels are in one row."""
    return (frame.astype(np.intp) * shape[0] + y) * shape[1]


def _summed(on: Met, back: Met) -> Shared:
    """Pixels by pair of features, in order."""
    source, target, pixels = (np.append(one, other) for one, other in zip(on, back, strict=True))
    if not len(pixels):
        return _NONE, _NONE, np.empty(0), np.empty(0)
    first_s, first_t = int(source.min()), int(target.min())
    n = int(target.max()) - first_t + 1
    pixels[len(on[2]) :] += _BACK
    code = ((source.astype(np.intp) - first_s) * n + (target - first_t)) * (2 * _BACK) + pixels
    code.sort()  # all in one number: many times faster than to sort by pairs and take pixels along
    pair, pixels = np.divmod(code, 2 * _BACK)
    first = np.flatnonzero(np.diff(pair, prepend=-1))
    forth, moved_back = (
        np.add.reduceat(np.where(which, pixels % _BACK, 0), first).astype(float)
        for which in (pixels < _BACK, pixels >= _BACK)
    )
    source, target = np.divmod(pair[first], n)
    return source + first_s, target + first_t, forth, moved_back


def _whole(displacement: Floats) -> Ints32:
    """Whole pixels; halves go to even numbers, in either direction alike, also a hundredth off."""
    return np.rint(np.round(displacement, 2)).astype(np.int32)
