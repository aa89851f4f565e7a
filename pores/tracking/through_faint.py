"""Links between pores through features too faint to be pores: pore, faint, ..., pore becomes one link."""

import numpy as np

from pores.parameters import TrackParameters
from pores.series import NONE, Ints, Watch
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
    host = nodes.pore.copy()
    for i in np.argsort(nodes.all.k[own.target], kind="stable"):
        if host[own.target[i]] == NONE:
            host[own.target[i]] = host[own.source[i]]
    for i in np.argsort(-nodes.all.k[own.source], kind="stable"):
        if host[own.source[i]] == NONE:
            host[own.source[i]] = host[own.target[i]]
    return host[nodes.of_faint_row]


def _ways(links: Links, nodes: Nodes, watch: Watch, parameters: TrackParameters) -> tuple[Ints, Ints]:
    """Pores from and to which faint features lead within the gap window, each pair once."""
    found: list[tuple[Ints, Ints]] = []
    at = origin = np.empty(0, np.intp)  # faint features of the frame, and the pores that led there
    begins = links.where(nodes.faint[links.target] & ~nodes.faint[links.source])
    goes_on = links.where(nodes.faint[links.source])
    for k in np.unique(nodes.all.k[goes_on.source]):
        new = nodes.all.k[begins.target] == k
        at, origin = np.append(at, begins.target[new]), np.append(origin, begins.source[new])
        here = goes_on.where(nodes.all.k[goes_on.source] == k)
        way, link = np.nonzero(at[:, None] == here.source[None, :])
        origin, at = _once(origin[way], here.target[link])
        within = watch.within_gap(nodes.all.k[origin], nodes.all.k[at], parameters)
        origin, at = origin[within], at[within]
        arrived = ~nodes.faint[at]
        found.append((origin[arrived], at[arrived]))
        origin, at = origin[~arrived], at[~arrived]
    if not found:
        return origin, at
    source, target = (np.concatenate([way[side] for way in found]) for side in range(2))
    return _once(source, target)


def _once(source: Ints, target: Ints) -> tuple[Ints, Ints]:
    pairs = np.unique(np.column_stack((target, source)), axis=0)
    return pairs[:, 1], pairs[:, 0]
