"""What the other trackers go by: where features are on a patch that stands still, and when."""

import numpy as np

from pores.features import Features
from pores.motion import Places, rotated
from pores.parameters import TrackParameters
from pores.series import Floats, Ints, Watch
from pores.tracking.link import Links, continuations


def places_mm(features: Features, watch: Watch) -> Floats:
    """Places (x, y) of features, Mm, shape (n, 2), on the grid of the frame in the middle.

    Each feature is carried by rotation to the time of that frame, so that neither the drift of the patch nor
    rotation moves it.
    """
    if not len(features):
        return np.empty((0, 2))
    middle = len(watch) // 2
    grid, still = watch.views[middle].grid, np.zeros(len(features))
    dt = watch.t_s[middle] - watch.t_s[features.k]
    x, y = rotated(Places(features["lon"], features["lat"], still, still, still), dt, grid)
    return np.column_stack((x, y)) * grid.pixel_km * 1e-3


def set_apart(places: Floats, features: Features, apart_mm: float, parameters: TrackParameters) -> Floats:
    """Places with a third coordinate that sets the two polarities apart, Mm, shape (n, 3).

    A feature whose polarity isn't known lies half way: nearer to both than they are to one another.
    """
    known = np.abs(features["mean_br"]) >= parameters.min_polarity_g
    side = np.where(known, np.sign(features["mean_br"]), 0.0)
    return np.column_stack((places, side * apart_mm / 2))


def numbered(watch: Watch) -> Ints:
    """The frames counted at the nominal cadence, missing ones included; none has the number of another."""
    number = np.rint(watch.t_s / watch.cadence_s).astype(np.intp)
    order = np.arange(len(number))
    return np.asarray(np.maximum.accumulate(number - order) + order, np.intp)


def gap_frames(watch: Watch, parameters: TrackParameters) -> int:
    """Nominal frames for which a feature may be unseen."""
    return int((parameters.max_gap_h * 3600 + 1) // watch.cadence_s)


def frame_by_frame(places: Floats, features: Features, watch: Watch) -> list[Floats]:
    """The places in each frame of the nominal cadence, from the first to the last; many may have none."""
    number = numbered(watch)
    by_number = [places[:0]] * (int(number[-1]) + 1 if len(number) else 0)
    for k, n in enumerate(number):
        by_number[n] = places[features.in_frame(k)]
    return by_number


def links_of(
    source: Ints, target: Ints, features: Features, watch: Watch, parameters: TrackParameters
) -> Links:
    """Links of the features that another tracker connects, within the gap window, and who keeps a track."""
    near = watch.within_gap(features.k[source], features.k[target], parameters)
    source, target = source[near], target[near]
    return Links.joined([Links(source, target, continuations(source, target, features))])
