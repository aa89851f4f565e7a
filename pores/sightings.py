"""What was seen of one HARP: all that a tracker is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.runs import Runs
from pores.series import FrameSeries

Labels = Callable[[int], NDArray[np.integer[Any]] | Runs]


@dataclass(frozen=True, eq=False)
class Sightings:
    """What was seen of one HARP: all that a tracker is given.

    Attributes
    ----------
    pores : mapping of str to ndarray, (n,)
        Columns of `pores`, at least those that tracking reads.
    frames : FrameSeries
        All frames, unusable ones included.
    labels : callable
        The label image (y, x), working grid, of frame i of `frames`, or its runs: called once for each frame
        that has pores, in time order.
    faint : mapping of str to ndarray, (m,), optional
        Columns of `faint`: features too faint to be pores, through which a track may go.
    faint_labels : callable, optional
        The same as `labels` for faint features, on the same grid.
    velocities : mapping of str to ndarray, optional
        Columns of `velocities`: local flow before and after each pore.
    """

    pores: Mapping[str, NDArray[Any]]
    frames: FrameSeries
    labels: Labels
    faint: Mapping[str, NDArray[Any]] | None = None
    faint_labels: Labels | None = None
    velocities: Mapping[str, NDArray[Any]] | None = None
