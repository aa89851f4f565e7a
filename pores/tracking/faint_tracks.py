"""The tracks of faint features: through which of them a track went."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.series import NONE, Features
from pores.tracking.lineage import Lineage
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
    names, of = features["pore_id"].astype(object)[lives.first], lives.track
    t_rec = np.asarray(faint["t_rec"], "datetime64[ms]").astype(np.int64)
    seen = zip(of.tolist(), features["t_rec"].astype("datetime64[ms]").astype(np.int64).tolist(), strict=True)
    there: dict[tuple[int, int], Any] = dict.fromkeys(seen)
    order = hosted[np.lexsort((faint["faint_id"][hosted].astype(str), -faint["area_px"][hosted]))]
    for row in order.tolist():
        track = int(of[links.host[row]]) if links.host is not None else NONE
        if there.setdefault((track, int(t_rec[row])), faint["faint_id"][row]) == faint["faint_id"][row]:
            tracks[row] = names[track]
    return tracks
