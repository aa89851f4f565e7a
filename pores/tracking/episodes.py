"""Episodes of contact in the graph of links: features that join and soon part again."""

from dataclasses import dataclass

import numpy as np

from pores.motion import Floats
from pores.series import TOLERANCE_S, Bools, Ints
from pores.tracking.link import Links


@dataclass(frozen=True)
class Episode:
    """Features joined from `first` to `last`: these came together in the one, those parted in the other."""

    first: int
    last: int
    before: Ints
    after: Ints
    lasted_s: float


class Graph:
    """Links that can be taken away and added.

    Attributes
    ----------
    own : dict of (int, int) to bool
        Links by source and target, and whether they keep a track.
    before, after : dict of int to set of int
        What each feature is linked with.
    """

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
            if len(self.before[last]) > 1 or self.t_s[last] - self.t_s[first] > contact_s:
                return None
        lasted = float(self.t_s[min(after)] - self.t_s[first]) if after else np.inf
        if lasted > contact_s + TOLERANCE_S:
            return None
        before = np.array(sorted(self.before[first]), np.intp)
        return Episode(first, last, before, np.array(sorted(after), np.intp), lasted)

    def still(self, episode: Episode) -> bool:
        """Whether the links of an episode are as they were found."""
        before, after = self.before[episode.first], self.after[episode.last]
        return before == set(episode.before.tolist()) and after == set(episode.after.tolist())

    def add(self, source: int, target: int) -> None:
        """Link two features; the link keeps the track if neither has another that does."""
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
        """Take a link away."""
        del self.own[source, target]
        self.after[source].discard(target)
        self.before[target].discard(source)

    def links(self) -> Links:
        """What is linked now."""
        pairs = np.array(list(self.own), np.intp).reshape(-1, 2)
        return Links.joined([Links(pairs[:, 0], pairs[:, 1], np.array(list(self.own.values()), bool))])


def around_merges(links: Links, t_s: Floats, contact_s: float) -> Bools:
    """Links that may have to do with a contact: those near, in the graph and in time, of what merges."""
    merged = np.bincount(links.target, minlength=len(t_s)) > 1
    since = np.where(merged, t_s, -np.inf)  # when the last merge before each feature was
    for _ in range(len(t_s)):
        later = np.maximum(since[links.target], since[links.source])
        soon = t_s[links.target] - later <= contact_s + TOLERANCE_S
        new = soon & (later > since[links.target])
        if not new.any():
            break
        np.maximum.at(since, links.target[new], later[new])
    near = np.isfinite(since)
    for _ in range(2):
        touched = near[links.source] | near[links.target]
        near[links.source[touched]], near[links.target[touched]] = True, True
    return np.asarray(near[links.source] | near[links.target])
