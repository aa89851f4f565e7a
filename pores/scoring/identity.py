"""Identity: whether a feature keeps its track."""

import numpy as np

from pores.scoring.matching import Matches
from pores.scoring.side import Side
from pores.series import NONE


def idf1(found: Side, truth: Side, pores: Matches, tracks: Matches) -> float:
    """F1 of identities (Ristani et al. 2016, arXiv:1609.01775); NaN where there is nothing to identify.

    Right are the matched features whose tracks are paired; tracks are paired so that these are as many as
    can be. Found features that are true ones without a track, being too small to follow, take no part.
    """
    right = tracks.found_of(len(truth.tracks["track_id"]))[truth.track[pores.truth]]
    right = (right == found.track[pores.found]) & truth.followed[pores.truth] & (right != NONE)
    n = len(found) - int((~truth.followed[pores.truth]).sum()) + int(truth.followed.sum())
    return 2 * int(right.sum()) / n if n else np.nan


def switches_per_100(found: Side, truth: Side, pores: Matches) -> float:
    """Identity switches per hundred true tracks; NaN without any.

    The features of a true track hang together by its links of kind `continue` and `gap`. Of each track those
    count, in time, that are matched with a found feature of any track; a switch is where two in sequence
    are in different found tracks.
    """
    mine, theirs = truth.track[pores.truth], found.track[pores.found]
    known = (mine != NONE) & (theirs != NONE)
    when = truth.seconds[pores.truth[known]]
    mine, theirs = mine[known], theirs[known]
    order = np.lexsort((when, mine))
    same, other = np.diff(mine[order]) == 0, np.diff(theirs[order]) != 0
    n = len(truth.tracks["track_id"])
    return 100 * int((same & other).sum()) / n if n else np.nan
