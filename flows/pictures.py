"""The picture of a frame: features outlined on the intensity and on the radial field."""

from collections.abc import Sequence

import numpy as np

from flows.canvas import StillCanvas
from flows.movie_colours import RGB, field_scale, prepared_scale
from flows.movie_layout import lay_out
from flows.movie_look import FULL_HD
from flows.movie_picture import Painter
from flows.movie_times import moments
from flows.movie_trails import Trails
from flows.scenes import HarpScenes
from pores.errors import PorelakeError
from storage.lake import Lake
from storage.runs import CurrentRun
from storage.tables import read_table


def draw(scenes: HarpScenes, t_rec: np.datetime64) -> RGB:
    """A frame as a movie of its HARP shows it, (y, x, 3): in grey, and without trails and pace.

    Nothing of it needs matplotlib or sunpy, which would take longer to load than all else.

    Raises
    ------
    PorelakeError
        If the frame can't be read.
    """
    scales = (prepared_scale(), field_scale(grey=True))[: 1 + scenes.has_field]
    layout = lay_out(scenes.shape, len(scales), FULL_HD)
    canvas = StillCanvas(layout.width, layout.height)
    key = "", f"{scenes.run.series} · run {scenes.run.run_id}"
    this = scenes.frames["t_rec"] == t_rec
    (moment,) = moments({name: values[this] for name, values in scenes.frames.items()})
    return Painter(scenes, layout, canvas, scales, Trails(scenes.pores, 0.0), key).picture(moment)


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
