"""Links from one usable frame to the next."""

import numpy as np

from pores.compare import Comparer
from pores.link import Links, continuations, without_brushes
from pores.overlap import Pairs
from pores.prospects import Prospects
from pores.series import Bools, Floats, Ints


def step_overlaps(compare: Comparer, flow: Prospects) -> tuple[Pairs, Prospects]:
    """Overlaps of masks moved by rotation and flow; where these don't tell, by clear neighbours in time.

    Clear is an overlap that is large and the only one of both. The motion of a feature along a few lone
    overlaps, before it and after it, says where it should be; what is clear stays.

    Returns
    -------
    Pairs
    Prospects
        Where features should be, by what is known now.
    """
    n, frames = len(compare.nodes), steps(compare)
    every = compare.nodes.all.in_frame
    first = Pairs.joined([compare.by_masks(every(k), every(k + 1), flow) for k in frames])
    alone = first.where(_alone(first, n))
    clear = alone.where(alone.overlap >= compare.parameters.min_exchange_overlap)
    prospects = flow.or_else(*compare.motions(Links(alone.source, alone.target, np.ones(len(alone), bool))))
    open_from, open_to = np.ones(n, bool), np.ones(n, bool)
    open_from[clear.source], open_to[clear.target] = False, False
    again = [clear]
    for k in frames:
        a, b = every(k), every(k + 1)
        near = compare.near((a[open_from[a]], b[open_to[b]]), (a, b), prospects)
        pairs = compare.by_masks(*near, prospects)
        again.append(pairs.where(open_from[pairs.source] | open_to[pairs.target]))
    return Pairs.joined(again), prospects


def step_links(compare: Comparer, pairs: Pairs, prospects: Prospects, polarity: Floats) -> Links:
    """Links by overlap and, for pores that overlap nothing, by place."""
    nodes = compare.nodes
    pairs = pairs.where(polarity[pairs.source] * polarity[pairs.target] >= 0)
    pairs = without_brushes(pairs, compare.parameters)
    parts = [Links(pairs.source, pairs.target, np.ones(len(pairs), bool))]
    open_from, open_to = ~nodes.faint, ~nodes.faint
    open_from[pairs.source], open_to[pairs.target] = False, False
    for k in steps(compare):
        a, b = nodes.all.in_frame(k), nodes.all.in_frame(k + 1)
        parts.append(
            compare.by_places(
                a[open_from[a]], b[open_to[b]], prospects, polarity, compare.parameters.max_speed_km_s
            )
        )
    links = Links.joined(parts)
    return Links(links.source, links.target, continuations(links.source, links.target, nodes.all))


def steps(compare: Comparer) -> list[int]:
    """Frames whose next frame is within the gap window."""
    k: Ints = np.arange(max(len(compare.watch) - 1, 0))
    return [int(one) for one in k[compare.watch.within_gap(k, k + 1, compare.parameters)]]


def _alone(pairs: Pairs, n: int) -> Bools:
    """Which pairs are the only ones of both features."""
    once = np.bincount(pairs.source, minlength=n)[pairs.source] == 1
    return np.asarray(once & (np.bincount(pairs.target, minlength=n)[pairs.target] == 1))
