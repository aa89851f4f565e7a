"""Which features carry on which earlier ones: by overlap of moved masks, else by place.

Overlaps make an n-to-m graph. Those that overlap nothing are assigned one to one, within a distance and a
ratio of areas. Of the links of a feature one at most keeps its track: see `continuations`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pores.features import Features
from pores.motion import Bools
from pores.parameters import TrackParameters
from pores.series import NONE, Floats, Ints
from pores.tracking.overlap import Pairs

_FORBIDDEN = 1e6  # far above the cost of any allowed pair, so that as many pairs as possible are made
_STEP_S = 720.0  # the time over which a feature may depart at top speed


@dataclass(frozen=True, eq=False)
class Links:
    """Edges in time; `own` tells those that keep a track.

    `host` says, for each row of the table of faint features, the pore on whose track it is, -1 for none; None
    if nothing was said of them.
    """

    source: Ints
    target: Ints
    own: Bools
    host: Ints | None = None

    @classmethod
    def joined(cls, parts: "Sequence[Links]") -> "Links":
        """The links of all parts, by target and source."""
        none = Links(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, bool))
        source, target, own = (
            np.concatenate([getattr(part, name) for part in (none, *parts)])
            for name in ("source", "target", "own")
        )
        order = np.lexsort((source, target))
        return cls(source[order], target[order], own[order])

    def where(self, keep: Bools | Ints) -> "Links":
        """Some of the links."""
        return Links(self.source[keep], self.target[keep], self.own[keep])

    def __len__(self) -> int:
        return len(self.source)


def without_brushes(pairs: Pairs, parameters: TrackParameters) -> Pairs:
    """Without slight overlaps of two features that both overlap others well: neighbours that brush past.

    In a merge most of the earlier feature lies in the later one, in a split most of the later in the earlier.
    """
    well = pairs.overlap >= parameters.min_exchange_overlap
    both = np.isin(pairs.source, pairs.source[well]) & np.isin(pairs.target, pairs.target[well])
    return pairs.where(well | ~both)


def continuations(source: Ints, target: Ints, features: Features) -> Bools:
    """Which links keep a track: the larger feature before goes on, in the largest of its pieces.

    Links over less time come first. Where the rest say different things (n to m) the largest source takes the
    largest of its targets, then the next source the largest that is left. This is the only stable pairing: in
    any other two linked features would each rather have the other than the partner they got; so that the
    same comes out with time reversed.
    """
    own = np.zeros(len(source), bool)
    after, before = (np.full(len(features), NONE, np.intp) for _ in range(2))
    once = np.bincount(source, minlength=len(features))[source] == 1
    once &= np.bincount(target, minlength=len(features))[target] == 1
    own[once] = True
    span = features.k[target] - features.k[source]
    rest = np.flatnonzero(~once)
    order = np.lexsort((features.rank[target[rest]], features.rank[source[rest]], span[rest]))
    for i in rest[order].tolist():
        s, t = source[i], target[i]
        if after[s] == NONE and before[t] == NONE:
            own[i] = True
            after[s], before[t] = t, s
    return own


@dataclass(frozen=True, eq=False)
class Chances:
    """Pairs of features that may be linked, and what each link costs."""

    source: Ints
    target: Ints
    cost: Floats


@dataclass(frozen=True, eq=False)
class Loose:
    """Pairs of features without a link between them, and where they should be.

    Attributes
    ----------
    source, target : ndarray of int, (n,)
        Feature of the earlier and of the later frame.
    off : ndarray of float, (2, n)
        Offset of the target from where the source should be then, native pixels.
    reach : ndarray of float, (n,)
        How far from there the source may be found, native pixels.
    """

    source: Ints
    target: Ints
    off: Floats
    reach: Floats

    def chances(self, features: Features, polarity: Floats, parameters: TrackParameters) -> Chances:
        """The pairs that place, area and polarity allow."""
        most, area = np.log(parameters.max_area_ratio), features["area_px"]
        log_ratio = np.abs(np.log(area[self.source] / area[self.target]))
        distance = np.hypot(*self.off) / self.reach
        allowed = (distance <= 1) & (log_ratio <= most)
        allowed &= polarity[self.source] * polarity[self.target] >= 0
        cost = distance[allowed] ** 2 + (log_ratio[allowed] / most) ** 2
        return Chances(self.source[allowed], self.target[allowed], cost)


def one_to_one(parts: Sequence[Chances]) -> Links:
    """Links, one to one, between features that overlap nothing: nearest in place and area, all together.

    As many as can be made, and of those sets the one of least cost.
    """
    source, target = (
        np.concatenate([np.empty(0, np.intp), *(getattr(part, side) for part in parts)])
        for side in ("source", "target")
    )
    cost = np.concatenate([np.empty(0), *(part.cost for part in parts)])
    made = (occurrences(source, source) == 1) & (occurrences(target, target) == 1)
    open_ = np.flatnonzero(~made)
    for some in _pieces(source[open_], target[open_]):
        made[open_[some][_assigned(source[open_[some]], target[open_[some]], cost[open_[some]])]] = True
    return Links(source[made], target[made], np.ones(int(made.sum()), bool))


def _pieces(source: Ints, target: Ints) -> list[Ints]:
    """Pairs that have to do with one another, directly or through others."""
    if not len(source):
        return []
    (sources, s), (targets, t) = (np.unique(side, return_inverse=True) for side in (source, target))
    n = len(sources) + len(targets)
    graph = coo_array((np.ones(len(s)), (s, len(sources) + t)), shape=(n, n))
    piece = connected_components(graph, directed=False)[1][s]
    order = np.argsort(piece, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(piece[order])) + 1)


def _assigned(source: Ints, target: Ints, cost: Floats) -> Ints:
    """Which of some pairs make the best assignment."""
    (sources, s), (targets, t) = (np.unique(side, return_inverse=True) for side in (source, target))
    costs = np.full((len(sources), len(targets)), _FORBIDDEN)
    number = np.full(costs.shape, NONE, np.intp)
    costs[s, t], number[s, t] = cost, np.arange(len(cost))
    chosen = number[linear_sum_assignment(costs)]
    return np.asarray(chosen[chosen != NONE])


def occurrences(of: Ints, among: Ints) -> Ints:
    """How often each number `of` occurs `among` numbers."""
    if not len(of):
        return np.empty(0, np.intp)
    return np.asarray(np.bincount(among - among.min())[of - among.min()], np.intp)


def reach_px(dt_s: Floats, pixel_km: float, speed_km_s: float) -> Floats:
    """How far from its expected place a feature may be found after `dt_s` seconds, native pixels.

    The given speed for 12 minutes; over longer times it grows as their square root, as departures from a
    feature's own mean motion do, lest a long gap reaches every neighbour.
    """
    effective = np.where(dt_s <= _STEP_S, dt_s, np.sqrt(dt_s * _STEP_S))
    return speed_km_s * effective / pixel_km
