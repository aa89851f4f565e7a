"""Long series to track: discs that live and go on a patch that rotates with the Sun."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.record import SHAPE
from pores.geometry import CeaGrid, Observer, mu_at, native_pixel
from pores.motion import drift_rate
from pores.record_time import format_compact
from pores.runs import Runs, spread
from pores.track import Columns, FrameSeries, Sightings
from storage.labels import LabelReader, write_labels

BLOCK = 60  # frames to a file of label images
LIFE, GONE = 90, 10  # frames
_START, _CADENCE = np.datetime64("2011-02-12", "ms"), np.timedelta64(720_000, "ms")
_OBSERVER = Observer(120.0, 0.0, 1.496e11)
_HEIGHT, _WIDTH = 2 * SHAPE[0], 2 * SHAPE[1]  # of the working grid


@dataclass(frozen=True)
class Stock:
    """How many discs there are, in cells of the patch, and how large they are, pixels of the working grid.

    Attributes
    ----------
    rows, cols : int
        Cells; nine in ten have a disc at a time.
    radius : tuple of float
        Least and largest.
    swing : float
        How far a disc goes to and fro about the middle of its cell.
    """

    rows: int
    cols: int
    radius: tuple[float, float]
    swing: float

    @property
    def n(self) -> int:
        """Number of cells."""
        return self.rows * self.cols


FORTY = Stock(5, 9, (3.0, 9.0), 15.0)
FIVE_HUNDRED = Stock(19, 29, (3.0, 6.5), 8.0)
# The same discs, closer and closer: 250, 500 and 1000 of them at a time.
DENSER = (
    Stock(14, 20, (2.0, 4.5), 4.0),
    Stock(19, 29, (2.0, 4.5), 4.0),
    Stock(26, 43, (2.0, 4.5), 4.0),
)


class Discs:
    """Frames of discs; now and then one goes, and comes again."""

    def __init__(self, scratch: Path, stock: Stock, n_frames: int) -> None:
        self.n_frames = n_frames
        self.t_rec = _START + np.arange(n_frames) * _CADENCE
        self._stock, rng = stock, np.random.default_rng(377)
        self._radius = rng.uniform(*stock.radius, stock.n)
        self._first = rng.integers(0, LIFE + GONE, stock.n)
        walks = rng.normal(0, 0.7, (n_frames, stock.n, 2)).cumsum(axis=0)
        self._steps = np.abs(walks % (4 * stock.swing) - 2 * stock.swing) - stock.swing
        self._grids = [_grid(slot) for slot in range(n_frames)]
        self._files = [
            scratch / f"discs_{stock.n}_{stock.swing:.0f}_{i}.h5" for i in range(0, n_frames, BLOCK)
        ]
        self._pores = self._made()

    def sightings(self, n_frames: int | None = None) -> Sightings:
        """What a tracker is given, of the first so many frames."""
        n = n_frames or self.n_frames
        rows = self._pores["t_rec"] < _START + n * _CADENCE
        series = FrameSeries(self.t_rec[:n], np.ones(n, bool), self._grids[:n], [_OBSERVER] * n, 2)
        reader = LabelReader()

        def labels(frame: int) -> Runs:
            """Read the features of a frame as a run does."""
            return reader.runs(self._files[frame // BLOCK], self.t_rec[frame])

        return Sightings({name: values[rows] for name, values in self._pores.items()}, series, labels)

    def _made(self) -> Columns:
        """Write the label images and return the rows of `pores`."""
        parts = []
        for block, path in enumerate(self._files):
            frames = range(block * BLOCK, min((block + 1) * BLOCK, self.n_frames))
            images = [self._runs(frame) for frame in frames]
            write_labels(path, list(self.t_rec[frames.start : frames.stop]), images)
            parts += [self._rows(frame, runs) for frame, runs in zip(frames, images, strict=True)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _runs(self, frame: int) -> Runs:
        """Every row of every disc is a run."""
        stock = self._stock
        alive = np.flatnonzero((frame + self._first) % (LIFE + GONE) < LIFE)
        cell_y, cell_x = np.divmod(alive, stock.cols)
        dy, dx = self._steps[frame, alive].T
        middle, r = (cell_y + 0.5) * _HEIGHT / stock.rows + dy, self._radius[alive]
        top = np.ceil(middle - r).astype(np.intp)
        rows = np.floor(middle + r).astype(np.intp) - top + 1
        disc, y = np.repeat(np.arange(len(alive)), rows), spread(top, rows)
        half = np.sqrt(np.maximum(r[disc] ** 2 - (y - middle[disc]) ** 2, 0))
        x = ((cell_x + 0.5) * _WIDTH / stock.cols + dx)[disc]
        left, right = np.ceil(x - half).astype(np.intp), np.floor(x + half).astype(np.intp)
        some = np.lexsort((left, y))
        some = some[left[some] <= right[some]]
        length = right - left + 1
        return Runs(disc[some] + 1, y[some], left[some], length[some], (_HEIGHT, _WIDTH))

    def _rows(self, frame: int, runs: Runs) -> Columns:
        grid, n = self._grids[frame], int(runs.label.max())
        area = np.bincount(runs.label - 1, runs.length, n)
        centres = runs.x + (runs.length - 1) / 2, runs.y
        sums = (np.bincount(runs.label - 1, runs.length * at, n) for at in centres)
        x_px, y_px = (native_pixel(total / area, 2) for total in sums)
        lon, lat = grid.to_carrington(x_px, y_px)
        label, stem = np.arange(1, n + 1, dtype=np.int32), f"377_{format_compact(self.t_rec[frame])}"
        mm2 = area * grid.pixel_area_mm2 / 4
        same: dict[str, Any] = {
            "harpnum": np.int32(377),
            "mean_br": 1500.0,
            "kind": "pore",
            "touches_edge": False,
        }
        return {
            "t_rec": np.full(n, self.t_rec[frame]),
            "pore_id": np.array([f"{stem}_{i:03d}" for i in label], object),
            "label": label, "x_px": x_px, "y_px": y_px, "lon": lon, "lat": lat,
            "mu": mu_at(lon, lat, _OBSERVER, grid.rsun_m), "area_px": area.astype(np.int32),
            "area_mm2": mm2, "flux_mx": mm2 * 1.5e19,
            **{name: np.full(n, value) for name, value in same.items()},
        }  # fmt: skip


def _grid(slot: int) -> CeaGrid:
    lon = 60.0 + float(drift_rate(15.0)) * slot * 0.5 / 120
    crpix = ((SHAPE[1] + 1) / 2, (SHAPE[0] + 1) / 2)
    return CeaGrid(SHAPE, crpix, (lon, 15.0), (0.03, 0.03), 6.96e8)
