"""Appending the files of a source to a cube."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from pores.errors import InputError
from storage import cube_log
from storage.archive import SourceFile
from storage.cube_writer import CubeWriter, Record, exclusive
from storage.fits_blocks import UnreadableFile
from storage.fits_files import content_key, read_segment

BATCH = 16  # files read before they are written: new shapes among them cost one change of structure


@dataclass(frozen=True)
class Appended:
    """What became of the files offered to a cube."""

    added: int = 0
    unchanged: int = 0
    unusable: tuple[str, ...] = ()


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
    with exclusive(path):
        known = _Known.of(path)
        added, unchanged, unusable = 0, 0, []
        with CubeWriter(path) as writer:
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

    def read_if_new(self, file: SourceFile) -> Record | None:
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
        key = (cube_log.milliseconds(file.name.t_rec), file.name.segment)
        if self.in_use.get(key) == sha256:
            return None
        try:
            image = read_segment(file.name, content)
        except UnreadableFile as problem:
            return Record(file.name, file.size, file.mtime_ns, sha256, problem)
        self.in_use[key] = sha256
        return Record(file.name, file.size, file.mtime_ns, sha256, image)
