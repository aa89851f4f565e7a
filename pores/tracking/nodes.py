"""What is linked: the pores of a series and, where they were looked for, features too faint to be pores."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from pores.motion import Places
from pores.series import LINKING, NONE, Bools, Features, Ints, Watch
from pores.sightings import Labels, Sightings
from pores.tracking.overlap import Footprints

_KEPT = tuple(name for name in LINKING if name != "harpnum")


@dataclass(frozen=True, eq=False)
class Nodes:
    """Pores and faint features in one order: by time, pores first, then by place.

    Attributes
    ----------
    all : Features
        Both. In order of size (`rank`) any pore comes before any faint feature.
    faint : ndarray of bool, (n,)
        Which are faint.
    pore : ndarray of int, (n,)
        Each one's number among the pores, -1 if faint.
    of_faint_row : ndarray of int
        Node of each row of the table of faint features.
    places : Places
        Where each is, at rest in the rotating frame.
    footprints : list of Footprints
        By frame; the features of each counted from its first.
    """

    all: Features
    faint: Bools
    pore: Ints
    of_faint_row: Ints
    places: Places
    footprints: list[Footprints]

    @classmethod
    def of(cls, pores: Features, watch: Watch, sightings: Sightings) -> Self:
        """All that was seen of a HARP."""
        faint = _faint(sightings, watch)
        n = len(pores)
        order = np.lexsort((np.arange(n + len(faint)), np.concatenate((pores.k, faint.k))))
        where = np.empty(len(order), np.intp)
        where[order] = np.arange(len(order))
        every = _together(pores, faint, order, len(watch))
        still = np.zeros(len(every))
        radius = np.sqrt(every["area_px"] / watch.scale**2 / np.pi)
        return cls(
            every,
            order >= n,
            np.where(order < n, order, NONE),
            where[n + faint.feature_of_row],
            Places(every["lon"], every["lat"], still, still, radius),
            _footprints(every, order >= n, watch, sightings),
        )

    def footprint(self, which: Ints) -> Footprints:
        """The footprints of some features of one frame, counted as given, ascending."""
        k = int(self.all.k[which[0]])
        here = self.footprints[k]
        return here if len(which) == len(here.area) else here.some(which - int(self.all.first[k]))

    def __len__(self) -> int:
        return len(self.all)


def _faint(sightings: Sightings, watch: Watch) -> Features:
    if sightings.faint is None:
        none = {name: np.asarray(sightings.pores[name])[:0] for name in LINKING}
        return Features.of(none, watch, LINKING)
    return Features.of({**sightings.faint, "pore_id": sightings.faint["faint_id"]}, watch, LINKING)


def _together(pores: Features, faint: Features, order: Ints, n_frames: int) -> Features:
    columns = {name: np.concatenate((pores[name], faint[name]))[order] for name in _KEPT}
    k = np.concatenate((pores.k, faint.k))[order]
    rank = np.concatenate((pores.rank, len(pores) + faint.rank))[order]
    return Features(columns, np.arange(len(order)), k, np.searchsorted(k, np.arange(n_frames + 1)), rank)


def _footprints(every: Features, faint: Bools, watch: Watch, sightings: Sightings) -> list[Footprints]:
    """The footprints of each frame: its label images are asked for once, in time order."""
    return [_of_frame(every, faint, watch, sightings, k) for k in range(len(watch))]


def _of_frame(every: Features, faint: Bools, watch: Watch, sightings: Sightings, k: int) -> Footprints:
    here = every.in_frame(k)
    sources: list[tuple[Labels | None, Ints]] = [
        (sightings.labels, here[~faint[here]]),
        (sightings.faint_labels, here[faint[here]]),
    ]
    parts, places = [], []
    for labels, which in sources:
        if len(which) and labels is not None:
            image = np.asarray(labels(int(watch.frame[k])))
            label = every["label"][which].astype(np.intp)
            parts.append(Footprints.of(image, label, str(watch.t_rec[k])))
            places.append(which - here[0])
    return Footprints.joined(parts, places) if parts else Footprints.none()
