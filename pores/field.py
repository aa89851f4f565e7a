"""The magnetic field in masks and on their outlines."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.frame import FIELD_SEGMENTS
from pores.outline import mean_along
from pores.regions import Box, Floats, Regions
from pores.upsample import double_window

Columns = dict[str, NDArray[Any]]
Images = Mapping[str, NDArray[Any]]
Window = tuple[NDArray[Any], tuple[int, int]]  # values around a feature, and the row and column of the first

CM2_PER_MM2 = 1e16


def field_columns(
    regions: Regions,
    outlines: list[list[Floats]],
    segments: Images,
    scale: int,
    pixel_area_mm2: float,
) -> Columns:
    """Means, errors and flux of the field of each feature; SHARP signs.

    The field is doubled, where the working grid is, around features only. Means are over the finite pixels of
    the mask. Fine pixels are not independent, so that the error of a mean counts native ones::

        sqrt(sum(n_j^2 s_j^2)) / sum(n_j),

    with n_j the mask's working pixels in native pixel j and s_j that pixel's error.

    Parameters
    ----------
    regions : Regions
        Features on the working grid.
    outlines : list of list of ndarray
        Contours of each feature, rows and columns of the working grid.
    segments : mapping of str to ndarray
        Br, Bp, Bt, Br_err, Bp_err, Bt_err (y, x) of the native grid, G, as far as they are there.
    scale : int
        Working pixels per native pixel along an axis, 1 or 2.
    pixel_area_mm2 : float
        Area of a working pixel.

    Returns
    -------
    dict of ndarray
        mean_br, mean_bp, mean_bt, their errors, mean_b, boundary_br in G and flux_mx in Mx; NaN where a
        segment is missing.
    """
    missing = np.full(regions.n, np.nan)
    windows = {
        name: [around(segments[name], box, scale) for box in regions.boxes]
        for name in FIELD_SEGMENTS
        if name in segments
    }
    values = {name: _in_masks(regions, parts) for name, parts in windows.items()}
    columns: Columns = {}
    for name in FIELD_SEGMENTS:
        known, error = values.get(name), segments.get(f"{name}_err")
        columns[f"mean_{name.lower()}"] = missing if known is None else regions.mean(known)
        columns[f"mean_{name.lower()}_err"] = missing if error is None else _error(regions, error, scale)
    total = len(values) == len(FIELD_SEGMENTS)
    radial = values.get("Br")
    return {
        **columns,
        "mean_b": regions.mean(np.sqrt(sum(b**2 for b in values.values()))) if total else missing,
        "boundary_br": missing if radial is None else _on_outlines(outlines, windows["Br"]),
        "flux_mx": missing
        if radial is None
        else regions.total(np.abs(radial)) * pixel_area_mm2 * CM2_PER_MM2,
    }


def mean_field(regions: Regions, image: NDArray[Any] | None, scale: int) -> Floats:
    """Mean of one component over each feature, as `field_columns` has it; NaN without the image."""
    if image is None:
        return np.full(regions.n, np.nan)
    return regions.mean(_in_masks(regions, [around(image, box, scale) for box in regions.boxes]))


def _in_masks(regions: Regions, windows: list[Window]) -> Floats:
    """Values of an image at the features' pixels."""
    values = np.empty(len(regions.feature))
    for index, (window, (top, left)) in enumerate(windows):
        pixels = regions.pixels(index)
        values[pixels] = window[regions.y[pixels] - top, regions.x[pixels] - left]
    return values


def _on_outlines(outlines: list[list[Floats]], windows: list[Window]) -> Floats:
    """Mean of an image over each feature's outline."""
    means = [
        mean_along(window, [contour - corner for contour in contours])
        for (window, corner), contours in zip(windows, outlines, strict=True)
    ]
    return np.array(means, np.float64)


def around(image: NDArray[Any], box: Box, scale: int) -> Window:
    """Values of a native image on the working grid in a box and a margin around it, and where they begin."""
    rows, cols = (
        slice(max(side.start // scale - 1, 0), min(-(-side.stop // scale) + 1, size))
        for side, size in zip(box, image.shape, strict=True)
    )
    corner = (scale * rows.start, scale * cols.start)
    return (image[rows, cols] if scale == 1 else double_window(image, rows, cols)), corner


def _error(regions: Regions, error: NDArray[Any], scale: int) -> Floats:
    """Propagate the errors (y, x) of native pixels to each feature's mean."""
    native = np.ravel_multi_index((regions.y // scale, regions.x // scale), error.shape)
    pairs, counts = np.unique(regions.feature * error.size + native, return_counts=True)
    feature, sigma = pairs // error.size, error.ravel()[pairs % error.size].astype(np.float64)
    known = np.isfinite(sigma)
    feature, weight, sigma = feature[known], counts[known], sigma[known]
    square = np.bincount(feature, (weight * sigma) ** 2, regions.n)
    total = np.bincount(feature, weight, regions.n)
    return np.where(total > 0, np.sqrt(square) / np.maximum(total, 1), np.nan)
