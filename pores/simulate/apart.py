"""True dark regions of two polarities, parted where the noise-free radial field changes sign.

The rule is that of detection (docs/decisions/0010-two-levels-and-polarity.md), on finer samples and by other
code, so that either can tell of a fault of the other.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import label as connected

from pores.parameters import DetectParameters

Ints = NDArray[np.intp]
Radial = Callable[[Ints, Ints], NDArray[np.float64]]

POLAR_G = DetectParameters().cut_polarity_g


def apart(labels: NDArray[Any], radial: Radial, smallest: int) -> NDArray[Any]:
    """Part regions in which pores of opposite polarity touch.

    Parameters
    ----------
    labels : ndarray of int, (y, x)
        Dark regions 1 to n of the fine grid in raster order.
    radial : callable
        Br in G at rows and columns of the fine grid.
    smallest : int
        Samples that each side of an inversion line needs.

    Returns
    -------
    ndarray of int, (y, x)
        Regions in raster order, `labels` itself where none is parted.
    """
    code = None
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        inside = labels[box] == number
        if inside.sum() >= 2 * smallest and (side := _sides(inside, box, radial, smallest)) is not None:
            code = 2 * labels if code is None else code
            code[box][inside] += side[inside] > 0
    return labels if code is None else np.asarray(connected(code, connectivity=1))


def _sides(
    inside: NDArray[np.bool_], box: tuple[slice, slice], radial: Radial, smallest: int
) -> NDArray[Any] | None:
    """Sign of the pore that each sample of a region belongs to; None where there is one polarity only."""
    rows, cols = np.nonzero(inside)
    field = np.zeros(inside.shape)
    field[rows, cols] = radial(rows + box[0].start, cols + box[1].start)
    if field.max() < POLAR_G or field.min() > -POLAR_G:
        return None
    pieces = connected(np.where(inside, np.sign(field), 0).astype(int), connectivity=1)
    certain = np.zeros(inside.shape, int)
    for piece in range(1, pieces.max() + 1):
        values = field[pieces == piece]
        if values.size >= smallest and abs(values.mean()) >= POLAR_G:
            certain[pieces == piece] = np.sign(values[0])
    if not certain.min() < 0 < certain.max():
        return None
    from skimage.segmentation import watershed  # takes its time, and few series need it

    grown = watershed(np.zeros(inside.shape), np.where(certain, 2 + certain, 0), mask=inside)
    return np.where(inside, grown - 2, 0)
