"""One row per dark feature: where it is, how large, what shape, how dark, what field."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.field import Columns, Images, field_columns
from pores.geometry import CeaGrid, Observer, mu_at, native_pixel
from pores.outline import lengths, outline
from pores.regions import Box, Floats, Regions


def measure(
    labels: NDArray[np.int32],
    intensity: NDArray[np.floating[Any]],
    scale: int,
    grid: CeaGrid,
    observer: Observer,
    segments: Images,
) -> Columns:
    """Measure every feature of a frame.

    Parameters
    ----------
    labels, intensity : ndarray
        Features 1 to n and prepared intensity (y, x) of the working grid.
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
    regions = Regions.of(labels)
    pixel_area_mm2 = grid.pixel_area_mm2 / scale**2
    outlines = [_outline(labels, intensity, box, i + 1) for i, box in enumerate(regions.boxes)]
    x, y = regions.mean(regions.x), regions.mean(regions.y)
    x_px, y_px = native_pixel(x, scale), native_pixel(y, scale)
    lon, lat = grid.to_carrington(x_px, y_px)
    pixel = _pixel_mm(grid, scale, y_px)
    return {
        "label": np.arange(1, regions.n + 1, dtype=np.int32),
        "x_px": x_px,
        "y_px": y_px,
        "lon": lon,
        "lat": lat,
        "mu": mu_at(lon, lat, observer, grid.rsun_m),
        "grid_scale": np.full(regions.n, scale, np.int32),
        "area_px": regions.area.astype(np.int32),
        "area_mm2": regions.area * pixel_area_mm2,
        "area_msh": regions.area * (grid.pixel_area_msh / scale**2),
        "perimeter_mm": _perimeters(outlines, pixel),
        **_ellipses(regions, regions.x - x[regions.feature], regions.y - y[regions.feature], pixel),
        **_photometry(regions, intensity, scale),
        **field_columns(regions, outlines, segments, scale, pixel_area_mm2),
        "touches_edge": _touches_edge(regions, intensity),
    }


def _outline(
    labels: NDArray[np.int32], intensity: NDArray[np.floating[Any]], box: Box, label: int
) -> list[Floats]:
    """Contours of a feature in rows and columns of the working grid."""
    rows, cols = (slice(max(side.start - 1, 0), side.stop + 1) for side in box)
    contours = outline(intensity[rows, cols], labels[rows, cols] == label)
    corner = np.array((rows.start, cols.start), np.float64)
    return [contour + corner for contour in contours]


def _pixel_mm(grid: CeaGrid, scale: int, y_px: Floats) -> tuple[Floats, Floats]:
    """Height and width of a working pixel, Mm, at native rows.

    Cylindrical equal-area maps stretch along x and shrink along y by the cosine of the native latitude.
    """
    sine = np.radians(grid.cdelt[1] * (y_px + 1 - grid.crpix[1]))
    cosine = np.sqrt(1 - sine**2)
    radius_mm = grid.rsun_m / 1e6
    width, height = (np.radians(abs(step)) * radius_mm / scale for step in grid.cdelt)
    return height / cosine, width * cosine


def _perimeters(outlines: list[list[Floats]], pixel: tuple[Floats, Floats]) -> Floats:
    sums = [
        sum(float(lengths(contour, (height, width)).sum()) for contour in contours)
        for contours, height, width in zip(outlines, *pixel, strict=True)
    ]
    return np.array(sums, np.float64)


def _ellipses(regions: Regions, dx: Floats, dy: Floats, pixel: tuple[Floats, Floats]) -> Columns:
    """Axes and orientation of the ellipse with the mask's second moments.

    A full axis is four times the square root of a principal moment. A pixel's own extent adds 1/12.
    """
    height, width = pixel
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


def _photometry(regions: Regions, intensity: NDArray[np.floating[Any]], scale: int) -> Columns:
    """Intensities, and the centroid weighted by darkness."""
    values = intensity[regions.y, regions.x].astype(np.float64)
    darkness = regions.total(1 - values)
    return {
        "x_weighted_px": native_pixel(regions.total((1 - values) * regions.x) / darkness, scale),
        "y_weighted_px": native_pixel(regions.total((1 - values) * regions.y) / darkness, scale),
        "min_intensity": regions.lowest(values),
        "mean_intensity": regions.mean(values),
    }


def _touches_edge(regions: Regions, intensity: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Whether a pixel of the mask has one of its eight neighbours beyond the patch or missing."""
    known = np.pad(np.isfinite(intensity), 1)
    touching = np.zeros(len(regions.feature), np.bool_)
    for dy in range(3):
        for dx in range(3):
            touching |= ~known[regions.y + dy, regions.x + dx]
    return np.bincount(regions.feature[touching], minlength=regions.n) > 0
