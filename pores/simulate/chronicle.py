"""What truly became of every feature: links, tracks, families and events, from the script.

Features of at least the detection limit take part, in frames that can be used: the chronicle is that of an
observer who sees without noise, knows which scripted pores make a feature and how each of them moves, and
counts merges, splits and gaps as the catalogue does. Two features of different frames are linked if they
share a scripted pore whose samples in the first, moved as that pore moves, cover at least a fifth of the
smaller of the two. A feature looks back, pore by pore, to the last frame in which that pore was seen,
within the gap window.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pores.simulate.truth import FINE, Feature

MAX_GAP_FRAMES = 5
OVERLAP = 0.2
Node = tuple[int, int]  # frame, index of the feature in it
Pixels = dict[int, tuple[float, float]]


@dataclass(frozen=True)
class TrueFrame:
    """The features of a usable frame and where the scripted pores are, native pixels."""

    frame: int
    features: Sequence[Feature]
    pixels: Pixels


@dataclass
class Chronicle:
    """Edges between features, and the track of each.

    Attributes
    ----------
    frames : mapping of int to TrueFrame
        Usable frames.
    edges : list of (Node, Node)
        Links, by target and source.
    track : mapping of Node to Node
        First feature of the track of each feature.
    after : mapping of Node to Node
        What continues a feature on its own track.
    """

    frames: dict[int, TrueFrame]
    edges: list[tuple[Node, Node]] = field(default_factory=list)
    track: dict[Node, Node] = field(default_factory=dict)
    after: dict[Node, Node] = field(default_factory=dict)

    def feature(self, node: Node) -> Feature:
        """The feature of a node."""
        return self.frames[node[0]].features[node[1]]

    def area(self, node: Node) -> float:
        """Its area, Mm^2."""
        return float(self.feature(node).row["area_mm2"])

    @property
    def nodes(self) -> list[Node]:
        """Features that take part, in order of time and place."""
        return [
            (frame, i)
            for frame in sorted(self.frames)
            for i, feature in enumerate(self.frames[frame].features)
            if feature.in_full
        ]

    def parents(self, node: Node) -> list[Node]:
        """Features that lead to one, the largest first."""
        return sorted((a for a, b in self.edges if b == node), key=self.area, reverse=True)

    def children(self, node: Node) -> list[Node]:
        """Features that one leads to, the largest first."""
        return sorted((b for a, b in self.edges if a == node), key=self.area, reverse=True)

    def families(self) -> dict[Node, Node]:
        """First track of the connected component of each track."""
        root = {first: first for first in self.track.values()}

        def find(first: Node) -> Node:
            while root[first] != first:
                first = root[first]
            return first

        for a, b in self.edges:
            low, high = sorted((find(self.track[a]), find(self.track[b])))
            root[high] = low
        return {first: find(first) for first in root}


def chronicle(frames: Sequence[TrueFrame]) -> Chronicle:
    """The chronicle of a series."""
    told = Chronicle({frame.frame: frame for frame in frames})
    last_seen: dict[int, int] = {}
    for frame in sorted(told.frames):
        told.edges += _edges(told, frame, last_seen)
        for feature in told.frames[frame].features:
            if feature.in_full:
                last_seen |= dict.fromkeys(feature.samples, frame)
    _continue(told)
    for node in told.nodes:
        told.track.setdefault(node, node)
        if node in told.after:
            told.track[told.after[node]] = told.track[node]
    return told


def _edges(told: Chronicle, frame: int, last_seen: dict[int, int]) -> list[tuple[Node, Node]]:
    """Links to the features of a frame."""
    shared: dict[tuple[Node, Node], int] = defaultdict(int)
    for i, feature in enumerate(told.frames[frame].features):
        if not feature.in_full:
            continue
        for pore in feature.samples:
            before = last_seen.get(pore)
            if before is None or frame - before > MAX_GAP_FRAMES + 1:
                continue
            for j, other in enumerate(told.frames[before].features):
                if other.in_full and pore in other.samples:
                    shared[(before, j), (frame, i)] += _covered(told, (before, j), (frame, i), pore)
    return [
        (a, b)
        for (a, b), samples in sorted(shared.items())
        if samples >= OVERLAP * min(_size(told.feature(a)), _size(told.feature(b)))
    ]


def _covered(told: Chronicle, source: Node, target: Node, pore: int) -> int:
    """Samples of a pore in the source that are in the target once moved as the pore moves."""
    (x0, y0), (x1, y1) = (told.frames[node[0]].pixels[pore] for node in (source, target))
    rows, cols = told.feature(source).samples[pore]
    moved = _codes(rows + round(FINE * (y1 - y0)), cols + round(FINE * (x1 - x0)))
    there = [_codes(*part) for part in told.feature(target).samples.values()]
    return int(np.isin(moved, np.concatenate(there)).sum())


def _codes(rows: Any, cols: Any) -> Any:
    return np.asarray(rows, np.int64) * 1_000_000 + cols


def _size(feature: Feature) -> int:
    return sum(rows.size for rows, _ in feature.samples.values())


def _continue(told: Chronicle) -> None:
    """Say which link keeps a track: the larger feature goes on, in the larger of its pieces."""
    taken: set[Node] = set()
    for a, b in sorted(told.edges, key=lambda edge: (-told.area(edge[0]), -told.area(edge[1]))):
        if a not in told.after and b not in taken:
            told.after[a] = b
            taken.add(b)
