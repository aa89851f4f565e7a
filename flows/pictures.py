"""Pictures of what was found: features outlined on the intensity and on the radial field."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from flows.outlines import COLOURS, outlines
from flows.scenes import HarpScenes, Scene
from pores.errors import PorelakeError
from pores.record_time import tai_to_utc
from storage.lake import Lake
from storage.runs import CurrentRun
from storage.tables import read_table

_FIELD_LIMIT_G = 2000.0


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
        handles = [Line2D([], [], color=colour, label=kind) for kind, colour in COLOURS.items()]
        axes[0].legend(handles=handles, loc="upper left", framealpha=0.6, fontsize=9)
        figure.suptitle(f"{scene.title}\n{_times(scene.t_rec)}", fontsize=12)
        figure.savefig(out, metadata={"Software": "porelake"})


def _times(t_rec: np.datetime64) -> str:
    """The record's time as the tables have it, and as clocks did."""
    tai, utc = (str(time.astype("datetime64[s]")).replace("T", " ") for time in (t_rec, tai_to_utc(t_rec)))
    return f"T_REC {tai} TAI = {utc} UTC"


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
    lines = outlines(scene.labels, scene.scale)
    for label, kind in zip(scene.features["label"], scene.features["kind"], strict=True):
        for line in lines[label]:
            axes.plot(*(line.T * km), color=COLOURS[kind], linewidth=0.9)
        axes.annotate(
            str(label),
            np.max([line.max(axis=0) for line in lines[label]], axis=0) * km,
            xytext=(1, 1),
            textcoords="offset points",
            color=COLOURS[kind],
            fontsize=7,
        )


def frame_scene(lake: Lake, run: CurrentRun, t_rec: np.datetime64) -> Scene:
    """One frame of a run, ready to be drawn."""
    return HarpScenes(lake, run).scene(t_rec)


def busiest(lake: Lake, runs: Sequence[CurrentRun]) -> tuple[CurrentRun, np.datetime64]:
    """The run and frame with most features."""
    best: tuple[int, CurrentRun, np.datetime64] | None = None
    for run in runs:
        frames = read_table(lake.table("frames", run.harpnum, run.run_id), ["t_rec", "n_pores"])
        for t_rec, n in zip(frames["t_rec"], frames["n_pores"], strict=True):
            if n is not None and (best is None or n > best[0]):
                best = n, run, t_rec
    if best is None:
        raise PorelakeError(f"{lake.root}: no usable frame to draw")
    return best[1], best[2]
