"""A frame of a run and pieces of it: images, masks and rows of features."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.geometry import CeaGrid

Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Scene:
    """One frame to draw: native images and the features found in it.

    Attributes
    ----------
    title : str
        Line above the picture.
    t_rec : numpy.datetime64
        Record time, TAI.
    intensity : ndarray, (y, x)
        Prepared intensity, quiet-Sun units.
    br : ndarray, (y, x), or None
        Radial field, G.
    labels : ndarray of int, (y, x) of the working grid
    features : mapping
        Columns of the frame's features, at least `label` and `kind`; from a run all that
        `flows.scenes` reads.
    grid : CeaGrid
        Native grid.
    """

    title: str
    t_rec: np.datetime64
    intensity: NDArray[np.floating[Any]]
    br: NDArray[Any] | None
    labels: NDArray[np.integer[Any]]
    features: dict[str, NDArray[Any]]
    grid: CeaGrid

    @property
    def scale(self) -> int:
        """Pixels of the working grid to a native one along an axis."""
        return int(self.labels.shape[0] // self.intensity.shape[0])


@dataclass(frozen=True, eq=False)
class Cutout:
    """The surroundings of one feature; what lies outside the patch is NaN, and no feature.

    Attributes
    ----------
    pore_id : str
    t_rec : numpy.datetime64
        Record time, TAI.
    first : tuple of int
        Row and column of the first pixel in the patch, native; negative outside it.
    intensity : ndarray, (y, x)
        Prepared intensity, quiet-Sun units, native pixels.
    br : ndarray, (y, x), or None
        Radial field, G, native pixels.
    mask : ndarray of bool, (scale y, scale x)
        Pixels of the feature on the working grid.
    others : ndarray of bool, (scale y, scale x)
        Pixels of other features on the working grid.
    grid : CeaGrid
        Grid of the native pixels of the cut-out.
    """

    pore_id: str
    t_rec: np.datetime64
    first: tuple[int, int]
    intensity: Image
    br: Image | None
    mask: NDArray[np.bool_]
    others: NDArray[np.bool_]
    grid: CeaGrid


def cut_out(
    scene: Scene, pore_id: str, label: int, first: NDArray[np.integer[Any]], stop: NDArray[np.integer[Any]]
) -> Cutout:
    """Native rows and columns from `first` up to `stop`, which may lie outside the patch."""
    y, x = int(first[0]), int(first[1])
    labels = _window(scene.labels, first * scene.scale, stop * scene.scale, 0)
    crpix = scene.grid.crpix[0] - x, scene.grid.crpix[1] - y
    intensity = _window(scene.intensity, first, stop, np.nan)
    return Cutout(
        pore_id,
        scene.t_rec,
        (y, x),
        intensity,
        None if scene.br is None else _window(scene.br, first, stop, np.nan),
        labels == label,
        (labels != label) & (labels != 0),
        replace(scene.grid, crpix=crpix, shape=intensity.shape),
    )


def _window(image: NDArray[Any], first: NDArray[Any], stop: NDArray[Any], outside: float) -> NDArray[Any]:
    """Rows and columns of an image from `first` up to `stop`, which may lie outside it."""
    window = np.full(stop - first, outside, image.dtype)
    low, high = np.maximum(first, 0), np.minimum(stop, image.shape)
    if (low < high).all():
        (y, x), (y1, x1) = low - first, high - first
        window[y:y1, x:x1] = image[low[0] : high[0], low[1] : high[1]]
    return window
