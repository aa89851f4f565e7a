"""Dark regions that hold both polarities, cut along the polarity inversion line.

Pores of opposite polarity are two features even where their dark areas touch: they never merge
(docs/decisions/0010-two-levels-and-polarity.md).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pores.detect import Labels, Mask, neighbours, smallest_area
from pores.parameters import DetectParameters
from pores.regions import Box, Regions
from pores.upsample import double_window

Signs = NDArray[np.int8]


def cut(regions: Regions, br: NDArray[Any] | None, parameters: DetectParameters, scale: int) -> Regions:
    """Cut features along the polarity inversion line of Br.

    Inside a feature, the connected pieces of one sign of Br count that have at least the smallest area and a
    mean of at least `cut_polarity_g`. Where such pieces of both signs are found, the feature is cut: all its
    other pixels go to the piece they are nearest to within the feature, and what is connected and of one sign
    then is a feature of its own. All other features stay as they are.

    Parameters
    ----------
    regions : Regions
        Features of the working grid, as `detect` returns them.
    br : ndarray or None
        Radial field (y, x) of the native grid, G; without it nothing is cut.
    parameters : DetectParameters
    scale : int
        Working pixels per native pixel along an axis, 1 or 2.

    Returns
    -------
    Regions
        Those given where nothing is cut, else new ones, again numbered in raster order.
    """
    if br is None:
        return regions
    labels, boxes = regions.labels, regions.boxes
    sides = [_sides(labels[box] == label, br, box, parameters, scale) for label, box in enumerate(boxes, 1)]
    if all(signs is None for signs in sides):
        return regions
    parts = labels.copy()
    for box, signs in zip(boxes, sides, strict=True):
        if signs is not None:
            _number(parts, box, signs, parameters)
    return Regions.of(_in_raster_order(parts))


def _sides(
    inside: Mask, br: NDArray[Any], box: Box, parameters: DetectParameters, scale: int
) -> Signs | None:
    """1 or -1 on every pixel of a feature that is to be cut, 0 around it; None if it is to stay whole."""
    if _one_sign(br, box, scale, parameters.cut_polarity_g):
        return None
    signs = _strong(inside, _radial(br, box, scale), parameters, scale)
    return _grown(signs, inside, parameters) if signs.min() < 0 < signs.max() else None


def _one_sign(br: NDArray[Any], box: Box, scale: int, level: float) -> bool:
    """Whether the native pixels of a box hold no strong field of one of the signs: most boxes."""
    native = br[_native(box, scale)]
    half = level / 2  # doubled, the field may be stronger between pixels
    return not bool((native > half).any() and (native < -half).any())


def _radial(br: NDArray[Any], box: Box, scale: int) -> NDArray[Any]:
    """The radial field on the working grid in a box."""
    if scale == 1:
        return br[box]
    native = _native(box, scale)
    window = double_window(br, *native)
    return window[
        tuple(slice(s.start - 2 * n.start, s.stop - 2 * n.start) for s, n in zip(box, native, strict=True))
    ]


def _native(box: Box, scale: int) -> Box:
    """The native pixels in which a box of the working grid lies."""
    rows, cols = (slice(side.start // scale, -(-side.stop // scale)) for side in box)
    return rows, cols


def _strong(inside: Mask, radial: NDArray[Any], parameters: DetectParameters, scale: int) -> Signs:
    """1 or -1 on pieces of that sign that are large and strong enough, 0 elsewhere."""
    signs = np.zeros(inside.shape, np.int8)
    sides = {sign: inside & (sign * radial > 0) for sign in (1, -1)}
    if min(map(np.count_nonzero, sides.values())) < smallest_area(parameters, scale):
        return signs  # most: nothing to be cut
    for sign, side in sides.items():
        pieces, n = ndimage.label(side, neighbours(parameters))
        area = np.bincount(pieces.ravel(), minlength=n + 1)
        field = np.bincount(pieces.ravel(), np.nan_to_num(sign * radial).ravel(), n + 1)
        strong = (area >= smallest_area(parameters, scale)) & (field >= parameters.cut_polarity_g * area)
        strong[0] = False
        signs[strong[pieces]] = sign
    return signs


def _grown(signs: Signs, inside: Mask, parameters: DetectParameters) -> Signs:
    """Signs grown over the whole feature, step by step; the sign with more pixels goes first."""
    grown, sides = signs.copy(), (1, -1) if (signs > 0).sum() >= (signs < 0).sum() else (-1, 1)
    while (unsettled := inside & (grown == 0)).any():
        for sign in sides:
            reached = ndimage.binary_dilation(grown == sign, neighbours(parameters))
            grown[reached & unsettled & (grown == 0)] = sign
    return grown


def _number(parts: Labels, box: Box, signs: Signs, parameters: DetectParameters) -> None:
    """Give every connected part of one sign in a box a number that no other feature has."""
    window = parts[box]
    for sign in (1, -1):
        pieces, _ = ndimage.label(signs == sign, neighbours(parameters))
        window[pieces > 0] = pieces[pieces > 0] + parts.max()


def _in_raster_order(labels: Labels) -> Labels:
    """Features numbered 1, 2, ... in raster order of their first pixels."""
    pixels = np.flatnonzero(labels)
    _, first, feature = np.unique(labels.ravel()[pixels], return_index=True, return_inverse=True)
    ordered = np.zeros_like(labels)
    ordered.ravel()[pixels] = np.argsort(np.argsort(first))[feature] + 1
    return ordered
