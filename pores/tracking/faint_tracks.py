"""The tracks of faint features: through which of them a track went."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.features import Features
from pores.series import NONE, Ints
from pores.tracking.lineage import Lineage, places_in_order
from pores.tracking.link import Links


def faint_tracks(
    links: Links, lives: Lineage, features: Features, faint: Mapping[str, NDArray[Any]] | None
) -> NDArray[Any]:
    """The track of each row of the table of faint features, None where it belongs to none.

    A track is in one place at a time: where it has a pore no faint feature is of it, and of several faint
    ones the largest is.
    """
    if faint is None:
        return np.empty(0, object)
    tracks = np.full(len(faint["t_rec"]), None, object)
    hosted = np.flatnonzero(links.host != NONE) if links.host is not None else np.empty(0, np.intp)
    if links.host is None or not len(hosted):
        return tracks
    names = np.asarray(faint["faint_id"], object)[hosted]
    order = np.lexsort((places_in_order(names), -faint["area_px"][hosted]))
    rows, names, track = hosted[order], names[order], lives.track[links.host[hosted[order]]]
    (place, taken) = _track_and_time((track, faint["t_rec"][rows]), (lives.track, features["t_rec"]))
    _, first, of_place = np.unique(place, return_index=True, return_inverse=True)
    largest = (names == names[first[of_place]]) & ~np.isin(place, taken)
    tracks[rows[largest]] = features["pore_id"].astype(object)[lives.first][track[largest]]
    return tracks


def _track_and_time(*each: tuple[Ints, NDArray[Any]]) -> list[Ints]:
    """One number for each track at a time."""
    times = [np.asarray(t_rec, "datetime64[ms]").astype(np.int64) for _, t_rec in each]
    known, when = np.unique(np.concatenate(times), return_inverse=True)
    parts = np.split(when, np.cumsum([len(one) for one in times])[:-1])
    return [track * len(known) + part for (track, _), part in zip(each, parts, strict=True)]
