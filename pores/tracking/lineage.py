"""From links to lives: the track of each feature, the kind of each link, and families."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pores.features import Features
from pores.series import NONE, Columns, Ints, Watch
from pores.tracking.chains import roots
from pores.tracking.link import Links, occurrences


@dataclass(frozen=True, eq=False)
class Lineage:
    """Tracks of features, both counted from 0 in order of time and place.

    Attributes
    ----------
    track : ndarray of int, (n_features,)
        Track of each feature.
    first, last : ndarray of int, (n_tracks,)
        First and last feature of each track.
    parent : ndarray of int, (n_tracks,)
        Track it split from, -1 if it didn't.
    child : ndarray of int, (n_tracks,)
        Track it merged into, -1 if it didn't.
    left, joined : ndarray of int, (n_tracks,)
        Feature that it split from, and that it merged into.
    family : ndarray of int, (n_tracks,)
        First track, by time and then id, of the connected component of the link graph.
    """

    track: Ints
    first: Ints
    last: Ints
    parent: Ints
    child: Ints
    left: Ints
    joined: Ints
    family: Ints


def lineage(links: Links, features: Features) -> Lineage:
    """The tracks that links make.

    A feature that no link continues begins a track; if links lead to it all the same it split off, from the
    largest of the features they come from. A track that no link continues ends; if links lead on all the same
    it merged, into the largest of the features they lead to.
    """
    before, after = _partners(links, len(features))
    track = _tracks(before)
    first, ends = np.flatnonzero(before == NONE), np.flatnonzero(after == NONE)
    last = ends[np.argsort(track[ends])]
    parent_of = _largest(links.target, links.source, features.rank)
    child_of = _largest(links.source, links.target, features.rank)
    parent = _track_of(parent_of[first], track)
    child = _track_of(child_of[last], track)
    by_name = np.argsort(features["pore_id"][first], kind="stable")
    order = by_name[np.argsort(features.k[first][by_name], kind="stable")]
    family = _families(track[links.source], track[links.target], order)
    return Lineage(track, first, last, parent, child, parent_of[first], child_of[last], family)


def link_columns(links: Links, features: Features, watch: Watch) -> Columns:
    """The columns of `links` but `run_id`, sorted as the table is.

    `continue` and `gap` keep a track; `merge` leads from a track into another one that goes on, `split` from
    a track to the first feature of another one. So a merge of three has one `continue` and two `merge`.
    """
    ids, k = features["pore_id"], features.k
    by_name = places_in_order(ids)
    order = np.lexsort((by_name[links.target], by_name[links.source], k[links.source]))
    links = links.where(order)
    return {
        "harpnum": features["harpnum"][links.source].astype(np.int32),
        "from_pore_id": ids[links.source].astype(object),
        "to_pore_id": ids[links.target].astype(object),
        "from_t": watch.t_rec[k[links.source]],
        "to_t": watch.t_rec[k[links.target]],
        "kind": _kinds(links, features, watch),
    }


def places_in_order(names: NDArray[Any]) -> Ints:
    """The place of each name in their order."""
    listed = names.tolist()
    order = np.array(sorted(range(len(listed)), key=listed.__getitem__), np.intp)  # many times numpy's pace
    place = np.empty(len(order), np.intp)
    place[order] = np.arange(len(order))
    return place


def in_order(columns: Columns, by: tuple[str, ...]) -> Columns:
    """The rows sorted by some columns, the first of them first."""
    order = np.arange(len(columns[by[0]]))
    for name in reversed(by):
        order = order[np.argsort(columns[name][order], kind="stable")]
    return {name: values[order] for name, values in columns.items()}


def _kinds(links: Links, features: Features, watch: Watch) -> NDArray[Any]:
    before, _ = _partners(links, len(features))
    k_from, k_to = features.k[links.source], features.k[links.target]
    gap = watch.gap_between(k_from, k_to)
    merge = before[links.target] != NONE
    kinds = np.array(["continue", "gap", "split", "merge"], object)
    return np.asarray(kinds[np.where(links.own, gap, 2 + merge)])


def _partners(links: Links, n: int) -> tuple[Ints, Ints]:
    """Feature before and after each on its own track."""
    before, after = np.full(n, NONE, np.intp), np.full(n, NONE, np.intp)
    before[links.target[links.own]] = links.source[links.own]
    after[links.source[links.own]] = links.target[links.own]
    return before, after


def _tracks(before: Ints) -> Ints:
    """Tracks counted in the order of their first features; features come in time order."""
    number = np.cumsum(before == NONE) - 1
    return np.asarray(number[roots(before)])


def _largest(of: Ints, partner: Ints, rank: Ints) -> Ints:
    """The largest partner of each feature, -1 without one."""
    largest = np.full(len(rank), NONE, np.intp)
    largest[of] = partner
    several = np.flatnonzero(occurrences(of, of) > 1)
    order = several[np.argsort(-rank[partner[several]], kind="stable")]
    largest[of[order]] = partner[order]
    return largest


def _track_of(feature: Ints, track: Ints) -> Ints:
    if not len(track):
        return feature
    return np.where(feature == NONE, NONE, track[feature])


def _families(a: Ints, b: Ints, order: Ints) -> Ints:
    """The first track, in the given order, of each track's component of the graph with edges a - b."""
    n = len(order)
    if not n:
        return np.empty(0, np.intp)
    graph = coo_array((np.ones(len(a)), (a, b)), shape=(n, n))
    _, component = connected_components(graph, directed=False)
    _, first = np.unique(component[order], return_index=True)
    return np.asarray(order[first][component], np.intp)
