"""Label images of a block of frames: which pixels each feature has.

::

    /t_rec           (n,)  ms since 1970-01-01 TAI
    /frames/<i>            box that holds every feature of frame i, smallest unsigned type; attributes:
                           shape of the whole image and the box's first row and column
    /faint/<i>             the same for the frame's faint features; absent where they were not looked for
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import h5py
import hdf5plugin
import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError, PorelakeError
from storage.lake import atomic

Labels = NDArray[np.int32]
Layer = Literal["pores", "faint"]

_GROUPS: dict[Layer, str] = {"pores": "frames", "faint": "faint"}


def write_labels(
    path: Path,
    t_rec: Sequence[np.datetime64],
    labels: Sequence[Labels],
    faint: Sequence[Labels] | None = None,
) -> None:
    """Write the label images of some frames, whole or not at all.

    Parameters
    ----------
    path : Path
    t_rec : sequence of datetime64
    labels : sequence of ndarray of int, (y, x) of the working grid
        0 where there is no feature; shapes may differ between frames.
    faint : sequence of ndarray of int, (y, x), optional
        The same for faint features.
    """
    layers: dict[Layer, Sequence[Labels]] = (
        {"pores": labels} if faint is None else {"pores": labels, "faint": faint}
    )
    times = np.array(t_rec, "datetime64[ms]").astype(np.int64)
    with atomic(path) as partial, h5py.File(partial, "w", libver="latest") as file:
        file.create_dataset("t_rec", data=times)
        for layer, images in layers.items():
            for index, (_, image) in enumerate(zip(times, images, strict=True)):
                _write(file, f"{_GROUPS[layer]}/{index}", image)


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
    wanted = t_rec.astype("datetime64[ms]").astype(np.int64)
    try:
        with h5py.File(path, "r") as file:
            index = np.flatnonzero(file["t_rec"][:] == wanted)
            if not len(index):
                raise InputError(f"{path}: no labels of T_REC {t_rec}")
            if _GROUPS[layer] not in file:
                return np.zeros(file[f"{_GROUPS['pores']}/{index[0]}"].attrs["shape"], np.int32)
            return _read(file[f"{_GROUPS[layer]}/{index[0]}"])
    except (OSError, KeyError, ValueError) as error:
        raise PorelakeError(
            f"{path}: labels of T_REC {t_rec} can't be read; remove it and run again ({error})"
        ) from error


def _write(file: h5py.File, name: str, image: Labels) -> None:
    box = _box(image)
    dense = image[box]
    if dense.size and dense.min() < 0:
        raise ValueError(f"negative label {dense.min()}")
    kind = np.min_scalar_type(dense.max(initial=0))
    options = {"chunks": dense.shape, "fletcher32": True, "shuffle": True, **hdf5plugin.Zstd(clevel=5)}
    data = file.create_dataset(name, data=dense.astype(kind), **(options if dense.size else {}))
    data.attrs.update({"shape": image.shape, "first": (box[0].start, box[1].start)})


def _read(data: h5py.Dataset) -> Labels:
    image = np.zeros(data.attrs["shape"], np.int32)
    if data.size:
        (y, x), (ny, nx) = data.attrs["first"], data.shape
        image[y : y + ny, x : x + nx] = data[:]
    return image


def _box(image: Labels) -> tuple[slice, slice]:
    """Smallest window with every feature; an empty one where there is none."""
    spans = [np.flatnonzero(image.any(axis=axis)) for axis in (1, 0)]
    if not len(spans[0]):
        return slice(0, 0), slice(0, 0)
    return slice(int(spans[0][0]), int(spans[0][-1]) + 1), slice(int(spans[1][0]), int(spans[1][-1]) + 1)
