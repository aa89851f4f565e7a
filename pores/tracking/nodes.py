"""What is linked: the pores of a series and, where they were looked for, features too faint to be pores."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pores.features import LINKING, Features
from pores.motion import Places
from pores.runs import Runs
from pores.series import NONE, Bools, Ints, Watch
from pores.sightings import Labels, Sightings
from pores.tracking.footprints import Footprints

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
    footprints : Footprints
        Which pixels each has.
    """

    all: Features
    faint: Bools
    pore: Ints
    of_faint_row: Ints
    places: Places
    footprints: Footprints

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


def _footprints(every: Features, faint: Bools, watch: Watch, sightings: Sightings) -> Footprints:
    """The footprints of all frames: their label images are asked for once, in time order."""
    frames = (_of_frame(every, faint, watch, sightings, k) for k in range(len(watch)))
    return Footprints.of(frames, every.first)


def _of_frame(
    every: Features, faint: Bools, watch: Watch, sightings: Sightings, k: int
) -> NDArray[np.integer[Any]]:
    """Owner, y, x and length of the runs of a frame, in raster order."""
    here = every.in_frame(k)
    sources: list[tuple[Labels | None, Ints]] = [
        (sightings.labels, here[~faint[here]]),
        (sightings.faint_labels, here[faint[here]]),
    ]
    parts = [
        _runs(labels(int(watch.frame[k])), which, every["label"][which].astype(np.intp), watch.t_rec[k])
        for labels, which in sources
        if len(which) and labels is not None
    ]
    if len(parts) < 2:
        return parts[0] if parts else np.empty((4, 0), np.intp)
    runs = np.concatenate(parts, axis=1)
    return runs[:, np.lexsort((runs[2], runs[1]))]


def _runs(
    image: NDArray[np.integer[Any]] | Runs, which: Ints, label: Ints, t_rec: np.datetime64
) -> NDArray[np.integer[Any]]:
    """Owner, y, x and length of the runs of some features of a label image."""
    runs = image if isinstance(image, Runs) else Runs.of(np.asarray(image))
    place = runs.places(label, str(t_rec))
    mine = place >= 0
    return np.array([which[place[mine]], *(values[mine] for values in (runs.y, runs.x, runs.length))])
