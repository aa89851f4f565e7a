"""The tracker of Crocker & Grier with memory and adaptive search, as trackpy makes it: no merges or splits.

References
----------
Crocker, J. C. & Grier, D. G. 1996, Methods of digital video microscopy for colloidal studies, J. Colloid
Interface Sci. 179, 298; as in trackpy of Allan, D. B. et al.
"""

import numpy as np

from pores.features import Features
from pores.parameters import PeerParameters, TrackParameters
from pores.series import Floats, Ints, Watch
from pores.sightings import Sightings
from pores.trackers.places import frame_by_frame, gap_frames, links_of, places_mm, set_apart
from pores.tracking.link import Links

_STOP_MM = 0.1  # nearer than any two features of a frame, so that the adaptive search always ends well


def linked(
    features: Features,
    watch: Watch,
    sightings: Sightings,
    parameters: TrackParameters,
    *,
    peers: PeerParameters,
) -> Links:
    """The links of a HARP by trackpy, which sees places and, set apart by a distance, polarities."""
    track = np.empty(0, np.intp)
    if len(features):
        places = set_apart(places_mm(features, watch), features, peers.polarity_mm, parameters)
        frames = frame_by_frame(places, features, watch)
        track = _tracks(frames, peers.trackpy_reach_mm, gap_frames(watch, parameters))
    order = np.argsort(track, kind="stable")
    same = np.flatnonzero(np.diff(track[order]) == 0)
    return links_of(order[same], order[same + 1], features, watch, parameters)


def _tracks(frames: list[Floats], reach: float, memory: int) -> Ints:
    """The track of each feature, frame by frame."""
    from trackpy import quiet
    from trackpy.linking import link_iter

    quiet()  # it logs every frame
    stop = min(_STOP_MM, reach / 2)
    found = link_iter(iter(frames), reach, memory=memory, adaptive_stop=stop)
    return np.concatenate([np.asarray(ids, np.intp) for _, ids in found])
