"""Tracking of a long series: discs that live and go on a patch that rotates with the Sun."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.record import SHAPE
from benchmarks.report import Table
from benchmarks.timing import in_turns
from pores.geometry import CeaGrid, Observer, mu_at, native_pixel
from pores.motion import drift_rate
from pores.parameters import TrackParameters
from pores.record_time import format_compact
from pores.track import Columns, FrameSeries, Sightings, track
from storage.labels import read_labels, write_labels

FRAMES, ROWS, COLS, BLOCK = 1200, 5, 9, 60
LIFE, GONE = 90, 10  # frames
_START, _CADENCE = np.datetime64("2011-02-12", "ms"), np.timedelta64(720_000, "ms")
_OBSERVER = Observer(120.0, 0.0, 1.496e11)
_Labels = NDArray[np.int32]


class Discs:
    """A series of frames, each with about forty discs; now and then one goes, and comes again."""

    def __init__(self, scratch: Path) -> None:
        slots = np.arange(FRAMES)
        self.t_rec = _START + slots * _CADENCE
        self.grids = [_grid(slot) for slot in slots]
        rng = np.random.default_rng(377)
        self._radius = rng.uniform(3, 9, ROWS * COLS)
        self._first = rng.integers(0, LIFE + GONE, ROWS * COLS)
        walks = rng.normal(0, 0.7, (FRAMES, ROWS * COLS, 2)).cumsum(axis=0)
        self._steps = np.abs(walks % 60 - 30) - 15  # to and fro within a cell
        self._files = [scratch / f"discs_{i}.h5" for i in range(0, FRAMES, BLOCK)]
        self.pores = self._made()

    def labels(self, frame: int) -> _Labels:
        """Read a label image as a run does."""
        return read_labels(self._files[frame // BLOCK], self.t_rec[frame])

    def series(self) -> FrameSeries:
        """The frames."""
        return FrameSeries(self.t_rec, np.ones(FRAMES, bool), self.grids, [_OBSERVER] * FRAMES, 2)

    def _made(self) -> Columns:
        """Write the label images and return the rows of `pores`."""
        parts = []
        for block, path in enumerate(self._files):
            frames = range(block * BLOCK, (block + 1) * BLOCK)
            images = [self._image(frame) for frame in frames]
            write_labels(path, list(self.t_rec[frames.start : frames.stop]), images)
            parts += [self._rows(frame, image) for frame, image in zip(frames, images, strict=True)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _image(self, frame: int) -> _Labels:
        image = np.zeros((2 * SHAPE[0], 2 * SHAPE[1]), np.int32)
        alive = np.flatnonzero((frame + self._first) % (LIFE + GONE) < LIFE)
        for number, disc in enumerate(alive, 1):
            cell_y, cell_x = divmod(int(disc), COLS)
            dy, dx = self._steps[frame, disc]
            y, x = 70 + 150 * cell_y + dy, 90 + 160 * cell_x + dx
            top, left, r = int(y) - 12, int(x) - 12, self._radius[disc]
            yy, xx = np.ogrid[top : top + 25, left : left + 25]
            image[top : top + 25, left : left + 25][(yy - y) ** 2 + (xx - x) ** 2 <= r**2] = number
        return image

    def _rows(self, frame: int, image: _Labels) -> Columns:
        grid, n = self.grids[frame], int(image.max())
        y, x = np.nonzero(image)
        owner = image[y, x] - 1
        area = np.bincount(owner, minlength=n)
        x_px, y_px = (native_pixel(np.bincount(owner, at, n) / area, 2) for at in (x, y))
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


def tracking_table(scratch: Path, rounds: int) -> Table:
    """Time tracking, the reading of label images included."""
    discs = Discs(scratch)
    series, tracked = discs.series(), []

    def follow() -> None:
        tracked.append(
            len(track(Sightings(discs.pores, series, discs.labels), TrackParameters()).tracks["track_id"])
        )

    time = in_turns({"track": follow}, rounds)["track"]
    n = len(discs.pores["label"])
    rows = [("track, label images read from files", time, time.scaled(1e3 / FRAMES))]
    what = f"{FRAMES} frames, {n / FRAMES:.0f} features in each, {tracked[-1]} tracks."
    return Table("Tracking of a long series", ("", "s", "ms per frame"), rows, what)


def _grid(slot: int) -> CeaGrid:
    lon = 60.0 + float(drift_rate(15.0)) * slot * 0.5 / 120
    crpix = ((SHAPE[1] + 1) / 2, (SHAPE[0] + 1) / 2)
    return CeaGrid(SHAPE, crpix, (lon, 15.0), (0.03, 0.03), 6.96e8)
