"""Features that touch for a moment did not merge: they keep their tracks.

An episode of contact begins with features that join and ends with pieces that part within `contact_h`. Those
before and after that belong together (place, polarity, area) keep their tracks: the joined feature is on that
of the pair that is larger, before and after taken together, and the others pass it by with a gap. What has no
partner did merge or split.
"""

from dataclasses import dataclass

import numpy as np

from pores.compare import Comparer
from pores.link import Links, Loose, by_place, reach_px
from pores.motion import Floats, rotated
from pores.series import Ints

_TOLERANCE_S = 1.0


@dataclass(frozen=True)
class Episode:
    """Features joined from `first` to `last`: these came together in the one, those parted in the other."""

    first: int
    last: int
    before: Ints
    after: Ints
    lasted_s: float


class _Graph:
    """Links that can be taken away and added."""

    def __init__(self, links: Links, t_s: Floats) -> None:
        ends = zip(links.source.tolist(), links.target.tolist(), strict=True)
        self.own = dict(zip(ends, links.own.tolist(), strict=True))
        self.t_s = t_s
        self.after: dict[int, set[int]] = {}
        self.before: dict[int, set[int]] = {}
        for source, target in self.own:
            self.after.setdefault(source, set()).add(target)
            self.before.setdefault(target, set()).add(source)

    def episodes(self, contact_s: float) -> list[Episode]:
        """All contacts, the shortest first, then by time."""
        found = [
            episode
            for first, before in self.before.items()
            if len(before) > 1 and (episode := self._episode(first, contact_s)) is not None
        ]
        return sorted(found, key=lambda episode: (episode.lasted_s, episode.first))

    def _episode(self, first: int, contact_s: float) -> Episode | None:
        """The contact that begins with a feature: on to what parts, with nothing joining between."""
        last = first
        while len(after := self.after.get(last, set())) == 1:
            last = next(iter(after))
            if len(self.before[last]) > 1:
                return None
        if not after:
            return None
        parted = min(after)
        lasted = float(self.t_s[parted] - self.t_s[first])
        if lasted > contact_s + _TOLERANCE_S:
            return None
        before = np.array(sorted(self.before[first]), np.intp)
        return Episode(first, last, before, np.array(sorted(after), np.intp), lasted)

    def add(self, source: int, target: int) -> None:
        self.own[source, target] = False
        self.after.setdefault(source, set()).add(target)
        self.before.setdefault(target, set()).add(source)
        self.claim(source, target)

    def claim(self, source: int, target: int) -> None:
        """Let a link keep the track, unless one end has another that does."""
        taken = any(self.own[source, one] for one in self.after[source])
        taken |= any(self.own[one, target] for one in self.before[target])
        self.own[source, target] = not taken

    def remove(self, source: int, target: int) -> None:
        del self.own[source, target]
        self.after[source].discard(target)
        self.before[target].discard(source)

    def links(self) -> Links:
        pairs = np.array(list(self.own), np.intp).reshape(-1, 2)
        return Links.joined([Links(pairs[:, 0], pairs[:, 1], np.array(list(self.own.values()), bool))])


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
    graph = _Graph(links, watch.t_s[nodes.all.k])
    seen: set[tuple[int, int]] = set()
    while True:
        episodes = graph.episodes(compare.parameters.contact_h * 3600)
        new = [episode for episode in episodes if (episode.first, episode.last) not in seen]
        if not new:
            return graph.links()
        for episode in new:
            if episode.lasted_s > new[0].lasted_s:
                break
            seen.add((episode.first, episode.last))
            _resolve(graph, episode, _partners(episode, compare, polarity), nodes.all["area_px"])


def _partners(episode: Episode, compare: Comparer, polarity: Floats) -> Links:
    """Which of those before and after a contact belong together."""
    before, after = episode.before, episode.after
    nodes, watch, features = compare.nodes, compare.watch, compare.nodes.all
    dt = watch.t_s[features.k[after]] - watch.t_s[features.k[before]][:, None]
    off, reach = np.zeros((2, *dt.shape)), np.zeros(dt.shape)
    for j, target in enumerate(after.tolist()):
        grid = watch.views[features.k[target]].grid
        x, y = rotated(nodes.places.of(before), dt[:, j], grid)
        off[0, :, j], off[1, :, j] = features["x_px"][target] - x, features["y_px"][target] - y
        reach[:, j] = [reach_px(float(one), grid.pixel_km, compare.parameters) for one in dt[:, j]]
    return by_place(Loose(before, after, off, reach), features, polarity, compare.parameters)


def _resolve(graph: _Graph, episode: Episode, pairs: Links, area: Floats) -> None:
    """Lead the pairs past the contact but the largest, which goes through it."""
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
        graph.add(source, target)
    graph.claim(s, first)
    graph.claim(last, t)
