"""Features followed through time: the tracks, links and events of one HARP.

What is linked is said in `link`, how frames are gone through in `follow`, what links make of features in
`lineage`, `lives` and `events`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.events import event_columns
from pores.follow import Follower, Labels
from pores.lineage import lineage, link_columns
from pores.lives import births, deaths, track_columns
from pores.parameters import TrackParameters
from pores.series import Columns, Features, FrameSeries, Watch

__all__ = ["Columns", "FrameSeries", "Tracking", "track"]


@dataclass(frozen=True, eq=False)
class Tracking:
    """The result of tracking.

    Attributes
    ----------
    track_id : ndarray of object, (n,)
        Track of each row of `pores`, in their order.
    links, tracks, events : dict of ndarray
        Columns of the tables of these names, but `run_id`, sorted as the tables are.
    """

    track_id: NDArray[Any]
    links: Columns
    tracks: Columns
    events: Columns


def track(
    pores: Mapping[str, NDArray[Any]], frames: FrameSeries, labels: Labels, parameters: TrackParameters
) -> Tracking:
    """The tracks of the features of one HARP.

    The result doesn't depend on the order of rows or frames; rows and frames given twice count once.

    Parameters
    ----------
    pores : mapping of str to ndarray, (n,)
        Columns of `pores`, at least those that tracking reads.
    frames : FrameSeries
        All frames, unusable ones included.
    labels : callable
        The label image (y, x) of frame i of `frames`; called once, in time order, for frames with features.
    parameters : TrackParameters

    Raises
    ------
    InputError
        If rows, frames and label images contradict one another.
    """
    watch = Watch.of(frames)
    features = Features.of(pores, watch)
    follower = Follower(features, watch, parameters)
    links = follower.links(labels)
    lives = lineage(links, features)
    ends = births(lives, follower), deaths(lives, follower)
    names = features["pore_id"].astype(object)[lives.first]
    return Tracking(
        np.asarray(names[lives.track][features.feature_of_row], object),
        link_columns(links, features, watch, parameters),
        track_columns(lives, ends, follower),
        event_columns(lives, links, ends, follower),
    )
