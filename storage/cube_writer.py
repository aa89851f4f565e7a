"""Writing a cube so that no moment at which the process may die loses what was there."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from pores.errors import PorelakeError
from storage import cube_log
from storage.cube_chunks import Chunk, PackedImage, packed_header, put
from storage.cube_log import ENTRY, Shape
from storage.cube_standing import Row
from storage.fits_blocks import UnreadableFile
from storage.fits_files import FileName
from storage.lake import PARTIAL, atomic


@dataclass(frozen=True, eq=False)
class Record:
    """What the log says of a file: where it came from, and its image or why there is none.

    Attributes
    ----------
    result : PackedImage, UnreadableFile or row of the log
        A row: its image is the file's, and is not stored again.
    version : str
        The archive's, of the record; empty for a file of a directory.
    header : bytes
        Keywords of a record without image, as cards.
    """

    name: FileName
    size: int
    mtime_ns: int
    sha256: str
    result: PackedImage | UnreadableFile | Row
    version: str = ""
    header: bytes = b""


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the cube's lock, which the system takes back whenever the process dies.

    Raises
    ------
    PorelakeError
        If another process has it.
    """
    with held(path, "another process is appending to this cube; wait for it"):
        for left_over in path.parent.glob(f"{path.name}.*{PARTIAL}"):  # of a process that was killed
            left_over.unlink()
        yield


@contextmanager
def held(path: Path, complaint: str) -> Iterator[None]:
    """Hold the lock that stands beside a path; raise PorelakeError if another process has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PorelakeError(f"{path}: {complaint}") from error
        yield


class CubeWriter:
    """A cube while it is appended to, under its lock; opened when there is something to write.

    A batch is a commit: its images and headers are flushed to the file before the rows of the log that make
    them count (HDF5's single-writer-multiple-readers mode).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: h5py.File | None = None
        self._have: set[Shape] = set()
        self._header = (b"", -1)  # the last one without image, and its row

    def __enter__(self) -> "CubeWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        self._file.close()
        descriptor = os.open(self._path, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    def write(self, batch: list[Record]) -> list[Row]:
        """Append a batch, one commit; return the rows of the log."""
        if not batch:
            return []
        name = batch[0].name
        shapes = {read.result.shape for read in batch if isinstance(read.result, PackedImage)}
        file = self._with_room_for((name.series, name.harpnum), shapes)
        rows = _Rows(file)
        log = np.array([self._entry(rows, read) for read in batch])
        rows.write()
        file.flush()
        _push(file["entries"], log)
        file.flush()
        return list(log)

    def _entry(self, rows: "_Rows", read: Record) -> NDArray[np.void]:
        """The row of the log; image and header that it makes count are put among the rows to be written."""
        entry = _entry(read)
        if isinstance(read.result, PackedImage):
            entry["dataset"] = read.result.shape.dataset.encode()
            entry["row"] = rows.add(read.result.shape, read.result.image)
            entry["header_row"] = rows.add(None, read.result.header)
        elif read.header:
            if read.header != self._header[0]:
                self._header = read.header, rows.add(None, packed_header(read.header))
            entry["header_row"], entry["header_size"] = self._header[1], len(read.header)
        return cube_log.sealed(entry)

    def _with_room_for(self, of_cube: tuple[str, int], wanted: set[Shape]) -> h5py.File:
        """The open file with a dataset for each shape."""
        if self._file is None and self._path.exists() and cube_log.is_clean(self._path):
            self._file = cube_log.open_to_append(self._path)
            self._have = set(cube_log.shapes(self._file))
        if self._file is not None and wanted <= self._have:
            return self._file
        if self._file is not None:
            wanted = _also_for_others(wanted, self._have)
            self._file.close()
        self._have = self._rebuild(of_cube, wanted)
        self._file = cube_log.open_to_append(self._path)
        return self._file

    def _rebuild(self, of_cube: tuple[str, int], wanted: set[Shape]) -> set[Shape]:
        """Put a copy with further datasets in the place of the file: HDF5 can't add them crash-safely."""
        have: set[Shape] = set()
        with atomic(self._path) as partial, h5py.File(partial, "w", libver="latest") as target:
            if self._path.exists():
                with cube_log.reading(self._path) as source:
                    cube_log.copy(source, target)
                have = set(cube_log.shapes(target))
            else:
                cube_log.create(target, *of_cube)
            for shape in sorted(wanted - have, key=lambda shape: shape.path):
                cube_log.add_images(target, shape)
        return have | wanted


def _also_for_others(wanted: set[Shape], have: set[Shape]) -> set[Shape]:
    """A patch that changes size does so in every segment: room for all of them at once."""
    sizes = {(shape.ny, shape.nx) for shape in wanted}
    return wanted | {Shape(shape.segment, shape.dtype, *size) for shape in have for size in sizes}


def _entry(read: Record) -> NDArray[np.void]:
    """The row of the log, less where its image and header are."""
    entry = np.zeros((), ENTRY)
    entry["row"] = entry["header_row"] = entry["quality"] = -1
    if isinstance(read.result, PackedImage):
        image = read.result
        entry["bscale"], entry["bzero"] = image.bscale, image.bzero
        entry["blank"], entry["has_blank"] = image.blank or 0, image.blank is not None
        entry["quality"] = -1 if image.quality is None else image.quality
        entry["header_size"] = image.header_size
    elif isinstance(read.result, UnreadableFile):
        entry["reason"] = str(read.result.reason).encode()
        entry["problem"] = read.result.what.encode("ascii", "replace")[:200]
    else:
        entry[()] = read.result
    entry["t_rec"], entry["segment"] = cube_log.milliseconds(read.name.t_rec), read.name.segment.encode()
    entry["sha256"], entry["version"] = read.sha256.encode(), read.version.encode()
    entry["size"], entry["mtime_ns"], entry["file"] = read.size, read.mtime_ns, str(read.name).encode()
    return entry


class _Rows:
    """Chunks to be appended to the datasets of a file, those of each at once."""

    def __init__(self, file: h5py.File) -> None:
        self._file = file
        self._chunks: dict[Shape | None, list[Chunk]] = {}
        self._begin: dict[Shape | None, int] = {}

    def add(self, shape: Shape | None, chunk: Chunk) -> int:
        """Put a row at the end of the dataset of a shape, None: of headers; return its index."""
        if shape not in self._chunks:
            self._chunks[shape], self._begin[shape] = [], len(self._dataset(shape))
        self._chunks[shape].append(chunk)
        return self._begin[shape] + len(self._chunks[shape]) - 1

    def write(self) -> None:
        """Write all of them."""
        for shape, chunks in self._chunks.items():
            put(self._dataset(shape), shape, chunks)

    def _dataset(self, shape: Shape | None) -> h5py.Dataset:
        return self._file["headers" if shape is None else shape.path]


def _push(dataset: h5py.Dataset, values: NDArray[Any]) -> None:
    """Append rows."""
    n = len(dataset)
    dataset.resize(n + len(values), axis=0)
    dataset[n:] = values
