"""Pictures of what was found: features outlined on the intensity and on the radial field."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from skimage.measure import find_contours

from pores.geometry import CeaGrid, native_pixel
from pores.record_time import tai_to_utc

_COLOURS = {"pore": "#ffb000", "umbra": "#39c6ff"}
_FIELD_LIMIT_G = 1500.0


@dataclass(frozen=True)
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
        Columns `label`, `kind`, `x_px`, `y_px` and `track_id` of the frame's features.
    grid : CeaGrid
        Native grid.
    """

    title: str
    t_rec: np.datetime64
    intensity: NDArray[np.floating[Any]]
    br: NDArray[np.floating[Any]] | None
    labels: NDArray[np.integer[Any]]
    features: dict[str, NDArray[Any]]
    grid: CeaGrid


def draw(scene: Scene, out: Path) -> None:
    """Write a PNG of a frame: intensity and Br side by side, features outlined and numbered."""
    ny, nx = scene.intensity.shape
    width = 7.2 if scene.br is not None else 9.0
    panels = 1 if scene.br is None else 2
    stacked = nx > 1.3 * ny
    rows, columns = (panels, 1) if stacked else (1, panels)
    height = width * ny / nx
    with mpl.rc_context({"font.size": 10, "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(width * columns + 1.3, height * rows + 1.1), dpi=150, layout="constrained")
        axes = figure.subplots(rows, columns, squeeze=False).ravel()
        _image(figure, axes[0], scene, scene.intensity, ("gray", 0.2, 1.2, "Intensity (quiet Sun = 1)"))
        if scene.br is not None:
            limits = ("gray", -_FIELD_LIMIT_G, _FIELD_LIMIT_G, "$B_r$ (G)")
            _image(figure, axes[1], scene, scene.br, limits)
        clock = str(tai_to_utc(scene.t_rec).astype("datetime64[s]")).replace("T", " ")
        figure.suptitle(f"{scene.title}   {clock} UTC", fontsize=12)
        figure.savefig(out, metadata={"Software": "porelake"})


def _image(
    figure: Figure, axes: Axes, scene: Scene, image: NDArray[Any], look: tuple[str, float, float, str]
) -> None:
    colours, low, high, label = look
    km = scene.grid.pixel_km / 1000
    ny, nx = image.shape
    extent = (-0.5 * km, (nx - 0.5) * km, -0.5 * km, (ny - 0.5) * km)
    shown = axes.imshow(image, origin="lower", cmap=colours, vmin=low, vmax=high, extent=extent)
    axes.set_facecolor("#223")
    axes.set_xlabel("west (Mm)")
    axes.set_ylabel("north (Mm)")
    figure.colorbar(shown, ax=axes, label=label, pad=0.01, aspect=30)
    _outlines(axes, scene, km)


def _outlines(axes: Axes, scene: Scene, km: float) -> None:
    scale = scene.labels.shape[0] // scene.intensity.shape[0]
    for label, kind, x, y in zip(*(scene.features[name] for name in ("label", "kind", "x_px", "y_px")), strict=True):
        rows, columns = np.nonzero(scene.labels == label)
        corner = np.array([rows.min(), columns.min()])
        mask = np.zeros((np.ptp(rows) + 3, np.ptp(columns) + 3))
        mask[rows - corner[0] + 1, columns - corner[1] + 1] = 1
        for outline in find_contours(mask, 0.5):
            line_y, line_x = native_pixel((outline + corner - 1).T, scale) * km
            axes.plot(line_x, line_y, color=_COLOURS[kind], linewidth=0.9)
        axes.annotate(
            str(label), (x * km, y * km), xytext=(7, 7), textcoords="offset points", color=_COLOURS[kind], fontsize=7
        )
