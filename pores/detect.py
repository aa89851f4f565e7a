"""Dark features of a frame, which of them are umbrae, and what is a little too bright to be one.

A pore has no penumbra. What tells an umbra from one is not the grey around it alone, since in crowded groups
neighbours make grey too, but that it is large and lies deep in a grey structure
(docs/decisions/0005-pore-or-umbra.md).
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from pores.connected import Ints, connected_sets
from pores.parameters import DetectParameters
from pores.regions import Regions
from pores.rims import rim_shares

Labels = NDArray[np.int32]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Strings = NDArray[np.object_]

FINE_PX_PER_NATIVE = 4


@dataclass(frozen=True, eq=False)
class Shades:
    """Connected regions of an image below each level that matters: flat indices of pixels, region of each.

    What is dark is in what is faint, and that in what is grey, so that the image is gone through once.
    """

    dark: tuple[Ints, Ints]
    faint: tuple[Ints, Ints]
    grey: tuple[Ints, Ints]

    @classmethod
    def of(cls, intensity: NDArray[np.floating], parameters: DetectParameters) -> Self:
        """Find the regions of a prepared intensity (y, x); NaN is not below any level."""
        levels = (parameters.threshold, parameters.faint_threshold, parameters.penumbra_threshold)
        grey = max(levels[0], levels[2])
        pixels = np.flatnonzero(intensity < max(levels))
        values = intensity.ravel()[pixels]
        sets = [pixels[values < level] for level in (levels[0], levels[1], grey)]
        regions = connected_sets(sets, intensity.shape, parameters.connectivity == 8)
        return cls(*zip(sets, regions, strict=True))


def detect(
    intensity: NDArray[np.floating],
    parameters: DetectParameters,
    scale: int,
    shades: Shades | None = None,
) -> Regions:
    """Find the connected dark features that are large enough.

    Parameters
    ----------
    intensity : ndarray
        Prepared intensity (y, x) of the working grid, in units of the quiet Sun; NaN is never dark.
    parameters : DetectParameters
    scale : int
        Working pixels per native pixel along an axis, 1 or 2: on the native grid a feature needs a quarter of
        `min_area_fine_px`, rounded up.
    shades : Shades, optional
        Those of the image, if they have been found before.

    Returns
    -------
    Regions
        Features numbered in raster order of their first pixels, with their label image (int32).
    """
    pixels, region = (shades or Shades.of(intensity, parameters)).dark
    large = np.bincount(region) >= smallest_area(parameters, scale)
    return _kept(intensity.shape, pixels, region, large)


def detect_faint(
    intensity: NDArray[np.floating],
    pores: Labels,
    parameters: DetectParameters,
    scale: int,
    shades: Shades | None = None,
) -> Regions:
    """Find the connected regions below `faint_threshold` that are large enough and hold no pore.

    Parameters
    ----------
    intensity : ndarray
        As for `detect`.
    pores : ndarray of int
        The label image of the frame's pores.
    parameters, scale, shades
        As for `detect`.

    Returns
    -------
    Regions
        As `detect` returns them.
    """
    pixels, region = (shades or Shades.of(intensity, parameters)).faint
    faint = np.bincount(region) >= smallest_area(parameters, scale)
    faint[region[pores.ravel()[pixels] > 0]] = False
    return _kept(intensity.shape, pixels, region, faint)


def smallest_area(parameters: DetectParameters, scale: int) -> int:
    """Pixels of the working grid that a feature needs."""
    return -(-parameters.min_area_fine_px * scale**2 // FINE_PX_PER_NATIVE)


def classify(
    intensity: NDArray[np.floating],
    regions: Regions,
    pixel_area_mm2: float,
    parameters: DetectParameters,
    shades: Shades | None = None,
) -> tuple[Strings, Floats]:
    """Tell umbrae from pores.

    The structure of a feature is the connected region below `penumbra_threshold` that holds it; its rim, the
    pixels between `rim_inner_mm` and `rim_outer_mm` outside of it. A feature of at least
    `umbra_min_area_mm2` is an umbra if a share of `umbra_rim` of its rim is below that threshold. The
    structure of such a feature is a spot: there, every other feature of that size is an umbra too, and a
    smaller one if the share is at least `fragment_rim`. All others are pores.

    Parameters
    ----------
    intensity : ndarray
        As given to `detect`.
    regions : Regions
        As returned by it.
    pixel_area_mm2 : float
        Area of a pixel of the working grid, Mm^2.
    parameters, shades
        As for `detect`.

    Returns
    -------
    kind : object array of str, (n,)
        ``pore`` or ``umbra``.
    spot_area_mm2 : ndarray, (n,)
        Area of the feature's structure, Mm^2.
    """
    structures, spot_areas = _structures(regions, *(shades or Shades.of(intensity, parameters)).grey)
    large = regions.area * pixel_area_mm2 >= parameters.umbra_min_area_mm2
    asked = np.isin(structures, structures[large])
    embedded = rim_shares(intensity, regions, pixel_area_mm2**0.5, parameters, asked)
    in_spot = np.isin(structures, structures[large & (embedded >= parameters.umbra_rim)])
    umbra = in_spot & (large | (embedded >= parameters.fragment_rim))
    kind: Strings = np.where(umbra, "umbra", "pore").astype(object)
    return kind, spot_areas * pixel_area_mm2


def neighbours(parameters: DetectParameters) -> Mask:
    """Which of the pixels around one connect to it, (3, 3)."""
    diagonal = parameters.connectivity == 8
    return np.asarray(ndimage.generate_binary_structure(2, 2 if diagonal else 1))


def _kept(shape: tuple[int, ...], pixels: Ints, region: Ints, kept: Mask) -> Regions:
    """The regions that are kept, numbered in their order."""
    label = (np.cumsum(kept, dtype=np.int32) * kept)[region]
    labels = np.zeros(shape, np.int32)
    labels.ravel()[pixels] = label
    inside = np.flatnonzero(label)
    return Regions.of_pixels(labels, pixels[inside], label[inside].astype(np.intp) - 1)


def _structures(regions: Regions, pixels: Ints, structure: Ints) -> tuple[Ints, Floats]:
    """Structure of each feature, as a number, and its area in pixels."""
    y, x = regions.y[regions.first], regions.x[regions.first]  # any pixel: all of a feature is in one
    first = y * regions.labels.shape[1] + x
    of_feature = structure[np.searchsorted(pixels, first)]
    return of_feature, np.bincount(structure)[of_feature].astype(np.float64)
