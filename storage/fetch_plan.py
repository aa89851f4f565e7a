"""What of the archive's records a cube lacks, and the requests that bring exactly that."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np

from pores.errors import Reason
from pores.frame import NEEDED_SEGMENTS
from storage.cube_known import Absence
from storage.cube_log import milliseconds
from storage.cube_standing import Key, Standing
from storage.fits_files import FileName
from storage.jsoc_replies import ArchiveRecord
from storage.record_sets import RecordSet, requests
from storage.settings import Settings

NO_FILE = "the archive has no file of it"
_SECOND = np.timedelta64(1000, "ms")
_ABSENT = str(Reason.MISSING_SEGMENT)


@dataclass(frozen=True)
class Wanted:
    """A file to fetch: of which record (T_REC to the second) and segment, its version and about its size."""

    t_rec: np.datetime64
    segment: str
    version: str
    size: int


@dataclass(frozen=True)
class Chunk:
    """One request to the archive, and what it is to bring; `attempt` counts from 1."""

    what: RecordSet
    files: tuple[Wanted, ...]
    attempt: int = 1

    @property
    def size(self) -> int:
        """Bytes to expect."""
        return sum(file.size for file in self.files)

    def again(self, bad: Collection[tuple[np.datetime64, str]], settings: Settings) -> "list[Chunk]":
        """Requests for those of its files that came damaged or not at all."""
        files = [file for file in self.files if (file.t_rec, file.segment) in bad]
        made = chunks(self.what, files, _segments_by_record(self.files), settings)
        return [replace(chunk, attempt=self.attempt + 1) for chunk in made]


@dataclass(frozen=True)
class Plan:
    """What a cube lacks of the archive's records.

    Attributes
    ----------
    wanted : tuple of Wanted
        Files that are new, or of another version than the cube's.
    there : mapping of datetime64 to frozenset of str
        Which files each record has at the archive.
    bare : mapping of datetime64 to str
        Version of the records without any file, of which the cube does not know yet.
    lost : tuple of Absence
        Segments the cube has that their record has no longer, since it was made anew.
    unchanged : int
        Files the cube has.
    given_up : tuple of FileName
        Files that an earlier run could not get whole.
    """

    wanted: tuple[Wanted, ...] = ()
    there: Mapping[np.datetime64, frozenset[str]] = field(default_factory=dict)
    bare: Mapping[np.datetime64, str] = field(default_factory=dict)
    lost: tuple[Absence, ...] = ()
    unchanged: int = 0
    given_up: tuple[FileName, ...] = ()


def to_the_second(t_rec: np.datetime64) -> np.datetime64:
    """The T_REC that file names carry: some records' have a fraction of a second."""
    whole = (t_rec.astype("datetime64[ms]") + _SECOND // 2).astype("datetime64[s]")
    return np.datetime64(whole, "ms")


def planned(
    what: RecordSet, records: Iterable[ArchiveRecord], had: Mapping[Key, Standing], again: bool
) -> Plan:
    """Compare the archive's records with what a cube has.

    Parameters
    ----------
    what : RecordSet
        Of one HARP; names the segments.
    records : iterable of ArchiveRecord
        The archive's answer to it.
    had : mapping
        The cube's `standings`.
    again : bool
        Ask anew for files that are recorded as unusable in the archive's version.
    """
    wanted: list[Wanted] = []
    lost: list[Absence] = []
    there, bare, given_up, unchanged = {}, {}, [], 0
    for record in records:
        t_rec = to_the_second(record.t_rec)
        there[t_rec] = frozenset(record.segments)
        if not record.segments and _is_news(t_rec, record.version, had, noted(what)):
            bare[t_rec] = record.version
        if record.segments:
            lost += _lost(what, record, had)
        for segment in record.segments:
            standing = had.get((milliseconds(t_rec), segment))
            if _lacks(standing, record.version, again):
                size = record.expected_bytes // len(record.segments)
                wanted.append(Wanted(t_rec, segment, record.version, size))
            elif standing is not None and standing.reason:
                given_up.append(name_of(what, t_rec, segment))
            else:
                unchanged += 1
    return Plan(tuple(wanted), there, bare, tuple(lost), unchanged, tuple(given_up))


def noted(what: RecordSet) -> tuple[str, ...]:
    """Segments whose absence is recorded of a record without files: the needed ones that are asked for."""
    return tuple(name for name in what.segments if name in NEEDED_SEGMENTS) or what.segments


def name_of(what: RecordSet, t_rec: np.datetime64, segment: str) -> FileName:
    """What a file of a record set of one HARP is called."""
    return FileName(what.series, what.harpnum or 0, t_rec, segment)


def chunks(
    what: RecordSet,
    wanted: Collection[Wanted],
    there: Mapping[np.datetime64, frozenset[str]],
    settings: Settings,
) -> list[Chunk]:
    """Requests that bring the wanted files and no others, each within the limits.

    Records of which the same segments are wanted share a request, and so does a record that has no more than
    those of them that are wanted. A span of time goes on over records that have none of them.
    """
    made = []
    lacking = _segments_by_record(wanted)
    versions = {(file.t_rec, file.segment): file for file in wanted}
    for segments, times in _by_request(lacking, there):
        sizes = {t: sum(versions[t, name].size for name in lacking[t]) for t in times}
        known = [t for t, has in there.items() if has & segments]
        base = replace(what, segments=tuple(name for name in what.segments if name in segments))
        for request, mine in spans(base, sizes, known, settings):
            files = tuple(versions[t, name] for t in mine for name in base.segments if name in lacking[t])
            made.append(Chunk(request, files))
    return made


def spans(
    what: RecordSet, sizes: Mapping[np.datetime64, int], known: Collection[np.datetime64], settings: Settings
) -> Iterator[tuple[RecordSet, list[np.datetime64]]]:
    """Requests for the records of those times, none else of those known, and which of them each brings."""
    ends = [time.last + _SECOND for time in what.times]  # what lies between two spans is not asked for
    limits = settings.jsoc_request_records, settings.jsoc_request_bytes
    left = iter(sorted(sizes))
    t_rec = next(left, None)
    for request in requests(what, sizes, [*known, *ends], *limits):
        mine = []
        while t_rec is not None and t_rec <= request.times[-1].last:
            mine.append(t_rec)
            t_rec = next(left, None)
        yield request.at(what.cadence), mine


def _lacks(standing: Standing | None, version: str, again: bool) -> bool:
    """Whether a file is to be fetched: one the cube has not, or has of another version."""
    if standing is None or standing.version != version or standing.reason == _ABSENT:
        return True
    return again and bool(standing.reason)


def _is_news(
    t_rec: np.datetime64, version: str, had: Mapping[Key, Standing], segments: Iterable[str]
) -> bool:
    """Whether it is news to a cube that a record has no files: not if it holds images of that record."""
    now = [had.get((milliseconds(t_rec), segment)) for segment in segments]
    told = [standing is not None and standing.version == version for standing in now]
    ours = [standing is not None and not (standing.version or standing.reason) for standing in now]
    return not (all(told) or any(ours))


def _lost(what: RecordSet, record: ArchiveRecord, had: Mapping[Key, Standing]) -> Iterator[Absence]:
    """Segments that the cube knows by an earlier version, and the record has no file of any more."""
    t_rec = to_the_second(record.t_rec)
    for segment in what.segments:
        standing = had.get((milliseconds(t_rec), segment))
        if standing is None or segment in record.segments or standing.version in ("", record.version):
            continue
        yield Absence(name_of(what, t_rec, segment), record.version, Reason.MISSING_SEGMENT, NO_FILE)


def _segments_by_record(files: Iterable[Wanted]) -> dict[np.datetime64, frozenset[str]]:
    ordered = sorted(files, key=lambda file: file.t_rec)
    grouped = groupby(ordered, key=lambda file: file.t_rec)
    return {t_rec: frozenset(file.segment for file in group) for t_rec, group in grouped}


def _by_request(
    lacking: Mapping[np.datetime64, frozenset[str]], there: Mapping[np.datetime64, frozenset[str]]
) -> Iterator[tuple[frozenset[str], list[np.datetime64]]]:
    """Segments to ask for together, most first, and the records that then bring exactly what is wanted."""
    left = dict(lacking)
    for segments in sorted(set(lacking.values()), key=lambda names: (-len(names), sorted(names))):
        mine = [t for t, names in left.items() if segments & there[t] == names]
        for t in mine:
            del left[t]
        if mine:
            yield segments, mine
