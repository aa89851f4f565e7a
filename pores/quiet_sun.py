"""The quiet-Sun level: the most frequent intensity (the mode) of quiet pixels.

The mode, since faculae, pores and spots that a patch holds move it least. Quiet pixels are a little
skew; their mean is another level, 0.1 to 0.4 % higher (docs/decisions/0002-quiet-sun.md).
"""

import numpy as np
from numpy.typing import NDArray

from pores.parameters import QuietSun

BIN_WIDTH = 0.005  # of `fixed_bins`, in units of the median
FIT_BINS = 3  # to either side of the fullest
QUIET_BITS = 1  # the low bits of `bitmap`: 1 quiet, 2 active; +32 inside the HARP
_FEW, _FINE_BITS = 10_000, 10  # values that are sorted as they are; last bits that first count for nothing
_EDGE = 1e-3  # of a bin


def quiet_pixels(bitmap: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Where `bitmap` (y, x) says that the field is weak; a missing value isn't quiet."""
    if bitmap.dtype.kind not in "iu":
        bitmap = np.nan_to_num(bitmap.astype(np.float32), nan=0).astype(np.int64)
    quiet: NDArray[np.bool_] = (bitmap & 3) == QUIET_BITS
    return quiet


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
    middle = median(values)
    span = (0.5 * BIN_WIDTH + 0.5, 1.5 - 0.5 * BIN_WIDTH)
    counts = _counts(values, round((span[1] - span[0]) / BIN_WIDTH), (span[0] * middle, span[1] * middle))
    fullest = int(np.argmax(counts))
    return middle * (0.5 + (fullest + 1 + _vertex(counts, fullest)) * BIN_WIDTH)


def histogram_100(values: NDArray[np.floating]) -> float:
    """Centre of the fullest of 100 bins from minimum to maximum, as older practice has it."""
    return _fullest_bin(values, np.linspace(values.min(), values.max(), 101))


def median(values: NDArray[np.floating]) -> float:
    """`np.median` of finite values; of positive 32-bit floats several times faster.

    Their bits, as whole numbers, are in their order. Counted by all but the last of them they tell where the
    median is, so that few values have to be sorted.
    """
    n = values.size
    if n < _FEW or values.dtype != np.float32 or values.min() <= 0:
        return float(np.median(values))
    coarse = np.ascontiguousarray(values).view(np.int32).ravel() >> _FINE_BITS
    first = coarse.min()
    below = np.cumsum(np.bincount(coarse - first))
    low, high = np.searchsorted(below, ((n - 1) // 2, n // 2), side="right")
    near = np.sort(values.ravel()[(coarse >= first + low) & (coarse <= first + high)])
    before = int(below[low - 1]) if low else 0
    return float(near[[(n - 1) // 2 - before, n // 2 - before]].mean())


def _counts(values: NDArray[np.floating], n: int, span: tuple[float, float]) -> NDArray[np.intp]:
    """`np.histogram`, less what is right at the end of its range; faster."""
    edges = np.linspace(*span, n + 1, dtype=values.dtype)
    place = (values - values.dtype.type(span[0])) * values.dtype.type(n / (span[1] - span[0]))
    place += 1  # what is below goes to bin 0, what is above to bin n + 1
    np.clip(place, 0, n + 1.5, out=place)
    index = place.astype(np.intp)
    place -= index
    near = np.flatnonzero((place < _EDGE) | (place > 1 - _EDGE))  # rounding may have taken these over an edge
    index[near] = np.searchsorted(edges, values[near], side="right")
    return np.bincount(index, minlength=n + 2)[1 : n + 1]


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
