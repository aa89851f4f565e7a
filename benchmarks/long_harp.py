"""A HARP as long as one wishes, made in a moment: few simulated records, forth and back, each at its time.

Its cube names the images of the few again and again, and its directory their files; who works on it reads,
decodes and computes as much as if each record had images of its own.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import TypeVar

import h5py
import numpy as np
from numpy.typing import NDArray

from benchmarks.record import SHAPE, SIMULATED_HARP, simulate
from flows.request import SERIES
from storage import cube_log
from storage.archive import SourceFile, open_source
from storage.cube_append import append
from storage.lake import Lake

T = TypeVar("T")
SCENES = 30  # simulated records
_CADENCE_MS = 720_000
# A header that names no T_REC goes with any file name. Bytes four apart are exchanged: the sums stay right.
_T_REC, _NO_T_REC = b"T_REC   = ", b"C_RET   = "


class LongHarp:
    """Makes lakes with the cube of a HARP of any number of records.

    Parameters
    ----------
    cube : Path
        Of the few records, which is not changed.
    files : sequence of SourceFile
        The few records.
    """

    harpnum = SIMULATED_HARP

    def __init__(self, cube: Path, files: Sequence[SourceFile]) -> None:
        self._cube, self._files = cube, files

    @classmethod
    def of_few(cls, scratch: Path) -> "LongHarp":
        """Simulate the few records, in a scratch directory."""
        directory, cube = scratch / "long-files", scratch / "long.h5"
        simulate(directory, SHAPE, SCENES)
        files = open_source(str(directory)).files([SIMULATED_HARP], SERIES)
        append(cube, files)
        return cls(cube, files)

    def directory(self, root: Path, n_records: int) -> Path:
        """A directory of the FITS files of a HARP of so many records, made unless it is there."""
        if root.exists():
            return root
        root.mkdir()
        for file in self._files:
            path = Path(file.path)
            path.write_bytes(path.read_bytes().replace(_T_REC, _NO_T_REC))
        times = sorted({file.name.t_rec for file in self._files})
        scenes = [[file for file in self._files if file.name.t_rec == t] for t in times]
        for number, scene in enumerate(_forth_and_back(scenes, n_records)):
            t_rec = times[0] + np.timedelta64(number * _CADENCE_MS, "ms")
            for file in scene:
                os.link(file.path, root / str(replace(file.name, t_rec=t_rec)))
        return root

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
    for number, scene in enumerate(_forth_and_back(scenes, n_records)):
        rows = scene.copy()
        rows["t_rec"] = times[0] + number * _CADENCE_MS
        yield np.array([cube_log.sealed(row) for row in rows], cube_log.ENTRY)


def _forth_and_back(scenes: Sequence[T], n_records: int) -> Iterator[T]:
    """So many scenes: all, then back to the first, and so on."""
    return islice(cycle([*scenes, *scenes[-2:0:-1]]), n_records)
