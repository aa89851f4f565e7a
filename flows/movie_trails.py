"""The ways that features have come, fading with time."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SHADES = 6  # steps from bright to gone
_HOUR = np.timedelta64(1, "h")


class Trails:
    """Steps of all tracks from one frame to the next, in native pixels of the patch as the movie shows it.

    Parameters
    ----------
    pores : mapping of ndarray
        Columns `track_id`, `t_rec`, `kind`, `x_px`, `y_px` of all features.
    hours : float
        How long a step is seen.
    """

    def __init__(self, pores: Mapping[str, NDArray[Any]], hours: float) -> None:
        self.hours = hours
        tracked = np.flatnonzero([name is not None for name in pores["track_id"]])
        names = pores["track_id"][tracked].astype(str)
        order = tracked[np.lexsort((pores["t_rec"][tracked], names))]
        same = pores["track_id"][order[1:]] == pores["track_id"][order[:-1]]
        start, end = order[:-1][same.astype(bool)], order[1:][same.astype(bool)]
        places = np.column_stack((pores["x_px"], pores["y_px"]))
        self._steps = np.stack((places[start], places[end]), axis=1)  # (step, start and end, x and y)
        self._t, self._kind = pores["t_rec"][end], pores["kind"][end]

    def at(self, t_rec: np.datetime64) -> Iterator[tuple[str, float, list[Floats]]]:
        """Kind, opacity and steps (2, 2) of what is seen at a time, the oldest first."""
        if not self.hours:
            return
        age = (t_rec - self._t) / _HOUR
        shade = np.floor(age / self.hours * _SHADES).astype(int)
        for i in range(_SHADES)[::-1]:
            for kind in ("pore", "umbra"):
                steps = self._steps[(shade == i) & (self._kind == kind)]
                if len(steps):
                    yield kind, 1 - (i + 0.5) / _SHADES, list(steps)
