"""Links between pores through features too faint to be pores: pore, faint, ..., pore becomes one link."""

import numpy as np

from pores.parameters import TrackParameters
from pores.runs import spread
from pores.series import NONE, Ints, Watch
from pores.tracking.chains import roots
from pores.tracking.link import Links, continuations
from pores.tracking.nodes import Nodes


def through_faint(links: Links, nodes: Nodes, watch: Watch, parameters: TrackParameters) -> Links:
    """The links of pores: those between them, and those from one to another through faint features.

    Faint features make no events by themselves: what leaves one pore and ends in another makes a link only if
    one of the two has none else.

    Parameters
    ----------
    links : Links
        Of pores and faint features, between frames next to one another.
    nodes : Nodes
    watch : Watch
    parameters : TrackParameters
    """
    direct = links.where(~nodes.faint[links.source] & ~nodes.faint[links.target])
    source, target = _ways(links, nodes, watch, parameters)
    n = len(nodes)
    leads_on, comes_from = np.zeros(n, bool), np.zeros(n, bool)
    leads_on[direct.source], comes_from[direct.target] = True, True
    told = ~(leads_on[source] & comes_from[target])
    source = np.concatenate((direct.source, source[told]))
    target = np.concatenate((direct.target, target[told]))
    return Links.joined([Links(source, target, continuations(source, target, nodes.all))])


def hosts(links: Links, nodes: Nodes) -> Ints:
    """The pore on whose track each row of the table of faint features is, -1 for none.

    It is the last pore from which unforked links lead there, or else the first to which they lead.
    """
    own = links.where(links.own)
    before, after = (np.full(len(nodes), NONE, np.intp) for _ in range(2))
    before[own.target], after[own.source] = own.source, own.target
    host = nodes.pore
    for next_to in (before, after):
        host = host[roots(np.where(host == NONE, next_to, NONE))]
    return host[nodes.of_faint_row]


def _ways(links: Links, nodes: Nodes, watch: Watch, parameters: TrackParameters) -> tuple[Ints, Ints]:
    """Pores from and to which faint features lead within the gap window, each pair once."""
    begins = links.where(nodes.faint[links.target] & ~nodes.faint[links.source])
    goes_on = links.where(nodes.faint[links.source])
    goes_on = goes_on.where(np.argsort(goes_on.source, kind="stable"))
    origin, at = begins.source, begins.target  # pores, and the faint features to which they led so far
    found = [(origin[:0], at[:0])]
    while len(at):
        first, last = (np.searchsorted(goes_on.source, at, side) for side in ("left", "right"))
        n = last - first
        origin, at = _once(np.repeat(origin, n), goes_on.target[spread(first, n)], len(nodes))
        within = watch.within_gap(nodes.all.k[origin], nodes.all.k[at], parameters)
        origin, at = origin[within], at[within]
        arrived = ~nodes.faint[at]
        found.append((origin[arrived], at[arrived]))
        origin, at = origin[~arrived], at[~arrived]
    source, target = (np.concatenate([way[side] for way in found]) for side in range(2))
    return _once(source, target, len(nodes))


def _once(source: Ints, target: Ints, n: int) -> tuple[Ints, Ints]:
    """Each pair of n features once, by target and source."""
    targets, sources = np.divmod(np.unique(target * n + source), n)
    return sources, targets
