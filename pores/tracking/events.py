"""Births, deaths, merges and splits: when, where, and how many became how many.

A track that splits off is told by its split, one that merges by its merge, and these are no births and
deaths besides. So each track begins with one birth or split and ends with one death or merge, but for pieces
that only pass: these make no events.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.features import Features
from pores.motion import Bools
from pores.series import NONE, Columns, Ints, Watch
from pores.tracking.lineage import Lineage, in_order
from pores.tracking.link import Links, occurrences
from pores.tracking.lives import Ends, passing
from pores.tracking.observed import Observed


@dataclass(frozen=True, eq=False)
class _Event:
    """What happens to one feature: `at` names and `seen` dates and places it."""

    kind: str
    cause: str
    at: int
    seen: int
    before: Ints
    after: Ints


def event_columns(lives: Lineage, links: Links, ends: Ends, observed: Observed) -> Columns:
    """The columns of `events` but `product` and `run_id`, sorted as the table is.

    Parameters
    ----------
    lives, links : Lineage, Links
        Tracks and what they are made from.
    ends : tuple of ndarray of str, (n_tracks,)
        How each track began, and how it ended.
    observed : Observed
        The features and frames.
    """
    features, watch = observed.features, observed.watch
    brief = passing(lives, observed)[lives.track]
    links = links.where(links.own | ~(brief[links.source] | brief[links.target]))
    events = [
        *_ends("birth", lives.first, ends[0], lives.parent != NONE),
        *_ends("death", lives.last, ends[1], lives.child != NONE),
        *_forks("merge", links.target, links.source, features.rank),
        *_forks("split", links.source, links.target, features.rank),
    ]
    names = features["pore_id"][lives.first]
    return in_order(_table(events, names[lives.track].astype(object), features, watch), ("t_rec", "event_id"))


def _ends(kind: str, at: Ints, cause: NDArray[Any], told: Bools) -> list[_Event]:
    """Births or deaths of the tracks whose ends no split or merge tells."""
    nothing = np.empty(0, np.intp)
    alone = [np.array([feature], np.intp) for feature in at]
    sides = [(nothing, one) if kind == "birth" else (one, nothing) for one in alone]
    return [_Event(kind, str(cause[i]), int(at[i]), int(at[i]), *sides[i]) for i in np.flatnonzero(~told)]


def _forks(kind: str, at: Ints, others: Ints, rank: Ints) -> list[_Event]:
    """Merges or splits: features with two links or more towards the past or the future, the largest first."""
    several = occurrences(at, at) > 1
    at, others = at[several], others[several]
    order = np.lexsort((rank[others], at))
    at, others = at[order], others[order]
    events = []
    for feature, i, many in zip(*np.unique(at, return_index=True, return_counts=True), strict=True):
        one, partners = np.array([feature]), others[i : i + many]
        seen = feature if kind == "merge" else partners[0]
        sides = (partners, one) if kind == "merge" else (one, partners)
        events.append(_Event(kind, kind, int(feature), int(seen), *sides))
    return events


def _table(events: list[_Event], track_id: NDArray[Any], features: Features, watch: Watch) -> Columns:
    seen = np.array([event.seen for event in events], np.intp)
    return {
        "harpnum": features["harpnum"][seen].astype(np.int32),
        "event_id": _objects([f"{event.kind}_{features['pore_id'][event.at]}" for event in events]),
        "kind": _objects([event.kind for event in events]),
        "cause": _objects([event.cause for event in events]),
        "t_rec": watch.t_rec[features.k[seen]],
        **{name: features[name][seen] for name in ("x_px", "y_px", "lon", "lat")},
        "n_from": np.array([len(event.before) for event in events], np.int32),
        "n_to": np.array([len(event.after) for event in events], np.int32),
        "from_track_ids": _objects([list(track_id[event.before]) for event in events]),
        "to_track_ids": _objects([list(track_id[event.after]) for event in events]),
    }


def _objects(values: list[Any]) -> NDArray[Any]:
    """An array that holds each value as it is, lists included."""
    objects = np.empty(len(values), object)
    for i, value in enumerate(values):
        objects[i] = value
    return objects
