"""Clusters in space and time: features whose places in (x, y, t) hang together are one, by DBSCAN.

Time is made a length by a speed. A cluster is followed from one frame in which it has features to the next:
each feature goes with the nearest of the cluster there, and each there with the nearest before.

References
----------
Ester, M., Kriegel, H.-P., Sander, J. & Xu, X. 1996, A density-based algorithm for discovering clusters in
large spatial databases with noise, Proc. KDD-96, 226; as in scikit-learn.
"""

from itertools import pairwise

import numpy as np

from pores.features import Features
from pores.parameters import PeerParameters, TrackParameters
from pores.series import Floats, Ints, Watch
from pores.sightings import Sightings
from pores.trackers.nearest import nearest_pairs
from pores.trackers.places import links_of, places_mm, set_apart
from pores.tracking.link import Links

_NOISE = -1


def linked(
    features: Features,
    watch: Watch,
    sightings: Sightings,
    parameters: TrackParameters,
    *,
    peers: PeerParameters,
) -> Links:
    """The links of a HARP by clusters of its features in space and time; noise is linked to nothing."""
    pairs = [np.empty((2, 0), np.intp)]
    if len(features):
        places = places_mm(features, watch)
        apart = set_apart(places, features, peers.polarity_mm, parameters)
        when = watch.t_s[features.k] * peers.dbscan_speed_km_s * 1e-3
        cluster = _clusters(np.column_stack((apart, when)), peers)
        pairs += [
            nearest_pairs(apart, before, after)
            for members in _groups(cluster)
            for before, after in _successive(members, features.k)
        ]
    source, target = np.concatenate(pairs, axis=1)
    return links_of(source, target, features, watch, parameters)


def _clusters(points: Floats, peers: PeerParameters) -> Ints:
    """The cluster of each point."""
    from sklearn.cluster import DBSCAN

    found = DBSCAN(eps=peers.dbscan_reach_mm, min_samples=peers.dbscan_neighbours).fit_predict(points)
    return np.asarray(found, np.intp)


def _groups(cluster: Ints) -> list[Ints]:
    """The members of each cluster, in order of time; noise is none."""
    order = np.argsort(cluster, kind="stable")
    order = order[cluster[order] != _NOISE]
    return np.split(order, np.flatnonzero(np.diff(cluster[order])) + 1)


def _successive(members: Ints, k: Ints) -> list[tuple[Ints, Ints]]:
    """The members in each frame that has any, and those in the next that has."""
    frames = np.split(members, np.flatnonzero(np.diff(k[members])) + 1)
    return list(pairwise(frames))
