"""Which features carry on which earlier ones: by overlap of moved masks, else by place.

Overlaps make an n-to-m graph. Those that overlap nothing are assigned one to one, within a distance and a
ratio of areas. Of the links of a feature one at most keeps its track: see `continuations`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from pores.motion import Bools
from pores.parameters import TrackParameters
from pores.series import NONE, Features, Floats, Ints
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
    order = np.lexsort((features.rank[target], features.rank[source], span))
    for i in order[~once[order]]:
        s, t = source[i], target[i]
        if after[s] == NONE and before[t] == NONE:
            own[i] = True
            after[s], before[t] = t, s
    return own


@dataclass(frozen=True, eq=False)
class Loose:
    """Features of two frames without a link between them, and where they should be.

    Attributes
    ----------
    source, target : ndarray of int
        Features of the earlier and of the later frame.
    off : ndarray of float, (2, n_sources, n_targets)
        Offset of each target from where the source should be then, native pixels.
    reach : float or ndarray
        How far from there a source may be found, native pixels.
    """

    source: Ints
    target: Ints
    off: Floats
    reach: float | Floats


def by_place(loose: Loose, features: Features, polarity: Floats, parameters: TrackParameters) -> Links:
    """Links, one to one, between features that overlap nothing: nearest in place and area, all together."""
    most = np.log(parameters.max_area_ratio)
    area, sign = features["area_px"], polarity
    log_ratio = np.abs(np.log(area[loose.source][:, None] / area[loose.target][None, :]))
    distance = np.hypot(*loose.off) / loose.reach
    allowed = (distance <= 1) & (log_ratio <= most)
    allowed &= sign[loose.source][:, None] * sign[loose.target][None, :] >= 0
    cost = np.where(allowed, distance**2 + (log_ratio / most) ** 2, _FORBIDDEN)
    i, j = linear_sum_assignment(cost)
    made = cost[i, j] < _FORBIDDEN
    return Links(loose.source[i[made]], loose.target[j[made]], np.ones(int(made.sum()), bool))


def reach_px(dt_s: float, pixel_km: float, speed_km_s: float) -> float:
    """How far from its expected place a feature may be found after `dt_s` seconds, native pixels.

    The given speed for 12 minutes; over longer times it grows as their square root, as departures from a
    feature's own mean motion do, lest a long gap reaches every neighbour.
    """
    effective = dt_s if dt_s <= _STEP_S else np.sqrt(dt_s * _STEP_S)
    return float(speed_km_s * effective / pixel_km)
