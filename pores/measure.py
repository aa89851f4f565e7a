"""One row per feature: where it is, how large, what shape, how dark, what field."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.field import Columns, Images, field_columns, mean_field
from pores.geometry import CeaGrid, Observer, mu_at, native_pixel
from pores.outline import Outlines
from pores.regions import NEIGHBOURS, Floats, Regions


def measure(
    regions: Regions,
    intensity: NDArray[np.floating[Any]],
    scale: int,
    grid: CeaGrid,
    observer: Observer,
    segments: Images,
) -> Columns:
    """Measure every feature of a frame.

    Parameters
    ----------
    regions : Regions
        Features on the working grid.
    intensity : ndarray
        Prepared intensity (y, x) of that grid.
    scale : int
        Working pixels per native pixel along an axis, 1 or 2.
    grid : CeaGrid
        The native grid.
    observer : Observer
    segments : mapping of str to ndarray
        Native images; of them Br, Bp, Bt and their errors in G are used, as far as they are there.

    Returns
    -------
    dict of ndarray, (n,)
        Columns of `pores` that one frame's images tell, as `catalog.schema` describes them; NaN for null.
    """
    pixel_area_mm2 = grid.pixel_area_mm2 / scale**2
    outlines = Outlines.of(regions, intensity)
    basic = _basic(regions, intensity, scale, grid, observer)
    pixel = _pixel_mm(grid, scale, basic["y_px"])
    return {
        **basic,
        "grid_scale": np.full(regions.n, scale, np.int32),
        "area_msh": regions.area * (grid.pixel_area_msh / scale**2),
        "perimeter_mm": outlines.total_length(*pixel),
        **_ellipses(regions, pixel),
        **_weighted(regions, intensity, scale),
        **field_columns(regions, outlines, segments, scale, pixel_area_mm2),
    }


def measure_faint(
    regions: Regions,
    intensity: NDArray[np.floating[Any]],
    scale: int,
    grid: CeaGrid,
    observer: Observer,
    segments: Images,
) -> Columns:
    """Measure every faint feature of a frame: what a tracker asks of it, as `measure` has it.

    Parameters are those of `measure`; the columns are those of `faint`.
    """
    mean_br = mean_field(regions, segments.get("Br"), scale)
    return {**_basic(regions, intensity, scale, grid, observer), "mean_br": mean_br}


def _basic(
    regions: Regions,
    intensity: NDArray[np.floating[Any]],
    scale: int,
    grid: CeaGrid,
    observer: Observer,
) -> Columns:
    """Place, area and intensities: what is asked of pores and faint features alike."""
    x_px, y_px = (native_pixel(regions.mean(at), scale) for at in (regions.x, regions.y))
    lon, lat = grid.to_carrington(x_px, y_px)
    values = intensity[regions.y, regions.x].astype(np.float64)
    return {
        "label": np.arange(1, regions.n + 1, dtype=np.int32),
        "x_px": x_px,
        "y_px": y_px,
        "lon": lon,
        "lat": lat,
        "mu": mu_at(lon, lat, observer, grid.rsun_m),
        "area_px": regions.area.astype(np.int32),
        "area_mm2": regions.area * (grid.pixel_area_mm2 / scale**2),
        "min_intensity": regions.lowest(values),
        "mean_intensity": regions.mean(values),
        "touches_edge": _touches_edge(regions, intensity),
    }


def _pixel_mm(grid: CeaGrid, scale: int, y_px: Floats) -> tuple[Floats, Floats]:
    """Height and width of a working pixel, Mm, at native rows.

    Cylindrical equal-area maps stretch along x and shrink along y by the cosine of the native latitude.
    """
    sine = np.radians(grid.cdelt[1] * (y_px + 1 - grid.crpix[1]))
    cosine = np.sqrt(1 - sine**2)
    radius_mm = grid.rsun_m / 1e6
    width, height = (np.radians(abs(step)) * radius_mm / scale for step in grid.cdelt)
    return height / cosine, width * cosine


def _ellipses(regions: Regions, pixel: tuple[Floats, Floats]) -> Columns:
    """Axes and orientation of the ellipse with the mask's second moments.

    A full axis is four times the square root of a principal moment. A pixel's own extent adds 1/12.
    """
    height, width = pixel
    dx, dy = (at - regions.mean(at)[regions.feature] for at in (regions.x, regions.y))
    xx = (regions.mean(dx**2) + 1 / 12) * width**2
    yy = (regions.mean(dy**2) + 1 / 12) * height**2
    xy = regions.mean(dx * dy) * width * height
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    angle = np.degrees(np.arctan2(2 * xy, xx - yy)) / 2
    return {
        "major_axis_mm": 4 * np.sqrt(middle + half),
        "minor_axis_mm": 4 * np.sqrt(middle - half),
        "orientation_deg": np.where(angle >= 90, angle - 180, angle),
    }


def _weighted(regions: Regions, intensity: NDArray[np.floating[Any]], scale: int) -> Columns:
    """The centroid weighted by darkness."""
    darkness = 1 - intensity[regions.y, regions.x].astype(np.float64)
    total = regions.total(darkness)
    return {
        f"{name}_weighted_px": native_pixel(regions.total(darkness * at) / total, scale)
        for name, at in (("x", regions.x), ("y", regions.y))
    }


def _touches_edge(regions: Regions, intensity: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Whether a pixel of the mask has one of its eight neighbours beyond the patch or missing."""
    missing = np.zeros(len(regions.feature), np.bool_)
    for step in NEIGHBOURS:
        missing[regions.edge] |= ~np.isfinite(regions.beside(intensity, step, np.nan, regions.edge))
    return regions.any(missing)
