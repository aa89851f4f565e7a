"""Pairing what was found with what is true: features, links, tracks and events."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Table = Mapping[str, NDArray[Any]]
Ints = NDArray[np.intp]
Floats = NDArray[np.float64]

NATIVE_PIXEL_MM2 = (np.radians(0.03) * 696.0) ** 2  # every SHARP CEA map: CDELT 0.03 deg, RSUN_REF 696 Mm
_FORBIDDEN = 1e6


@dataclass(frozen=True, eq=False)
class Matches:
    """Rows of one table paired, one to one, with rows of another."""

    found: Ints
    truth: Ints

    def __len__(self) -> int:
        return len(self.found)


def match_features(found: Table, truth: Table, least_radius_px: float) -> Matches:
    """Features of the same frame whose centroids are within the radius of the larger one.

    The radius is that of the circle of the feature's area, but no smaller than `least_radius_px`.
    """
    radius = [
        np.maximum(np.sqrt(t["area_mm2"] / NATIVE_PIXEL_MM2 / np.pi), least_radius_px) for t in (found, truth)
    ]
    pairs = []
    for f, t in _same_frame(found, truth):
        distance = np.hypot(*(np.subtract.outer(found[name][f], truth[name][t]) for name in ("x_px", "y_px")))
        pairs.append(_pairs(f, t, distance / np.maximum.outer(radius[0][f], radius[1][t])))
    return _joined(pairs)


def match_events(found: Table, truth: Table, tolerance_s: float, reach_px: float) -> Matches:
    """Events of the same HARP that are near each other in time and place."""
    pairs = []
    for harp in np.intersect1d(found["harpnum"], truth["harpnum"]):
        f, t = (np.flatnonzero(table["harpnum"] == harp) for table in (found, truth))
        later = np.subtract.outer(found["t_rec"][f], truth["t_rec"][t]) / np.timedelta64(1, "s")
        apart = np.hypot(*(np.subtract.outer(found[name][f], truth[name][t]) for name in ("x_px", "y_px")))
        cost = np.maximum(np.abs(later) / tolerance_s, apart / reach_px)
        pairs.append(_pairs(f, t, cost))
    return _joined(pairs)


def match_tracks(found: Ints, truth: Ints) -> Matches:
    """Tracks that share most features, the longest companions first; each with one other.

    Parameters
    ----------
    found, truth : ndarray of int, (n,)
        Track of each matched feature among those found and those that are true.
    """
    together, times = np.unique(np.column_stack((found, truth)), axis=0, return_counts=True)
    taken_found: set[int] = set()
    taken_truth: set[int] = set()
    pairs = []
    for i in np.argsort(-times, kind="stable"):
        f, t = (int(n) for n in together[i])
        if f not in taken_found and t not in taken_truth:
            pairs.append((f, t))
            taken_found.add(f)
            taken_truth.add(t)
    return Matches(*np.array(pairs, np.intp).reshape(-1, 2).T)


def bridged(links: Table, kept: Mapping[str, str]) -> set[tuple[str, str]]:
    """The links between kept features, those through others drawn across them; named as `kept` says.

    So a feature that the other table doesn't have is no fault of the links beside it.
    """
    origins: defaultdict[str, set[str]] = defaultdict(set)
    edges = set()
    for i in np.argsort(links["from_t"], kind="stable"):
        a, b = links["from_pore_id"][i], links["to_pore_id"][i]
        sources = {kept[a]} if a in kept else origins[a]
        if b in kept:
            edges |= {(source, kept[b]) for source in sources}
        else:
            origins[b] |= sources
    return edges


def _same_frame(found: Table, truth: Table) -> Iterable[tuple[Ints, Ints]]:
    """Rows of both tables, frame by frame."""
    rows: tuple[defaultdict[Any, list[int]], ...] = (defaultdict(list), defaultdict(list))
    for of_frame, table in zip(rows, (found, truth), strict=True):
        times = np.asarray(table["t_rec"], "datetime64[ms]").astype(np.int64)
        for i, frame in enumerate(zip(table["harpnum"].tolist(), times.tolist(), strict=True)):
            of_frame[frame].append(i)
    for frame in sorted(rows[0].keys() & rows[1].keys()):
        yield np.array(rows[0][frame], np.intp), np.array(rows[1][frame], np.intp)


def _pairs(found: Ints, truth: Ints, cost: Floats) -> Matches:
    """One-to-one pairs of least cost, as many as cost no more than 1."""
    i, j = linear_sum_assignment(np.where(cost <= 1, cost, _FORBIDDEN))
    near = cost[i, j] <= 1
    return Matches(found[i[near]], truth[j[near]])


def _joined(parts: list[Matches]) -> Matches:
    none = np.empty(0, np.intp)
    return Matches(
        *(np.concatenate([none, *(getattr(part, side) for part in parts)]) for side in ("found", "truth"))
    )
