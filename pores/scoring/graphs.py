"""Measures of the literature on cell tracking, which compare whole graphs: TRA, LNK, DET and CHOTA.

They know cells that divide, not features that merge. TRA, DET and LNK weigh errors of nodes and edges: an
edge at a merge is given the meaning that one at a division has (it leads from track to track), so that they
are the same forward and backward in time. CHOTA follows what a tracklet comes from and what becomes of it,
with tracklets cut where features divide: it is taken of the graph and of the graph reversed in time.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from pores.scoring.links import bridged
from pores.scoring.matching import Matches
from pores.scoring.side import Side
from pores.series import NONE, Bools, Ints

# Matula et al. 2015, table 3: costs of correcting one error.
_FALSE_NODE, _MISSED_NODE = 1.0, 10.0
_FALSE_EDGE, _MISSED_EDGE, _WRONG_EDGE = 1.0, 1.5, 1.0


@dataclass(frozen=True, eq=False)
class Graph:
    """Nodes 0..n-1, and edges (n_edges, 2) forward in time."""

    n: int
    edges: Ints

    @property
    def reversed(self) -> Self:
        """The graph with time running backward."""
        return type(self)(self.n, self.edges[:, ::-1])

    @property
    def leaves(self) -> Ints:
        """How many edges lead out of each node."""
        return np.bincount(self.edges[:, 0], minlength=self.n)

    @property
    def between_tracks(self) -> Bools:
        """Which edges lead out of a split or into a merge."""
        enters = np.bincount(self.edges[:, 1], minlength=self.n)
        return np.asarray((self.leaves[self.edges[:, 0]] > 1) | (enters[self.edges[:, 1]] > 1))


def graphs(found: Side, truth: Side, pores: Matches) -> tuple[Graph, Graph, Matches]:
    """Both graphs and their matched nodes.

    True features without a track, being too small to follow, are no nodes, and those matched with them
    neither: found links through these are drawn across.
    """
    small = pores.found[~truth.followed[pores.truth]]
    taking_part = np.ones(len(found), bool)
    taking_part[small] = False
    names = [_numbered(taking_part), _numbered(truth.followed)]
    pairs = [names[0][pores.found], names[1][pores.truth]]
    both = (pairs[0] != NONE) & (pairs[1] != NONE)
    sides = [
        Graph(int(name.max(initial=NONE)) + 1, bridged(side, name))
        for side, name in zip((found, truth), names, strict=True)
    ]
    return sides[0], sides[1], Matches(pairs[0][both], pairs[1][both])


def aogm_figures(found: Graph, truth: Graph, pairs: Matches) -> dict[str, float]:
    """The cost of making the found graph the true one, and TRA, DET and LNK, which are 1 for no cost.

    AOGM, the weighted number of corrections (Matula et al. 2015, doi:10.1371/journal.pone.0144959), over
    that of making the true graph from nothing: TRA of nodes and edges, DET of nodes, LNK of edges. Features
    are paired one to one, so no node needs splitting. Edges of a false node go with it and cost nothing.
    """
    missed, false = truth.n - len(pairs), found.n - len(pairs)
    nodes = _MISSED_NODE * missed + _FALSE_NODE * false
    named = pairs.truth_of(found.n)[found.edges]
    known = (named != NONE).all(axis=1)
    codes = [edges[:, 0] * truth.n + edges[:, 1] for edges in (named[known], truth.edges)]
    right, f, t = np.intersect1d(codes[0], codes[1], return_indices=True)
    wrong = int((found.between_tracks[known][f] != truth.between_tracks[t]).sum())
    missed_edges, false_edges = len(truth.edges) - len(right), int(known.sum()) - len(right)
    edges = _MISSED_EDGE * missed_edges + _FALSE_EDGE * false_edges + _WRONG_EDGE * wrong
    whole = _MISSED_NODE * truth.n, _MISSED_EDGE * len(truth.edges)
    return {
        "aogm": nodes + edges,
        "tra": _normalised(nodes + edges, sum(whole)),
        "det": _normalised(nodes, whole[0]),
        "lnk": _normalised(edges, whole[1]),
    }


def chota(found: Graph, truth: Graph, pairs: Matches) -> float:
    """Higher order tracking accuracy of cells (Kaiser et al. 2024, arXiv:2408.11571); NaN of nothing.

    For each matched pair of nodes the overlap (intersection over union) of their whole trajectories, that is
    their tracklets with all from which these come and all to which they lead; averaged over all nodes, those
    matched and those of one side only; the root of that.
    """
    union = found.n + truth.n - len(pairs)
    if not union:
        return np.nan
    f, t = _Tracklets.of(found), _Tracklets.of(truth)
    shared, n = np.unique(
        np.column_stack((t.of_node[pairs.truth], f.of_node[pairs.found])), axis=0, return_counts=True
    )
    theirs = {j: f.trajectory(j) for j in np.unique(shared[:, 1]).tolist()}
    sums = {j: int(f.sizes[those].sum()) for j, those in theirs.items()}
    total = 0.0
    begin = np.searchsorted(shared[:, 0], np.arange(len(t.sizes) + 1))
    for i in np.unique(shared[:, 0]).tolist():
        mine = t.trajectory(i)
        within = np.isin(shared[:, 0], mine)
        common = np.bincount(shared[within, 1], n[within], minlength=len(f.sizes))
        for (_, j), many in zip(
            *(part[begin[i] : begin[i + 1]].tolist() for part in (shared, n)), strict=True
        ):
            both = float(common[theirs[j]].sum())
            total += many * both / (int(t.sizes[mine].sum()) + sums[j] - both)
    return float(np.sqrt(total / union))


@dataclass(frozen=True, eq=False)
class _Tracklets:
    """A graph cut after nodes that divide.

    Attributes
    ----------
    of_node : ndarray of int, (n,)
        Tracklet of each node.
    sizes : ndarray of int, (n_tracklets,)
        How many nodes each has.
    ways : pair of sparse arrays, (n_tracklets, n_tracklets)
        To which each leads, and from which each comes.
    """

    of_node: Ints
    sizes: Ints
    ways: tuple[csr_array, csr_array]

    @classmethod
    def of(cls, graph: Graph) -> Self:
        """The tracklets of a graph."""
        goes_on = graph.leaves[graph.edges[:, 0]] == 1
        n, of_node = connected_components(_adjacency(graph.edges[goes_on], graph.n), directed=False)
        steps = of_node[graph.edges[~goes_on]]
        return cls(of_node, np.bincount(of_node), (_adjacency(steps, n), _adjacency(steps[:, ::-1], n)))

    def trajectory(self, tracklet: int) -> Ints:
        """A tracklet, all to which it leads and all from which it comes."""
        after, before = (
            breadth_first_order(way, tracklet, return_predecessors=False)
            if way.indptr[tracklet] < way.indptr[tracklet + 1]
            else np.array([tracklet])
            for way in self.ways
        )
        return np.concatenate((after, before[1:]))


def _numbered(which: Bools) -> Ints:
    """Numbers from 0 for what takes part, -1 for the rest."""
    return np.where(which, np.cumsum(which) - 1, NONE)


def _normalised(cost: float, whole: float) -> float:
    return 1 - min(cost, whole) / whole if whole else np.nan


def _adjacency(edges: Ints, n: int) -> csr_array:
    return csr_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(n, n))
