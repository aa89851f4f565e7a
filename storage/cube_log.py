"""What is in a cube file: the log of ingested files, their images and headers.

::

    /segments/<segment>/<dtype>_<ny>x<nx>   (n, ny, nx)  images as the archive stores them, one per chunk
    /headers                                (n, width)   cards of a header, padded with blanks, one per chunk
    /entries                                (n,)         the log, one row per file, there or missing

A row of `/entries` is written last and makes its image and header count. Decision note 0004 says why.
"""

import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import h5py
import hdf5plugin
import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError, PorelakeError
from storage.fits_blocks import MAX_HEADER
from storage.memory import keep_freed

keep_freed()

FORMAT = "porelake cube 2"
# Noise around zero, of which bit planes compress better than bytes: with the level of zstd that does it best.
SIGNED = {"Br": 1, "Bp": 1, "Bt": 1, "magnetogram": 3}
MOST_GATHERED = 2**20  # pixels whose bits are gathered at once: 4 MB
LOCK_WAIT_S = 10.0
_NONE = -1
T = TypeVar("T")

ENTRY = np.dtype(
    [
        ("t_rec", "<i8"),  # ms since 1970-01-01 TAI
        ("segment", "S32"),
        ("dataset", "S32"),  # name under /segments/<segment>, empty where there is no image
        ("row", "<i8"),
        ("header_row", "<i8"),
        ("header_size", "<i8"),  # bytes
        ("bscale", "<f8"),
        ("bzero", "<f8"),
        ("blank", "<i8"),
        ("has_blank", "u1"),
        ("quality", "<i8"),  # -1 where the header has none
        ("sha256", "S64"),  # of the content
        ("version", "S48"),  # the archive's, of the record; empty for a file of a directory
        ("file", "S96"),
        ("size", "<i8"),
        ("mtime_ns", "<i8"),
        ("reason", "S24"),  # empty for a good file
        ("problem", "S200"),
        ("crc32", "<u4"),  # of the row before this field
    ]
)
_CRC_OVER = ENTRY.itemsize - 4


@dataclass(frozen=True)
class Shape:
    """A dataset of images."""

    segment: str
    dtype: str
    ny: int
    nx: int

    @property
    def dataset(self) -> str:
        """Its name within the segment."""
        return f"{self.dtype}_{self.ny}x{self.nx}"

    @property
    def path(self) -> str:
        """Its path in the file."""
        return f"segments/{self.segment}/{self.dataset}"


def filters(shape: Shape) -> dict[str, Any]:
    """Lossless filters of a segment's images; measured by benchmarks/studies/cube_filters.py.

    Bits are gathered over the whole image, not over blocks of it: planes of noise and planes of signs then
    lie so far apart that the quick levels of zstd tell them from each other.
    """
    if shape.segment in SIGNED or np.dtype(shape.dtype).kind == "f":
        block = min(shape.ny * shape.nx, MOST_GATHERED) // 8 * 8
        level = SIGNED.get(shape.segment, 1)
        return {"fletcher32": True, **hdf5plugin.Bitshuffle(nelems=block, cname="zstd", clevel=level)}
    return {"fletcher32": True, "shuffle": True, **hdf5plugin.Zstd(clevel=3)}


def create(file: h5py.File, series: str, harpnum: int) -> None:
    """Lay out an empty cube."""
    file.attrs.update({"format": FORMAT, "series": series, "harpnum": harpnum})
    file.create_group("segments")
    add_headers(file)
    # Rows are added to a chunk in place: compressed, every row would leave a dead copy of its chunk behind.
    file.create_dataset("entries", shape=(0,), maxshape=(None,), chunks=(32,), dtype=ENTRY)


def add_headers(file: h5py.File) -> None:
    """Make the dataset for headers, empty."""
    file.create_dataset(
        "headers",
        shape=(0, MAX_HEADER),
        maxshape=(None, MAX_HEADER),
        chunks=(1, MAX_HEADER),
        dtype="u1",
        fletcher32=True,
        **hdf5plugin.Zstd(clevel=3),
    )


