"""One row per track: how a feature's life began and ended, and what it was in between."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.features import Features
from pores.motion import Bools, Floats
from pores.series import NONE, TOLERANCE_S, Columns, Ints
from pores.tracking.lineage import Lineage, in_order
from pores.tracking.observed import Observed

Ends = tuple[NDArray[Any], NDArray[Any]]  # how each track began, and how it ended


def track_columns(lives: Lineage, ends: Ends, observed: Observed) -> Columns:
    """The columns of `tracks` but `product` and `run_id`, sorted as the table is."""
    features, watch = observed.features, observed.watch
    ids = features["pore_id"].astype(object)
    names = ids[lives.first]
    t_birth, t_death = watch.t_rec[features.k[lives.first]], watch.t_rec[features.k[lives.last]]
    columns: Columns = {
        "harpnum": features["harpnum"][lives.first].astype(np.int32),
        "track_id": names,
        "family_id": names[lives.family],
        "t_birth": t_birth,
        "t_death": t_death,
        "lifetime_h": (t_death - t_birth) / np.timedelta64(1, "h"),
        "n_obs": np.bincount(lives.track, minlength=len(names)).astype(np.int32),
        "birth": ends[0],
        "death": ends[1],
        "parent_track_id": _named(names, lives.parent),
        "child_track_id": _named(names, lives.child),
        "passing": passing(lives, observed),
        **_over_life(lives.track, features, len(names)),
    }
    return in_order(columns, ("t_birth", "track_id"))


def births(lives: Lineage, observed: Observed) -> NDArray[Any]:
    """How tracks began: `split`, `censored` or `emerged`.

    Censored: seen in the first frame or the first after a data gap, or came over an edge or the limb.
    """
    return _causes(lives.parent != NONE, ("split", "emerged"), _censored(lives.first, observed, -1))


def deaths(lives: Lineage, observed: Observed) -> NDArray[Any]:
    """How tracks ended: `merged`, `censored` or `decayed`.

    Censored: seen in the last frame or the last before a data gap, or left over an edge or the limb. A
    feature last seen before that, however shortly, was looked for and not found: by what is known it decayed.
    """
    return _causes(lives.child != NONE, ("merged", "decayed"), _censored(lives.last, observed, +1))


def passing(lives: Lineage, observed: Observed) -> Bools:
    """Which tracks are pieces that parted from a feature and soon joined it again: no split, no merge."""
    again = (lives.parent != NONE) & (lives.parent == lives.child)
    t_s, k = observed.watch.t_s, observed.features.k
    apart = np.zeros(len(again))
    until_joined = t_s[k[lives.joined[again]]] - t_s[k[lives.first[again]]]
    since_left = t_s[k[lives.last[again]]] - t_s[k[lives.left[again]]]
    apart[again] = np.maximum(until_joined, since_left)  # the same unless it was unseen beside
    return np.asarray(again & (apart <= observed.parameters.contact_h * 3600 + TOLERANCE_S))


def _causes(linked: Bools, names: tuple[str, str], censored: Bools) -> NDArray[Any]:
    return np.where(linked, names[0], np.where(censored, "censored", names[1])).astype(object)


def _censored(ends: Ints, observed: Observed, step: int) -> Bools:
    """Whether what lies beyond an end of a track, in the frame `step` on, could not have been seen.

    Either there is no such frame within the gap window, or the feature touches the edge of what is seen, or
    it would do so in that frame.
    """
    censored = observed.features["touches_edge"][ends].astype(bool)
    order = np.argsort(observed.features.k[ends], kind="stable")
    frames, first = np.unique(observed.features.k[ends[order]], return_index=True)
    for k, here in zip(frames.tolist(), np.split(order, first[1:]), strict=False):
        censored[here] |= _unseen(ends[here], observed, k, step)
    return censored


def _unseen(features: Ints, observed: Observed, k: int, step: int) -> Bools:
    watch, places = observed.watch, observed.later if step > 0 else observed.earlier
    beyond = k + step
    if not 0 <= beyond < len(watch):
        return np.ones(len(features), bool)
    if not watch.within_gap(np.array(min(k, beyond)), np.array(max(k, beyond)), observed.parameters):
        return np.ones(len(features), bool)
    return ~watch.views[beyond].holds(places.of(features), float(watch.t_s[beyond] - watch.t_s[k]))


def _over_life(track: Ints, features: Features, n: int) -> Columns:
    """What is averaged or the extreme over each track."""
    return {
        "mean_br": _mean(track, features["mean_br"], n),
        "max_area_mm2": _extreme(np.fmax, track, features["area_mm2"], n),
        "mean_area_mm2": _mean(track, features["area_mm2"], n),
        "max_flux_mx": _extreme(np.fmax, track, features["flux_mx"], n),
        "mean_lon": _mean_longitude(track, features["lon"], n),
        "mean_lat": _mean(track, features["lat"], n),
        "min_mu": _extreme(np.fmin, track, features["mu"], n),
        "kind": _majority(track, features["kind"], n),
    }


def _mean(track: Ints, values: NDArray[Any], n: int) -> Floats:
    """Mean of the known values; NaN where none is."""
    known = np.isfinite(values.astype(float))
    total = np.bincount(track[known], values[known].astype(float), minlength=n)
    count = np.bincount(track[known], minlength=n)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _extreme(pick: np.ufunc, track: Ints, values: NDArray[Any], n: int) -> Floats:
    extreme = np.full(n, np.nan)
    pick.at(extreme, track, values.astype(float))
    return extreme


def _mean_longitude(track: Ints, lon: Floats, n: int) -> Floats:
    """Mean longitude in [0, 360), counted from each track's first so that 360 is no cliff."""
    _, first = np.unique(track, return_index=True)
    start = lon[first]
    away = np.mod(lon - start[track] + 180, 360) - 180
    return np.mod(start + _mean(track, away, n), 360)


def _majority(track: Ints, kind: NDArray[Any], n: int) -> NDArray[Any]:
    """The more frequent kind; as often the one as the other counts as `umbra`."""
    umbrae = np.bincount(track, kind == "umbra", minlength=n)
    return np.where(2 * umbrae >= np.bincount(track, minlength=n), "umbra", "pore").astype(object)


def _named(names: NDArray[Any], which: Ints) -> NDArray[Any]:
    named = np.full(len(which), None, object)
    named[which != NONE] = names[which[which != NONE]]
    return named
