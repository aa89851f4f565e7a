"""The tables of a lake in an object store as DuckDB reads them: few requests per file, nothing written."""

import io
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from fsspec.caching import ReadAheadCache
from fsspec.spec import AbstractFileSystem

from storage.store import Store

WHOLE = 1024 * 1024  # bytes up to which a file is read in one piece, and of a piece of larger ones
TAIL = 64 * 1024  # bytes that hold the columns' places in most larger files
KEPT = 64  # files whose end is kept for when they are opened again, which DuckDB does


class TableFiles(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A file system of the tables.

    DuckDB looks up every file that a view names before it knows which of them a question needs, and each of
    those several times when it opens it. Here the names that the catalogue tells are taken as they are.
    """

    cachable = False

    def __init__(self, url: str) -> None:
        super().__init__()
        self.protocol = url.partition("://")[0]
        self._store = Store(url)
        self._info = lru_cache(maxsize=None)(self._look_up)
        self._end = lru_cache(maxsize=KEPT)(self._read_end)

    def glob(self, path: str, **_: object) -> list[str]:
        """The file of that name."""
        return [path]

    def exists(self, path: str, **_: object) -> bool:
        """Whether there is a file; one that the catalogue names is."""
        return True

    def info(self, path: str, **_: object) -> dict[str, Any]:
        """Size and time of change, looked up once."""
        return self._info(path)

    def modified(self, path: str) -> Any:
        """Time of change."""
        info = self.info(path)
        return info.get("LastModified") or info.get("created") or info.get("mtime")

    def open(self, path: str, mode: str = "rb", **_: object) -> "TableFile":
        """Open a file for reading."""
        if mode != "rb":
            raise PermissionError(f"{path}: tables are only read")
        rooms = (f"{self._store.url}/tables/", f"{self._store.url}/packs/")
        if not path.startswith(rooms) or ".." in path.split("/"):
            raise PermissionError(f"{path}: only tables are read")
        return TableFile(self._end(path), self.info(path)["size"], lambda a, b: self._read(path, a, b))

    def _read_end(self, path: str) -> bytes:
        size = self.info(path)["size"]
        first = 0 if size <= WHOLE else size - TAIL
        return self._read(path, first, size)

    def _look_up(self, path: str) -> dict[str, Any]:
        with self._store.told():
            return self._store.fs.info(path)  # type: ignore[no-any-return]

    def _read(self, path: str, first: int, stop: int) -> bytes:
        with self._store.told():
            return self._store.fs.cat_file(path, start=first, end=stop)  # type: ignore[no-any-return]


class TableFile(io.RawIOBase):
    """An object open for reading, of which the end is there already."""

    def __init__(self, end: bytes, size: int, fetch: Callable[[int, int], bytes]) -> None:
        self._end, self._size, self._place = end, size, 0
        self._before = ReadAheadCache(WHOLE, fetch, size)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Offset of the next byte."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to an offset."""
        self._place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        return self._place

    def readinto(self, buffer: Any) -> int:
        """Read bytes into a buffer; return how many."""
        stop = min(self._place + len(buffer), self._size)
        in_end = self._place - (self._size - len(self._end))
        if in_end >= 0:
            data = self._end[in_end : in_end + stop - self._place]
        else:
            data = self._before._fetch(self._place, stop)
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)
