"""The magnetic field in masks and on their outlines."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.frame import FIELD_SEGMENTS
from pores.outline import Outlines
from pores.regions import Floats, Ints, Regions
from pores.upsample import FinePixels

Columns = dict[str, NDArray[Any]]
Images = Mapping[str, NDArray[Any]]

CM2_PER_MM2 = 1e16


def field_columns(
    regions: Regions,
    outlines: Outlines,
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
    outlines : Outlines
        Those of the features.
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
    at = _at(regions.y, regions.x, scale)
    values = {name: at(segments[name]) for name in FIELD_SEGMENTS if name in segments}
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
        "boundary_br": missing if radial is None else _on_outlines(outlines, segments["Br"], scale),
        "flux_mx": missing
        if radial is None
        else regions.total(np.abs(radial)) * pixel_area_mm2 * CM2_PER_MM2,
    }


def mean_field(regions: Regions, image: NDArray[Any] | None, scale: int) -> Floats:
    """Mean of one component over each feature, as `field_columns` has it; NaN without the image."""
    if image is None:
        return np.full(regions.n, np.nan)
    return regions.mean(_at(regions.y, regions.x, scale)(image))


def _at(y: Ints, x: Ints, scale: int) -> Callable[[NDArray[Any]], Floats]:
    """What gives the values of a native image at pixels of the working grid."""
    if scale == 1:
        return lambda image: np.asarray(image[y, x], np.float64)
    pixels = FinePixels.at(y, x)
    return lambda image: pixels.of(image).astype(np.float64)


def _on_outlines(outlines: Outlines, image: NDArray[Any], scale: int) -> Floats:
    """Mean of an image over each feature's outline."""
    last = scale * np.array(image.shape)[:, None, None] - 1
    pixels = np.stack((outlines.inner, np.clip(outlines.outer, 0, last)), axis=1)
    values = _at(*pixels.reshape(2, -1), scale)(image)
    return outlines.mean(*values.reshape(pixels.shape[1:]))


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