def add_images(file: h5py.File, shape: Shape) -> None:
    """Make a dataset for images of a shape, empty."""
    size = (shape.ny, shape.nx)
    file.create_dataset(
        shape.path,
        shape=(0, *size),
        maxshape=(None, *size),
        chunks=(1, *size),
        dtype=shape.dtype,
        **filters(shape),
    )


def copy(source: h5py.File, target: h5py.File) -> None:
    """Copy what counts of a cube: valid entries, images and headers up to the last that one of them names."""
    log = entries(source)
    target.attrs.update(dict(source.attrs))
    for name in ("segments", "headers", "entries"):
        source.copy(name, target)
    target["entries"].resize(len(log), axis=0)
    target["entries"][:] = log
    target["headers"].resize(_used(log["header_row"]), axis=0)
    for shape in shapes(source):
        mine = (log["segment"] == shape.segment.encode()) & (log["dataset"] == shape.dataset.encode())
        target[shape.path].resize(_used(log["row"][mine]), axis=0)


def shapes(file: h5py.File) -> list[Shape]:
    """Every dataset of images."""
    return [
        Shape(segment, str(images.dtype), *images.shape[1:])
        for segment, group in file["segments"].items()
        for images in group.values()
    ]


def entries(file: h5py.File) -> NDArray[np.void]:
    """The valid rows of the log; a row that a killed writer left unfinished does not count."""
    rows: NDArray[np.void] = file["entries"][:]
    content = memoryview(rows.tobytes())
    starts = range(0, len(content), ENTRY.itemsize)
    sums = np.array([zlib.crc32(content[at : at + _CRC_OVER]) for at in starts], np.uint32)
    valid: NDArray[np.void] = rows[sums == rows["crc32"]]
    return valid


def sealed(row: NDArray[np.void]) -> NDArray[np.void]:
    """The row with its checksum."""
    full = np.array(row, ENTRY)
    full["crc32"] = zlib.crc32(full.tobytes()[:_CRC_OVER])
    return full


def is_clean(path: Path) -> bool:
    """Whether the last writer closed the file: HDF5's flags, byte 11 of a version 3 superblock."""
    with path.open("rb") as file:
        start = file.read(12)
    if not start.startswith(b"\x89HDF\r\n\x1a\n") or len(start) < 12 or start[8] != 3:
        raise PorelakeError(f"{path}: no cube of this program; remove it and ingest again")
    return start[11] == 0


@contextmanager
def reading(path: Path) -> Iterator[h5py.File]:
    """Open a cube for reading, also while a writer appends or after it was killed.

    Raises
    ------
    InputError
        If there is no cube.
    PorelakeError
        If it can't be read.
    """
    if not path.exists():
        raise InputError(f"{path}: no such cube; ingest the HARP first")
    try:
        file = _patiently(lambda: h5py.File(path, "r", libver="latest", swmr=True, rdcc_nbytes=0))
    except OSError as error:
        raise PorelakeError(f"{path}: can't be read as a cube ({error})") from error
    with file:
        if file.attrs.get("format") != FORMAT:
            raise PorelakeError(f"{path}: no cube of this version; remove it and ingest again")
        yield file


def open_to_append(path: Path) -> h5py.File:
    """Open a cube so that what is flushed is readable at once and stays so if the process dies (SWMR)."""
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    try:
        flags = h5py.h5f.ACC_RDWR | h5py.h5f.ACC_SWMR_WRITE
        return h5py.File(_patiently(lambda: h5py.h5f.open(str(path).encode(), flags, fapl=access)))
    except OSError as error:
        raise PorelakeError(
            f"{path}: can't be opened to append ({error}); close other programs that use it"
        ) from error


def _patiently(open_file: Callable[[], T]) -> T:
    """Open a file that HDF5 locks for the moment in which another process opens it."""
    last = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            return open_file()
        except BlockingIOError:
            if time.monotonic() > last:
                raise
            time.sleep(0.01)


def milliseconds(t_rec: np.datetime64) -> int:
    """Time as the log has it: ms since 1970-01-01 TAI."""
    return int(t_rec.astype("datetime64[ms]").astype(np.int64))


def _used(rows: Iterable[int]) -> int:
    return max((int(row) for row in rows), default=_NONE) + 1
