"""The quiet-Sun level: the most frequent intensity (the mode) of quiet pixels.

The mode, since faculae, pores and spots that a patch holds move it least. Quiet pixels are a little
skew; their mean is another level, 0.1 to 0.4 % higher (docs/decisions/0002-quiet-sun.md).
"""

import numpy as np
from numpy.typing import NDArray

from pores.parameters import QuietSun
from pores.ranked import Ranked

BIN_WIDTH = 0.005  # of `fixed_bins`, in units of the median
FIT_BINS = 3  # to either side of the fullest
QUIET_BITS = 1  # the low bits of `bitmap`: 1 quiet, 2 active; +32 inside the HARP


def quiet_pixels(bitmap: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Where `bitmap` (y, x) says that the field is weak; a missing value isn't quiet."""
    whole = bitmap.dtype.kind in "iu"
    bits = np.asarray(bitmap if whole else np.nan_to_num(bitmap.astype(np.float32)).astype(np.int64))
    return np.asarray(np.bitwise_and(bits, 3) == QUIET_BITS)


def quiet_sun_level(values: NDArray[np.floating], estimator: QuietSun) -> float:
    """Mode of finite intensities without limb darkening, in their unit."""
    return float(_ESTIMATORS[estimator](values))


def half_sample_mode(values: NDArray[np.floating]) -> float:
    """Half-sample mode: the narrowest half of the sample, again and again, until three values are left.

    Bickel & Fruehwirth 2006, Computational Statistics & Data Analysis 50, 3500.
    """
    sample = np.sort(values)
    while sample.size > 3:
        half = (sample.size + 1) // 2
        start = int(np.argmin(sample[half - 1 :] - sample[: sample.size - half + 1]))
        sample = sample[start : start + half]
    return float(sample.mean(dtype=np.float64))


def fixed_bins(values: NDArray[np.floating]) -> float:
    """Peak of the parabola through the fullest of bins of 0.5 % of the median and three to either side.

    One bin is centred on the median; bins reach from half of it to half as much again.
    """
    sample = Ranked.of(values)
    middle = sample.median
    span = (0.5 * BIN_WIDTH + 0.5, 1.5 - 0.5 * BIN_WIDTH)
    n_edges = round((span[1] - span[0]) / BIN_WIDTH) + 1
    counts = np.diff(sample.below(np.linspace(span[0] * middle, span[1] * middle, n_edges)))
    fullest = int(np.argmax(counts))
    return middle * (0.5 + (fullest + 1 + _vertex(counts, fullest)) * BIN_WIDTH)


def histogram_100(values: NDArray[np.floating]) -> float:
    """Centre of the fullest of 100 bins from minimum to maximum, as older practice has it."""
    return _fullest_bin(values, np.linspace(values.min(), values.max(), 101))


def _fullest_bin(values: NDArray[np.floating], edges: NDArray[np.floating]) -> float:
    counts, edges = np.histogram(values, edges)
    fullest = int(np.argmax(counts))
    return float(edges[fullest] + edges[fullest + 1]) / 2


def _vertex(counts: NDArray[np.integer], fullest: int) -> float:
    """Peak of the parabola fitted about the fullest bin, in bins from it; 0 where that is no peak."""
    near = np.arange(max(fullest - FIT_BINS, 0), min(fullest + FIT_BINS + 1, counts.size))
    curvature, slope, _ = np.polyfit(near - fullest, counts[near], 2)
    vertex = -slope / (2 * curvature) if curvature < 0 else 0.0
    return float(vertex) if abs(vertex) <= FIT_BINS else 0.0


_ESTIMATORS = {"half_sample_mode": half_sample_mode, "fixed_bins": fixed_bins, "histogram_100": histogram_100}
