"""Which features of a new frame carry on which earlier ones: overlap of shifted masks, then assignment.

Overlaps make an n-to-m graph. Those that overlap nothing are assigned one to one, within a distance and a
ratio of areas. Of the links of a feature one at most keeps its track: see `continuations`.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial import KDTree

from pores.motion import Bools
from pores.overlap import Pairs
from pores.parameters import TrackParameters
from pores.series import Features, Floats, Ints

_FORBIDDEN = 1e6  # far above the cost of any allowed pair, so that as many pairs as possible are made


@dataclass(frozen=True, eq=False)
class Links:
    """Edges in time; `own` tells those that keep a track."""

    source: Ints
    target: Ints
    own: Bools

    @classmethod
    def joined(cls, parts: "list[Links]") -> "Links":
        """The links of all parts, by target and source."""
        none = [Links(np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0, bool))]
        source, target, own = (
            np.concatenate([getattr(part, name) for part in none + parts])
            for name in ("source", "target", "own")
        )
        order = np.lexsort((source, target))
        return cls(source[order], target[order], own[order])

    def __len__(self) -> int:
        return len(self.source)


def same_polarity(features: Features, source: Ints, target: Ints, parameters: TrackParameters) -> Bools:
    """False where both features have a polarity and these are opposite; an unknown field has none."""
    fields = (features["mean_br"][which] for which in (source, target))
    before, now = (np.where(np.abs(br) >= parameters.min_polarity_g, np.sign(br), 0.0) for br in fields)
    return np.asarray(before * now >= 0)


def by_overlap(pairs: Pairs, features: Features, parameters: TrackParameters) -> Links:
    """Links between features whose shifted masks overlap.

    A feature of the new frame looks back to the most recent frame in which anything overlaps it: what
    vanished earlier comes back only where nothing else has taken its place.
    """
    pairs = pairs.where(same_polarity(features, pairs.source, pairs.target, parameters))
    pairs = pairs.where(pairs.overlap >= parameters.min_overlap)
    if not len(pairs):
        return Links.joined([])
    targets, which = np.unique(pairs.target, return_inverse=True)
    latest = np.full(len(targets), -1, np.intp)
    np.maximum.at(latest, which, features.k[pairs.source])
    pairs = pairs.where(features.k[pairs.source] == latest[which])
    pairs = _without_brushes(pairs, parameters)
    return Links(pairs.source, pairs.target, continuations(pairs.source, pairs.target, features.rank))


def _without_brushes(pairs: Pairs, parameters: TrackParameters) -> Pairs:
    """Without slight overlaps of two features that both overlap others well: neighbours that brush past.

    In a merge most of the earlier feature lies in the later one, in a split most of the later in the earlier.
    """
    well = pairs.overlap >= parameters.min_exchange_overlap
    both = np.isin(pairs.source, pairs.source[well]) & np.isin(pairs.target, pairs.target[well])
    return pairs.where(well | ~both)


def continuations(source: Ints, target: Ints, rank: Ints) -> Bools:
    """Which links keep a track: the larger feature before goes on, in the largest of its pieces.

    Where both say different things (n to m) the largest source takes the largest of its targets, then the
    next source the largest that is left. This is the only stable pairing: in any other two linked features
    would each rather have the other than the partner they got.
    """
    own = np.zeros(len(source), bool)
    taken_source: set[int] = set()
    taken_target: set[int] = set()
    for i in np.lexsort((rank[target], rank[source])):
        s, t = int(source[i]), int(target[i])
        if s not in taken_source and t not in taken_target:
            own[i] = True
            taken_source.add(s)
            taken_target.add(t)
    return own


@dataclass(frozen=True, eq=False)
class Loose:
    """Features that overlap nothing: those before, where they should be, and those of the new frame.

    Attributes
    ----------
    source, target : ndarray of int
        Features.
    x, y : ndarray of float
        Where each source should be, native pixels.
    reach : ndarray of float
        How far from there each source may be found, native pixels.
    """

    source: Ints
    target: Ints
    x: Floats
    y: Floats
    reach: Floats


def by_place(loose: Loose, features: Features, parameters: TrackParameters) -> Links:
    """Links, one to one, between features that overlap nothing: nearest in place and area, all together."""
    s, t, distance = _near(loose, features)
    log_ratio = np.abs(np.log(features["area_px"][loose.source[s]] / features["area_px"][loose.target[t]]))
    allowed = same_polarity(features, loose.source[s], loose.target[t], parameters)
    allowed &= log_ratio <= np.log(parameters.max_area_ratio)
    cost = (distance / loose.reach[s]) ** 2 + (log_ratio / np.log(parameters.max_area_ratio)) ** 2
    s, t, cost = s[allowed], t[allowed], cost[allowed]
    rows, row = np.unique(s, return_inverse=True)
    cols, col = np.unique(t, return_inverse=True)
    matrix = np.full((len(rows), len(cols)), _FORBIDDEN)
    matrix[row, col] = cost
    i, j = linear_sum_assignment(matrix)
    made = matrix[i, j] < _FORBIDDEN
    source, target = loose.source[rows[i[made]]], loose.target[cols[j[made]]]
    return Links(source, target, np.ones(len(source), bool))


def reach_px(dt_s: Floats, pixel_km: float, cadence: float, parameters: TrackParameters) -> Floats:
    """How far from its expected place a feature may be found after `dt_s` seconds, native pixels.

    The top speed for one frame; over gaps it grows as the square root of time, as departures from a feature's
    own mean motion do, lest a long gap reaches every neighbour.
    """
    effective = np.where(dt_s > cadence, np.sqrt(dt_s * cadence), dt_s)
    return np.asarray(parameters.max_speed_km_s * effective / pixel_km)


def _near(loose: Loose, features: Features) -> tuple[Ints, Ints, Floats]:
    """Pairs within reach, as places in `loose.source` and `loose.target`, and their distance."""
    if not len(loose.source) or not len(loose.target):
        return np.empty(0, np.intp), np.empty(0, np.intp), np.empty(0)
    there = np.column_stack((features["x_px"][loose.target], features["y_px"][loose.target]))
    expected = np.column_stack((loose.x, loose.y))
    near = KDTree(there).query_ball_point(expected, loose.reach, return_sorted=True)
    s = np.repeat(np.arange(len(near)), [len(found) for found in near])
    t = np.array([j for found in near for j in found], np.intp)
    return s, t, np.hypot(*(expected[s] - there[t]).T)
