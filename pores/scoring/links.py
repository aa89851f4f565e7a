"""Links: those that are right, and those that no tracker may draw."""

from collections import defaultdict

import numpy as np

from pores.scoring.matching import Matches
from pores.scoring.rates import Rates
from pores.scoring.side import Side
from pores.series import NONE, Ints


def link_rates(found: Side, truth: Side, pores: Matches) -> Rates:
    """Links between matched features, compared under their true names."""
    f, t = (edge[:, 0] * len(truth) + edge[:, 1] for edge in compared(found, truth, pores))
    both = len(np.intersect1d(f, t))
    return Rates(len(t), both, len(f), both)


def compared(found: Side, truth: Side, pores: Matches) -> tuple[Ints, Ints]:
    """The found links between matched features and the true ones, both by rows of true features, (n, 2).

    Features without a true track, being too small to follow, take no part.
    """
    followed = truth.followed[pores.truth]
    pairs = Matches(pores.found[followed], pores.truth[followed])
    as_true = np.full(len(truth), NONE, np.intp)
    as_true[pairs.truth] = pairs.truth
    return bridged(found, pairs.truth_of(len(found))), bridged(truth, as_true)


def bridged(side: Side, kept: Ints) -> Ints:
    """The links between kept features, those through others drawn across them, (n, 2).

    So a feature that the other side doesn't have is no fault of the links beside it.

    Parameters
    ----------
    side : Side
        Whose links.
    kept : ndarray of int, (n_pores,)
        What each feature is called; -1: it is not kept.
    """
    called = kept.tolist()
    origins: defaultdict[int, set[int]] = defaultdict(set)
    edges: set[tuple[int, int]] = set()
    in_time = np.argsort(side.seconds[side.links[:, 0]], kind="stable")
    for a, b in side.links[in_time].tolist():
        sources = {called[a]} if called[a] != NONE else origins[a]
        if called[b] != NONE:
            edges |= {(source, called[b]) for source in sources}
        else:
            origins[b] |= sources
    return np.array(sorted(edges), np.intp).reshape(-1, 2)


def opposite_links(side: Side, least_g: float) -> int:
    """How many links join features of opposite polarity, both of |mean Br| of at least `least_g`, G."""
    br = side.pores["mean_br"][side.links]
    strong = (np.abs(br) >= least_g).all(axis=1)
    return int((strong & (br[:, 0] * br[:, 1] < 0)).sum())


def long_links(side: Side, window_s: float) -> int:
    """How many links span more than a time, s (with a second to spare)."""
    span = np.diff(side.seconds[side.links], axis=1)
    return int((span > window_s + 1).sum())
