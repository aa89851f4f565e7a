"""Outlines of features below the resolution of the grid.

Counting steps along pixels makes a circle up to 27 % too long. The outline taken here is the contour of the
intensity at a level between the feature's brightest pixel and its darkest neighbour: where the threshold that
made the mask is crossed, by linear interpolation between pixel centres (marching squares).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import find_contours

Floats = NDArray[np.float64]


def outline(
    intensity: NDArray[np.floating[Any]], inside: NDArray[np.bool_], beside: NDArray[np.bool_] | None = None
) -> list[Floats]:
    """Trace closed contours around a feature and around its holes.

    Parameters
    ----------
    intensity : ndarray
        Window (y, x) with the feature in it; NaN and what is beyond the window count as bright.
    inside : ndarray
        Mask of the feature in the window.
    beside : ndarray of bool, optional
        Mask of other features, which may touch it where a region was cut: there the outline runs midway
        between pixels.

    Returns
    -------
    list of ndarray, (vertices, 2)
        Row and column of the vertices, the first repeated at the end. Half a pixel beyond the window at most.
    """
    bright = np.pad(np.nan_to_num(intensity.astype(np.float64), nan=1.0), 1, constant_values=1.0)
    inside = np.pad(inside, 1)
    level = _level(bright, inside, inside if beside is None else np.pad(beside, 1))
    if level is None:  # no threshold separates mask and neighbours: the mask itself
        bright, level = np.where(inside, 0.0, 1.0), 0.5
    other = ~inside & (bright < level)  # dark, and not of this feature
    bright[other] = 2 * level - bright[other]
    # Dark pixels that touch at a corner only are not joined.
    contours = find_contours(bright, level, fully_connected="high", positive_orientation="low")
    return [np.asarray(contour - 1) for contour in contours]


def lengths(contour: Floats, pixel: tuple[float, float]) -> Floats:
    """Lengths of a contour's segments for a pixel of that height and width."""
    return np.asarray(np.hypot(*(np.diff(contour, axis=0) * pixel).T))


def mean_along(image: NDArray[np.floating[Any]], contours: list[Floats]) -> float:
    """Mean of an image over contours, linearly interpolated; NaN where it is missing all along."""
    total = known = 0.0
    for contour in contours:
        values = ndimage.map_coordinates(image, contour.T, order=1, mode="nearest")
        middle, length = (values[1:] + values[:-1]) / 2, lengths(contour, (1.0, 1.0))
        finite = np.isfinite(middle)
        total += float(middle[finite] @ length[finite])
        known += float(length[finite].sum())
    return total / known if known else float("nan")


def _level(bright: Floats, inside: NDArray[np.bool_], beside: NDArray[np.bool_]) -> float | None:
    """Level midway between the feature's brightest pixel and its darkest neighbour that shares an edge."""
    neighbours = ndimage.binary_dilation(inside) & ~(inside | beside)
    if not neighbours.any():
        return None
    inner, outer = bright[inside].max(), bright[neighbours].min()
    return float(inner + outer) / 2 if inner < outer else None
