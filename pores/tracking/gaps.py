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
    nodes = compare.nodes
    ends, begins = ~nodes.faint, ~nodes.faint
    ends[links.source], begins[links.target] = False, False
    parts = [links]
    for step in range(2, compare.longest_step() + 1):
        layer = _over(step, (ends, begins), compare, prospects, polarity)
        ends[layer.source], begins[layer.target] = False, False
        polarity = told_on(polarity, layer)
        parts.append(layer)
    links = Links.joined(parts)
    return Links(links.source, links.target, continuations(links.source, links.target, nodes.all))


def _over(
    step: int, loose: tuple[Bools, Bools], compare: Comparer, prospects: Prospects, polarity: Floats
) -> Links:
    """Links between pores of frames and those `step` on of which one has none on that side yet."""
    a, b = (some[~compare.nodes.faint[some]] for some in compare.steps(step))
    ends, begins = a[loose[0][a]], b[loose[1][b]]
    pairs = compare.by_masks(*compare.near((ends, begins), (a, b), step, prospects), step, prospects)
    pairs = pairs.where(polarity[pairs.source] * polarity[pairs.target] >= 0)
    one, other = loose[0][pairs.source], loose[1][pairs.target]
    well = pairs.overlap >= compare.parameters.min_exchange_overlap
    pairs = without_brushes(pairs.where((one & other) | (well & (one | other))), compare.parameters)
    found = Links(pairs.source, pairs.target, np.ones(len(pairs), bool))
    rest = np.setdiff1d(ends, pairs.source), np.setdiff1d(begins, pairs.target)
    wander = compare.parameters.max_wander_km_s
    return Links.joined([found, compare.by_places(*rest, step, prospects, polarity, wander)])
