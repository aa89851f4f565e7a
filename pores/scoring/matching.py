"""Pairing what was found with what is true, one to one: features, tracks and events."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pores.scoring.side import Side, Table, seconds
from pores.series import NONE, Floats, Ints

NATIVE_PIXEL_MM2 = (np.radians(0.03) * 696.0) ** 2  # every SHARP CEA map: CDELT 0.03 deg, RSUN_REF 696 Mm
_FORBIDDEN = 1e6
_TOLERANCE_S = 1.0


@dataclass(frozen=True, eq=False)
class Matches:
    """Rows of one table paired, one to one, with rows of another; by rows of the first."""

    found: Ints
    truth: Ints

    def __len__(self) -> int:
        return len(self.found)

    def truth_of(self, n_found: int) -> Ints:
        """The true row of each found one, -1 without."""
        return _partner(self.found, self.truth, n_found)

    def found_of(self, n_truth: int) -> Ints:
        """The found row of each true one, -1 without."""
        return _partner(self.truth, self.found, n_truth)


def match_features(found: Table, truth: Table, least_radius_px: float) -> Matches:
    """Features of the same frame whose centroids are within the radius of the larger one.

    The radius is that of the circle of the feature's area, but no smaller than `least_radius_px`. Of all
    ways to pair as many as possible, that of the least sum of distances over radii.
    """
    radius = [
        np.maximum(np.sqrt(t["area_mm2"] / NATIVE_PIXEL_MM2 / np.pi), least_radius_px) for t in (found, truth)
    ]
    widest = max(float(np.nanmax(r, initial=least_radius_px)) for r in radius)
    near = (
        (f, t, apart / np.fmax(radius[0][f], radius[1][t])) for f, t, apart in _near(found, truth, 0, widest)
    )
    return _cheapest(near)


def match_events(found: Table, truth: Table, tolerance_s: float, reach_px: float) -> Matches:
    """Events of the same HARP within a time and a distance, native pixels, of each other."""
    times = [seconds(table) for table in (found, truth)]
    near = (
        (f, t, (apart / reach_px + np.abs(times[0][f] - times[1][t]) / (tolerance_s + _TOLERANCE_S)) / 2)
        for f, t, apart in _near(found, truth, tolerance_s, reach_px)
    )
    return _cheapest(near)


def match_tracks(found: Side, truth: Side, pores: Matches) -> Matches:
    """The pairing of tracks that share most matched features in all, each track with one other at most.

    This is the bijection that IDF1 is counted by (Ristani et al. 2016, arXiv:1609.01775).
    """
    pairs = np.column_stack((found.track[pores.found], truth.track[pores.truth]))
    together, times = np.unique(pairs[(pairs != NONE).all(axis=1)], axis=0, return_counts=True)
    return _assigned(together[:, 0], together[:, 1], -times.astype(float), 0.0)


def _partner(of: Ints, partner: Ints, n: int) -> Ints:
    partners = np.full(n, NONE, np.intp)
    partners[of] = partner
    return partners


def _near(
    found: Table, truth: Table, tolerance_s: float, reach_px: float
) -> Iterator[tuple[Ints, Ints, Floats]]:
    """Pairs of rows of the same HARP that are no further apart than a time and a distance; the distances.

    Time by time, so that what lies far apart is never held all at once.
    """
    for harp in np.intersect1d(found["harpnum"], truth["harpnum"]):
        f, t = (np.flatnonzero(table["harpnum"] == harp) for table in (found, truth))
        f, t = (
            f[np.argsort(seconds(found)[f], kind="stable")],
            t[np.argsort(seconds(truth)[t], kind="stable")],
        )
        when, first, n = np.unique(seconds(found)[f], return_index=True, return_counts=True)
        after = np.searchsorted(seconds(truth)[t], when - tolerance_s - _TOLERANCE_S)
        before = np.searchsorted(seconds(truth)[t], when + tolerance_s + _TOLERANCE_S, side="right")
        for i in range(len(when)):
            here, there = f[first[i] : first[i] + n[i]], t[after[i] : before[i]]
            x, y = (found[axis][here, None] - truth[axis][there] for axis in ("x_px", "y_px"))
            apart = np.hypot(x, y)
            one, other = np.nonzero(apart <= reach_px)
            yield here[one], there[other], apart[one, other]


def _cheapest(near: Iterable[tuple[Ints, Ints, Floats]]) -> Matches:
    """As many pairs as possible at a cost of no more than 1, of least cost in all."""
    kept = [(f[cost <= 1], t[cost <= 1], cost[cost <= 1]) for f, t, cost in near]
    none = np.empty(0, np.intp)
    f, t = (np.concatenate([none, *(part[side] for part in kept)]) for side in (0, 1))
    return _assigned(f, t, np.concatenate([np.empty(0), *(part[2] for part in kept)]), _FORBIDDEN)


def _assigned(found: Ints, truth: Ints, cost: Floats, absent: float) -> Matches:
    """The one-to-one choice among pairs of least cost, where `absent` is the cost of leaving one out.

    Pairs that have nothing to do with one another are decided apart, which makes it fast.
    """
    if not len(found):
        return Matches(found.astype(np.intp), truth.astype(np.intp))
    shift = int(found.max()) + 1
    n = shift + int(truth.max()) + 1
    _, group = connected_components(coo_array((np.ones(len(found)), (found, truth + shift)), shape=(n, n)))
    group = group[found]
    order = np.lexsort((truth, found, group))
    _, first, size = np.unique(group[order], return_index=True, return_counts=True)
    alone = order[first[size == 1]]
    chosen = [alone]
    for start, many in zip(first[size > 1], size[size > 1], strict=True):
        pairs = order[start : start + many]
        chosen.append(pairs[_best(found[pairs], truth[pairs], cost[pairs], absent)])
    best = np.sort(np.concatenate(chosen))
    best = best[np.argsort(found[best], kind="stable")]
    return Matches(found[best], truth[best])


def _best(found: Ints, truth: Ints, cost: Floats, absent: float) -> Ints:
    """Which of some pairs are chosen."""
    (rows, i), (cols, j) = (np.unique(side, return_inverse=True) for side in (found, truth))
    costs, pair = np.full((len(rows), len(cols)), absent), np.full((len(rows), len(cols)), NONE)
    costs[i, j], pair[i, j] = cost, np.arange(len(cost))
    chosen = pair[linear_sum_assignment(costs)]
    return np.asarray(chosen[chosen != NONE], np.intp)
