"""Comparing features of frames with those some steps on: masks moved to where they should be, and places."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

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
        self._by_x = np.lexsort((self.nodes.all["x_px"], self.nodes.all.k))

    def longest_step(self) -> int:
        """The most frames that lie within the gap window from one to another."""
        k = np.arange(len(self.watch))
        for step in k[1:].tolist():
            if not self.watch.within_gap(k[:-step], k[step:], self.parameters).any():
                return int(step) - 1
        return max(len(k) - 1, 0)

    def steps(self, step: int) -> tuple[Ints, Ints]:
        """The features of frames that have one `step` on within the gap window, and those of the latter."""
        n, k = len(self.watch), self.nodes.all.k
        first = np.zeros(n + step, bool)
        earlier = np.arange(max(n - step, 0))
        first[earlier] = self.watch.within_gap(earlier, earlier + step, self.parameters)
        return np.flatnonzero(first[k]), np.flatnonzero((k >= step) & first[k - step])

    def by_masks(self, a: Ints, b: Ints, step: int, prospects: Prospects) -> Pairs:
        """Overlaps between some features and some `step` frames on, but of opposite fields."""
        if not len(a) or not len(b):
            return Pairs.joined([])
        there, back = (self._scaled(move) for move in (prospects.there(a, step), prospects.back(b, step)))
        pairs = overlaps(self.nodes.footprints, Side(a, there), Side(b, back), step)
        alike = self._sign[pairs.source] * self._sign[pairs.target] >= 0
        return pairs.where(alike & (pairs.overlap >= self.parameters.min_overlap))

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
        (a, b), (all_a, all_b) = some, every
        near_a, near_b = (np.zeros(len(self.nodes), bool) for _ in range(2))
        if len(a) and len(all_b):
            for one, other in self._touching(a, flow.there(a, step), all_b, step):
                near_a[one], near_b[other] = True, True
        if len(b) and len(all_a):
            for one, other in self._touching(b, flow.back(b, step), all_a, -step):
                near_b[one], near_a[other] = True, True
        return np.flatnonzero(near_a), np.flatnonzero(near_b)

    def motions(self, links: Links, most: int) -> tuple[Floats, Floats]:
        """Motion before and after each node, by at most so many links that keep a track."""
        return own_motions(self.nodes.all, self.watch, links, self.parameters, most)

    def _touching(self, mine: Ints, move: Moves, others: Ints, step: int) -> Iterator[tuple[Ints, Ints]]:
        """Pairs of features that may touch once the former are moved `step` frames on."""
        at, radius = self.nodes.all, self.nodes.places.radius
        wanted = np.zeros(len(self.nodes), bool)
        wanted[others] = True
        others = self._by_x[wanted[self._by_x]]
        along = at.k[others] * _FRAME_PX + at["x_px"][others]
        x, y = at["x_px"][mine] + move.dx, at["y_px"][mine] + move.dy
        reach = _SLENDER * (radius[mine] + radius[others].max()) + 1.0
        middle = (at.k[mine] + step) * _FRAME_PX + x
        for i, j in _crossed(np.searchsorted(along, middle - reach), np.searchsorted(along, middle + reach)):
            one, other = mine[i], others[j]
            away = np.hypot(x[i] - at["x_px"][other], y[i] - at["y_px"][other])
            touch = away <= _SLENDER * (radius[one] + radius[other])
            yield one[touch], other[touch]

    def _scaled(self, moves: Moves) -> Moves:
        scale = self.watch.scale
        return Moves(scale * moves.dx, scale * moves.dy, moves.known)


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
