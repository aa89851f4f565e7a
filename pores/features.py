"""The features of a HARP, in one order whatever order their rows came in."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError
from pores.series import Columns, Ints, Watch

_AT_A_TIME = 20_000  # features
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
