"""Links from one usable frame to the next."""

import numpy as np

from pores.series import Bools, Floats
from pores.tracking.compare import Comparer
from pores.tracking.link import Links, continuations, without_brushes
from pores.tracking.overlap import Pairs
from pores.tracking.prospects import Prospects
from pores.tracking.signs import own_signs

_ROUNDS = 2


def step_overlaps(compare: Comparer, flow: Prospects) -> tuple[Pairs, Prospects]:
    """Overlaps of masks moved by rotation and flow; where these don't tell, by clear neighbours in time.

    Clear is an overlap that is large and the only one of both. What is not is compared again, moved as the
    feature moved just before and after: first along lone overlaps, then along all lone links that these gave.

    Returns
    -------
    Pairs
    Prospects
        Where features should be, by what is known now.
    """
    sign = own_signs(compare.nodes.all, compare.parameters)
    pairs = compare.by_masks(*compare.steps(1), 1, flow)
    alone = pairs.where(_alone(pairs, len(compare.nodes)))
    clear = alone.where(alone.overlap >= compare.parameters.min_exchange_overlap)
    known = Links(alone.source, alone.target, np.ones(len(alone), bool))
    for _ in range(_ROUNDS):
        prospects = flow.or_else(*compare.motions(known, 1))
        pairs = Pairs.joined([clear, _compared_again(compare, clear, prospects)])
        known = step_links(compare, pairs, prospects, sign)
    return pairs, prospects


def _compared_again(compare: Comparer, clear: Pairs, prospects: Prospects) -> Pairs:
    """Overlaps of what is not clear."""
    open_from, open_to = (np.ones(len(compare.nodes), bool) for _ in range(2))
    open_from[clear.source], open_to[clear.target] = False, False
    a, b = compare.steps(1)
    near = compare.near((a[open_from[a]], b[open_to[b]]), (a, b), 1, prospects)
    pairs = compare.by_masks(*near, 1, prospects)
    return pairs.where(open_from[pairs.source] | open_to[pairs.target])


def step_links(compare: Comparer, pairs: Pairs, prospects: Prospects, polarity: Floats) -> Links:
    """Links by overlap and, for pores that overlap nothing, by place."""
    nodes = compare.nodes
    pairs = pairs.where(polarity[pairs.source] * polarity[pairs.target] >= 0)
    pairs = without_brushes(pairs, compare.parameters)
    open_from, open_to = ~nodes.faint, ~nodes.faint
    open_from[pairs.source], open_to[pairs.target] = False, False
    a, b = compare.steps(1)
    speed = compare.parameters.max_speed_km_s
    placed = compare.by_places(a[open_from[a]], b[open_to[b]], 1, prospects, polarity, speed)
    links = Links.joined([Links(pairs.source, pairs.target, np.ones(len(pairs), bool)), placed])
    return Links(links.source, links.target, continuations(links.source, links.target, nodes.all))


def _alone(pairs: Pairs, n: int) -> Bools:
    """Which pairs are the only ones of both features."""
    once = np.bincount(pairs.source, minlength=n)[pairs.source] == 1
    return np.asarray(once & (np.bincount(pairs.target, minlength=n)[pairs.target] == 1))
