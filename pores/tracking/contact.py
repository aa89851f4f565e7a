"""Features that touch for a moment did not merge: they keep their tracks.

An episode of contact begins with features that join and ends with pieces that part within `contact_h`. Those
before and after that belong together (place, polarity, area) keep their tracks: the joined feature is on that
of the pair that is larger, before and after taken together, and the others pass it by with a gap. What has no
partner did merge or split.
"""

import numpy as np

from pores.motion import rotated
from pores.series import Bools, Floats
from pores.tracking.compare import Comparer
from pores.tracking.episodes import Episode, Graph, around_merges
from pores.tracking.link import Links, Loose, one_to_one, reach_px


def without_contacts(links: Links, compare: Comparer, polarity: Floats) -> Links:
    """The links, contacts resolved; shorter contacts first.

    Parameters
    ----------
    links : Links
        Of pores.
    compare : Comparer
    polarity : ndarray of float
        Of each node.
    """
    nodes, watch = compare.nodes, compare.watch
    t_s, contact_s = watch.t_s[nodes.all.k], compare.parameters.contact_h * 3600
    near = around_merges(links, t_s, contact_s)
    graph = Graph(links.where(near), t_s)
    seen: set[tuple[int, int]] = set()
    while True:
        episodes = graph.episodes(contact_s)
        new = [episode for episode in episodes if (episode.first, episode.last) not in seen]
        if not new:
            return Links.joined([links.where(~near), graph.links()])
        for episode in new:
            if episode.lasted_s > new[0].lasted_s:
                break
            if not graph.still(episode):  # one before it changed its links: it is looked for anew
                continue
            seen.add((episode.first, episode.last))
            pairs = _partners(episode, compare, polarity)
            ends = nodes.all.k[pairs.source], nodes.all.k[pairs.target]
            within = watch.within_gap(*ends, compare.parameters)
            _resolve(graph, episode, pairs, within, nodes.all["area_px"])


def _partners(episode: Episode, compare: Comparer, polarity: Floats) -> Links:
    """Which of those before and after a contact belong together."""
    features, watch, parameters = compare.nodes.all, compare.watch, compare.parameters
    source = np.repeat(episode.before, len(episode.after))
    target = np.tile(episode.after, len(episode.before))
    k = features.k[target]
    dt = watch.t_s[k] - watch.t_s[features.k[source]]
    x, y = rotated(compare.nodes.places.of(source), dt, watch.grids.at(k))
    off = np.array([features["x_px"][target] - x, features["y_px"][target] - y])
    reach = reach_px(dt, watch.views[0].grid.pixel_km, parameters.max_wander_km_s)
    return one_to_one([Loose(source, target, off, reach).chances(features, polarity, parameters)])


def _resolve(graph: Graph, episode: Episode, pairs: Links, within: Bools, area: Floats) -> None:
    """Lead the pairs past the contact but the largest, which goes through it.

    Those that are not `within` the gap window end before it and begin after it.
    """
    first, last = episode.first, episode.last
    came = [s for s in episode.before.tolist() if graph.own[s, first]]
    went = [t for t in episode.after.tolist() if graph.own[last, t]]
    told = set(came) <= set(pairs.source.tolist()) and set(went) <= set(pairs.target.tolist())
    if not len(pairs) or not told:
        return
    size = area[pairs.source] + area[pairs.target]
    order = np.lexsort((pairs.source, -size))
    s, t = int(pairs.source[order[0]]), int(pairs.target[order[0]])
    for one in came:
        graph.own[one, first] = False
    for one in went:
        graph.own[last, one] = False
    for i in order[1:].tolist():
        source, target = int(pairs.source[i]), int(pairs.target[i])
        graph.remove(source, first)
        graph.remove(last, target)
        if within[i]:
            graph.add(source, target)
    graph.claim(s, first)
    graph.claim(last, t)
