"""The work of a fetch: chunks brought one at a time, checked, put into the cube, and asked for again."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from pores.errors import InputError, Reason
from pores.frame import Keyword
from storage.archive import DirectorySource, SourceFile, TarSource
from storage.cube_known import Absence, Refused
from storage.cube_standing import Key, Standing
from storage.cubes import Cube, append
from storage.fetch_plan import NO_FILE, Chunk, Plan, name_of, noted, spans, to_the_second
from storage.fetch_staging import Staging
from storage.fits_cards import as_cards
from storage.fits_files import FileName
from storage.jsoc_replies import ArchiveRecord
from storage.record_sets import RecordSet
from storage.settings import Settings

ATTEMPTS = 3  # requests for a file before it is given up

Progress = Callable[[int, int | None], object]  # bytes done, bytes to expect
Keywords = Mapping[np.datetime64, Mapping[str, Keyword]]


class Archive(Protocol):
    """What is asked of an archive; `storage.jsoc_client.Jsoc` is one."""

    settings: Settings

    def records(self, what: RecordSet) -> list[ArchiveRecord]:
        """The records of a set; of the segments, those that `what` names and that have a file."""
        ...

    def keywords(self, what: RecordSet) -> dict[np.datetime64, dict[str, Keyword]]:
        """T_REC to every keyword of the record."""
        ...

    def export(
        self, what: RecordSet, n_files: int, into: Path, progress: Progress | None = None
    ) -> list[Path]:
        """Files (FITS, or one tar) of an export in `into`; begun by an earlier run, it is resumed."""
        ...


@dataclass
class Job:
    """A fetch under way."""

    archive: Archive
    cube: Path
    staging: Staging
    progress: Progress
    added: int = 0
    unchanged: int = 0
    unusable: list[str] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)  # by file name
    moved: int = 0  # bytes

    @property
    def settings(self) -> Settings:
        """Those of the archive: how large a request may be, and in which form files come."""
        return self.archive.settings

    def standings(self) -> dict[Key, Standing]:
        """What the cube has; nothing if there is none yet."""
        return Cube(self.cube).standings() if self.cube.exists() else {}

    def get(self, parts: list[Chunk]) -> None:
        """Fetch chunks one after the other: one at a time is on disk."""
        to_come = sum(chunk.size for chunk in parts)
        for chunk in parts:
            self.staging.add(chunk)
            self.finish(to_come)
            to_come -= chunk.size

    def finish(self, to_come: int = 0) -> None:
        """Fetch what is staged, and what that leads to."""
        while (place := self.staging.first()) is not None:
            chunk = self.staging.chunk(place)
            bad = self._bring(chunk, self.staging.files(place), max(to_come, chunk.size))
            if bad and chunk.attempt < ATTEMPTS:
                keys = {(one.name.t_rec, one.name.segment) for one in bad}
                self.staging.add_after(place, chunk.again(keys, self.settings))
            elif bad:
                self._give_up(bad)
            self.staging.done(place)

    def note(self, what: RecordSet, plan: Plan) -> None:
        """Record what the archive has no files of."""
        absent = [*plan.lost, *self._bare(what, plan)]
        if absent:
            append(self.cube, absent)
            self.unusable += [f"{one.name}: {one.problem}" for one in absent]

    def _bare(self, what: RecordSet, plan: Plan) -> Iterator[Absence]:
        """Absences of records without files, with the keywords of their query."""
        sizes = dict.fromkeys(plan.bare, 0)
        for request, times in spans(replace(what, segments=()), sizes, plan.there, self.settings):
            keywords = _by_second(self.archive.keywords(request))
            for t_rec in times:
                if t_rec in keywords:  # else it has gone meanwhile
                    cards = as_cards(keywords[t_rec])
                    for name in (name_of(what, t_rec, segment) for segment in noted(what)):
                        yield Absence(name, plan.bare[t_rec], Reason.MISSING_SEGMENT, NO_FILE, cards)

    def _bring(self, chunk: Chunk, into: Path, to_come: int) -> list[Absence]:
        """Export a chunk and put its good files into the cube; those that are not good."""
        as_is = self.settings.jsoc_protocol == "as-is"
        bare = replace(chunk.what, segments=())
        keywords = _by_second(self.archive.keywords(bare)) if as_is else None
        begin = self.moved

        def moved(done: int, _: int | None) -> None:
            self.moved = begin + done
            self.progress(self.moved, max(begin + to_come, self.moved))

        paths = self.archive.export(chunk.what, len(chunk.files), into, moved)
        offered = {file.name: file for file in _asked_for(chunk, paths, keywords)}
        done = append(self.cube, offered.values(), hand_back=True)
        made_anew = {name.t_rec for name in done.images}
        believed = [one.file for one in done.doubted if one.file.name.t_rec in made_anew]
        self.added += done.added + append(self.cube, believed).added
        self.unchanged += done.unchanged + len(done.doubted) - len(believed)
        refused = {one.name: one for one in done.refused}
        return [
            _bad(name, file.version, refused.get(name))
            for file in chunk.files
            if (name := name_of(chunk.what, file.t_rec, file.segment)) not in offered or name in refused
        ]

    def _give_up(self, bad: list[Absence]) -> None:
        given_up = [
            replace(one, problem=f"bad {ATTEMPTS} times at the archive: {one.problem}") for one in bad
        ]
        append(self.cube, given_up)
        for one in given_up:
            line = f"{one.name}: {one.problem}"
            self.unusable.append(line)
            self.missing[str(one.name)] = line


def _bad(name: FileName, version: str, refused: Refused | None) -> Absence:
    if refused is None:
        return Absence(name, version, Reason.UNREADABLE_FILE, "not in the export")
    return Absence(name, version, refused.problem.reason, refused.problem.what, sha256=refused.sha256)


def _asked_for(chunk: Chunk, paths: list[Path], keywords: Keywords | None) -> Iterator[SourceFile]:
    """Files that came and were asked for, with their version.

    With `keywords` the files are bare, and get those of their record; without them they would be of nowhere.
    """
    wanted = {name_of(chunk.what, file.t_rec, file.segment): file for file in chunk.files}
    for file in _files_at(paths):
        if file.name in wanted and (keywords is None or file.name.t_rec in keywords):
            joined = None if keywords is None else keywords[file.name.t_rec]
            yield replace(file, version=wanted[file.name].version, keywords=joined)


def _files_at(paths: list[Path]) -> Iterator[SourceFile]:
    """SHARP files among those that came, and in tars among them."""
    for path in [path for path in paths if path.suffix == ".tar"]:
        try:
            yield from TarSource(path).listing.files
        except InputError:  # damaged: its files count as not in the export
            continue
    came = {str(path) for path in paths}
    for directory in sorted({path.parent for path in paths}):
        yield from (file for file in DirectorySource(directory).listing.files if file.path in came)


def _by_second(keywords: Keywords) -> Keywords:
    return {to_the_second(t_rec): of_record for t_rec, of_record in keywords.items()}
