"""Which scripted pores count in a feature: those of its polarity, and not those that only touch it.

Pores are *joined* in a frame if one feature holds them both, and *parted* if two do. Those that join and part
again within the time of a contact did not merge: in between only the larger side counts, the other is unseen.
The larger side is the one whose features were larger before and after, taken together.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pores.parameters import TrackParameters
from pores.simulate.parameters import SLOT_H
from pores.simulate.truth import Feature, TrueFrame

CONTACT_H = TrackParameters().contact_h
MIN_POLARITY_G = TrackParameters().min_polarity_g
TOLERANCE_H = 1 / 3600
Node = tuple[int, int]  # frame, index of the feature in it
Homes = Mapping[int, Mapping[int, int]]  # pore -> frame -> feature that holds most of it
Counted = dict[Node, frozenset[int]]


@dataclass(frozen=True)
class _Contact:
    """Two pores joined in some frames too few to be one; area of each one's side before and after."""

    pair: tuple[int, int]
    frames: tuple[int, ...]
    weights: tuple[float, float]


def counted(frames: Mapping[int, TrueFrame], polarity: Mapping[int, int]) -> Counted:
    """The scripted pores that count in each feature of at least the detection limit.

    Parameters
    ----------
    frames : mapping of int to TrueFrame
        Usable frames.
    polarity : mapping of int to int
        Sign of the field of each scripted pore.
    """
    held = {
        (frame, i): frozenset(_of_polarity(feature, polarity))
        for frame, true in sorted(frames.items())
        for i, feature in enumerate(true.features)
        if feature.in_full
    }
    homes = _homes(frames, held)
    touching: dict[Node, list[_Contact]] = defaultdict(list)
    for contact in _contacts(frames, homes):
        for frame in contact.frames:
            touching[(frame, homes[contact.pair[0]][frame])].append(contact)
    return held | {node: _larger_side(held[node], touching[node]) for node in touching}


def _of_polarity(feature: Feature, polarity: Mapping[int, int]) -> Iterator[int]:
    """The pores of a feature that have its sign: that of its mean field, or of most of its samples."""
    mean = feature.row["mean_br"]
    most = sum(polarity[pore] * rows.size for pore, (rows, _) in feature.samples.items())
    sign = np.sign(mean if abs(mean) >= MIN_POLARITY_G else most)
    return (pore for pore in feature.samples if polarity[pore] == sign)


def _homes(frames: Mapping[int, TrueFrame], held: Counted) -> Homes:
    """The feature that holds most of each pore, by frame."""
    largest: dict[tuple[int, int], tuple[int, int]] = {}
    for (frame, i), pores in held.items():
        for pore in pores:
            size = frames[frame].features[i].samples[pore][0].size
            largest[pore, frame] = max(largest.get((pore, frame), (0, 0)), (size, -i))
    homes: dict[int, dict[int, int]] = defaultdict(dict)
    for (pore, frame), (_, i) in sorted(largest.items()):
        homes[pore][frame] = -i
    return homes


def _contacts(frames: Mapping[int, TrueFrame], homes: Homes) -> Iterator[_Contact]:
    together: dict[Node, list[int]] = defaultdict(list)
    for pore, home in homes.items():
        for node in home.items():
            together[node].append(pore)
    for pair in sorted({pair for pores in together.values() for pair in combinations(sorted(pores), 2)}):
        yield from _contacts_of(pair, frames, homes)


def _contacts_of(pair: tuple[int, int], frames: Mapping[int, TrueFrame], homes: Homes) -> Iterator[_Contact]:
    """The times for which two pores are joined that are too short."""
    one, other = (homes[pore] for pore in pair)
    parted: int | None = None
    joined: list[int] = []
    for frame in sorted(one.keys() & other.keys()):
        if one[frame] == other[frame]:
            joined.append(frame)
            continue
        if parted is not None and joined and SLOT_H * (frame - joined[0]) <= CONTACT_H + TOLERANCE_H:
            areas = [
                sum(float(frames[at].features[home[at]].row["area_mm2"]) for at in (parted, frame))
                for home in (one, other)
            ]
            yield _Contact(pair, tuple(joined), (areas[0], areas[1]))
        parted, joined = frame, []


def _larger_side(pores: frozenset[int], contacts: Iterable[_Contact]) -> frozenset[int]:
    """Of the sides that only touch in a feature the larger one, with what is in no contact at all."""
    apart = {contact.pair for contact in contacts}
    weight: dict[int, float] = {}
    for contact in contacts:
        for pore, area in zip(contact.pair, contact.weights, strict=True):
            weight[pore] = max(weight.get(pore, 0.0), area)
    sides: list[set[int]] = []
    for pore in sorted(weight):
        bound = [side for side in sides if any((min(pore, p), max(pore, p)) not in apart for p in side)]
        sides = [side for side in sides if side not in bound] + [{pore}.union(*bound)]
    largest = max(sides, key=lambda side: (max(weight[pore] for pore in side), -min(side)))
    return frozenset(largest) | (pores - weight.keys())
