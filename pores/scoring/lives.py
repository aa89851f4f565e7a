"""Lives: how long, how they began and ended, and with what field."""

import numpy as np

from pores.scoring.matching import Matches
from pores.scoring.side import Side
from pores.series import Bools, Floats


def life_figures(found: Side, truth: Side, tracks: Matches, cadence_s: float) -> dict[str, float]:
    """Figures of matched tracks; tracks flagged `passing` have no part in those of lifetimes."""
    lives = [side.tracks["lifetime_h"] for side in (found, truth)]
    complete = [_complete(side) for side in (found, truth)]
    matched = tracks.found_of(len(lives[1]))[complete[1]]
    error = np.append(lives[0], np.inf)[matched] - lives[1][complete[1]]  # matched with nothing: infinite
    right = np.abs(error) <= (cadence_s + 1) / 3600
    both = complete[0][tracks.found] & complete[1][tracks.truth]
    known = lives[0][tracks.found[both]] - lives[1][tracks.truth[both]]
    return {
        "lifetimes_right": _mean(right),
        "lifetimes_compared": float(both.sum()),
        "lifetime_h": median(known),
        "lifetime_absolute_h": median(np.abs(known)),
        "lifetime_mean_h": _mean(known),
        "lifetime_ks": kolmogorov_smirnov(lives[0][complete[0]], lives[1][complete[1]]),
        "censoring_right": _censoring_right(found, truth, tracks),
        "mean_br_bias_g": _field_bias(found, truth, tracks),
    }


def kolmogorov_smirnov(a: Floats, b: Floats) -> float:
    """The largest difference of two cumulative distributions; NaN where one is of nothing.

    What differs in the seventh decimal only is equal: the same lifetime comes out of times in several ways.

    >>> kolmogorov_smirnov(np.array([1.0, 2.0]), np.array([1.0, 3.0]))
    0.5
    >>> kolmogorov_smirnov(np.array([2.4, 2.4]), np.array([2.4000000000000004, 2.6]))
    0.5
    """
    if not len(a) or not len(b):
        return np.nan
    a, b = np.round(a, 6), np.round(b, 6)
    at = np.concatenate((a, b))
    below = [np.searchsorted(np.sort(side), at, side="right") / len(side) for side in (a, b)]
    return float(np.max(np.abs(below[0] - below[1])))


def median(values: Floats) -> float:
    """Median of the known values; NaN of none."""
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else np.nan


def _complete(side: Side) -> Bools:
    """Lives that are known from birth to death."""
    whole = (side.tracks["birth"] != "censored") & (side.tracks["death"] != "censored")
    return np.asarray(whole & ~side.passing, bool)


def _censoring_right(found: Side, truth: Side, tracks: Matches) -> float:
    right = [
        (found.tracks[end][tracks.found] == "censored") == (truth.tracks[end][tracks.truth] == "censored")
        for end in ("birth", "death")
    ]
    return _mean(np.asarray(right[0] & right[1], bool))


def _field_bias(found: Side, truth: Side, tracks: Matches) -> float:
    """Mean over tracks of how much their mean Br is too strong, G."""
    f, t = _mean_br(found)[tracks.found], _mean_br(truth)[tracks.truth]
    excess = (f - t) * np.sign(t)
    return _mean(excess[np.isfinite(excess)])


def _mean_br(side: Side) -> Floats:
    """Mean over the known features of each track of their mean Br, G."""
    br, n = side.pores["mean_br"], len(side.tracks["track_id"])
    known = np.isfinite(br) & side.followed
    count = np.bincount(side.track[known], minlength=n)
    total = np.bincount(side.track[known], br[known], minlength=n)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _mean(values: Floats | Bools) -> float:
    return float(np.mean(values)) if len(values) else np.nan
