"""A HARP as long as one wishes, made in a moment: few simulated records, forth and back, each at its time.

Its cube names the images of the few again and again; who works on it reads, decodes and computes as much as
if each record had images of its own.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from benchmarks.record import SHAPE, SIMULATED_HARP, simulate
from flows.request import SERIES
from storage import cube_log
from storage.archive import open_source
from storage.cube_append import append
from storage.lake import Lake

SCENES = 30  # simulated records
_CADENCE_MS = 720_000


class LongHarp:
    """Makes lakes with the cube of a HARP of any number of records.

    Parameters
    ----------
    cube : Path
        Of the few records, which is not changed.
    """

    harpnum = SIMULATED_HARP

    def __init__(self, cube: Path) -> None:
        self._cube = cube

    @classmethod
    def of_few(cls, scratch: Path) -> "LongHarp":
        """Simulate the few records, in a scratch directory."""
        files, cube = scratch / "long-files", scratch / "long.h5"
        simulate(files, SHAPE, SCENES)
        append(cube, open_source(str(files)).files([SIMULATED_HARP], SERIES))
        return cls(cube)

    def lake(self, root: Path, n_records: int) -> Path:
        """A lake with nothing but the cube of a HARP of so many records."""
        shutil.rmtree(root, ignore_errors=True)
        path = Lake.at(root).cube(SERIES, self.harpnum)
        path.parent.mkdir(parents=True)
        shutil.copy(self._cube, path)
        with h5py.File(path, "r+", libver="latest") as file:
            rows = np.concatenate(list(_repeated(cube_log.entries(file), n_records)))
            file["entries"].resize(len(rows), axis=0)
            file["entries"][:] = rows
        return root


def _repeated(log: NDArray[np.void], n_records: int) -> Iterator[NDArray[np.void]]:
    """The log's rows for each record of a long HARP, in order of time."""
    times = np.unique(log["t_rec"])
    scenes = [log[log["t_rec"] == t] for t in times]
    there_and_back = [*range(len(scenes)), *range(len(scenes) - 2, 0, -1)]
    for number in range(n_records):
        rows = scenes[there_and_back[number % len(there_and_back)]].copy()
        rows["t_rec"] = times[0] + number * _CADENCE_MS
        yield np.array([cube_log.sealed(row) for row in rows], cube_log.ENTRY)
