"""Label images of a block of frames: which pixels each feature has, as runs of pixels along x.

::

    /t_rec              (n,)      ms since 1970-01-01 TAI
    /pores/shape        (n, 2)    rows and columns of each image
    /pores/first        (n + 1,)  runs of frame i are those from first[i] to first[i + 1] - 1
    /pores/runs         (4, m)    label, y, x and length of each run, frame after frame, in raster order;
                                  smallest unsigned type
    /faint/...                    the same for faint features; absent where they were not looked for

Files were once written with an image for each frame: see `label_images`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args

import h5py
import hdf5plugin
import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError, PorelakeError
from pores.runs import Runs
from storage.label_images import has_images, read_images
from storage.lake import atomic

Labels = NDArray[np.int32]
Layer = Literal["pores", "faint"]


def write_labels(
    path: Path,
    t_rec: Sequence[np.datetime64],
    labels: Sequence[Labels | Runs],
    faint: Sequence[Labels | Runs] | None = None,
) -> None:
    """Write the label images of some frames, whole or not at all.

    Parameters
    ----------
    path : Path
    t_rec : sequence of datetime64
    labels : sequence of ndarray of int, (y, x) of the working grid, or of their runs
        0 where there is no feature; shapes may differ between frames.
    faint : sequence, optional
        The same for faint features.
    """
    layers: dict[Layer, Sequence[Labels | Runs]] = (
        {"pores": labels} if faint is None else {"pores": labels, "faint": faint}
    )
    times = np.array(t_rec, "datetime64[ms]").astype(np.int64)
    with atomic(path) as partial, h5py.File(partial, "w", libver="latest") as file:
        file.create_dataset("t_rec", data=times, **_checksummed(times))
        for layer, images in layers.items():
            each = [
                one if isinstance(one, Runs) else Runs.of(one) for _, one in zip(times, images, strict=True)
            ]
            _Frames.of_each(each).write(file, layer)


def read_labels(path: Path, t_rec: np.datetime64, layer: Layer = "pores") -> Labels:
    """Read the label image of a frame, int32 (y, x).

    A file without a layer of faint features has none.

    Raises
    ------
    InputError
        If the file has no such frame.
    PorelakeError
        If it can't be read.
    """
    return LabelReader((layer,)).runs(path, t_rec, layer).image()


class LabelReader:
    """Reads features frame by frame; frames of one file that follow one another cost reading it once.

    Parameters
    ----------
    layers : tuple of str
        Those that will be asked for.
    """

    def __init__(self, layers: tuple[Layer, ...] = get_args(Layer)) -> None:
        self._layers = layers
        self._path: Path | None = None
        self._t_rec: NDArray[np.int64] = np.empty(0, np.int64)
        self._frames: dict[Layer, _Frames] = {}

    def runs(self, path: Path, t_rec: np.datetime64, layer: Layer = "pores") -> Runs:
        """The features of a frame; raises what `read_labels` does."""
        if path != self._path:
            self._open(path, t_rec)
        found = np.flatnonzero(self._t_rec == t_rec.astype("datetime64[ms]").astype(np.int64))
        if not len(found):
            raise InputError(f"{path}: no labels of T_REC {t_rec}")
        return self._frames[layer].of(int(found[0]))

    def _open(self, path: Path, t_rec: np.datetime64) -> None:
        try:
            with h5py.File(path, "r") as file:
                times = file["t_rec"][:]
                frames = {layer: _Frames.read(file, layer) for layer in self._layers}
        except (OSError, KeyError, ValueError) as error:
            raise PorelakeError(
                f"{path}: labels of T_REC {t_rec} can't be read; remove it and run again ({error})"
            ) from error
        self._path, self._t_rec, self._frames = path, times, frames


@dataclass(frozen=True, eq=False)
class _Frames:
    """The features of all frames of a file: what the file says of one layer."""

    shape: NDArray[Any]
    first: NDArray[Any]
    runs: NDArray[Any]

    @classmethod
    def of_each(cls, each: Sequence[Runs]) -> Self:
        shape = np.array([one.shape for one in each], np.uint32).reshape(-1, 2)
        first = np.concatenate([[0], np.cumsum([len(one.y) for one in each])]).astype(np.uint32)
        columns = [np.concatenate([np.empty(0, np.intp), *(getattr(one, of) for one in each)]) for of in _RUN]
        runs = np.array(columns)
        if runs.size and runs.min() < 0:
            raise ValueError(f"negative label {runs.min()}")
        return cls(shape, first, runs.astype(np.min_scalar_type(runs.max(initial=0))))

    @classmethod
    def read(cls, file: h5py.File, layer: Layer) -> Self:
        if has_images(file):
            return cls.of_each([*read_images(file, layer)])
        if layer not in file:
            shape = file["pores/shape"][:]
            return cls(shape, np.zeros(len(shape) + 1, np.uint32), np.empty((len(_RUN), 0), np.uint8))
        return cls(*(file[f"{layer}/{of}"][:] for of in ("shape", "first", "runs")))

    def write(self, file: h5py.File, layer: Layer) -> None:
        file.create_dataset(f"{layer}/shape", data=self.shape, **_checksummed(self.shape))
        file.create_dataset(f"{layer}/first", data=self.first, **_checksummed(self.first))
        packed = {"chunks": (1, self.runs.shape[1]), "shuffle": True, **hdf5plugin.Zstd(clevel=5)}
        options = packed if self.runs.size else {}
        file.create_dataset(f"{layer}/runs", data=self.runs, **_checksummed(self.runs), **options)

    def of(self, index: int) -> Runs:
        """The features of one frame."""
        label, y, x, length = self.runs[:, self.first[index] : self.first[index + 1]]
        return Runs(label, y, x, length, (int(self.shape[index, 0]), int(self.shape[index, 1])))


def _checksummed(values: NDArray[Any]) -> dict[str, bool]:
    """How HDF5 is to keep values so that it tells of damage; it can't of none."""
    return {"fletcher32": True} if values.size else {}


_RUN = ("label", "y", "x", "length")
