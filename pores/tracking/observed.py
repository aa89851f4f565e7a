"""Besides the links: features, frames, and how features move where their tracks begin and end."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from pores.features import Features
from pores.motion import Floats, Places, expected_each, in_blocks
from pores.parameters import TrackParameters
from pores.series import NONE, Ints, Watch
from pores.tracking.link import Links, occurrences

REMEMBERED = 3  # displacements of which the motion at an end is the mean: local, yet steadier than one


@dataclass(frozen=True, eq=False)
class Observed:
    """Features, frames, and the motion of each feature by its own track.

    Attributes
    ----------
    features, watch, parameters
        What was given.
    later, earlier : Places
        Each feature with the motion that it has after (before) it; if it has none, with that on its other
        side, or at rest in the rotating frame.
    """

    features: Features
    watch: Watch
    parameters: TrackParameters
    later: Places
    earlier: Places

    @classmethod
    def of(cls, features: Features, watch: Watch, links: Links, parameters: TrackParameters) -> Self:
        """The motions that links tell."""
        before, after = own_motions(features, watch, links, parameters)
        known = [np.isfinite(v[0]) for v in (before, after)]
        radius = np.sqrt(features["area_px"] / watch.scale**2 / np.pi)
        place = features["lon"], features["lat"]
        later = np.where(known[1], after, np.where(known[0], before, 0.0))
        earlier = np.where(known[0], before, np.where(known[1], after, 0.0))
        places = (Places(*place, v[0], v[1], radius) for v in (later, earlier))
        return cls(features, watch, parameters, *places)


def own_motions(
    features: Features, watch: Watch, links: Links, parameters: TrackParameters, most: int = REMEMBERED
) -> tuple[Floats, Floats]:
    """Mean motion (vx, vy) of each feature before and after it, along its track's nearest displacements.

    Relative to rotation, native pixels per second, at most the top speed; NaN where there is none. A
    merge or split moves the centroid without motion: no displacement goes through one.
    """
    n = len(features)
    alone = occurrences(links.source, links.source) * occurrences(links.target, links.target) == 1
    plain = Links(*(part[links.own & alone] for part in (links.source, links.target, links.own)))
    moved, dt = displacements(features, watch, plain)
    top = parameters.max_speed_km_s / watch.views[0].grid.pixel_km if len(watch) else np.inf
    before = _mean_motion(plain.target, plain.source, (moved, dt), (n, most), top)
    after = _mean_motion(plain.source, plain.target, (moved, dt), (n, most), top)
    return before, after


def displacements(features: Features, watch: Watch, links: Links) -> tuple[Floats, Floats]:
    """Displacement (dx, dy) along each link relative to rotation, native pixels, and its duration, s."""
    moved, dt = np.empty((2, len(links))), np.empty(len(links))
    for some in in_blocks(len(links)):
        source, target = links.source[some], links.target[some]
        k = features.k[target]
        dt[some] = watch.t_s[k] - watch.t_s[features.k[source]]
        still = np.zeros(len(k))
        rest = Places(features["lon"][source], features["lat"][source], still, still, still)
        start = expected_each(rest, dt[some], watch.grids, k)
        moved[:, some] = features["x_px"][target] - start[0], features["y_px"][target] - start[1]
    return moved, dt


def _mean_motion(
    here: Ints, there: Ints, displaced: tuple[Floats, Floats], shape: tuple[int, int], top: float
) -> Floats:
    """Mean motion of each feature over its nearest displacements on one side, NaN without any."""
    (n, most), (moved, dt) = shape, displaced
    link = np.full(n, NONE, np.intp)
    link[here] = np.arange(len(here))
    motion = np.full((2, n), np.nan)
    for some in in_blocks(n):
        at = np.arange(some.start, some.stop)
        way, time = np.zeros((2, len(at))), np.zeros(len(at))
        for _ in range(most):
            step = link[at]
            goes_on = np.flatnonzero(step != NONE)
            step = step[goes_on]
            for total, along in ((way[0], moved[0]), (way[1], moved[1]), (time, dt)):
                total[goes_on] += along[step]
            at[goes_on] = there[step]
        np.divide(way, time, out=motion[:, some], where=time > 0)
        motion[:, some] = _limited(motion[:, some], top)
    return motion


def _limited(v: Floats, top: float) -> Floats:
    """No motion above the top speed."""
    speed = np.hypot(*v)
    return v * np.where(speed > top, top / np.maximum(speed, top), 1.0)
