"""What many small files and directories of a lake said, so that only those that changed are read again.

Kept in a file beside the packs, which can be removed at any time.
"""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from storage.lake import PARTIAL, Lake, atomic

_SETTLED_NS = 2 * 10**9  # what changed just now may change again without a new time
_FEW = 64  # entries that are read anew each time, so that small lakes have no such file


class Known:
    """What was read of files and directories, by their paths in the lake."""

    def __init__(self, lake: Lake) -> None:
        self._root, self._path = lake.root, lake.root / "packs" / "known.json"
        self._before: dict[str, list[Any]] = {}
        self._now: dict[str, list[Any]] = {}
        with suppress(FileNotFoundError, ValueError):
            self._before = json.loads(self._path.read_text())

    def told(self, room: str, depth: int, read: Callable[[Path], Any]) -> dict[str, Any]:
        """Path to what it says, of the entries so many levels below a room; only those that changed are read.

        Parameters
        ----------
        room : str
            Directory in the lake.
        depth : int
            1: the entries in it.
        read : callable
            What an entry says, as JSON has it.
        """
        return {entry.path: self._told(entry, read) for entry in _entries(str(self._root / room), depth)}

    def _told(self, entry: os.DirEntry[str], read: Callable[[Path], Any]) -> Any:
        name, stat = entry.path[len(str(self._root)) + 1 :], entry.stat()
        is_now = [stat.st_mtime_ns, stat.st_size, stat.st_ino]
        before = self._before.get(name)
        said = before[1] if before and before[0] == is_now else read(Path(entry))
        if time.time_ns() - stat.st_mtime_ns > _SETTLED_NS:
            self._now[name] = [is_now, said]
        return said

    def keep(self) -> None:
        """Write down what was read, for the next time; only who holds the lock of the catalogue may."""
        if len(self._now) > _FEW and self._now != self._before:
            with atomic(self._path, flushed=False) as partial:
                partial.write_text(json.dumps(self._now, separators=(",", ":")))


def _entries(directory: str, depth: int) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as found:
            entries = [entry for entry in found if PARTIAL not in entry.name]
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        if depth == 1:
            yield entry
        else:
            yield from _entries(entry.path, depth - 1)
