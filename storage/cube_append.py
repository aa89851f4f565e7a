"""Appending files to a cube so that no moment at which the process may die loses what was there."""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError, PorelakeError
from storage import cube_log
from storage.archive import SourceFile
from storage.cube_log import ENTRY, Shape
from storage.fits_blocks import MAX_HEADER, UnreadableFile
from storage.fits_files import SegmentImage, content_key, read_segment
from storage.lake import PARTIAL, atomic

BATCH = 16  # files read before they are written: new shapes among them cost one change of structure


@dataclass(frozen=True)
class Appended:
    """What became of the files offered to a cube."""

    added: int = 0
    unchanged: int = 0
    unusable: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class _Read:
    """A file after reading: an image, or why there is none."""

    file: SourceFile
    sha256: str
    result: SegmentImage | UnreadableFile


def append(path: Path, files: Iterable[SourceFile]) -> Appended:
    """Append files to a cube, made if need be; files that are there already are passed over.

    A file is there already if one of its name, size and time of change is, or if the image in use for its
    T_REC and segment has its content. A file that can't be used is recorded with its problem and not tried
    again until it changes; it never displaces an image.

    Parameters
    ----------
    path : Path
    files : iterable of SourceFile
        Of one HARP and series.

    Returns
    -------
    Appended
        `added` counts the unusable ones too, each of which has a line in `unusable`.

    Raises
    ------
    InputError
        If the files are not all of the cube's HARP and series.
    PorelakeError
        If another process is writing the cube, or a file can't be read from disk.
    """
    with _exclusive(path):
        known = _Known.of(path)
        added, unchanged, unusable = 0, 0, []
        with _Writer(path) as writer:
            for batch in _batches(files):
                new = [read for file in batch if (read := known.read_if_new(file)) is not None]
                writer.write(new)
                added += len(new)
                unchanged += len(batch) - len(new)
                unusable += [str(read.result) for read in new if isinstance(read.result, UnreadableFile)]
        return Appended(added, unchanged, tuple(unusable))


def _batches(files: Iterable[SourceFile]) -> Iterator[list[SourceFile]]:
    iterator = iter(files)
    while batch := list(islice(iterator, BATCH)):
        yield batch


@contextmanager
def _exclusive(path: Path) -> Iterator[None]:
    """Hold the cube's lock, which the system takes back whenever the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_name(f".{path.name}.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PorelakeError(f"{path}: another process is appending to this cube; wait for it") from error
        for left_over in path.parent.glob(f"{path.name}.*{PARTIAL}"):  # of a process that was killed
            left_over.unlink()
        yield


@dataclass
class _Known:
    """The files a cube has seen."""

    path: Path
    of_cube: tuple[str, int] | None = None
    stats: set[tuple[str, int, int]] = field(default_factory=set)
    in_use: dict[tuple[int, str], str] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path) -> "_Known":
        if not path.exists():
            return cls(path)
        with cube_log.reading(path) as file:
            known = cls(path, (str(file.attrs["series"]), int(file.attrs["harpnum"])))
            for row in cube_log.entries(file):
                known.stats.add((row["file"].decode(), int(row["size"]), int(row["mtime_ns"])))
                if not row["reason"]:
                    known.in_use[int(row["t_rec"]), row["segment"].decode()] = row["sha256"].decode()
        return known

    def read_if_new(self, file: SourceFile) -> _Read | None:
        """Read a file unless it is known; what was read is known from then on."""
        mine = (file.name.series, file.name.harpnum)
        if mine != (self.of_cube or mine):
            raise InputError(f"{file.path}: not of {self.of_cube}, to whose cube {self.path} it was to go")
        self.of_cube = mine
        stat = (str(file.name), file.size, file.mtime_ns)
        if stat in self.stats:
            return None
        self.stats.add(stat)
        content = file.read()
        sha256 = content_key(content)
        key = (_ms(file.name.t_rec), file.name.segment)
        if self.in_use.get(key) == sha256:
            return None
        try:
            image = read_segment(file.name, content)
        except UnreadableFile as problem:
            return _Read(file, sha256, problem)
        self.in_use[key] = sha256
        return _Read(file, sha256, image)


class _Writer:
    """The file while it is appended to; opened when there is something to write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: h5py.File | None = None

    def __enter__(self) -> "_Writer":
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

    def write(self, batch: list[_Read]) -> None:
        """Append a batch, each file a commit of its own."""
        if not batch:
            return
        name = batch[0].file.name
        images = [read.result for read in batch if isinstance(read.result, SegmentImage)]
        file = self._with_room_for((name.series, name.harpnum), {_shape(image) for image in images})
        for read in batch:
            _commit(file, read)

    def _with_room_for(self, of_cube: tuple[str, int], wanted: set[Shape]) -> h5py.File:
        """The open file with a dataset for each shape."""
        there = self._path.exists()
        if self._file is None and there and cube_log.is_clean(self._path):
            self._file = cube_log.open_to_append(self._path)
        if self._file is not None and wanted <= (have := set(cube_log.shapes(self._file))):
            return self._file
        if self._file is not None:
            wanted = _also_for_others(wanted, have)
            self._file.close()
        self._rebuild(of_cube, wanted)
        self._file = cube_log.open_to_append(self._path)
        return self._file

    def _rebuild(self, of_cube: tuple[str, int], wanted: set[Shape]) -> None:
        """Put a copy with further datasets in the place of the file: HDF5 can't add them crash-safely."""
        with atomic(self._path) as partial, h5py.File(partial, "w", libver="latest") as target:
            if self._path.exists():
                with cube_log.reading(self._path) as source:
                    cube_log.copy(source, target)
            else:
                cube_log.create(target, *of_cube)
            for shape in sorted(wanted - set(cube_log.shapes(target)), key=lambda shape: shape.path):
                cube_log.add_images(target, shape)


