"""Links over gaps: what vanished with what appeared some frames later, shorter gaps first."""

import numpy as np

from pores.series import Bools, Floats
from pores.tracking.compare import Comparer
from pores.tracking.link import Links, continuations, without_brushes
from pores.tracking.prospects import Prospects
from pores.tracking.signs import told_on


def over_gaps(links: Links, compare: Comparer, prospects: Prospects, polarity: Floats) -> Links:
    """The links, and those between pores that have none on one side yet, within the gap window.

    What vanished is compared with what appeared: by overlap, each moved by its own motion, then by place. If
    most of what vanished lies in a pore that came from elsewhere it merged into it unseen; if most of what
    appeared lies in a pore that went elsewhere it split from it unseen.

    Parameters
    ----------
    links : Links
        Of pores, up to now.
    compare : Comparer
    prospects : Prospects
        Where features should be.
    polarity : ndarray of float
        Of each node.
    """
    nodes, watch = compare.nodes, compare.watch
    ends, begins = ~nodes.faint, ~nodes.faint
    ends[links.source], begins[links.target] = False, False
    parts, every = [links], np.arange(len(watch))
    for n in range(2, len(every)):
        k = every[:-n][watch.within_gap(every[:-n], every[n:], compare.parameters)]
        if not len(k):
            break
        open_from = np.bincount(nodes.all.k[ends], minlength=len(every)) > 0
        open_to = np.bincount(nodes.all.k[begins], minlength=len(every)) > 0
        layer = Links.joined(
            [
                _between((first, first + n), (ends, begins), compare, prospects, polarity)
                for first in k[open_from[k] | open_to[k + n]].tolist()
            ]
        )
        ends[layer.source], begins[layer.target] = False, False
        polarity = told_on(polarity, layer)
        parts.append(layer)
    links = Links.joined(parts)
    return Links(links.source, links.target, continuations(links.source, links.target, nodes.all))


def _between(
    frames: tuple[int, int],
    loose: tuple[Bools, Bools],
    compare: Comparer,
    prospects: Prospects,
    polarity: Floats,
) -> Links:
    """Links between the pores of two frames of which one has none on that side yet."""
    nodes = compare.nodes
    a, b = (here[~nodes.faint[here]] for here in map(nodes.all.in_frame, frames))
    ends, begins = a[loose[0][a]], b[loose[1][b]]
    pairs = compare.by_masks(*compare.near((ends, begins), (a, b), prospects), prospects)
    pairs = pairs.where(polarity[pairs.source] * polarity[pairs.target] >= 0)
    one, other = loose[0][pairs.source], loose[1][pairs.target]
    well = pairs.overlap >= compare.parameters.min_exchange_overlap
    pairs = without_brushes(pairs.where((one & other) | (well & (one | other))), compare.parameters)
    found = Links(pairs.source, pairs.target, np.ones(len(pairs), bool))
    rest = np.setdiff1d(ends, pairs.source), np.setdiff1d(begins, pairs.target)
    return Links.joined(
        [found, compare.by_places(*rest, prospects, polarity, compare.parameters.max_wander_km_s)]
    )
