"""What studies read: the continuum images with coordinates in a directory of SHARP files."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pores.errors import UnusableFrame
from pores.geometry import CeaGrid, Observer, mu_map
from storage.fits_cards import keywords
from storage.fits_files import FileName, SegmentImage, parse_name, read_segment


@dataclass(frozen=True)
class Record:
    """A continuum image (y, x), mu, and the bitmap where there is one."""

    name: str
    continuum: NDArray[np.float32]
    bitmap: NDArray[np.generic] | None
    grid: CeaGrid
    mu: NDArray[np.float64]


def records(directory: Path) -> Iterator[Record]:
    """Every record with a continuum image; bare files, which have no coordinates, are named and left out."""
    for path in sorted(directory.glob("*.continuum.fits")):
        name = parse_name(path.name)
        if name is None:
            continue
        image = read_segment(name, path.read_bytes())
        told, continuum = keywords(image.header), image.physical()
        try:
            grid = CeaGrid.from_keywords(told, continuum.shape)
            mu = mu_map(grid, Observer.from_keywords(told))
        except UnusableFrame as error:
            print(f"{path.name} left out: {error}")
            continue
        yield Record(f"HARP {name.harpnum} {name.t_rec}", continuum, _bitmap(path), grid, mu)


def _bitmap(continuum: Path) -> NDArray[np.generic] | None:
    path = continuum.with_name(continuum.name.replace(".continuum.", ".bitmap."))
    return _read(path).physical() if path.exists() else None


def _read(path: Path) -> SegmentImage:
    name = parse_name(path.name)
    assert isinstance(name, FileName)
    return read_segment(name, path.read_bytes())
