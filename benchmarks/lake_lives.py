"""Lives of the features of one HARP drawn from stated distributions, and what is seen of them.

Numbers are those of a mission: how long HARPs and lives are, how many there are, how large and strong, how
many are seen in part. docs/scale.md, "A drawn mission", says where each comes from.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.studies.mission import GAP, LONGEST, MEAN_RECORDS, SHORTEST

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

PIXEL_MM2 = 0.132805 / 4  # of the grid doubled
SMALLEST_PX = 20
LONGEST_GAP = 5  # frames a feature may be missing and keep its track


@dataclass(frozen=True)
class Statistics:
    """What a lake is like.

    Attributes
    ----------
    lives_per_harp, life_frames : float
        Lives that a HARP of mean length and activity has; their mean length at 1500 G, from its first to its
        last frame. With what windows and gaps cut off they make 2 million tracks and 100 million rows of
        15000 HARPs.
    life_shape : float
        Of the Weibull law of lifetimes: below 1, many are short and some very long.
    br_g, br_spread_g : float
        |Br| of pores; lives are longer as its square.
    area_mm2, area_spread : float
        Median of the largest area of pores, and the spread of its logarithm beside what lifetime makes.
    """

    lives_per_harp: float = 131.1
    life_frames: float = 52.0
    activity_spread: float = 1.0
    life_shape: float = 0.8
    br_g: float = 1500.0
    br_spread_g: float = 250.0
    area_mm2: float = 4.9
    area_spread: float = 0.65
    umbrae: float = 0.1
    without_files: float = 0.01
    unseen: float = 0.02
    meeting: float = 0.3
    seed: int = 377


@dataclass(frozen=True)
class Laws:
    """Whole lives, seen or not: first frame (before the HARP's first, too), frames, field, area, kind."""

    begin: Ints
    life: Ints
    br: Floats
    area: Floats
    umbra: Bools


@dataclass(frozen=True)
class Sightings:
    """What is seen: rows in the order of frame and label, and tracks in the order of their first rows.

    Attributes
    ----------
    usable : array of shape (frame,)
    frame, track, label, before, law : array of shape (row,)
        `before` is the row of the same track before this one, -1 for none.
    by_track : array of shape (row,)
        Rows track by track, each in time.
    starts, first, last : array of shape (track,)
        Where a track begins in `by_track`; its first and last rows.
    """

    usable: Bools
    frame: Ints
    track: Ints
    label: Ints
    before: Ints
    law: Ints
    by_track: Ints
    starts: Ints
    first: Ints
    last: Ints

    @property
    def born(self) -> Bools:
        """Whether the frame before a track's first one was looked at."""
        frame = self.frame[self.first]
        return (frame > 0) & self.usable[frame - 1]

    @property
    def died(self) -> Bools:
        """Whether the frame after a track's last one was looked at."""
        frame = self.frame[self.last] + 1
        return (frame < len(self.usable)) & self.usable[frame % len(self.usable)]

    def row(self, track: Ints, frame: Ints) -> Ints:
        """The row of a track in a frame, -1 if it isn't seen there."""
        n_tracks = len(self.first)
        keys, wanted = self.frame * n_tracks + self.track, frame * n_tracks + track
        place = np.searchsorted(keys, wanted).clip(max=len(keys) - 1)
        return np.where(keys[place] == wanted, place, -1)


def draw_usable(rng: np.random.Generator, what: Statistics) -> Bools:
    """Frames of a HARP, and which of them can be used: the others come in runs."""
    share = (MEAN_RECORDS - SHORTEST) / (LONGEST - SHORTEST)
    usable = np.ones(int(SHORTEST + (LONGEST - SHORTEST) * rng.beta(1, 1 / share - 1)), bool)
    n = len(usable)
    for start in rng.integers(n, size=rng.poisson(n * what.without_files / GAP)):
        usable[start : start + rng.geometric(1 / GAP)] = False
    usable[0] = True
    return usable


def draw_laws(rng: np.random.Generator, n_frames: int, what: Statistics) -> Laws:
    """Lives that begin before, in and at the end of what is observed."""
    activity = rng.lognormal(-(what.activity_spread**2) / 2, what.activity_spread) * n_frames / MEAN_RECORDS
    n = rng.poisson(what.lives_per_harp * activity) + 1
    umbra = rng.random(n) < what.umbrae
    br = rng.normal(what.br_g, what.br_spread_g, n).clip(600) + 500 * umbra
    scaled = rng.weibull(what.life_shape, n)
    life = np.rint(what.life_frames * (br / what.br_g) ** 2 * scaled).clip(1).astype(np.int64)
    begin = rng.integers(1 - np.minimum(life, n_frames), n_frames)
    # long lives have large areas, after Gnevyshev and Waldmeier, less strictly
    area = what.area_mm2 * rng.lognormal(0, what.area_spread, n) * scaled**0.25 * np.where(umbra, 8, 1)
    return Laws(begin, life, br * rng.choice([-1, 1], n), area, umbra)


def see(rng: np.random.Generator, usable: Bools, laws: Laws, what: Statistics) -> Sightings:
    """What is seen of lives: not in every frame, and as two tracks where too many are missing."""
    first = laws.begin.clip(0)
    n = np.minimum(laws.begin + laws.life, len(usable)) - first
    law = np.repeat(np.arange(len(n)), n)
    frame = np.arange(n.sum()) - np.repeat(np.cumsum(n) - n, n) + first[law]
    seen = usable[frame] & (rng.random(len(frame)) >= what.unseen)
    law, frame = law[seen], frame[seen]
    new = np.r_[True, (law[1:] != law[:-1]) | (np.diff(frame) > LONGEST_GAP + 1)][: len(law)]
    rank = np.argsort(np.argsort(frame[new], kind="stable"))
    track = rank[np.cumsum(new) - 1]
    order = np.argsort(frame * (len(rank) + 1) + track)
    return _in_order(usable, frame[order], track[order], law[order])


def _in_order(usable: Bools, frame: Ints, track: Ints, law: Ints) -> Sightings:
    label = np.arange(len(frame)) - np.searchsorted(frame, np.arange(len(usable)))[frame] + 1
    by_track = np.argsort(track, kind="stable")
    change = np.diff(track[by_track], prepend=-1, append=-1) != 0
    starts, ends = np.flatnonzero(change[:-1]), np.flatnonzero(change[1:])
    before = np.full(len(frame), -1)
    before[by_track[1:]] = np.where(change[1:-1], -1, by_track[:-1])
    return Sightings(
        usable, frame, track, label, before, law, by_track, starts, by_track[starts], by_track[ends]
    )


@dataclass(frozen=True)
class Lineage:
    """Of each track the row it splits from and the row that it merges into, -1 for none; its family."""

    split_from: Ints
    merged_into: Ints
    family: Ints


def draw_lineage(rng: np.random.Generator, seen: Sightings, areas: Floats, what: Statistics) -> Lineage:
    """Let some tracks split off, or merge into, one that is larger and was there before."""
    begin, end = seen.frame[seen.first] - 1, seen.frame[seen.last] + 1
    parent = _met(rng, seen, begin, areas, seen.first, what)
    child = _met(rng, seen, end, areas, seen.last, what)
    mine = np.arange(len(seen.first))
    edges = [(mine[rows >= 0], seen.track[rows[rows >= 0]]) for rows in (parent, child)]
    a, b = (np.concatenate(side) for side in zip(*edges, strict=True))
    graph = coo_array((np.ones(len(a), bool), (a, b)), shape=(len(mine),) * 2)
    _, group = connected_components(graph, directed=False)
    _, eldest = np.unique(group, return_index=True)
    return Lineage(parent, child, eldest[group])


def _met(
    rng: np.random.Generator, seen: Sightings, frame: Ints, areas: Floats, own: Ints, what: Statistics
) -> Ints:
    """For some tracks the row of a larger one in a frame, no row twice; else -1."""
    n = len(seen.first)
    older = (np.arange(n) - rng.integers(1, 8, n)).clip(0)
    asked = (older < np.arange(n)) & (rng.random(n) < what.meeting)
    there = asked & (frame >= 0) & (frame < len(seen.usable))
    row = np.where(there, seen.row(older, frame.clip(0)), -1)
    row[(row >= 0) & ((areas[row] <= areas[own]) | (seen.track[row] == np.arange(n)))] = -1
    found, once = np.unique(row, return_index=True)
    kept = np.full(n, -1)
    kept[once] = found
    return kept
