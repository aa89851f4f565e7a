"""The files of an export: how they are named, what is in them, and their tar."""

import re
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from tests.jsoc.headers import bare
from tests.jsoc.info import directory
from tests.jsoc.records import SEGMENTS, Record
from tests.jsoc.replies import Reply

BASES = ("as-is", "fits")
KIND = "image/fits"
_FIELD = re.compile(r"\{(\w+)(?::([^}]*))?\}")


@dataclass(frozen=True)
class ExportedFile:
    """One file of an export, as it was when the export was asked for."""

    record: str
    name: str
    place: str  # where it is served
    path: Path
    bare: bool

    def reply(self) -> Reply:
        return Reply.of_bytes(self.content(), kind=KIND) if self.bare else Reply.of_file(self.path, KIND)

    def content(self) -> bytes:
        content = self.path.read_bytes()
        return bare(content) if self.bare else content


@dataclass
class Export:
    """An export that was accepted."""

    requestid: str
    user: str
    method: str
    protocol: str
    files: dict[str, ExportedFile]  # by where they are served
    rcount: int
    size: int
    directory: str
    began: float = field(default_factory=time.monotonic)
    unknown_left: int = 0
    polls_left: int = 0
    wait_s: float = 0.0

    @property
    def pending(self) -> bool:
        return self.polls_left > 0 or time.monotonic() - self.began < self.wait_s

    @property
    def tar(self) -> str:
        return f"{self.directory}/{self.requestid}.tar"


def files_of(
    records: list[Record], segments: tuple[str, ...], where: str, fmt: str, stored: bool
) -> Iterator[ExportedFile]:
    """Files of the records' segments; one that a record has not is left out."""
    wanted = segments or SEGMENTS
    for record in records:
        for segment in (name for name in wanted if name in record.files):
            name = f"{record.recnum}/{segment}.fits" if stored else _file_name(record, segment, fmt)
            place = f"{directory(record)}/{segment}.fits" if stored else f"{where}/{name}"
            label = f"{record.name}{{{segment}}}"
            yield ExportedFile(label, name, place, record.files[segment], stored)


def _file_name(record: Record, segment: str, fmt: str) -> str:
    values = {"seriesname": record.series, "segment": segment, "recnum": str(record.recnum)}

    def value(match: re.Match[str]) -> str:
        if match[1] == "T_REC" and match[2] == "A":
            return record.compact
        return values.get(match[1]) or record.values().get(match[1], ("", "UNKNOWN"))[1]

    return _FIELD.sub(value, fmt) + ".fits"


def write_tar(path: Path, requestid: str, files: list[ExportedFile]) -> None:
    """Write an export's tar, with the small texts that come with each."""
    texts = {
        "index.html": f"<html><body>{requestid}</body></html>\n",
        "index.txt": "".join(f"{file.record}\t{file.name}\n" for file in files),
        f"{requestid}.keywords.txt": "".join(f"{file.record}\n" for file in files),
    }
    partial = path.with_suffix(".partial")
    with tarfile.open(partial, "w:", format=tarfile.USTAR_FORMAT) as tar:
        for file in files:
            _add(tar, file.name, file.content())
        for name, text in texts.items():
            _add(tar, name, text.encode())
    partial.rename(path)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(content), 1_400_000_000
    tar.addfile(member, BytesIO(content))
