"""Cut-outs of the features of a HARP in one HDF5 file that h5py alone reads.

::

    /<pore_id>              attributes: T_REC, and what the tables say of the feature
    /<pore_id>/intensity    float32 (y, x), prepared intensity, quiet Sun 1; NaN outside the patch
    /<pore_id>/br           float32 (y, x), radial field in G; absent where the archive has none
    /<pore_id>/mask         uint8 (y, x) of the working grid: 1 in the feature

Attributes of an image are its unit and meaning, in lower case, and FITS keywords that place it on the Sun.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from pores.errors import PorelakeError

_MEANING = {
    "intensity": ("1", "Continuum intensity without limb darkening, in units of the quiet Sun"),
    "br": ("G", "Radial field, positive outward"),
    "mask": ("1", "1 in the feature, 0 elsewhere"),
}


@dataclass(frozen=True, eq=False)
class StoredCutout:
    """One feature: what is said of it, and its images with the FITS keywords of their grids."""

    pore_id: str
    told: Mapping[str, Any]
    images: Mapping[str, tuple[NDArray[Any], Mapping[str, Any]]]


def write_cutouts(path: Path, about: Mapping[str, Any], cutouts: Iterable[StoredCutout]) -> int:
    """Write the cut-outs of a HARP; return how many there were."""
    number = 0
    with h5py.File(path, "w", libver="v110") as file:
        file.attrs.update(about)
        for cutout in cutouts:
            group = file.create_group(cutout.pore_id)
            group.attrs.update(cutout.told)
            for name, (image, grid) in cutout.images.items():
                unit, meaning = _MEANING[name]
                data = group.create_dataset(name, data=image, compression="gzip", shuffle=True)
                data.attrs.update({"unit": unit, "description": meaning, **grid})
            number += 1
    return number


def mask_pixels(path: Path) -> Iterator[tuple[str, int]]:
    """Every feature of a file with the pixels of its mask.

    Raises
    ------
    PorelakeError
        If the file, or an image in it, can't be read.
    """
    try:
        with h5py.File(path, "r") as file:
            for pore_id, group in file.items():
                for name in group:
                    image = group[name][()]
                    if name == "mask":
                        yield pore_id, int(np.count_nonzero(image))
    except (OSError, KeyError, AttributeError, RuntimeError) as error:
        raise PorelakeError(f"{path}: cut-outs can't be read ({error})") from error
