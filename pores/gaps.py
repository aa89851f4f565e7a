"""Links over gaps: what vanished with what appeared some frames later, shorter gaps first."""

import numpy as np

from pores.link import Links, continuations, without_brushes
from pores.nodes import Nodes
from pores.prospects import Prospects
from pores.series import Bools, Floats, Ints
from pores.signs import told_on
from pores.steps import Steps

_SLENDER = 3.0  # how far a feature reaches from its centroid at most, over the radius of a circle of its area


def over_gaps(links: Links, nodes: Nodes, steps: Steps, prospects: Prospects, polarity: Floats) -> Links:
    """The links, and those between pores that have none on one side yet, within the gap window.

    What vanished is compared with what appeared: by overlap, each moved by its own motion, then by place. If
    most of what vanished lies in a pore that came from elsewhere it merged into it unseen; if most of what
    appeared lies in a pore that went elsewhere it split from it unseen.

    Parameters
    ----------
    links : Links
        Of pores, up to now.
    nodes : Nodes
    steps : Steps
    prospects : Prospects
        Where features should be.
    polarity : ndarray of float
        Of each node.
    """
    ends, begins = ~nodes.faint, ~nodes.faint
    ends[links.source], begins[links.target] = False, False
    parts, every = [links], np.arange(len(steps.watch))
    for n in range(2, len(every)):
        k = every[:-n][steps.watch.within_gap(every[:-n], every[n:], steps.parameters)]
        if not len(k):
            break
        open_from = np.bincount(nodes.all.k[ends], minlength=len(every)) > 0
        open_to = np.bincount(nodes.all.k[begins], minlength=len(every)) > 0
        made = []
        for first in k[open_from[k] | open_to[k + n]].tolist():
            between = Between(first, first + n, ends, begins, nodes)
            made.append(between.links(steps, prospects, polarity))
        layer = Links.joined(made)
        ends[layer.source], begins[layer.target] = False, False
        polarity = told_on(polarity, layer)
        parts.append(layer)
    links = Links.joined(parts)
    return Links(links.source, links.target, continuations(links.source, links.target, nodes.all))


class Between:
    """What may be linked between two frames that are not next to one another.

    Attributes
    ----------
    a, b : ndarray of int
        The pores of the two.
    ends, begins : ndarray of bool
        Which nodes vanished, and which appeared.
    """

    def __init__(self, k: int, later: int, ends: Bools, begins: Bools, nodes: Nodes) -> None:
        every = (nodes.all.in_frame(one) for one in (k, later))
        self.a, self.b = (one[~nodes.faint[one]] for one in every)
        self.ends, self.begins = ends, begins

    def links(self, steps: Steps, prospects: Prospects, polarity: Floats) -> Links:
        """By overlap, then by place."""
        a, b = self._near(steps, prospects)
        pairs = steps.compared(a, b, prospects)
        pairs = pairs.where(polarity[pairs.source] * polarity[pairs.target] >= 0)
        ends, begins = self.ends[pairs.source], self.begins[pairs.target]
        well = pairs.overlap >= steps.parameters.min_exchange_overlap
        pairs = without_brushes(pairs.where((ends & begins) | (well & (ends | begins))), steps.parameters)
        found = Links(pairs.source, pairs.target, np.ones(len(pairs), bool))
        a, b = self.a[self.ends[self.a]], self.b[self.begins[self.b]]
        a, b = np.setdiff1d(a, pairs.source), np.setdiff1d(b, pairs.target)
        return Links.joined([found, steps.placed(a, b, prospects, polarity)])

    def _near(self, steps: Steps, prospects: Prospects) -> tuple[Ints, Ints]:
        """Those that may touch, once moved: all that vanished or appeared, and what is near these."""
        if not len(self.a) or not len(self.b):
            return self.a, self.b
        there, back = prospects.between(*steps.frames_of(self.a, self.b), self.a, self.b)
        near = np.zeros((len(self.a), len(self.b)), bool)
        for move, one in ((there, True), (back, False)):
            off = [
                steps.nodes.all[name][self.b]
                - steps.nodes.all[name][self.a][:, None]
                - (d[:, None] if one else -d[None, :])
                for name, d in (("x_px", move.dx), ("y_px", move.dy))
            ]
            radius = steps.nodes.places.radius
            near |= np.hypot(*off) <= _SLENDER * (radius[self.a][:, None] + radius[self.b])
        near &= self.ends[self.a][:, None] | self.begins[self.b]
        return self.a[near.any(axis=1)], self.b[near.any(axis=0)]
