"""The frames of a HARP in time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError
from pores.geometry import CeaGrid, Observer
from pores.grids import Grids
from pores.motion import View
from pores.parameters import PrepareParameters, TrackParameters

Columns = dict[str, NDArray[Any]]
Ints = NDArray[np.intp]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

DEFAULT_CADENCE_S = 720.0
TOLERANCE_S = 1.0
NONE = -1  # no feature, no track


def nominal_cadence_s(t_rec: NDArray[np.datetime64], max_step_h: float | None = None) -> float:
    """Nominal time between frames, s: the most frequent difference of successive times, the least on a tie.

    Frames further apart than `max_step_h` (by default that of `TrackParameters`) tell nothing of one another:
    then, and of a single frame, it is that of the series, 720 s.
    """
    most = TrackParameters().max_step_h if max_step_h is None else max_step_h
    times = np.unique(np.asarray(t_rec, "datetime64[ms]"))
    steps, counts = np.unique(np.diff(times), return_counts=True)
    if not len(steps):
        return DEFAULT_CADENCE_S
    step = float(steps[np.argmax(counts)] / np.timedelta64(1, "s"))
    return step if step <= most * 3600 + TOLERANCE_S else DEFAULT_CADENCE_S


@dataclass(frozen=True, eq=False)
class FrameSeries:
    """The frames of one HARP, in any order.

    Attributes
    ----------
    t_rec : ndarray of datetime64[ms], (n,)
        Record times, TAI. Of frames with equal times the first usable one counts.
    usable : ndarray of bool, (n,)
        Features were looked for in the frame.
    grids : sequence of CeaGrid or None
        Native grid of each frame; unusable frames need none.
    observers : sequence of Observer or None
        Where each frame was seen from.
    scale : int
        Pixels of the working grid (of label images) per native pixel along an axis: 1 or 2.
    mu_min : float
        Nothing is seen nearer the limb than this cosine of the heliocentric angle.
    nominal_s : float, optional
        Nominal time between frames, s; None: told from the times, see `cadence_s`.

    Raises
    ------
    InputError
        If lengths differ or a usable frame has no grid.
    """

    t_rec: NDArray[np.datetime64]
    usable: NDArray[np.bool_]
    grids: Sequence[CeaGrid | None]
    observers: Sequence[Observer | None]
    scale: int
    mu_min: float = field(default_factory=lambda: PrepareParameters().mu_min)
    nominal_s: float | None = None

    @property
    def cadence_s(self) -> float:
        """Nominal time between frames, s."""
        return nominal_cadence_s(self.t_rec) if self.nominal_s is None else self.nominal_s

    def __post_init__(self) -> None:
        lengths = {len(self.t_rec), len(self.usable), len(self.grids), len(self.observers)}
        if len(lengths) > 1:
            raise InputError(f"frame series: columns of different lengths {sorted(lengths)}")
        for t, usable, grid in zip(self.t_rec, self.usable, self.grids, strict=True):
            if usable and grid is None:
                raise InputError(f"frame {t}: usable, but without a grid; mark it unusable")


@dataclass(frozen=True, eq=False)
class Watch:
    """The distinct usable frames in time order; `k` counts them.

    Attributes
    ----------
    frame : ndarray of int, (n,)
        Index into the frame series.
    t_rec : ndarray of datetime64[ms], (n,)
        Record time.
    t_s : ndarray of float, (n,)
        Seconds since the first of them.
    slot : ndarray of int, (n,)
        Place among all distinct frames, unusable ones included.
    views : tuple of View
        What each frame shows.
    scale : int
        Pixels of the working grid per native pixel along an axis.
    cadence_s : float
        Nominal time between frames, s.
    """

    frame: Ints
    t_rec: NDArray[np.datetime64]
    t_s: Floats
    slot: Ints
    views: tuple[View, ...]
    scale: int
    cadence_s: float

    @classmethod
    def of(cls, series: FrameSeries) -> Self:
        """The usable frames of a series."""
        t_rec = np.asarray(series.t_rec, "datetime64[ms]")
        _, slot = np.unique(t_rec, return_inverse=True)
        order = np.argsort(t_rec, kind="stable")
        order = order[np.asarray(series.usable, bool)[order]]
        _, first = np.unique(t_rec[order], return_index=True)
        frame = order[first]
        grids = [(series.grids[i], series.observers[i]) for i in frame]
        views = tuple(View(grid, observer, series.mu_min) for grid, observer in grids if grid is not None)
        times = t_rec[frame]
        t_s = (times - times[:1]) / np.timedelta64(1, "s")
        slots = np.asarray(slot)[frame]
        return cls(frame, times, t_s.astype(float), slots, views, series.scale, series.cadence_s)

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def grids(self) -> Grids:
        """The grid of each frame."""
        return Grids.of([view.grid for view in self.views])

    def within_gap(self, earlier: Ints, later: Ints, parameters: TrackParameters) -> Bools:
        """Whether a feature may be seen in one frame, then not, then again in the other."""
        window = parameters.max_gap_h * 3600 + self.cadence_s + TOLERANCE_S
        return np.asarray(self.t_s[later] - self.t_s[earlier] <= window)

    def gap_between(self, earlier: Ints, later: Ints) -> Bools:
        """Whether there is, or by the cadence should be, a frame between the two."""
        longer = self.t_s[later] - self.t_s[earlier] > 1.5 * self.cadence_s
        return np.asarray((self.slot[later] - self.slot[earlier] > 1) | longer)
