"""The frames of a HARP in time, and the features in them in one order whatever order their rows came in."""

from collections.abc import Iterator, Mapping, Sequence
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
_AT_A_TIME = 20_000  # features
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


_NUMBERS = ("x_px", "y_px", "lon", "lat", "area_px", "mean_br")
LINKING = (*_NUMBERS, "harpnum", "t_rec", "pore_id", "label")  # what tells which features are linked
_NEEDED = (
    *(*LINKING, "touches_edge"),
    *("area_mm2", "flux_mx", "mu", "kind"),  # what tracks sum up
)


@dataclass(frozen=True, eq=False)
class Features:
    """The features of a series, sorted by time, then place (y, x) in raster order: index 0..n-1.

    Attributes
    ----------
    columns : dict of ndarray, (n,)
        The columns of `pores`, one value per feature.
    feature_of_row : ndarray of int
        For each row that was given, its feature.
    k : ndarray of int, (n,)
        Frame, counted in the watch.
    first : ndarray of int, (n_frames + 1,)
        Features of frame k are first[k]..first[k + 1] - 1.
    rank : ndarray of int, (n,)
        Place in the order of area, largest first; equal areas by time and raster order.
    """

    columns: Columns
    feature_of_row: Ints
    k: Ints
    first: Ints
    rank: Ints

    @classmethod
    def of(cls, pores: Mapping[str, NDArray[Any]], watch: Watch, needed: tuple[str, ...] = _NEEDED) -> Self:
        """The features of the rows of `pores`; rows that say the same feature twice count once.

        Raises
        ------
        InputError
            If a column is missing, rows are of several HARPs or contradict one another, or a row is of a
            frame that is no usable one.
        """
        _check(pores, needed)
        t_rec = np.asarray(pores["t_rec"], "datetime64[ms]")
        k_row = _frame_of(pores, t_rec, watch)
        label = np.asarray(pores["label"], np.intp)
        keys = (label, np.asarray(pores["x_px"], float), np.asarray(pores["y_px"], float), k_row)
        order = np.lexsort(keys)
        again = np.zeros(len(order), bool)
        again[1:] = np.all([np.diff(key[order]) == 0 for key in keys], axis=0)
        feature_of_row = np.empty(len(order), np.intp)
        feature_of_row[order] = np.cumsum(~again) - 1
        rows = order[~again]
        _require_one_row_each(pores, k_row[rows], label[rows], rows)
        columns = {name: np.asarray(values)[rows] for name, values in pores.items()}
        columns |= {name: columns[name].astype(float, copy=False) for name in _NUMBERS}
        k = k_row[rows]
        rank = np.empty(len(rows), np.intp)
        rank[np.argsort(-columns["area_px"], kind="stable")] = np.arange(len(rows))
        return cls(columns, feature_of_row, k, np.searchsorted(k, np.arange(len(watch) + 1)), rank)

    def __len__(self) -> int:
        return len(self.k)

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]

    def in_frame(self, k: int) -> Ints:
        """The features of frame k."""
        return np.arange(self.first[k], self.first[k + 1])

    def in_frames(self, some: Ints, begin: int, end: int) -> Ints:
        """Those of some features, ascending, that are in frames from `begin` to before `end`."""
        low, high = np.searchsorted(some, self.first[[begin, end]])
        return some[low:high]

    def batches(self, step: int = 0) -> Iterator[tuple[int, int]]:
        """See `frames_in_batches`; of some thousand features each."""
        return frames_in_batches(self.first, step, _AT_A_TIME)


def frames_in_batches(first: Ints, step: int, most: int) -> Iterator[tuple[int, int]]:
    """Frames from k to before another one, of few things each, that all have a frame `step` on.

    What is reckoned for so few stays in the processor's cache, and in memory that was freed just before: the
    system clears what is taken anew.

    Parameters
    ----------
    first : ndarray of int, (n_frames + 1,)
        Things of frame k are first[k]..first[k + 1] - 1.
    step : int
    most : int
        Things of one batch, unless one frame has more.
    """
    k, n = 0, len(first) - 1 - step
    while k < n:
        end = int(np.searchsorted(first, first[k] + most, side="right")) - 1
        end = min(max(end, k + 1), n)
        yield k, end
        k = end


def _check(pores: Mapping[str, NDArray[Any]], needed: tuple[str, ...]) -> None:
    missing = [name for name in needed if name not in pores]
    if missing:
        raise InputError(f"pores: no column {', '.join(missing)}")
    harps = np.unique(np.asarray(pores["harpnum"], int)).tolist()
    if len(harps) > 1:
        raise InputError(f"pores of several HARPs ({', '.join(map(str, harps))}): track one HARP at a time")


def _require_one_row_each(pores: Mapping[str, NDArray[Any]], k: Ints, label: Ints, rows: Ints) -> None:
    """Doubled rows that are equal were dropped: what is left of a label in a frame contradicts itself."""
    order = np.lexsort((label, k))
    twice = (np.diff(k[order]) == 0) & (np.diff(label[order]) == 0)
    if twice.any():
        raise InputError(
            f"pore {pores['pore_id'][rows[order[np.argmax(twice)]]]}: two rows at different places"
        )


def _frame_of(pores: Mapping[str, NDArray[Any]], t_rec: NDArray[np.datetime64], watch: Watch) -> Ints:
    """The watched frame of each row."""
    k = np.searchsorted(watch.t_rec, t_rec)
    known = np.isin(t_rec, watch.t_rec)
    if not known.all():
        i = int(np.argmin(known))
        raise InputError(f"pore {pores['pore_id'][i]}: {t_rec[i]} is no usable frame of the series")
    return k
