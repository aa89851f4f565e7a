"""What JSOC answers, as values: its JSON gives columns, every value in them a text."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from pores.frame import Keyword
from pores.record_time import parse_t_rec
from storage.fits_cards import DRMS_MISSING_INT, NOT_A_VALUE, QUALITY_KEYWORDS
from storage.fits_files import FileName
from storage.record_sets import RecordSet

PRIME_KEYS = ("HARPNUM", "T_REC")
RECORD_KEYS = (*PRIME_KEYS, "CALVER64", "QUALITY", "NOAA_ARS")
HIDDEN_KEYS = ("*recnum*", "*size*")
PIXEL_BYTES = 1.74  # of a segment in a FITS export, Rice-compressed: 6.96 for the four needed ones
_INTEGERS = frozenset({"char", "short", "int", "longlong"})
_REALS = frozenset({"float", "double"})
_MISSING = {"char": -(2**7), "short": -(2**15), "int": DRMS_MISSING_INT, "longlong": -(2**63)}
_NO_KEYWORD = "invalid keylink"

Columns = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class ArchiveRecord:
    """One record as the archive has it.

    Attributes
    ----------
    harpnum : int
    t_rec : datetime64[ms]
        TAI.
    version : str
        `RECNUM/CALVER64`: another one means that the record was made anew.
    quality : int or None
        QUALITY as an unsigned 32-bit integer.
    noaa_ars : tuple of int
        NOAA's numbers of the regions in the HARP.
    segments : tuple of str
        Those asked for that have a file.
    size : int
        Bytes of its files at the archive, those of segments not asked for perhaps included; 0 if not told.
    pixels : int
        Pixels of those segments together; 0 if not told.
    """

    harpnum: int
    t_rec: np.datetime64
    version: str
    quality: int | None
    noaa_ars: tuple[int, ...]
    segments: tuple[str, ...]
    size: int
    pixels: int = 0

    @property
    def expected_bytes(self) -> int:
        """About what its files will take, by their pixels, and not more than the whole record."""
        by_pixels = round(PIXEL_BYTES * self.pixels)
        return min(self.size, by_pixels) if self.size and by_pixels else self.size or by_pixels


@dataclass(frozen=True)
class ExportFile:
    """A file that an export has ready: its URL, and the name to save it under."""

    url: str
    name: str


@dataclass(frozen=True)
class ExportState:
    """What JSOC says of an export.

    Attributes
    ----------
    status : int
        0 done; 1, 2 pending; 3 too large; 4 bad request; 5 expired; 6 not known (yet); 7 the user has a
        pending request.
    request_id : str or None
    wait_s : float
        How long JSOC wishes to be left alone.
    error : str
        JSOC's words, on one line.
    files : tuple of ExportFile
        Once done.
    """

    status: int
    request_id: str | None
    wait_s: float
    error: str
    files: tuple[ExportFile, ...] = ()


def records_of(reply: Mapping[str, Any]) -> list[ArchiveRecord]:
    """Records of an rs_list reply to RECORD_KEYS and HIDDEN_KEYS, by HARPNUM and T_REC."""
    columns = columns_of(reply)
    files = _files(reply, len(columns.get("T_REC", ())))
    found = [_record(row, had) for row, had in zip(rows_of(columns), files, strict=True)]
    return sorted(found, key=lambda record: (record.harpnum, record.t_rec))


def export_file(record: str | None, filename: str, url: str) -> ExportFile:
    """A file of a record; a bare one, named after its segment only, gets the name of a SHARP file."""
    if record and filename == f"{RecordSet.parse(record).segments[0]}.fits":
        what = RecordSet.parse(record)
        filename = str(FileName(what.series, what.harpnum or 0, what.times[0].first, what.segments[0]))
    path = PurePosixPath(filename)
    if path.name != filename or filename.startswith(".") or path.suffix not in (".fits", ".tar"):
        raise ValueError(f"{filename!r} is no name of a file")
    return ExportFile(url, filename)


def columns_of(reply: Mapping[str, Any]) -> dict[str, list[str]]:
    """Keyword to its values; none where the record set is empty."""
    return {str(column["name"]): [str(v) for v in column["values"]] for column in reply.get("keywords", ())}


def rows_of(columns: Columns) -> list[dict[str, str]]:
    """One mapping for each record."""
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def fits_name(keyword: str) -> str:
    """Name of a keyword in FITS headers: DRMS has DATE__OBS for DATE-OBS."""
    return keyword.replace("__", "-")


def typed(name: str, kind: str, text: str) -> Keyword:
    """A keyword's value as its series declares it; None where it is missing, QUALITY and its like unsigned.

    Examples
    --------
    >>> typed("QUALITY", "int", "0x80000000"), typed("CRPIX1", "double", "nan")
    (2147483648, None)
    """
    if text.strip().lower() in NOT_A_VALUE or text.strip().lower() == _NO_KEYWORD:
        return None
    if name in QUALITY_KEYWORDS:
        return int(text, 0) & 0xFFFFFFFF
    if kind in _INTEGERS:
        number = int(text, 16) if text.lower().startswith("0x") else int(text)
        return None if number == _MISSING[kind] else number
    if kind in _REALS:
        value = float(text)
        return value if math.isfinite(value) else None
    return text


def noaa_numbers(text: str) -> tuple[int, ...]:
    """NOAA's region numbers of a NOAA_ARS keyword, `12818,12820`."""
    return tuple(int(part) for part in text.split(",") if part.strip().isdecimal())


def one_line(text: object) -> str:
    """JSOC's words without their newlines."""
    return " ".join(str(text).split())


def _record(row: Mapping[str, str], files: Mapping[str, int]) -> ArchiveRecord:
    quality, size = typed("QUALITY", "int", row.get("QUALITY", "")), row.get("*size*", "")
    return ArchiveRecord(
        harpnum=int(row["HARPNUM"]),
        t_rec=parse_t_rec(row["T_REC"]),
        version=f"{row['*recnum*']}/{row.get('CALVER64', '')}",
        quality=None if quality is None else int(quality),
        noaa_ars=noaa_numbers(row.get("NOAA_ARS", "")),
        segments=tuple(files),
        size=int(size) if size.isdecimal() else 0,  # `NA` where there is no file
        pixels=sum(files.values()),
    )


def _files(reply: Mapping[str, Any], n: int) -> list[dict[str, int]]:
    """For each record, its segments that have a file, and how many pixels."""
    found: list[dict[str, int]] = [{} for _ in range(n)]
    for segment in reply.get("segments", ()):
        sizes = segment.get("dims") or [""] * n
        for files, path, axes in zip(found, map(str, segment["values"]), sizes, strict=True):
            if _is_file(path, str(axes)):
                files[str(segment["name"])] = _pixels(str(axes))
    return found


def _is_file(path: str, axes: str) -> bool:
    """Whether a segment has a file: else its path is a word (`NoDataDirectory`), or that of its directory.

    Of a segment that was never written, JSOC may make up a path all the same, but no axes.
    """
    return path.startswith("/") and not path.endswith("/") and "0" not in axes.split("x")


def _pixels(axes: str) -> int:
    """Pixels of `744x377`; 0 if that is not told."""
    parts = axes.split("x")
    return math.prod(int(part) for part in parts) if all(part.isdecimal() for part in parts) else 0
