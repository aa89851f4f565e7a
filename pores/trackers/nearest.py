"""Nearest neighbours: every feature is found again in the nearest one of the next frame.

The plain way: two features whose nearest one is the same have merged, and by the mirrored rule those whose
nearest one before is the same have split. A feature that isn't seen in the next frame has ended: no gaps.
"""

import numpy as np
from scipy.spatial import KDTree

from pores.features import Features
from pores.parameters import PeerParameters, TrackParameters
from pores.series import Floats, Ints, Watch
from pores.sightings import Sightings
from pores.trackers.places import links_of, places_mm
from pores.tracking.link import Links

_NONE = np.empty((2, 0), np.intp)


def linked(
    features: Features,
    watch: Watch,
    sightings: Sightings,
    parameters: TrackParameters,
    *,
    peers: PeerParameters,
) -> Links:
    """The links of a HARP by nearest neighbours."""
    places = places_mm(features, watch)
    pairs = [
        nearest_pairs(places, features.in_frame(k), features.in_frame(k + 1), peers.nearest_reach_mm)
        for k in range(len(watch) - 1)
    ]
    source, target = np.concatenate([_NONE, *pairs], axis=1)
    return links_of(source, target, features, watch, parameters)


def nearest_pairs(places: Floats, before: Ints, after: Ints, reach: float = np.inf) -> Ints:
    """Each feature before with the nearest after, and each after with the nearest before, shape (2, n)."""
    if not (len(before) and len(after)):
        return _NONE
    to, to_place = _nearest(places[before], places[after], reach)
    back, back_place = _nearest(places[after], places[before], reach)
    forward = np.stack((before[to], after[to_place]))
    mirrored = np.stack((before[back_place], after[back]))
    return np.unique(np.concatenate((forward, mirrored), axis=1), axis=1)


def _nearest(here: Floats, there: Floats, reach: float) -> tuple[Ints, Ints]:
    """Which of the places here have one there within reach, and the nearest of these."""
    distance, which = KDTree(there).query(here, distance_upper_bound=reach * (1 + 1e-9))
    found = np.flatnonzero(np.isfinite(distance))
    return found, which[found].astype(np.intp)
