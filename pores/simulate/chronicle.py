"""What truly became of every feature: links, tracks, families and contacts, from the script.

Features of at least the detection limit take part, in frames that can be used: the chronicle is that of an
observer who sees without noise, knows which scripted pores make a feature and how each of them moves, and
counts merges, splits, contacts and gaps as the catalogue does. Two features of different frames are linked
if they share a scripted pore that counts in both and whose samples in the first, moved as that pore moves,
cover at least a fifth of the smaller of the two. A feature looks back, pore by pore, to the last frame in
which that pore was seen, within the gap window; what other links say already is not said again.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pores.parameters import TrackParameters
from pores.simulate.parameters import SLOT_H
from pores.simulate.sight import FINE
from pores.simulate.strands import CONTACT_H, TOLERANCE_H, Counted, Node, counted
from pores.simulate.truth import Feature, Ints, TrueFrame

MAX_GAP_H = TrackParameters().max_gap_h
OVERLAP = 0.2
Edge = tuple[Node, Node]
Partners = Mapping[Node, list[Node]]


@dataclass
class Chronicle:
    """Edges between features, and the track of each.

    Attributes
    ----------
    frames : mapping of int to TrueFrame
        Usable frames.
    window_h : float
        Features further apart in time never link.
    counted : mapping of Node to frozenset of int
        Features that take part, in order of time and place, and the scripted pores that count in them.
    edges : list of (Node, Node)
        Links, by target and source.
    track : mapping of Node to Node
        First feature of the track of each feature.
    after : mapping of Node to Node
        What continues a feature on its own track.
    """

    frames: dict[int, TrueFrame]
    window_h: float
    counted: Counted
    edges: list[Edge] = field(default_factory=list)
    track: dict[Node, Node] = field(default_factory=dict)
    after: dict[Node, Node] = field(default_factory=dict)
    _masks: dict[Node, tuple[int, int, NDArray[np.bool_]]] = field(default_factory=dict, repr=False)

    def feature(self, node: Node) -> Feature:
        """The feature of a node."""
        return self.frames[node[0]].features[node[1]]

    def area(self, node: Node) -> float:
        """Its area, Mm^2."""
        return float(self.feature(node).row["area_mm2"])

    @cached_property
    def parents(self) -> Partners:
        """Features that lead to each, the largest first."""
        return self._partners([(b, a) for a, b in self.edges])

    @cached_property
    def children(self) -> Partners:
        """Features that each leads to, the largest first."""
        return self._partners(self.edges)

    @cached_property
    def lives(self) -> Partners:
        """The features of each track, by the first of them."""
        lives: dict[Node, list[Node]] = defaultdict(list)
        for node in self.counted:
            lives[self.track[node]].append(node)
        return lives

    @cached_property
    def passing(self) -> frozenset[Node]:
        """Tracks of pieces that part from a feature and are back in it within the time of a contact."""
        return frozenset(first for first, life in self.lives.items() if self._passes(first, life[-1]))

    def mask(self, node: Node) -> tuple[int, int, NDArray[np.bool_]]:
        """First row and column of the window of a feature, and which of its samples are in it."""
        if node not in self._masks:
            rows, cols = (
                np.concatenate(axis) for axis in zip(*self.feature(node).samples.values(), strict=True)
            )
            top, left = int(rows.min()), int(cols.min())
            inside = np.zeros((int(rows.max()) - top + 1, int(cols.max()) - left + 1), bool)
            inside[rows - top, cols - left] = True
            self._masks[node] = top, left, inside
        return self._masks[node]

    def families(self) -> dict[Node, Node]:
        """First track of the connected component of each track."""
        root = {first: first for first in self.lives}

        def find(first: Node) -> Node:
            while root[first] != first:
                root[first] = first = root[root[first]]
            return first

        for a, b in self.edges:
            low, high = sorted((find(self.track[a]), find(self.track[b])))
            root[high] = low
        return {first: find(first) for first in root}

    def _partners(self, edges: Sequence[Edge]) -> Partners:
        partners: dict[Node, list[Node]] = {node: [] for node in self.counted}
        for one, other in edges:
            partners[one].append(other)
        return {one: sorted(others, key=self.area, reverse=True) for one, others in partners.items()}

    def _passes(self, first: Node, last: Node) -> bool:
        parents, children = self.parents[first], self.children[last]
        if not parents or not children or self.track[parents[0]] != self.track[children[0]]:
            return False
        return SLOT_H * (children[0][0] - first[0]) <= CONTACT_H + TOLERANCE_H


def chronicle(frames: Sequence[TrueFrame], polarity: Mapping[int, int], cadence_h: float) -> Chronicle:
    """The chronicle of the usable frames of a series.

    Parameters
    ----------
    frames : sequence of TrueFrame
    polarity : mapping of int to int
        Sign of the field of each scripted pore.
    cadence_h : float
        Nominal time between frames.
    """
    by_frame = {true.frame: true for true in sorted(frames, key=lambda true: true.frame)}
    told = Chronicle(by_frame, MAX_GAP_H + cadence_h + TOLERANCE_H, counted(by_frame, polarity))
    last_seen: dict[int, list[Node]] = {}
    nodes: dict[int, list[Node]] = defaultdict(list)
    for node in told.counted:
        nodes[node[0]].append(node)
    descent = _Descent(told.window_h)
    for frame in by_frame:
        here = nodes[frame]
        told.edges += [edge for edge in _edges(told, here, last_seen) if descent.is_news(edge)]
        seen: dict[int, list[Node]] = defaultdict(list)
        for node in here:
            for pore in told.counted[node]:
                seen[pore].append(node)
        last_seen |= seen
    told.edges.sort(key=lambda edge: edge[::-1])
    _continue(told)
    for node in told.counted:
        told.track.setdefault(node, node)
        if node in told.after:
            told.track[told.after[node]] = told.track[node]
    return told


class _Descent:
    """Which features each descends from, as far back as the gap window."""

    def __init__(self, window_h: float) -> None:
        self._window_h = window_h
        self._before: dict[Node, set[Node]] = defaultdict(set)

    def is_news(self, edge: Edge) -> bool:
        """Whether no links so far lead from one to the other; the edge is then one of them."""
        a, b = edge
        if a in self._before[b]:
            return False
        recent = (one for one in self._before[a] if SLOT_H * (b[0] - one[0]) <= self._window_h)
        self._before[b] |= {a, *recent}
        return True


def _edges(told: Chronicle, here: Sequence[Node], last_seen: Mapping[int, list[Node]]) -> list[Edge]:
    """Possible links to the features of a frame, from the latest features first."""
    shared: dict[Edge, int] = defaultdict(int)
    for node in here:
        for pore in sorted(told.counted[node]):
            for before in last_seen.get(pore, []):
                if SLOT_H * (node[0] - before[0]) <= told.window_h:
                    shared[before, node] += _covered(told, before, node, pore)
    return [
        (a, b)
        for (a, b), samples in sorted(shared.items(), key=lambda item: (-item[0][0][0], item[0]))
        if samples >= OVERLAP * min(_size(told.feature(a)), _size(told.feature(b)))
    ]


def _covered(told: Chronicle, source: Node, target: Node, pore: int) -> int:
    """Samples of a pore in the source that are in the target once moved as the pore moves."""
    rows, cols = moved(told, source, target[0], pore)
    top, left, mask = told.mask(target)
    rows, cols = rows - top, cols - left
    within = (rows >= 0) & (cols >= 0) & (rows < mask.shape[0]) & (cols < mask.shape[1])
    return int(mask[rows[within], cols[within]].sum())


def moved(told: Chronicle, node: Node, frame: int, pore: int, *, whole: bool = False) -> tuple[Ints, Ints]:
    """Samples (rows, columns) of a pore in a feature, or of the whole, where that pore takes them."""
    (x0, y0), (x1, y1) = (told.frames[at].pixels[pore] for at in (node[0], frame))
    samples = told.feature(node).samples
    parts = list(samples.values()) if whole else [samples[pore]]
    rows, cols = (np.concatenate([part[axis] for part in parts]) for axis in (0, 1))
    return rows + round(FINE * (y1 - y0)), cols + round(FINE * (x1 - x0))


def _size(feature: Feature) -> int:
    return sum(rows.size for rows, _ in feature.samples.values())


def _continue(told: Chronicle) -> None:
    """Say which link keeps a track: the larger feature goes on, in the larger of its pieces."""
    taken: set[Node] = set()
    for a, b in sorted(told.edges, key=lambda edge: (-told.area(edge[0]), -told.area(edge[1]))):
        if a not in told.after and b not in taken:
            told.after[a] = b
            taken.add(b)
