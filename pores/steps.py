"""Comparing the features of two frames: masks moved to where they should be, then places."""

import numpy as np

from pores.link import Links, Loose, by_place, continuations, reach_px, without_brushes
from pores.nodes import Nodes
from pores.observed import own_motions
from pores.overlap import Canvas, Moves, Pairs
from pores.parameters import TrackParameters
from pores.prospects import Prospects
from pores.series import Bools, Floats, Ints, Watch
from pores.signs import own_signs

_REMEMBERED = 2  # displacements on each side that say where a feature should be: local


class Steps:
    """Links from one usable frame to the next."""

    def __init__(self, nodes: Nodes, watch: Watch, parameters: TrackParameters) -> None:
        self.nodes, self.watch, self.parameters = nodes, watch, parameters
        self._canvas = Canvas()
        k = np.arange(max(len(watch) - 1, 0))
        self.frames = k[watch.within_gap(k, k + 1, parameters)]

    def overlaps(self, flow: Prospects) -> tuple[Pairs, Prospects]:
        """Overlaps of masks moved by rotation and flow; where these don't tell, by clear neighbours in time.

        Clear is an overlap that is large and the only one of both. The motion of a feature along a few of
        these, before it and after it, says where it should be; what is clear stays.
        """
        first = self._overlaps(self.frames, flow)
        clear = self._alone(first) & (first.overlap >= self.parameters.min_exchange_overlap)
        alone = first.where(self._alone(first))
        plain = Links(alone.source, alone.target, np.ones(len(alone), bool))
        prospects = flow.or_else(*self.motions(plain))
        settled = [np.zeros(len(self.nodes), bool) for _ in range(2)]
        settled[0][first.source[clear]], settled[1][first.target[clear]] = True, True
        again = self._overlaps(self._unsettled(settled), prospects)
        again = again.where(~(settled[0][again.source] & settled[1][again.target]))
        return Pairs.joined([first.where(clear), again]), prospects

    def links(self, pairs: Pairs, prospects: Prospects, polarity: Floats) -> Links:
        """Links by overlap and, for pores that overlap nothing, by place."""
        pairs = pairs.where(polarity[pairs.source] * polarity[pairs.target] >= 0)
        pairs = without_brushes(pairs, self.parameters)
        parts = [Links(pairs.source, pairs.target, np.ones(len(pairs), bool))]
        open_ends = [~self.nodes.faint for _ in range(2)]
        open_ends[0][pairs.source], open_ends[1][pairs.target] = False, False
        for k in self.frames.tolist():
            a, b = self.nodes.all.in_frame(k), self.nodes.all.in_frame(k + 1)
            parts.append(self.placed(a[open_ends[0][a]], b[open_ends[1][b]], prospects, polarity))
        links = Links.joined(parts)
        return Links(links.source, links.target, continuations(links.source, links.target, self.nodes.all))

    def placed(self, a: Ints, b: Ints, prospects: Prospects, polarity: Floats) -> Links:
        """Links by place between some features of two frames."""
        if not len(a) or not len(b):
            return Links.joined([])
        k, later = self.frames_of(a, b)
        there, back = prospects.between(k, later, a, b)
        x, y = self.nodes.all["x_px"], self.nodes.all["y_px"]
        weight = there.known[:, None] + 1e-9, back.known[None, :] + 1e-9
        off = [
            (weight[0] * (at[b] - at[a][:, None] - to[:, None]) + weight[1] * (at[b] + fro - at[a][:, None]))
            / (weight[0] + weight[1])
            for at, to, fro in ((x, there.dx, back.dx), (y, there.dy, back.dy))
        ]
        dt = float(self.watch.t_s[later] - self.watch.t_s[k])
        reach = reach_px(dt, self.watch.views[later].grid.pixel_km, self.parameters)
        return by_place(Loose(a, b, np.array(off), reach), self.nodes.all, polarity, self.parameters)

    def compared(self, a: Ints, b: Ints, prospects: Prospects) -> Pairs:
        """Overlaps between some features of one frame and some of a later one, but of opposite fields."""
        if not len(a) or not len(b):
            return Pairs.joined([])
        moves = (self._scaled(move) for move in prospects.between(*self.frames_of(a, b), a, b))
        pairs = self._canvas.overlaps(self.nodes.footprint(a), self.nodes.footprint(b), *moves)
        pairs = Pairs(a[pairs.source], b[pairs.target], pairs.overlap)
        sign = own_signs(self.nodes.all, self.parameters)
        alike = sign[pairs.source] * sign[pairs.target] >= 0
        return pairs.where(alike & (pairs.overlap >= self.parameters.min_overlap))

    def _overlaps(self, frames: Ints, prospects: Prospects) -> Pairs:
        every = self.nodes.all.in_frame
        pairs = [self.compared(every(k), every(k + 1), prospects) for k in frames.tolist()]
        return Pairs.joined(pairs)

    def motions(self, links: Links) -> tuple[Floats, Floats]:
        """Motion after and before each node by a few links that keep a track."""
        before, after = own_motions(self.nodes.all, self.watch, links, self.parameters, most=_REMEMBERED)
        return before, after

    def _alone(self, pairs: Pairs) -> Bools:
        n = len(self.nodes)
        once = np.bincount(pairs.source, minlength=n)[pairs.source] == 1
        return np.asarray(once & (np.bincount(pairs.target, minlength=n)[pairs.target] == 1))

    def _unsettled(self, settled: list[Bools]) -> Ints:
        """Frames from which to the next not all is clear."""
        open_from = np.unique(self.nodes.all.k[~settled[0]])
        open_to = np.unique(self.nodes.all.k[~settled[1]]) - 1
        return self.frames[np.isin(self.frames, np.union1d(open_from, open_to))]

    def frames_of(self, a: Ints, b: Ints) -> tuple[int, int]:
        """The two frames of some features."""
        return int(self.nodes.all.k[a[0]]), int(self.nodes.all.k[b[0]])

    def _scaled(self, moves: Moves) -> Moves:
        scale = self.watch.scale
        return Moves(scale * moves.dx, scale * moves.dy, moves.known)
