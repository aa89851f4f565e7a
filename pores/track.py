"""Features followed through time: the tracks, links and events of one HARP.

What is linked is said by a tracker (`trackers`), ours in `follow`; what links make of features in `lineage`,
`lives` and `events`, whoever made them.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.features import Features
from pores.parameters import PeerParameters, TrackParameters
from pores.series import Columns, FrameSeries, Watch
from pores.sightings import Labels, Sightings
from pores.trackers import linker
from pores.tracking.events import event_columns
from pores.tracking.faint_tracks import faint_tracks
from pores.tracking.lineage import lineage, link_columns
from pores.tracking.lives import births, deaths, track_columns
from pores.tracking.observed import Observed

__all__ = ["Columns", "FrameSeries", "Labels", "Sightings", "Tracking", "track"]


@dataclass(frozen=True, eq=False)
class Tracking:
    """The result of tracking.

    Attributes
    ----------
    track_id : ndarray of object, (n,)
        Track of each row of `pores`, in their order.
    links, tracks, events : dict of ndarray
        Columns of the tables of these names, but `product` and `run_id`, sorted as the tables are.
    faint_track_id : ndarray of object, (m,)
        Track of each row of `faint`, None where it belongs to none.
    """

    track_id: NDArray[Any]
    links: Columns
    tracks: Columns
    events: Columns
    faint_track_id: NDArray[Any]


def track(sightings: Sightings, parameters: TrackParameters, peers: PeerParameters | None = None) -> Tracking:
    """The tracks of the features of one HARP.

    The result doesn't depend on the order of rows or frames; rows and frames given twice count once.

    Parameters
    ----------
    sightings : Sightings
        What was seen.
    parameters : TrackParameters
    peers : PeerParameters, optional
        Of the other trackers, where `parameters` names one.

    Raises
    ------
    InputError
        If rows, frames and label images contradict one another, or a tracker isn't installed.
    """
    watch = Watch.of(sightings.frames)
    features = Features.of(sightings.pores, watch)
    links = linker(parameters.tracker, peers or PeerParameters())(features, watch, sightings, parameters)
    observed = Observed.of(features, watch, links, parameters)
    lives = lineage(links, features)
    ends = births(lives, observed), deaths(lives, observed)
    names = features["pore_id"].astype(object)[lives.first]
    return Tracking(
        np.asarray(names[lives.track][features.feature_of_row], object),
        link_columns(links, features, watch),
        track_columns(lives, ends, observed),
        event_columns(lives, links, ends, observed),
        faint_tracks(links, lives, features, sightings.faint),
    )
