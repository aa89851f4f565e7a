"""Where SHARP files come from: a directory of them, or a tar as JSOC exports it."""

import os
import tarfile
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import Protocol

from pores.errors import InputError, PorelakeError
from pores.frame import Keyword
from storage.fits_files import MAX_FILE, FileName, parse_name

TRUTH, SCRIPT = "truth", "script.json"  # what lies beside a simulated series, and a file in it


@dataclass(frozen=True)
class SourceFile:
    """A file of a source that is named as a SHARP file is.

    Attributes
    ----------
    version : str
        The archive's, of the record; empty for a file of a directory.
    keywords : mapping of str to Keyword, optional
        Of the record, where the file has none: they join the cards of its header.
    """

    name: FileName
    path: str
    size: int
    mtime_ns: int
    read: Callable[[], bytes] = field(repr=False, compare=False)
    version: str = ""
    keywords: Mapping[str, Keyword] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Listing:
    """What a source holds: SHARP files by T_REC, and how many others were passed over."""

    files: tuple[SourceFile, ...]
    others: int


class Source(Protocol):
    """A place that has SHARP files."""

    @property
    def listing(self) -> Listing:
        """Everything in it, whatever the series; looked at once."""
        ...

    def series(self) -> dict[str, int]:
        """How many files it has of each series."""
        ...

    def harpnums(self, series: str) -> list[int]:
        """HARPs of which it has files, sorted."""
        ...

    def files(self, harpnums: Collection[int] | None, series: str) -> list[SourceFile]:
        """Files of those HARPs (None: of all) in a series, sorted by HARP, T_REC, segment and path."""
        ...


def open_source(text: str) -> Source:
    """The source a user names: a directory, or a `.tar`.

    Raises
    ------
    InputError
        If there is none, or it can't be read.
    """
    path = Path(text).expanduser()
    if path.is_dir():
        return DirectorySource(path)
    if not path.exists():
        raise InputError(f"--from {text}: no such file or directory")
    return TarSource(path)


class _Listed:
    """Questions that a listing answers."""

    @property
    def listing(self) -> Listing:
        raise NotImplementedError

    def series(self) -> dict[str, int]:
        names = [file.name.series for file in self.listing.files]
        return {name: names.count(name) for name in sorted(set(names))}

    def harpnums(self, series: str) -> list[int]:
        return sorted({file.name.harpnum for file in self.listing.files if file.name.series == series})

    def files(self, harpnums: Collection[int] | None, series: str) -> list[SourceFile]:
        wanted = (file for file in self.listing.files if file.name.series == series)
        return [file for file in wanted if harpnums is None or file.name.harpnum in harpnums]


@dataclass(frozen=True)
class DirectorySource(_Listed):
    """FITS files in a directory, however nested; links to directories are not followed."""

    root: Path

    @cached_property
    def listing(self) -> Listing:
        """Everything in the directory."""
        return _listing((Path(entry.path).name, partial(_on_disk, entry)) for entry in _walk(self.root))


@dataclass(frozen=True)
class TarSource(_Listed):
    """FITS files in an uncompressed tar, read in place: nothing is ever unpacked to disk."""

    path: Path

    @cached_property
    def listing(self) -> Listing:
        """Everything in the tar."""
        try:
            with tarfile.open(self.path, "r:") as tar:
                every = list(tar)
            _require_whole(self.path, every)
            members = [member for member in every if not member.isdir()]
        except (tarfile.TarError, OSError, EOFError) as error:
            raise InputError(
                f"{self.path}: no complete uncompressed tar ({error}); {_cure(self.path)}"
            ) from error
        return _listing((PurePosixPath(m.name).name, partial(_in_tar, self.path, m)) for m in members)


def _cure(path: Path) -> str:
    """Say what to do with a file that is no tar."""
    with path.open("rb") as file:
        start = file.read(9)
    if start.startswith(b"SIMPLE  ="):
        return "it is a FITS file: name the directory that holds it"
    if start.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"(\xb5/\xfd")):
        return "it is compressed: unpack it first"
    return "fetch it again"


def _require_whole(path: Path, members: list[tarfile.TarInfo]) -> None:
    """Look for the block of zeros after the last member, which Python's tarfile does not miss."""
    end = 0
    if members:
        last = members[-1]
        if last.sparse is not None:  # its size in the tar isn't told
            return
        end = last.offset_data + (
            -(-last.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE if last.isreg() else 0
        )
    if _slice(path, end, tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError("truncated")


def _listing(found: Iterator[tuple[str, Callable[[FileName], SourceFile | None]]]) -> Listing:
    """Sort out files by their names; what is no regular file counts among the others."""
    files: list[SourceFile] = []
    others = 0
    for base, make in found:
        name = parse_name(base)
        file = make(name) if name is not None else None
        if file is None:
            others += 1
        else:
            files.append(file)
    files.sort(key=lambda f: (f.name.series, f.name.harpnum, f.name.t_rec, f.name.segment, f.path))
    return Listing(tuple(files), others)


def _walk(root: Path) -> Iterator[os.DirEntry[str]]:
    """Every file below a directory, but those of the truth that lies beside a simulated series."""
    if root.name == TRUTH and (root / SCRIPT).is_file():
        return
    try:
        with os.scandir(root) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _walk(Path(entry.path))
                else:
                    yield entry
    except OSError as error:
        raise InputError(f"{root}: can't be listed ({error.strerror})") from error


def _on_disk(entry: os.DirEntry[str], name: FileName) -> SourceFile | None:
    """A file, also behind a link; None for a dangling link, a socket and the like."""
    if not entry.is_file():
        return None
    stat = entry.stat()
    _require_sane(entry.path, stat.st_size)
    return SourceFile(name, entry.path, stat.st_size, stat.st_mtime_ns, partial(_read, Path(entry.path)))


def _in_tar(path: Path, member: tarfile.TarInfo, name: FileName) -> SourceFile | None:
    """A member; None unless it is a plain file (links, devices and sparse files are not)."""
    if not member.isreg() or member.sparse is not None:
        return None
    label = f"{path}:{member.name}"
    _require_sane(label, member.size)
    mtime_ns = round(member.mtime * 1_000_000_000)
    return SourceFile(
        name, label, member.size, mtime_ns, partial(_slice, path, member.offset_data, member.size)
    )


def _require_sane(label: str, size: int) -> None:
    if size > MAX_FILE:
        raise InputError(f"{label}: {size} bytes; no SHARP file is larger than {MAX_FILE}")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE + 1)
    except OSError as error:
        raise PorelakeError(f"{path}: can't be read ({error.strerror})") from error


def _slice(path: Path, offset: int, size: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(offset)
            return file.read(size)
    except OSError as error:
        raise PorelakeError(f"{path}: can't be read ({error.strerror})") from error
