"""Going through the frames once, in time order, and linking each to those before within the gap window."""

import numpy as np

from pores.link import Links, Loose, by_overlap, by_place, reach_px
from pores.motion import Places, expected, rotated
from pores.overlap import Footprints, LabelledFrame, Pairs, occurrences, overlaps
from pores.parameters import TrackParameters
from pores.series import Features, Floats, Ints, Watch
from pores.sightings import Labels, Sightings

_LEAST_WEIGHT = 0.25  # of the newest displacement in a feature's own motion: a memory of about four frames


def linked(features: Features, watch: Watch, sightings: Sightings, parameters: TrackParameters) -> Links:
    """The links of a HARP."""
    return Follower(features, watch, parameters).links(sightings.labels)


class Follower:
    """The links of a series, found in one pass that holds the footprints of one gap window.

    Attributes
    ----------
    places : Places
        Where each feature is and its own motion, known for the frames gone through.
    """

    def __init__(self, features: Features, watch: Watch, parameters: TrackParameters) -> None:
        self.features, self.watch, self.parameters = features, watch, parameters
        n = len(features)
        radius = np.sqrt(features["area_px"] / watch.scale**2 / np.pi)
        self.places = Places(features["lon"], features["lat"], np.zeros(n), np.zeros(n), radius)
        self._seen = np.zeros(n, np.intp)  # displacements that the own motion rests on
        self._waiting = np.empty(0, np.intp)  # features that may still go on, ascending
        self._footprints = Footprints.none()

    def links(self, labels: Labels) -> Links:
        """All links; asks for the label image of each frame that has features, once, in time order."""
        parts = []
        for k in range(len(self.watch)):
            now = self.features.in_frame(k)
            self._forget(k)
            if not len(now):
                continue
            frame = self._labelled(k, now, labels)
            if len(self._waiting):
                parts.append(self._link(k, frame, now))
                self._learn(k, parts[-1])
                self._keep(np.setdiff1d(self._waiting, parts[-1].source))
            self._waiting = np.concatenate((self._waiting, now))
            self._footprints = self._footprints.and_those(frame.footprints)
        return Links.joined(parts)

    def _labelled(self, k: int, now: Ints, labels: Labels) -> LabelledFrame:
        image = np.asarray(labels(int(self.watch.frame[k])))
        label = self.features["label"][now].astype(np.intp)
        return LabelledFrame.of(image, label, now, str(self.watch.t_rec[k]))

    def _forget(self, k: int) -> None:
        """Give up on features beyond the gap window."""
        k_waiting = self.features.k[self._waiting]
        self._keep(self._waiting[self.watch.within_gap(k_waiting, np.asarray(k), self.parameters)])

    def _keep(self, waiting: Ints) -> None:
        if len(waiting) < len(self._waiting):
            self._waiting, self._footprints = waiting, self._footprints.of_owners(waiting)

    def _link(self, k: int, frame: LabelledFrame, now: Ints) -> Links:
        grid = self.watch.views[k].grid
        dt = self._since(k, self._waiting)
        x, y = expected(self.places.of(self._waiting), dt, grid)
        found = by_overlap(self._overlaps(frame, x, y), self.features, self.parameters)
        loose = ~np.isin(self._waiting, found.source)
        reach = reach_px(dt, grid.pixel_km, self.watch.cadence_s, self.parameters)
        rest = Loose(self._waiting[loose], np.setdiff1d(now, found.target), x[loose], y[loose], reach[loose])
        return Links.joined([found, by_place(rest, self.features, self.parameters)])

    def _overlaps(self, frame: LabelledFrame, x: Floats, y: Floats) -> Pairs:
        """Pairs of waiting features, moved to native pixels (x, y), and those of the frame they overlap."""
        dx, dy = x - self.features["x_px"][self._waiting], y - self.features["y_px"][self._waiting]
        which = np.searchsorted(self._waiting, self._footprints.owner)
        shift = self.watch.scale * dx[which], self.watch.scale * dy[which]
        return overlaps(self._footprints, shift, frame)

    def _learn(self, k: int, links: Links) -> None:
        """The own motion of the features of frame k, from that of those before and the way they came."""
        for first in (~links.own, links.own):  # what splits off inherits its parent's; what goes on, its own
            self._inherit(links.source[first], links.target[first])
        alone = occurrences(links.source, links.source) * occurrences(links.target, links.target) == 1
        source, target = links.source[links.own & alone], links.target[links.own & alone]
        dt = self._since(k, source)
        x, y = rotated(self.places.of(source), dt, self.watch.views[k].grid)
        self._seen[target] += 1
        weight = np.maximum(1 / (self._seen[target] + 1), _LEAST_WEIGHT)
        for v, name, start in ((self.places.vx, "x_px", x), (self.places.vy, "y_px", y)):
            v[target] += weight * ((self.features[name][target] - start) / dt - v[target])
        self._limit(target, self.watch.views[k].grid.pixel_km)

    def _inherit(self, source: Ints, target: Ints) -> None:
        order = np.argsort(-self.features.rank[source], kind="stable")  # the largest parent is written last
        for values in (self.places.vx, self.places.vy, self._seen):
            values[target[order]] = values[source[order]]

    def _limit(self, target: Ints, pixel_km: float) -> None:
        """No own motion above the top speed."""
        top = self.parameters.max_speed_km_s / pixel_km
        speed = np.hypot(self.places.vx[target], self.places.vy[target])
        factor = np.where(speed > top, top / np.maximum(speed, top), 1.0)
        self.places.vx[target] *= factor
        self.places.vy[target] *= factor

    def _since(self, k: int, features: Ints) -> Floats:
        """Seconds from each feature to frame k."""
        return np.asarray(self.watch.t_s[k] - self.watch.t_s[self.features.k[features]])
