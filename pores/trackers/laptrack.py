"""The linear assignment tracker with gap closing, merging and splitting, as laptrack makes it.

References
----------
Jaqaman, K. et al. 2008, Robust single-particle tracking in live-cell time-lapse sequences, Nature Methods 5,
695. Fukai, Y. T. & Kawaguchi, K. 2023, LapTrack: linear assignment particle tracking with tunable metrics,
Bioinformatics 39, btac799.
"""

from typing import TYPE_CHECKING

import numpy as np

from pores.features import Features
from pores.parameters import PeerParameters, TrackParameters
from pores.series import Watch
from pores.sightings import Sightings
from pores.trackers.places import frame_by_frame, gap_frames, links_of, numbered, places_mm, set_apart
from pores.tracking.link import Links

if TYPE_CHECKING:
    from laptrack import LapTrack


def linked(
    features: Features,
    watch: Watch,
    sightings: Sightings,
    parameters: TrackParameters,
    *,
    peers: PeerParameters,
) -> Links:
    """The links of a HARP by laptrack, which sees places and, set apart by a distance, polarities."""
    edges = np.empty((0, 2, 2), np.intp)
    number = numbered(watch)
    if len(np.unique(features.k)) > 1:  # it takes neither no features nor a single frame
        places = set_apart(places_mm(features, watch), features, peers.polarity_mm, parameters)
        tree = _tracker(peers, gap_frames(watch, parameters)).predict(frame_by_frame(places, features, watch))
        edges = np.array(sorted(tree.edges()), np.intp).reshape(-1, 2, 2)
    k = np.searchsorted(number, edges[..., 0])
    source, target = (features.first[k] + edges[..., 1]).T
    return links_of(source, target, features, watch, parameters)


def _tracker(peers: PeerParameters, gap: int) -> "LapTrack":
    """The tracker; its costs are squared distances."""
    from laptrack import LapTrack

    return LapTrack(
        cutoff=peers.laptrack_reach_mm**2,
        gap_closing_cutoff=peers.laptrack_gap_reach_mm**2,
        gap_closing_max_frame_count=gap + 1,  # from the last frame to the first
        merging_cutoff=peers.laptrack_merge_reach_mm**2,
        splitting_cutoff=peers.laptrack_split_reach_mm**2,
        alternative_cost_percentile=peers.laptrack_percentile,
    )
