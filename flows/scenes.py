"""The frames of one run as they are drawn and cut out: images, masks and rows of features, read once."""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flows.cutouts import Cutout, Image, Scene, cut_out
from pores.chain import prepared_intensity
from pores.errors import InputError, PorelakeError
from pores.geometry import CeaGrid
from pores.parameters import Parameters
from storage.cubes import Cube
from storage.labels import read_labels
from storage.lake import Lake
from storage.remote import pull
from storage.runs import CurrentRun
from storage.tables import Columns, read_table

__all__ = ["Cutout", "HarpScenes", "Scene", "track_numbers"]

SEGMENTS = ("continuum", "Br")
FEATURE_COLUMNS = ("pore_id", "track_id", "label", "kind", "x_px", "y_px", "t_rec")
_FRAME_COLUMNS = (
    *("t_rec", "usable", "reason", "detail", "labels_file", "quiet_sun", "mu_center", "nx", "ny"),
    *("crval1", "crval2", "crln_obs", "n_pores"),
)


class HarpScenes:
    """Scenes and cut-outs of a run. Frames are fastest in the order of time: the last one is kept.

    Attributes
    ----------
    frames : dict of ndarray
        What the table `frames` says of every frame of the run, by time.
    pores : dict of ndarray
        `FEATURE_COLUMNS` of every feature of the run.

    Raises
    ------
    PorelakeError
        If the cube or a table of the run is not there or can't be read.
    """

    def __init__(self, lake: Lake, run: CurrentRun) -> None:
        pull(lake, run.series, run.harpnum)
        self.lake, self.run = lake, run
        frames = read_table(self._table("frames"), _FRAME_COLUMNS)
        order = np.argsort(frames["t_rec"])
        self.frames = {name: values[order] for name, values in frames.items()}
        self.pores = read_table(self._table("pores"), FEATURE_COLUMNS)
        config = read_table(self._table("runs"), ["config"])["config"][0]
        self.parameters = Parameters.model_validate_json(config)
        self._cube = Cube(lake.cube(run.series, run.harpnum))
        self._last: Scene | None = None

    @cached_property
    def noaa_ars(self) -> tuple[int, ...]:
        """NOAA active regions in the patch."""
        return tuple(int(region) for region in read_table(self._table("harps"), ["noaa_ars"])["noaa_ars"][0])

    @cached_property
    def tracks(self) -> Columns:
        """All columns of the run's tracks, by birth, then id."""
        tracks = read_table(self._table("tracks"))
        order = np.lexsort((tracks["track_id"].astype(str), tracks["t_birth"]))
        return {name: values[order] for name, values in tracks.items()}

    @property
    def title(self) -> str:
        """HARP and NOAA regions, for a line above a picture."""
        noaa = ", ".join(map(str, self.noaa_ars))
        return f"HARP {self.run.harpnum}" + (f" · NOAA {noaa}" if noaa else "")

    @property
    def t_usable(self) -> NDArray[np.datetime64]:
        """Record times of the frames in which features were looked for."""
        times: NDArray[np.datetime64] = self.frames["t_rec"][self.frames["usable"].astype(bool)]
        return times

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the largest native image."""
        ny, nx = (int(max(filter(None, self.frames[name]))) for name in ("ny", "nx"))
        return ny, nx

    @property
    def pixel_km(self) -> float:
        """Length of a native pixel on the Sun, km; no image is read for it."""
        t_rec, row = self.t_usable[0], self._row(self.t_usable[0])
        keywords = self._cube.frame(t_rec, ()).keywords
        return CeaGrid.from_keywords(keywords, (row["ny"], row["nx"])).pixel_km

    @property
    def has_field(self) -> bool:
        """Whether the archive has the radial field of any frame."""
        return any("Br" in self._cube.segments(t_rec) for t_rec in self.frames["t_rec"])

    def scene(self, t_rec: np.datetime64) -> Scene:
        """A usable frame, with the run's own level of the quiet Sun.

        Raises
        ------
        InputError
            If the run has no such frame, or could not use it; the message says why.
        """
        last = self._last  # other threads may read other frames meanwhile
        if last is None or last.t_rec != t_rec:
            last = self._last = self._read(t_rec)
        return last

    def br(self, t_rec: np.datetime64) -> Image | None:
        """Radial field, G, of any frame; None where the archive has none."""
        return self._archived(t_rec, "Br")

    def continuum(self, t_rec: np.datetime64) -> Image | None:
        """Continuum intensity as archived, DN/s, of any frame; None where the archive has none."""
        return self._archived(t_rec, "continuum")

    def cutout(self, pore_id: str, margin_px: int = 10) -> Cutout:
        """A feature with so many native pixels around it on each side."""
        scene, label, _ = self._feature(pore_id)
        rows, columns = (
            np.flatnonzero((scene.labels == label).any(axis=axis)) // scene.scale for axis in (1, 0)
        )
        box = (rows[0], columns[0]), (rows[-1] + 1, columns[-1] + 1)
        first, stop = np.array(box[0]) - margin_px, np.array(box[1]) + margin_px
        return cut_out(scene, pore_id, label, first, stop)

    def view(self, pore_id: str, half_px: int) -> Cutout:
        """A square of 2 `half_px` + 1 native pixels around the centroid of a feature: one size for a life."""
        scene, label, centre = self._feature(pore_id)
        first = np.round(centre).astype(int) - half_px
        return cut_out(scene, pore_id, label, first, first + 2 * half_px + 1)

    def _archived(self, t_rec: np.datetime64, segment: str) -> Image | None:
        if t_rec not in self._cube.t_rec or segment not in self._cube.segments(t_rec):
            return None
        return self._cube.physical(t_rec, segment)

    def _table(self, name: str) -> Path:
        return self.lake.table(name, self.run.harpnum, self.run.run_id)

    def _read(self, t_rec: np.datetime64) -> Scene:
        row = self._row(t_rec)
        if not row["usable"]:
            why = f"{row['reason']} ({row['detail']})"
            raise InputError(f"HARP {self.run.harpnum} {t_rec}: no usable frame: {why}")
        frame = self._cube.frame(t_rec, SEGMENTS)
        intensity = prepared_intensity(frame, self.parameters.prepare, row["quiet_sun"]).intensity
        labels = read_labels(self.lake.root / row["labels_file"], t_rec)
        if labels.shape[0] % intensity.shape[0]:
            raise PorelakeError(
                f"HARP {self.run.harpnum} {t_rec}: the cube has other images than the run saw; run again"
            )
        here = self.pores["t_rec"] == t_rec
        features = {name: values[here] for name, values in self.pores.items()}
        grid = CeaGrid.from_keywords(frame.keywords, intensity.shape)
        return Scene(self.title, t_rec, intensity, frame.segments.get("Br"), labels, features, grid)

    def _row(self, t_rec: np.datetime64) -> dict[str, Any]:
        found = np.flatnonzero(self.frames["t_rec"] == t_rec)
        if not len(found):
            raise InputError(f"HARP {self.run.harpnum} {t_rec}: the run {self.run.run_id} has no such frame")
        return {name: values[found[0]] for name, values in self.frames.items()}

    def _feature(self, pore_id: str) -> tuple[Scene, int, NDArray[np.float64]]:
        """The frame of a feature, its label, and its centroid (y, x) in native pixels."""
        found = np.flatnonzero(self.pores["pore_id"] == pore_id)
        if not len(found):
            raise InputError(f"{pore_id}: the run {self.run.run_id} has no such feature")
        row = {name: values[found[0]] for name, values in self.pores.items()}
        return self.scene(row["t_rec"]), int(row["label"]), np.array([row["y_px"], row["x_px"]])


def track_numbers(tracks: Columns) -> dict[str, int]:
    """Numbers that people can read, from 1 by birth, then id; movies, plots and pages show the same."""
    order = np.lexsort((tracks["track_id"].astype(str), tracks["t_birth"]))
    return {track_id: number for number, track_id in enumerate(tracks["track_id"][order], start=1)}
