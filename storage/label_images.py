"""Label images as they were written at first: one to a frame.

::

    /t_rec           (n,)  ms since 1970-01-01 TAI
    /frames/<i>            box that holds every feature of frame i, smallest unsigned type; attributes:
                           shape of the whole image and the box's first row and column
    /faint/<i>             the same for the frame's faint features; absent where they were not looked for
"""

import h5py
import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]

_GROUPS = {"pores": "frames", "faint": "faint"}


def has_images(file: h5py.File) -> bool:
    """Whether a file of label images is of this form."""
    return _GROUPS["pores"] in file


def read_images(file: h5py.File, layer: str) -> list[Labels]:
    """The images of all frames, int32 (y, x); without features where the file has no such layer."""
    n = len(file["t_rec"])
    if _GROUPS[layer] not in file:
        return [np.zeros(file[f"frames/{index}"].attrs["shape"], np.int32) for index in range(n)]
    return [_read(file[f"{_GROUPS[layer]}/{index}"]) for index in range(n)]


def _read(data: h5py.Dataset) -> Labels:
    image = np.zeros(data.attrs["shape"], np.int32)
    if data.size:
        (y, x), (ny, nx) = data.attrs["first"], data.shape
        image[y : y + ny, x : x + nx] = data[:]
    return image