def _also_for_others(wanted: set[Shape], have: set[Shape]) -> set[Shape]:
    """A patch that changes size does so in every segment: room for all of them at once."""
    sizes = {(shape.ny, shape.nx) for shape in wanted}
    return wanted | {Shape(shape.segment, shape.dtype, *size) for shape in have for size in sizes}


def _shape(image: SegmentImage) -> Shape:
    return Shape(image.name.segment, str(image.stored.dtype), *image.stored.shape)


def _commit(file: h5py.File, read: _Read) -> None:
    """Write image and header, then the row of the log that makes them count."""
    entry = _entry(read)
    if isinstance(read.result, SegmentImage):
        image, shape = read.result, _shape(read.result)
        entry["dataset"], entry["row"] = shape.dataset.encode(), _push(file[shape.path], image.stored)
        entry["bscale"], entry["bzero"] = image.bscale, image.bzero
        entry["blank"], entry["has_blank"] = image.blank or 0, image.blank is not None
        entry["quality"] = -1 if image.quality is None else image.quality
        entry["header_size"] = len(image.header)
        entry["header_row"] = _push(file["headers"], np.frombuffer(image.header.ljust(MAX_HEADER), np.uint8))
    _push(file["entries"], cube_log.sealed(entry))


def _entry(read: _Read) -> NDArray[np.void]:
    entry = np.zeros((), ENTRY)
    entry["t_rec"], entry["segment"] = _ms(read.file.name.t_rec), read.file.name.segment.encode()
    entry["sha256"], entry["file"] = read.sha256.encode(), str(read.file.name).encode()
    entry["size"], entry["mtime_ns"] = read.file.size, read.file.mtime_ns
    entry["row"] = entry["header_row"] = entry["quality"] = -1
    if isinstance(read.result, UnreadableFile):
        entry["reason"] = str(read.result.reason).encode()
        entry["problem"] = read.result.what.encode("ascii", "replace")[:200]
    return entry


def _push(dataset: h5py.Dataset, value: NDArray[Any]) -> int:
    """Append one row and flush it; return its index."""
    row = int(dataset.shape[0])
    dataset.resize(row + 1, axis=0)
    dataset[row] = value
    dataset.flush()
    return row


def _ms(t_rec: np.datetime64) -> int:
    return int(t_rec.astype("datetime64[ms]").astype(np.int64))
