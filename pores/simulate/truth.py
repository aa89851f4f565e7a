"""The dark features that are truly there in a record.

A feature is a connected region in which the noise-free scene, blurred by the whole instrument (optics, CCD
pixel, mapping to CEA) but not sampled, is below half the quiet Sun. It is found on a grid of 4 x 4 samples to
a native pixel, made by Fourier interpolation, and parted where pores of opposite polarity touch. What lies
nearer the limb than the limit of mu is cut off, as missing data are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy import ndimage
from skimage.measure import perimeter_crofton

from pores.geometry import mu_at
from pores.parameters import DetectParameters
from pores.simulate.apart import apart
from pores.simulate.orbit import RSUN_M, Place
from pores.simulate.profiles import THRESHOLD
from pores.simulate.scene import MARGIN, OVERSAMPLING, Scene, Seen
from pores.simulate.sight import FINE, blind_samples, touches
from pores.simulate.stage import PIXEL_MM

Image = NDArray[np.float32]
Ints = NDArray[np.intp]

SAMPLE_MM2 = (PIXEL_MM / FINE) ** 2
LIMIT_FINE_PX = DetectParameters().min_area_fine_px  # pixels of the x2 grid
LIMIT_MM2 = LIMIT_FINE_PX * PIXEL_MM**2 / 4
SMALLEST = FINE**2 * LIMIT_FINE_PX // 4 // 2  # samples: half the limit
GREY = DetectParameters().penumbra_threshold
CM2_PER_MM2 = 1e16
_AROUND = 4  # scene pixels beyond a feature that interpolation uses


@dataclass(frozen=True)
class Feature:
    """One true feature.

    Attributes
    ----------
    row : dict
        Columns of `pores` that a record alone decides.
    samples : mapping of int to (rows, columns)
        Scripted pore to the samples it darkens most, on the fine grid of the patch.
    """

    row: dict[str, Any]
    samples: dict[int, tuple[Ints, Ints]] = field(repr=False)

    @property
    def in_full(self) -> bool:
        """Whether it is as large as the detection limit."""
        return bool(self.row["area_mm2"] >= LIMIT_MM2)


@dataclass(frozen=True)
class TrueFrame:
    """The features of a record, and where every scripted pore is or would be, native pixels (x, y)."""

    frame: int
    features: Sequence[Feature]
    pixels: Mapping[int, tuple[float, float]]
    place: Place


def features(scene: Scene, seen: Seen) -> list[Feature]:
    """The features of a record, in raster order of their first samples; those of half the limit or more."""
    dark = _fine(scene, seen.intensity) < THRESHOLD
    if (unseen := blind_samples(seen.place)) is not None:
        dark &= ~unseen
    labels = apart(ndimage.label(dark)[0], partial(_at, seen.br), 2 * SMALLEST)
    large = np.flatnonzero(np.bincount(labels.ravel())[1:] >= SMALLEST) + 1
    boxes = ndimage.find_objects(labels)
    spots, _ = ndimage.label(scene.native(seen.intensity) < GREY)
    spot_areas = np.bincount(spots.ravel()) * PIXEL_MM**2
    found = []
    for label, index in enumerate(large, 1):
        box = boxes[index - 1]
        inside = labels[box] == index
        rows, cols = (axis + part.start for axis, part in zip(np.nonzero(inside), box, strict=True))
        row = {"label": label, **_shape(inside, rows, cols), **_on_sun(seen.place, rows, cols)}
        row |= _light_and_field(seen, rows, cols, inside)
        middle = rows.size // 2
        spot = spots[int(rows[middle] // FINE), int(cols[middle] // FINE)]
        row["spot_area_mm2"] = max(float(spot_areas[spot]) if spot else 0.0, row["area_mm2"])
        row["touches_edge"] = touches(seen.place, rows, cols)
        found.append(_attributed(scene, seen, row, rows, cols))
    return found


def _fine(scene: Scene, image: Image) -> Image:
    """The patch on the fine grid: sample i is at native pixel i / FINE - 1/2 + 1 / (2 FINE)."""
    ny, nx = scene.spectrum.shape
    more = FINE // OVERSAMPLING
    transform = scipy.fft.rfft2(image)
    padded = np.zeros((ny * more, nx * more // 2 + 1), transform.dtype)
    padded[: ny // 2, : nx // 2] = transform[: ny // 2, : nx // 2]
    padded[-(ny // 2) :, : nx // 2] = transform[-(ny // 2) :, : nx // 2]
    # Samples sit at the centres of FINE x FINE cells of a native pixel: half a sample off the scene's points.
    shift = 0.5 / more
    ky = np.fft.fftfreq(ny * more)[:, None] * more
    kx = np.fft.rfftfreq(nx * more)[None, :] * more
    padded *= np.exp(2j * np.pi * shift * ky).astype(np.complex64)
    padded *= np.exp(2j * np.pi * shift * kx).astype(np.complex64)
    fine = scipy.fft.irfft2(padded, s=(ny * more, nx * more)) * np.float32(more**2)
    start = FINE * MARGIN - FINE // 2
    rows, cols = scene.parameters.shape
    return np.asarray(fine[start : start + FINE * rows, start : start + FINE * cols], np.float32)


def _native(sample: NDArray[Any]) -> NDArray[np.float64]:
    """Native pixel of a sample of the fine grid."""
    return (np.asarray(sample, float) + 0.5) / FINE - 0.5


def _shape(inside: NDArray[np.bool_], rows: Ints, cols: Ints) -> dict[str, Any]:
    area = rows.size * SAMPLE_MM2
    spread = np.cov(np.stack([cols, rows]).astype(float)) + np.eye(2) / 12
    (minor, major), axes = np.linalg.eigh(spread)
    step = PIXEL_MM / FINE
    angle = np.degrees(np.arctan2(axes[1, 1], axes[0, 1]))
    return {
        "x_px": float(_native(cols).mean()),
        "y_px": float(_native(rows).mean()),
        "area_px": max(1, round(rows.size * 4 / FINE**2)),
        "area_mm2": area,
        "area_msh": area / (2 * np.pi * (RSUN_M / 1e6) ** 2) * 1e6,
        "perimeter_mm": float(perimeter_crofton(np.pad(inside, 1), 4)) * step,
        "major_axis_mm": 4 * float(np.sqrt(major)) * step,
        "minor_axis_mm": 4 * float(np.sqrt(minor)) * step,
        "orientation_deg": float((angle + 90) % 180 - 90),
    }


def _on_sun(where: Place, rows: Ints, cols: Ints) -> dict[str, Any]:
    x, y = (np.array([_native(axis).mean()]) for axis in (cols, rows))
    lon, lat = where.grid.to_carrington(x, y)
    return {
        "lon": float(lon[0]),
        "lat": float(lat[0]),
        "mu": float(mu_at(lon, lat, where.observer, RSUN_M)[0]),
    }


def _light_and_field(seen: Seen, rows: Ints, cols: Ints, inside: NDArray[np.bool_]) -> dict[str, Any]:
    """Means over the region of the noise-free intensity and field."""
    light = _at(seen.intensity, rows, cols)
    br, bp, bt = (_at(image, rows, cols) for image in (seen.br, seen.bp, seen.bt))
    rim = np.pad(inside, 1)
    rim = ndimage.binary_dilation(rim) & ~ndimage.binary_erosion(rim)  # both sides of the outline
    edge = [axis + first.min() - 1 for axis, first in zip(np.nonzero(rim), (rows, cols), strict=True)]
    weight = (1 - light) / (1 - light).sum()
    return {
        "x_weighted_px": float(_native(cols) @ weight),
        "y_weighted_px": float(_native(rows) @ weight),
        "mean_br": float(br.mean()),
        "mean_bp": float(bp.mean()),
        "mean_bt": float(bt.mean()),
        "mean_b": float(np.sqrt(br**2 + bp**2 + bt**2).mean()),
        "boundary_br": float(_at(seen.br, edge[0], edge[1]).mean()),
        "flux_mx": float(np.abs(br).sum() * SAMPLE_MM2 * CM2_PER_MM2),
        "min_intensity": float(light.min()),
        "mean_intensity": float(light.mean()),
    }


def _at(image: Image, rows: Ints, cols: Ints) -> NDArray[np.float64]:
    """An image of the scene at samples of the fine grid, by cubic interpolation."""
    y, x = (OVERSAMPLING * (_native(axis) + MARGIN) for axis in (rows, cols))
    top, left = (max(0, int(axis.min()) - _AROUND) for axis in (y, x))
    window = image[top : int(y.max()) + _AROUND, left : int(x.max()) + _AROUND]
    return np.asarray(
        ndimage.map_coordinates(window, [y - top, x - left], np.float64, order=3, mode="nearest")
    )


def _attributed(scene: Scene, seen: Seen, row: dict[str, Any], rows: Ints, cols: Ints) -> Feature:
    """The feature with the scripted pores that make it."""
    y, x = (np.rint(OVERSAMPLING * (_native(axis) + MARGIN)).astype(int) for axis in (rows, cols))
    owner = seen.owner[y, x]
    samples = {int(pore): (rows[owner == pore], cols[owner == pore]) for pore in np.unique(owner) if pore}
    spot_numbers = {pore.number for pore in scene.script if pore.kind == "spot"}
    in_spot = sum(part[0].size for pore, part in samples.items() if pore in spot_numbers)
    row["kind"] = "umbra" if 2 * in_spot > rows.size else "pore"
    return Feature(row, samples)
