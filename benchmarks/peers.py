"""The usual way from SHARP files to a table of pores: sunpy maps, whole images, a loop over regions.

Written as analysis scripts are: nothing is left out for speed's sake, nothing is done for show.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units as u
from numpy.typing import NDArray
from skimage.measure import label
from sunpy.coordinates import frames
from sunpy.map import GenericMap, Map, all_coordinates_from_map
from sunpy.util.exceptions import SunpyMetadataWarning

from pores.limb_darkening import coefficients

Row = dict[str, float]
Image = NDArray[np.floating[Any]]

THRESHOLD, SMALLEST = 0.5, 20
PIXEL_MM2 = 0.132805 / 4  # on the doubled grid


def usual_way(paths: Sequence[Path]) -> list[Row]:
    """Files of continuum, Br, Bp, Bt to a row per dark feature."""
    maps = read_maps(paths)
    flat = normalised(maps[0], usual_mu(maps[0]))
    doubled = resampled([flat, *maps[1:]])
    return rows(doubled, maps[0])


def read_maps(paths: Sequence[Path]) -> list[GenericMap]:
    """The files as sunpy maps."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cards that are no FITS
        maps = [Map(path) for path in paths]
        for each in maps:
            each.data.shape  # noqa: B018 - read it now
        return maps


def usual_mu(image: GenericMap) -> Image:
    """Cosine of the heliocentric angle from the coordinates of all pixels as seen by the observer."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SunpyMetadataWarning)
        seen = all_coordinates_from_map(image).transform_to(
            frames.Helioprojective(observer=image.observer_coordinate, rsun=image.rsun_meters)
        )
    radius = np.hypot(seen.Tx.to_value("arcsec"), seen.Ty.to_value("arcsec"))
    return np.sqrt(1 - np.minimum(radius / image.rsun_obs.to_value("arcsec"), 1) ** 2)


def normalised(continuum: GenericMap, mu: Image) -> GenericMap:
    """Divide out limb darkening and the mode of a histogram of 100 bins."""
    flat = continuum.data / np.polynomial.polynomial.polyval(mu, coefficients("pierce_slaughter_6173"))
    counts, edges = np.histogram(flat[np.isfinite(flat)], 100)
    fullest = np.argmax(counts)
    return Map(flat / ((edges[fullest] + edges[fullest + 1]) / 2), continuum.meta)


def resampled(maps: Sequence[GenericMap]) -> list[Image]:
    """Images of twice the resolution."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SunpyMetadataWarning)
        size = 2 * u.Quantity(maps[0].dimensions)
        return [np.asarray(each.resample(size, method="spline").data) for each in maps]


def rows(doubled: Sequence[Image], image: GenericMap) -> list[Row]:
    """A row for each connected region that is dark and large enough."""
    intensity, br, bp, bt = doubled
    dark = (intensity < THRESHOLD) & (intensity > 0)  # the resampled border is 0
    regions = label(dark, connectivity=1)
    found = []
    for number in range(1, regions.max() + 1):
        mask = regions == number
        if mask.sum() >= SMALLEST:
            found.append(_row(mask, intensity, (br, bp, bt), image))
    return found


def _row(mask: NDArray[np.bool_], intensity: Image, field: Sequence[Image], image: GenericMap) -> Row:
    y, x = np.nonzero(mask)
    x_px, y_px = (x.mean() - 0.5) / 2, (y.mean() - 0.5) / 2
    place = image.wcs.pixel_to_world(x_px, y_px)
    br, bp, bt = field
    area = mask.sum() * PIXEL_MM2
    return {
        "x_px": x_px,
        "y_px": y_px,
        "lon": place.lon.to_value("deg"),
        "lat": place.lat.to_value("deg"),
        "area_mm2": area,
        "mean_br": br[mask].mean(),
        "mean_bp": bp[mask].mean(),
        "mean_bt": bt[mask].mean(),
        "mean_b": np.sqrt(br[mask] ** 2 + bp[mask] ** 2 + bt[mask] ** 2).mean(),
        "flux_mx": np.abs(br[mask]).sum() * PIXEL_MM2 * 1e16,
        "min_intensity": intensity[mask].min(),
        "mean_intensity": intensity[mask].mean(),
    }
