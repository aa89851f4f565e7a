"""Comparing features of two frames: masks moved to where they should be, and places."""

from dataclasses import dataclass, field

import numpy as np

from pores.parameters import TrackParameters
from pores.series import Bools, Floats, Ints, Watch
from pores.tracking.link import Links, Loose, by_place, reach_px
from pores.tracking.nodes import Nodes
from pores.tracking.observed import own_motions
from pores.tracking.overlap import Canvas, Moves, Pairs
from pores.tracking.prospects import Prospects
from pores.tracking.signs import own_signs

_SLENDER = 3.0  # how far a feature reaches from its centroid at most, over the radius of a circle of its area


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
    _canvas: Canvas = field(default_factory=Canvas, init=False)
    _sign: Floats = field(init=False)

    def __post_init__(self) -> None:
        self._sign = own_signs(self.nodes.all, self.parameters)

    def by_masks(self, a: Ints, b: Ints, prospects: Prospects) -> Pairs:
        """Overlaps between some features of one frame and some of a later one, but of opposite fields."""
        if not len(a) or not len(b):
            return Pairs.joined([])
        moves = (self._scaled(move) for move in prospects.between(a, b))
        pairs = self._canvas.overlaps(self.nodes.footprint(a), self.nodes.footprint(b), *moves)
        pairs = Pairs(a[pairs.source], b[pairs.target], pairs.overlap)
        alike = self._sign[pairs.source] * self._sign[pairs.target] >= 0
        return pairs.where(alike & (pairs.overlap >= self.parameters.min_overlap))

    def by_places(self, a: Ints, b: Ints, prospects: Prospects, polarity: Floats, speed_km_s: float) -> Links:
        """Links by place between some features of two frames, within what that speed allows."""
        if not len(a) or not len(b):
            return Links.joined([])
        there, back = prospects.between(a, b)
        x, y = self.nodes.all["x_px"], self.nodes.all["y_px"]
        off = [
            np.add.outer(-x[a], x[b]) - _mean_move(there.dx, back.dx, there.known, back.known),
            np.add.outer(-y[a], y[b]) - _mean_move(there.dy, back.dy, there.known, back.known),
        ]
        dt, pixel_km = prospects.time_between(a, b), self.watch.views[0].grid.pixel_km
        reach = reach_px(dt, pixel_km, speed_km_s)
        return by_place(Loose(a, b, np.array(off), reach), self.nodes.all, polarity, self.parameters)

    def near(self, some: tuple[Ints, Ints], every: tuple[Ints, Ints], flow: Prospects) -> tuple[Ints, Ints]:
        """Of some features of two frames and all there: those that touch once the former are moved."""
        (a, b), (all_a, all_b) = some, every
        if not len(all_a) or not len(all_b):
            return all_a[:0], all_b[:0]
        found_a, found_b = [all_a[:0]], [all_b[:0]]
        if len(a):
            touch = self._touch(a, flow.there(a, all_b), all_b)
            found_a, found_b = [*found_a, a[touch.any(axis=1)]], [*found_b, all_b[touch.any(axis=0)]]
        if len(b):
            touch = self._touch(b, flow.back(all_a, b), all_a)
            found_a, found_b = [*found_a, all_a[touch.any(axis=0)]], [*found_b, b[touch.any(axis=1)]]
        return np.unique(np.concatenate(found_a)), np.unique(np.concatenate(found_b))

    def motions(self, links: Links, most: int) -> tuple[Floats, Floats]:
        """Motion before and after each node, by at most so many links that keep a track."""
        return own_motions(self.nodes.all, self.watch, links, self.parameters, most)

    def _touch(self, mine: Ints, move: Moves, others: Ints) -> Bools:
        at, radius = self.nodes.all, self.nodes.places.radius
        dx = np.subtract.outer(at["x_px"][mine] + move.dx, at["x_px"][others])
        dy = np.subtract.outer(at["y_px"][mine] + move.dy, at["y_px"][others])
        return np.asarray(np.hypot(dx, dy) <= _SLENDER * np.add.outer(radius[mine], radius[others]))

    def _scaled(self, moves: Moves) -> Moves:
        scale = self.watch.scale
        return Moves(scale * moves.dx, scale * moves.dy, moves.known)


def _mean_move(there: Floats, back: Floats, there_known: Bools, back_known: Bools) -> Floats:
    """Displacement of each source to each target: what either side says, of those that know."""
    a, b = there_known[:, None], back_known[None, :]
    weights = (a | ~b).astype(float), (b | ~a).astype(float)
    return np.asarray((there[:, None] * weights[0] - back * weights[1]) / (weights[0] + weights[1]))
