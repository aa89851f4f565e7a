"""The chunks of a fetch on disk: what is under way is known to the next run, whenever this one is killed.

::

    <staging>/<name>/chunk.json    what was asked for
    <staging>/<name>/files/        what came so far, and the client's notes on the export
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from storage.fetch_plan import Chunk, Wanted
from storage.lake import atomic
from storage.record_sets import RecordSet

_NOTE = "chunk.json"


@dataclass(frozen=True)
class Staging:
    """The directory of a HARP's fetches."""

    root: Path

    def first(self) -> Path | None:
        """The chunk to go on with; one that a killed process left without its note is removed."""
        for place in sorted(self.root.iterdir()) if self.root.exists() else ():
            if (place / _NOTE).exists():
                return place
            shutil.rmtree(place) if place.is_dir() else place.unlink()
        return None

    def add(self, chunk: Chunk) -> None:
        """Take a chunk in; there is no other."""
        self._write(self.root / "0", chunk)

    def add_after(self, place: Path, chunks: list[Chunk]) -> None:
        """Take in what follows from a chunk, which is still there."""
        for i, chunk in enumerate(chunks):
            self._write(place.with_name(f"{place.name}.{i:04d}"), chunk)

    def chunk(self, place: Path) -> Chunk:
        """The chunk at a place."""
        note = json.loads((place / _NOTE).read_text())
        files = tuple(Wanted(np.datetime64(t, "ms"), *rest) for t, *rest in note["files"])
        return Chunk(RecordSet.parse(note["what"]), files, note["attempt"])

    def files(self, place: Path) -> Path:
        """The directory for the files of a chunk."""
        into = place / "files"
        into.mkdir(exist_ok=True)
        return into

    def done(self, place: Path) -> None:
        """Remove a chunk, its note first: what is left without one is nothing to go on with."""
        (place / _NOTE).unlink()
        shutil.rmtree(place)

    def remove(self) -> None:
        """Remove the directory, which is empty."""
        if self.root.exists():
            self.root.rmdir()

    def _write(self, place: Path, chunk: Chunk) -> None:
        place.mkdir(parents=True, exist_ok=True)
        files = [[str(file.t_rec), file.segment, file.version, file.size] for file in chunk.files]
        note = {"what": str(chunk.what), "attempt": chunk.attempt, "files": files}
        with atomic(place / _NOTE) as partial:
            partial.write_text(json.dumps(note))
