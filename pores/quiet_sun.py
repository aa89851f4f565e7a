"""The quiet-Sun level: the most frequent intensity of quiet pixels."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Estimator = Literal["half_sample_mode", "fixed_bins", "histogram_100"]

QUIET_BITS = 1  # the low bits of `bitmap`: 1 quiet, 2 active; +32 inside the HARP


def quiet_pixels(bitmap: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Where `bitmap` (y, x) says that the field is weak; a missing value isn't quiet."""
    bits = np.nan_to_num(bitmap.astype(np.float32), nan=0).astype(np.int64)
    quiet: NDArray[np.bool_] = (bits & 3) == QUIET_BITS
    return quiet


def quiet_sun_level(values: NDArray[np.floating], estimator: Estimator) -> float:
    """Mode of finite intensities without limb darkening, in their unit."""
    return float(_ESTIMATORS[estimator](values))


def half_sample_mode(values: NDArray[np.floating]) -> float:
    """Mean of the shortest interval that holds a share of the sample, halved step by step."""
    sample = np.sort(values)
    while sample.size > 3 and sample.size > values.size // 8:
        half = (sample.size + 1) // 2
        start = int(np.argmin(sample[half - 1 :] - sample[: sample.size - half + 1]))
        sample = sample[start : start + half]
    return float(sample.mean(dtype=np.float64))


def fixed_bins(values: NDArray[np.floating]) -> float:
    """Centre of the fullest of bins of 0.5 % of the median."""
    median = float(np.median(values))
    return _fullest_bin(values, np.arange(0.5, 1.5, 0.005) * median)


def histogram_100(values: NDArray[np.floating]) -> float:
    """Centre of the fullest of 100 bins from minimum to maximum, as older practice has it."""
    return _fullest_bin(values, np.linspace(values.min(), values.max(), 101))


def _fullest_bin(values: NDArray[np.floating], edges: NDArray[np.floating]) -> float:
    counts, edges = np.histogram(values, edges)
    fullest = int(np.argmax(counts))
    return float(edges[fullest] + edges[fullest + 1]) / 2


_ESTIMATORS = {"half_sample_mode": half_sample_mode, "fixed_bins": fixed_bins, "histogram_100": histogram_100}
