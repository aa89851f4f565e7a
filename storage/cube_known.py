"""What a cube knows already of the files offered to it, and so what of them is new."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from pores.errors import InputError, Reason
from storage import cube_log
from storage.archive import SourceFile
from storage.cube_standing import Key, Row, Standing, in_use
from storage.cube_writer import Record
from storage.fits_blocks import MAX_HEADER, UnreadableFile
from storage.fits_cards import CARD, as_cards, keywords, with_cards
from storage.fits_files import Content, FileName, SegmentImage, digest


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
class Known:
    """The files a cube has seen; what is no good is recorded or, with `hand_back`, returned."""

    path: Path
    hand_back: bool = False
    of_cube: tuple[str, int] | None = None
    stats: set[tuple[str, int, int]] = field(default_factory=set)
    current: dict[Key, tuple[Standing, str]] = field(default_factory=dict)  # and the content
    images: dict[tuple[Key, str], Row] = field(default_factory=dict)  # every content there is

    @classmethod
    def of(cls, path: Path, hand_back: bool = False) -> "Known":
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
                self.images[key, row["sha256"].decode()] = row

    def look_at(self, one: SourceFile | Absence) -> Record | Refused | Doubted | None:
        """What is to be written of a file, which is read unless it is known; None if there is nothing new.

        Raises
        ------
        InputError
            If it is not of the cube's HARP and series.
        """
        mine = (one.name.series, one.name.harpnum)
        if mine != (self.of_cube or mine):
            raise InputError(f"{one.name}: not of {self.of_cube}, to whose cube {self.path} it was to go")
        self.of_cube = mine
        found = self._absence(one) if isinstance(one, Absence) else self._file(one)
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

    def _file(self, file: SourceFile) -> Record | Refused | Doubted | None:
        stat = (str(file.name), file.size, file.mtime_ns)
        if not file.version:
            if stat in self.stats:
                return None
            self.stats.add(stat)
        content = Content(file.read())
        joined = b"" if file.keywords is None else as_cards(file.keywords)
        sha256 = digest(content.key.encode(), joined) if joined else content.key
        standing, current = self.current.get(_key(file.name), (Standing("", ""), ""))
        if current == sha256 and not standing.reason:
            if file.version in ("", standing.version):
                return None
            if self.hand_back and _is_of(standing.version, file, content):
                return Doubted(file)
        result: SegmentImage | UnreadableFile | Row | None = self.images.get((_key(file.name), sha256))
        if result is None:
            try:
                result = _with_cards(content.image(file.name), joined)
            except UnreadableFile as problem:
                if self.hand_back:
                    return Refused(file.name, sha256, problem)
                result = problem
        return Record(file.name, file.size, file.mtime_ns, sha256, result, file.version)


def _is_of(version: str, file: SourceFile, content: Content) -> bool:
    """Whether a file's header says that it is of a version, and not of the one it came as."""
    recnum = str(keywords(content.image(file.name).header).get("RECNUM"))
    return recnum == _recnum(version) != _recnum(file.version)


def _key(name: FileName) -> Key:
    return cube_log.milliseconds(name.t_rec), name.segment


def _recnum(version: str) -> str:
    return version.partition("/")[0]


def _with_cards(image: SegmentImage, joined: bytes) -> SegmentImage:
    """Put cards behind those of an image that the header has already."""
    if not joined:
        return image
    header = with_cards(image.header, joined)
    if len(header) > MAX_HEADER:
        raise UnreadableFile(str(image.name), f"its header and keywords have {len(header) // CARD} cards")
    return replace(image, header=header)
