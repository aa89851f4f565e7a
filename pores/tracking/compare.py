"""Comparing features of frames with those some steps on: masks moved to where they should be, and places."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from pores.features import Features
from pores.parameters import TrackParameters
from pores.runs import spread
from pores.series import Bools, Floats, Ints, Watch
from pores.tracking.link import Links, Loose, one_to_one, reach_px
from pores.tracking.nodes import Nodes
from pores.tracking.observed import own_motions
from pores.tracking.overlap import Moves, Pairs, Side, overlaps
from pores.tracking.prospects import Prospects
from pores.tracking.signs import own_signs

_SLENDER = 3.0  # how far a feature reaches from its centroid at most, over the radius of a circle of its area
_FRAME_PX = 1e6  # more than any image is wide: x of all frames on one axis
_AT_A_TIME = 1_000_000  # pairs of features looked at together


@dataclass(eq=False)
class Comparer:
    """What is compared, and how.

    Attributes
    ----------
    nodes, watch, parameters
        What was given.
    """

    nodes: Nodes
    watch: Watch
    parameters: TrackParameters
    _sign: Floats = field(init=False)
    _by_x: Ints = field(init=False)

    def __post_init__(self) -> None:
        self._sign = own_signs(self.nodes.all, self.parameters)
        self._by_x = _by_x(self.nodes.all)

    def longest_step(self) -> int:
        """The most frames that lie within the gap window from one to another."""
        k = np.arange(len(self.watch))
        for step in k[1:].tolist():
            if not self.watch.within_gap(k[:-step], k[step:], self.parameters).any():
                return int(step) - 1
        return max(len(k) - 1, 0)

    def steps(self, step: int) -> tuple[Ints, Ints]:
        """The features of frames that have one `step` on within the gap window, and those of the latter."""
        n, of_frame = len(self.watch), np.diff(self.nodes.all.first)
        earlier = np.arange(max(n - step, 0))
        within = self.watch.within_gap(earlier, earlier + step, self.parameters)
        rest = np.zeros(min(step, n), bool)
        sides = np.append(within, rest), np.append(rest, within)
        a, b = (np.flatnonzero(np.repeat(frames, of_frame)) for frames in sides)
        return a, b

    def by_masks(self, a: Ints, b: Ints, step: int, prospects: Prospects) -> Pairs:
        """Overlaps between some features and some `step` frames on, but of opposite fields."""
        parts = []
        for begin, end in self.nodes.footprints.batches(step):
            some = self._in_frames(a, b, (begin, end), step)
            if all(map(len, some)):
                there, back = prospects.there(some[0], step), prospects.back(some[1], step)
                sides = Side(some[0], self._scaled(there)), Side(some[1], self._scaled(back))
                pairs = overlaps(self.nodes.footprints, *sides, (begin, end), step)
                alike = self._sign[pairs.source] * self._sign[pairs.target] >= 0
                parts.append(pairs.where(alike & (pairs.overlap >= self.parameters.min_overlap)))
        return Pairs.joined(parts)

    def by_places(
        self, a: Ints, b: Ints, step: int, prospects: Prospects, polarity: Floats, speed_km_s: float
    ) -> Links:
        """Links by place between some features and some `step` frames on, within what that speed allows."""
        if not len(a) or not len(b):
            return Links.joined([])
        there, back = prospects.there(a, step), prospects.back(b, step)
        k, t_s = self.nodes.all.k, self.watch.t_s
        reach = reach_px(t_s[k[a] + step] - t_s[k[a]], self.watch.views[0].grid.pixel_km, speed_km_s)
        x, y = self.nodes.all["x_px"], self.nodes.all["y_px"]
        begin, end = (np.searchsorted(k[b], k[a] + step, side) for side in ("left", "right"))
        found = []
        for i, j in _crossed(begin, end):
            known = there.known[i], back.known[j]
            off = [
                x[b[j]] - x[a[i]] - _mean_move(there.dx[i], back.dx[j], known),
                y[b[j]] - y[a[i]] - _mean_move(there.dy[i], back.dy[j], known),
            ]
            loose = Loose(a[i], b[j], np.array(off), reach[i])
            found.append(loose.chances(self.nodes.all, polarity, self.parameters))
        return one_to_one(found)

    def near(
        self, some: tuple[Ints, Ints], every: tuple[Ints, Ints], step: int, flow: Prospects
    ) -> tuple[Ints, Ints]:
        """Of some features and all there, and those `step` frames on: what touches once some are moved."""
        near_a, near_b, wanted_a, wanted_b = (np.zeros(len(self.nodes), bool) for _ in range(4))
        wanted_a[every[0]], wanted_b[every[1]] = True, True
        for begin, end in self.nodes.all.batches(step):
            a, b = self._in_frames(*some, (begin, end), step)
            if len(a):
                others = self._sorted(wanted_b, begin + step, end + step)
                for one, other in self._touching(a, flow.there(a, step), others, step):
                    near_a[one], near_b[other] = True, True
            if len(b):
                others = self._sorted(wanted_a, begin, end)
                for one, other in self._touching(b, flow.back(b, step), others, -step):
                    near_b[one], near_a[other] = True, True
        return np.flatnonzero(near_a), np.flatnonzero(near_b)

    def motions(self, links: Links, most: int) -> tuple[Floats, Floats]:
        """Motion before and after each node, by at most so many links that keep a track."""
        return own_motions(self.nodes.all, self.watch, links, self.parameters, most)

    def _touching(self, mine: Ints, move: Moves, others: Ints, step: int) -> Iterator[tuple[Ints, Ints]]:
        """Pairs of features that may touch once the former are moved `step` frames on; the others by x."""
        at, radius = self.nodes.all, self.nodes.places.radius
        if not len(others):
            return
        along = at.k[others] * _FRAME_PX + at["x_px"][others]
        x, y = at["x_px"][mine] + move.dx, at["y_px"][mine] + move.dy
        reach = _SLENDER * (radius[mine] + radius[others].max()) + 1.0
        middle = (at.k[mine] + step) * _FRAME_PX + x
        for i, j in _crossed(np.searchsorted(along, middle - reach), np.searchsorted(along, middle + reach)):
            one, other = mine[i], others[j]
            away = np.hypot(x[i] - at["x_px"][other], y[i] - at["y_px"][other])
            touch = away <= _SLENDER * (radius[one] + radius[other])
            yield one[touch], other[touch]

    def _in_frames(self, a: Ints, b: Ints, frames: tuple[int, int], step: int) -> tuple[Ints, Ints]:
        """Those of features, ascending, in frames from one to before another, and of others `step` on."""
        begin, end = frames
        return self.nodes.all.in_frames(a, begin, end), self.nodes.all.in_frames(b, begin + step, end + step)

    def _sorted(self, wanted: Bools, begin: int, end: int) -> Ints:
        """The wanted features in frames from `begin` to before `end`, by frame and x."""
        some = self._by_x[slice(*self.nodes.all.first[[begin, end]])]
        return some[wanted[some]]

    def _scaled(self, moves: Moves) -> Moves:
        scale = self.watch.scale
        return Moves(scale * moves.dx, scale * moves.dy, moves.known)


def _by_x(features: Features) -> Ints:
    """Features by frame and x."""
    order = np.empty(len(features), np.intp)
    for batch in features.batches():
        some = slice(*features.first[list(batch)])
        order[some] = some.start + np.lexsort((features["x_px"][some], features.k[some]))
    return order


def _crossed(begin: Ints, end: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Each i with all j from begin[i] to before end[i], not too many at a time."""
    n = end - begin
    total = np.cumsum(n)
    first = 0
    while first < len(n):
        before = total[first] - n[first]
        last = max(int(np.searchsorted(total, before + _AT_A_TIME, side="right")), first + 1)
        some = slice(first, last)
        yield np.repeat(np.arange(first, last), n[some]), spread(begin[some], n[some])
        first = last


def _mean_move(there: Floats, back: Floats, known: tuple[Bools, Bools]) -> Floats:
    """Displacement of sources to targets: what either side says, of those that know."""
    a, b = known
    weights = (a | ~b).astype(float), (b | ~a).astype(float)
    return np.asarray((there * weights[0] - back * weights[1]) / (weights[0] + weights[1]))
