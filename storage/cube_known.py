"""What a cube knows already of the files offered to it, and so what of them is new."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pores.errors import InputError, Reason
from storage import cube_log
from storage.archive import SourceFile
from storage.cube_reading import Look, Offer
from storage.cube_standing import Key, Row, Standing, in_use
from storage.cube_writer import Record
from storage.fits_blocks import UnreadableFile
from storage.fits_files import FileName, digest


@dataclass(frozen=True)
class Absence:
    """That there is no file of a record's segment, or none that can be used.

    Attributes
    ----------
    name : FileName
        What the file would be called.
    version : str
        Of the record, the archive's.
    reason, problem : Reason, str
    header : bytes
        Keywords of the record as cards, where no file has them.
    sha256 : str
        Content of the file that can't be used.
    """

    name: FileName
    version: str
    reason: Reason
    problem: str
    header: bytes = b""
    sha256: str = ""


@dataclass(frozen=True)
class Refused:
    """A file that can't be used and was not recorded."""

    name: FileName
    sha256: str
    problem: UnreadableFile


@dataclass(frozen=True)
class Doubted:
    """A file said to be of a new version that is the one in use, its header naming the earlier record.

    It may come from an export that the archive kept from before it made the record anew.
    """

    file: SourceFile


@dataclass
class SeenFiles:
    """The files a cube has seen; what is no good is recorded or, with `hand_back`, returned."""

    path: Path
    hand_back: bool = False
    of_cube: tuple[str, int] | None = None
    stats: set[tuple[str, int, int]] = field(default_factory=set)
    current: dict[Key, tuple[Standing, str]] = field(default_factory=dict)  # and the content
    images: dict[Key, dict[str, Row]] = field(default_factory=dict)  # every content there is

    @classmethod
    def of(cls, path: Path, hand_back: bool = False) -> "SeenFiles":
        """What a cube knows; nothing if there is none yet."""
        if not path.exists():
            return cls(path, hand_back)
        with cube_log.reading(path) as file:
            known = cls(path, hand_back, (str(file.attrs["series"]), int(file.attrs["harpnum"])))
            log = cube_log.entries(file)
        known.remember(log)
        for key, row in in_use(log).items():
            known.current[key] = Standing.of(row), row["sha256"].decode()
        return known

    def remember(self, rows: Iterable[Row]) -> None:
        """Take note of what the log has."""
        for row in rows:
            if not row["version"]:  # the archive's files are told by their version
                self.stats.add((row["file"].decode(), int(row["size"]), int(row["mtime_ns"])))
            if not row["reason"]:
                key = int(row["t_rec"]), row["segment"].decode()
                self.images.setdefault(key, {})[row["sha256"].decode()] = row

    def note_new(self, files: Iterable[SourceFile | Absence]) -> list[SourceFile | Absence]:
        """Note files as seen, and give those that were not known by their name, size and time of change."""
        return [one for one in files if isinstance(one, Absence) or self._note(one)]

    def _note(self, file: SourceFile) -> bool:
        """Note a file as seen; whether it was new."""
        if file.version:
            return True
        stat = (str(file.name), file.size, file.mtime_ns)
        new = stat not in self.stats
        self.stats.add(stat)
        return new

    def offer(self, file: SourceFile) -> Offer:
        """A file to be looked into."""
        return Offer(file, frozenset(self.images.get(_key(file.name), ())))

    def record(
        self, one: SourceFile | Absence, look: Callable[[], Look]
    ) -> Record | Refused | Doubted | None:
        """What is to be written of a file, given a look into it; None if there is nothing new.

        Raises
        ------
        InputError
            If it is not of the cube's HARP and series.
        """
        mine = (one.name.series, one.name.harpnum)
        if mine != (self.of_cube or mine):
            raise InputError(f"{one.name}: not of {self.of_cube}, to whose cube {self.path} it was to go")
        self.of_cube = mine
        found = self._absence(one) if isinstance(one, Absence) else self._file(one, look())
        if isinstance(found, Record):
            reason = str(found.result.reason) if isinstance(found.result, UnreadableFile) else ""
            standing = Standing(found.version, reason)
            key = _key(found.name)
            if key not in self.current or standing.displaces(self.current[key][0]):
                self.current[key] = standing, found.sha256
        return found

    def _absence(self, absence: Absence) -> Record | None:
        standing = Standing(absence.version, str(absence.reason))
        sha256 = absence.sha256 or (digest(absence.header) if absence.header else "")
        before = self.current.get(_key(absence.name))
        if before is not None and (before == (standing, sha256) or not standing.displaces(before[0])):
            return None
        problem = UnreadableFile(str(absence.name), absence.problem, absence.reason)
        return Record(absence.name, 0, 0, sha256, problem, absence.version, absence.header)

    def _file(self, file: SourceFile, look: Look) -> Record | Refused | Doubted | None:
        key, sha256 = _key(file.name), look.sha256
        standing, current = self.current.get(key, (Standing("", ""), ""))
        if current == sha256 and not standing.reason:
            if file.version in ("", standing.version):
                return None
            if self.hand_back and look.recnum == _recnum(standing.version) != _recnum(file.version):
                return Doubted(file)
        there = self.images.get(key, {})
        result = there[sha256] if look.image is None else there.get(sha256, look.image)
        if self.hand_back and isinstance(result, UnreadableFile):
            return Refused(file.name, sha256, result)
        return Record(file.name, file.size, file.mtime_ns, sha256, result, file.version)


def _key(name: FileName) -> Key:
    return cube_log.milliseconds(name.t_rec), name.segment


def _recnum(version: str) -> str:
    return version.partition("/")[0]
