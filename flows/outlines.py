"""Outlines of the features in a label image, and their colours."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects
from skimage.measure import find_contours

from pores.geometry import native_pixel

Floats = NDArray[np.float64]

# Told apart by people who see few colours, too, on grey and on red and blue.
COLOURS = {"pore": "#ffb000", "umbra": "#39c6ff"}


def outlines(labels: NDArray[np.integer[Any]], scale: int) -> dict[int, list[Floats]]:
    """Closed lines around every feature, along the middle between its pixels and others.

    Parameters
    ----------
    labels : ndarray of int, (y, x)
        On the working grid.
    scale : int
        Pixels of that grid to a native one along an axis.

    Returns
    -------
    dict of list of ndarray, (n, 2)
        Label to the lines around its parts and holes: x and y, native pixels.
    """
    found = {}
    for label, box in enumerate(find_objects(labels), start=1):
        if box is not None:
            mask = np.pad(labels[box] == label, 1)
            corner = np.array([part.start for part in box]) - 1
            lines = find_contours(mask.astype(float), 0.5)
            found[label] = [native_pixel((line + corner)[:, ::-1], scale) for line in lines]
    return found
