"""Where features should be in frames before and after theirs, from either side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pores.features import Features
from pores.motion import Places, expected_each
from pores.series import Floats, Ints, Watch
from pores.tracking.overlap import Moves


@dataclass(frozen=True, eq=False)
class Prospects:
    """How features move: what those of an earlier frame do next, and those of a later one did before.

    Attributes
    ----------
    features, watch, places
        Features, frames, and where the features are.
    ahead, behind : ndarray of float, (2, n)
        Motion (vx, vy) relative to rotation to be counted on after and before each feature's frame, native
        pixels per second; NaN where nothing is known.
    """

    features: Features
    watch: Watch
    places: Places
    ahead: Floats
    behind: Floats

    @classmethod
    def by_flow(
        cls, features: Features, watch: Watch, places: Places, velocities: Mapping[str, NDArray[Any]] | None
    ) -> Self:
        """By the local flow that was measured between a feature's frame and those next to it."""
        flow = np.broadcast_to(np.nan, (2, 2, len(features)))
        if velocities is not None and len(watch):
            flow = flow.copy()
            names = np.asarray(velocities["pore_id"], object)
            row_of = {name: row for row, name in enumerate(names)}
            rows = np.array([row_of.get(name, -1) for name in features["pore_id"]], np.intp)
            known = rows >= 0
            for side, when in enumerate(("after", "before")):
                for axis, name in enumerate(("vx", "vy")):
                    speed = np.asarray(velocities[f"{name}_{when}_km_s"]).astype(float)
                    flow[side, axis, known] = speed[rows[known]] / watch.views[0].grid.pixel_km
        return cls(features, watch, places, flow[0], flow[1])

    def or_else(self, ahead: Floats, behind: Floats) -> "Prospects":
        """The same where it is known, else these motions."""
        pairs = ((self.ahead, ahead), (self.behind, behind))
        known = (np.where(np.isfinite(mine), mine, other) for mine, other in pairs)
        return Prospects(self.features, self.watch, self.places, *known)

    def there(self, which: Ints, step: int) -> Moves:
        """Displacement, native pixels, of features to the frames `step` after theirs."""
        return self._moves(which, step, self.ahead)

    def back(self, which: Ints, step: int) -> Moves:
        """Displacement, native pixels, of features back to the frames `step` before theirs."""
        return self._moves(which, -step, self.behind)

    def _moves(self, which: Ints, step: int, v: Floats) -> Moves:
        known = np.isfinite(v[0, which])
        there = self.places.of(which)
        speed = np.where(known, v[:, which], 0.0)
        moving = Places(there.lon, there.lat, speed[0], speed[1], there.radius)
        k, t_s = self.features.k[which], self.watch.t_s
        x, y = expected_each(moving, t_s[k + step] - t_s[k], self.watch.grids, k + step)
        return Moves(x - self.features["x_px"][which], y - self.features["y_px"][which], known)
