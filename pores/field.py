"""The magnetic field in masks and on their outlines."""

from collections.abc import Mapping, Sequence
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
    names = [name for name in FIELD_SEGMENTS if name in segments]
    images, n = [segments[name] for name in names], len(regions.feature)
    ends = outlines.pixels([scale * size for size in images[0].shape] if images else (1, 1))
    y, x = (np.concatenate((at, end.ravel())) for at, end in zip((regions.y, regions.x), ends, strict=True))
    sampled = dict(zip(names, values_at(images, y, x, scale), strict=True))
    values = {name: of[:n] for name, of in sampled.items()}
    missing = np.full(regions.n, np.nan)
    known = {name: regions.mean(of) for name, of in values.items()}
    errors = _errors(
        regions, {n: segments[f"{n}_err"] for n in FIELD_SEGMENTS if f"{n}_err" in segments}, scale
    )
    columns: Columns = {}
    for name in FIELD_SEGMENTS:
        columns[f"mean_{name.lower()}"] = known.get(name, missing)
        columns[f"mean_{name.lower()}_err"] = errors.get(name, missing)
    if "Br" not in values:
        return {**columns, "mean_b": missing, "boundary_br": missing, "flux_mx": missing}
    total = len(values) == len(FIELD_SEGMENTS)
    return {
        **columns,
        "mean_b": regions.mean(np.sqrt(sum(b**2 for b in values.values()))) if total else missing,
        "boundary_br": outlines.mean(sampled["Br"][n:].reshape(2, 2, -1)),
        "flux_mx": regions.total(np.abs(values["Br"])) * pixel_area_mm2 * CM2_PER_MM2,
    }


def mean_field(regions: Regions, image: NDArray[Any] | None, scale: int) -> Floats:
    """Mean of one component over each feature, as `field_columns` has it; NaN without the image."""
    if image is None:
        return np.full(regions.n, np.nan)
    return regions.mean(values_at([image], regions.y, regions.x, scale)[0])


def values_at(images: Sequence[NDArray[Any]], y: Ints, x: Ints, scale: int) -> Floats:
    """Values of native images at pixels (n,) of the working grid, (images, n)."""
    if scale == 1:
        return np.array([image[y, x] for image in images], np.float64)
    return FinePixels.at(y, x).of(*images).astype(np.float64)


def _errors(regions: Regions, images: Images, scale: int) -> dict[str, Floats]:
    """Propagate the errors (y, x) of native pixels to each feature's mean."""
    if not images:
        return {}
    shape = next(iter(images.values())).shape
    native = np.ravel_multi_index((regions.y // scale, regions.x // scale), shape)
    size = shape[0] * shape[1]
    pairs, counts = np.unique(regions.feature * size + native, return_counts=True)
    feature, native = np.divmod(pairs, size)
    return {name: _error(feature, counts, image.ravel()[native], regions.n) for name, image in images.items()}


def _error(feature: Ints, counts: Ints, sigma: NDArray[Any], n: int) -> Floats:
    known = np.isfinite(sigma)
    feature, weight, sigma = feature[known], counts[known], sigma[known].astype(np.float64)
    square = np.bincount(feature, (weight * sigma) ** 2, n)
    total = np.bincount(feature, weight, n)
    return np.where(total > 0, np.sqrt(square) / np.maximum(total, 1), np.nan)
