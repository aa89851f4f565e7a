"""The chunks of a cube, made apart from its file: any process can compress, only one can write.

HDF5 makes them itself, in a file in memory, so that they are its own bytes whatever the filters are.
"""

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from storage import cube_log
from storage.cube_log import Shape
from storage.fits_blocks import MAX_HEADER
from storage.fits_files import SegmentImage

_KEPT = 16  # datasets in memory: those of a HARP, of eleven segments at most, and one of headers
_WHOLE = h5py.h5s.ALL
_at_work = threading.Lock()  # HDF5 does one thing at a time anyway


@dataclass(frozen=True)
class Chunk:
    """The bytes of a chunk as a file has them, and the filters that were of no use for it, a bit for each."""

    content: bytes
    left_out: int


@dataclass(frozen=True, eq=False)
class PackedImage:
    """An image and its header as chunks, and what the log says of them; see `SegmentImage`."""

    shape: Shape
    image: Chunk
    header: Chunk
    header_size: int
    bscale: float
    bzero: float
    blank: int | None
    quality: int | None

    @classmethod
    def of(cls, image: SegmentImage) -> "PackedImage":
        """Pack an image."""
        shape = Shape(image.name.segment, str(image.stored.dtype), *image.stored.shape)
        return cls(
            shape,
            _bench(shape).packed(image.stored),
            packed_header(image.header),
            len(image.header),
            image.bscale,
            image.bzero,
            image.blank,
            image.quality,
        )


def packed_header(header: bytes) -> Chunk:
    """The cards of a header as a chunk."""
    return _bench(None).packed(np.frombuffer(header.ljust(MAX_HEADER), np.uint8))


def put(dataset: h5py.Dataset, shape: Shape | None, chunks: list[Chunk]) -> None:
    """Append chunks to a dataset; into one that was made with other filters go the numbers.

    Parameters
    ----------
    dataset : h5py.Dataset
    shape : Shape or None
        Of the dataset; None for that of the headers.
    chunks : list of Chunk
    """
    first, bench = len(dataset), _bench(shape)
    dataset.resize(first + len(chunks), axis=0)
    as_they_are = _filters(dataset) == bench.filters
    for row, chunk in enumerate(chunks, first):
        if as_they_are:
            place = (row, *(0 for _ in dataset.shape[1:]))
            dataset.id.write_direct_chunk(place, chunk.content, chunk.left_out)
        else:
            dataset[row] = bench.unpacked(chunk)


class _Bench:
    """A dataset in memory as a cube has it, with room for one chunk."""

    def __init__(self, shape: Shape | None) -> None:
        self._file = h5py.File.in_memory(libver="latest", rdcc_nbytes=0)
        if shape is None:
            cube_log.add_headers(self._file)
        else:
            cube_log.add_images(self._file, shape)
        self._dataset = self._file["headers" if shape is None else shape.path]
        self._dataset.resize(1, axis=0)
        self._place = tuple(0 for _ in self._dataset.shape)
        self.filters = _filters(self._dataset)

    def packed(self, values: NDArray[Any]) -> Chunk:
        """Numbers as a chunk."""
        with _at_work:
            self._dataset.id.write(_WHOLE, _WHOLE, np.ascontiguousarray(values))
            left_out, content = self._dataset.id.read_direct_chunk(self._place)
        return Chunk(content, left_out)

    def unpacked(self, chunk: Chunk) -> NDArray[Any]:
        """Give the numbers of a chunk."""
        with _at_work:
            self._dataset.id.write_direct_chunk(self._place, chunk.content, chunk.left_out)
            values: NDArray[Any] = self._dataset[0]
        return values


@lru_cache(maxsize=_KEPT)
def _bench(shape: Shape | None) -> _Bench:
    return _Bench(shape)


def _filters(dataset: h5py.Dataset) -> list[tuple[Any, ...]]:
    made = dataset.id.get_create_plist()
    return [made.get_filter(number) for number in range(made.get_nfilters())]
