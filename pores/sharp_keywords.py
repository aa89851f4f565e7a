"""Keywords of a SHARP record computed from its pixels.

Definitions: Bobra et al. 2014, Sol. Phys. 289, 3549, Tables 2 and 3; what they leave open follows the headers
themselves, which these functions reproduce.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.errors import UnusableFrame
from pores.frame import Frame, Keyword
from pores.geometry import CeaGrid

Image = NDArray[np.float64]
Mask = NDArray[np.bool_]
Pixels = NDArray[np.intp]

MU_0 = 4e-7 * np.pi  # H / m
MIN_CONFIDENCE = 70  # of `conf_disambig`
MIN_BITMAP = 30
IN_HARP, ACTIVE_IN_HARP = 33, 34  # of `bitmap`
MIN_HORIZONTAL_G = 100.0  # MEANGAM leaves weaker horizontal fields out
NO_GRADIENT_G = 1e-3  # less than half the 0.01 G in which fields are stored: no change at all
MIN_AREA_PIXELS = 300  # below, counting CEA instead of CCD pixels changes areas by several percent


def number(keywords: Mapping[str, Keyword], name: str) -> float:
    """Read a keyword as a number, NaN if it is none; 2025 exports write ``_DATAMIN`` for ``DATAMIN``."""
    value = keywords.get(name, keywords.get(f"_{name}"))
    try:
        return float(value) if value is not None else float("nan")
    except ValueError:
        return float("nan")


def statistics(image: NDArray[Any]) -> dict[str, float]:
    """DATAMIN, DATAMAX, DATAMEAN and DATARMS (standard deviation with n - 1) of the finite pixels, if any."""
    known = np.isfinite(image)
    valid = image.ravel() if known.all() else image[known]
    if valid.size < 2:
        return {}
    apart = valid.astype(np.float64)
    mean = apart.mean()
    apart -= mean
    rms = np.sqrt(apart @ apart / (valid.size - 1))
    return {
        "DATAMIN": float(valid.min()),
        "DATAMAX": float(valid.max()),
        "DATAMEAN": float(mean),
        "DATARMS": float(rms),
    }


def recomputed(frame: Frame) -> dict[str, float]:
    """Every keyword that the segments at hand allow: field, areas and flux-weighted centroids.

    Units as in headers: Mx, A, mA / m2, G per pixel, deg, millionths of a hemisphere.
    """
    return {**_field_keywords(frame), **_areas(frame), **_centroids(frame)}


def _images(frame: Frame, *names: str) -> list[NDArray[Any]] | None:
    """Those segments, None if one is missing or they differ in shape."""
    images = [frame.segments[name] for name in names if name in frame.segments]
    together = len(images) == len(names) and len({image.shape for image in images}) == 1
    return images if together else None


def _field_keywords(frame: Frame) -> dict[str, float]:
    """CMASK, USFLUX and, given Bp and Bt, gradients, currents and inclination over confident pixels."""
    images = _images(frame, "Br", "bitmap", "conf_disambig")
    if images is None:
        return {}
    mask = (images[2] >= MIN_CONFIDENCE) & (images[1] >= MIN_BITMAP)
    if not mask.any():
        return {"CMASK": 0.0}
    window = _window(mask)
    radial, mask = images[0][window].astype(np.float64), mask[window]
    valid = mask & np.isfinite(radial)
    pixel_m = _pixel_m(frame.keywords)
    flux = float(np.abs(radial[valid]).sum() * (100 * pixel_m) ** 2)
    inner = _inner(mask)
    values = {"CMASK": float(valid.sum()), "USFLUX": flux, "MEANGBZ": _mean_gradient(radial, inner)}
    horizontal = _images(frame, "Br", "Bp", "Bt")
    if horizontal is not None:
        bp, bt = (image[window].astype(np.float64) for image in horizontal[1:])
        values |= _currents(bp, bt, inner, pixel_m)
        along = _length(bp, bt)
        values |= _gradients(radial, along, inner) | _inclination(radial, along, mask)
    return values


def _inclination(radial: Image, horizontal: Image, mask: Mask) -> dict[str, float]:
    """MEANGAM: the mean angle of the field from the radial."""
    counts = mask & (horizontal >= MIN_HORIZONTAL_G) & (radial != 0)
    return {"MEANGAM": _mean(np.degrees(np.arctan(horizontal[counts] / np.abs(radial[counts]))))}


def _gradients(radial: Image, horizontal: Image, inner: Pixels) -> dict[str, float]:
    """The gradients of horizontal and total field."""
    total = _length(horizontal, radial)
    return {"MEANGBH": _mean_gradient(horizontal, inner), "MEANGBT": _mean_gradient(total, inner)}


def _currents(bp: Image, bt: Image, inner: Pixels, pixel_m: float) -> dict[str, float]:
    """MEANJZD and TOTUSJZ from the curl of the field; (Bx, By) = (Bp, -Bt), 1 G = 1e-4 T."""
    curl = -_along_x(bt, inner) - _along_y(bp, inner)
    curl = curl[np.isfinite(curl)] * 1e-4 / MU_0
    return {"MEANJZD": 1e3 * _mean(curl) / pixel_m, "TOTUSJZ": float(np.abs(curl).sum() * pixel_m)}


def _mean_gradient(image: Image, inner: Pixels) -> float:
    """Mean modulus of the gradient, per pixel, where it has one."""
    x, y = _along_x(image, inner), _along_y(image, inner)
    with np.errstate(invalid="ignore"):
        counts = (np.abs(x + y) > NO_GRADIENT_G) & np.isfinite(image.ravel()[inner])
    return _mean(_length(x[counts], y[counts]))


def _length(x: Image, y: Image) -> Image:
    """`np.hypot` of what is neither tiny nor huge, in a quarter of the time."""
    return np.asarray(np.sqrt(x * x + y * y))


def _inner(mask: Mask) -> Pixels:
    """Pixels of the mask, in the flattened image, that have four neighbours."""
    inner = np.zeros_like(mask)
    inner[1:-1, 1:-1] = mask[1:-1, 1:-1]
    return np.flatnonzero(inner)


def _along_x(image: Image, at: Pixels) -> Image:
    flat = image.ravel()
    return (flat[at + 1] - flat[at - 1]) / 2


def _along_y(image: Image, at: Pixels) -> Image:
    flat, nx = image.ravel(), int(image.shape[1])
    return np.asarray((flat[at + nx] - flat[at - nx]) / 2)


def _areas(frame: Frame) -> dict[str, float]:
    """AREA and AREA_ACR, where enough pixels make them comparable."""
    images = _images(frame, "bitmap")
    if images is None:
        return {}
    pixel = np.radians(number(frame.keywords, "CDELT1")) ** 2 / (2 * np.pi) * 1e6
    counts = {"AREA": np.sum(images[0] >= IN_HARP), "AREA_ACR": np.sum(images[0] == ACTIVE_IN_HARP)}
    return {name: float(count * pixel) for name, count in counts.items() if count >= MIN_AREA_PIXELS}


def _centroids(frame: Frame) -> dict[str, float]:
    """Latitude and longitude from the central meridian of active pixels, weighted by line-of-sight field."""
    images = _images(frame, "magnetogram", "bitmap")
    if images is None:
        return {}
    try:
        grid = CeaGrid.from_keywords(frame.keywords, images[0].shape)
    except UnusableFrame:
        return {}
    y, x = np.nonzero((images[1] == ACTIVE_IN_HARP) & np.isfinite(images[0]))
    field = images[0][y, x].astype(np.float64)
    lon, lat = grid.to_carrington(x.astype(np.float64), y.astype(np.float64))
    lon = (lon - number(frame.keywords, "CRLN_OBS") + 180) % 360 - 180
    weights = {"_FWT": np.abs(field), "FWTPO": field.clip(min=0), "FWTNE": -field.clip(max=0)}
    return {
        axis + suffix: float(angle @ weight / weight.sum()) if weight.any() else float("nan")
        for suffix, weight in weights.items()
        for axis, angle in (("LAT", lat), ("LON", lon))
    }


def _pixel_m(keywords: Mapping[str, Keyword]) -> float:
    """Side of a pixel as the keywords' authors reckon it, m."""
    rsun = number(keywords, "RSUN_REF")
    angle = np.arctan(rsun * np.radians(number(keywords, "CDELT1")) / number(keywords, "DSUN_OBS"))
    return float(np.degrees(angle) * 3600 * rsun / number(keywords, "RSUN_OBS"))


def _window(mask: Mask) -> tuple[slice, slice]:
    """Bounding box of the mask and a pixel around it, within the image."""
    rows, cols = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    return slice(max(rows[0] - 1, 0), rows[-1] + 2), slice(max(cols[0] - 1, 0), cols[-1] + 2)


def _mean(values: Image) -> float:
    return float(values.mean()) if values.size else float("nan")
