"""Label images as they were written at first: one to a frame.

::

    /t_rec           (n,)  ms since 1970-01-01 TAI
    /frames/<i>            box that holds every feature of frame i, smallest unsigned type; attributes:
                           shape of the whole image and the box's first row and column
    /faint/<i>             the same for the frame's faint features; absent where they were not looked for
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import h5py
from numpy.typing import NDArray

from pores.runs import Runs

_GROUPS = {"pores": "frames", "faint": "faint"}


def has_images(file: h5py.File) -> bool:
    """Whether a file of label images is of this form."""
    return _GROUPS["pores"] in file


def read_images(file: h5py.File, layer: str) -> Iterator[Runs]:
    """The features of each frame; none where the file has no such layer."""
    there = _GROUPS[layer] in file
    for index in range(len(file["t_rec"])):
        data = file[f"{_GROUPS[layer if there else 'pores']}/{index}"]
        yield _runs(data, data[:] if there else data[:0])


def _runs(data: h5py.Dataset, box: NDArray[Any]) -> Runs:
    """Runs of the box, which is small, where it is in the image."""
    y, x = map(int, data.attrs["first"])
    ny, nx = map(int, data.attrs["shape"])
    runs = Runs.of(box)
    return replace(runs, y=runs.y + y, x=runs.x + x, shape=(ny, nx))
