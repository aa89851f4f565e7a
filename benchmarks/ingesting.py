"""Files into a cube: what reading costs, what writing adds, beside astropy's decoding of the same files."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.record import SIMULATED_HARP, Record, decoded_by_astropy, simulate
from benchmarks.report import Table
from benchmarks.timing import Sample, in_turns
from flows import ingest
from flows.harp import Harp, source_files
from flows.request import SERIES, Request
from storage.archive import SourceFile, open_source
from storage.cube_append import append
from storage.fits_files import read_segment

SHAPE, N_RECORDS, N_THERE = (300, 500), 44, 4
_HEAD = ("", "files", "astropy decodes, ms", "read, ms", "ingest, ms", "writing / astropy", "writing / read")


@dataclass(frozen=True)
class Offered:
    """Files to be ingested, and what is in the cube before."""

    request: Request
    harpnum: int
    files: Sequence[SourceFile]
    base: Path | None = None

    def times(self, rounds: int) -> Mapping[str, Sample]:
        """Times in s of decoding by astropy, of reading and of the whole stage, in turns."""
        source_files(str(self.request.source), self.request.series)  # listed before anything is timed
        works: dict[str, Callable[[], object]] = {
            "astropy": lambda: [decoded_by_astropy(file.read()) for file in self.files],
            "read": lambda: [read_segment(file.name, file.read()) for file in self.files],
            "ingest": self.ingest,
        }
        return in_turns(works, rounds)

    def ingest(self) -> None:
        """The stage, into the cube as it was."""
        cube = Harp(self.request, self.harpnum).cube
        cube.parent.mkdir(parents=True, exist_ok=True)
        cube.unlink(missing_ok=True)
        if self.base is not None:
            shutil.copyfile(self.base, cube)
        done = ingest.ingest(self.request, self.harpnum)
        if done.said != f"{len(self.files)} files added":
            raise RuntimeError(f"ingest: {done.said}")


def ingest_table(record: Record, scratch: Path, rounds: int) -> Table:
    """Time ingest of a record into a new cube, and of a simulated series into one that is there."""
    new = Offered(record.request(scratch / "ingest-new"), record.harpnum, record.files)
    cases = {"a record into a new cube": new, "a series into a cube that is there": _series(scratch)}
    times = {name: case.times(rounds) for name, case in cases.items()}
    figures: dict[str, Sample] = {}
    for suffix, each in zip((".new_cube", ""), times.values(), strict=True):
        over_decoding, over_reading = _ratios(each)
        figures[f"ingest{suffix}.writing_over_decoding"] = over_decoding
        figures[f"ingest{suffix}.writing_over_reading"] = over_reading
        figures[f"ingest{suffix}.stage_over_decoding"] = each["ingest"] / each["astropy"]
    rows = [
        (name, len(cases[name].files), *(time.scaled(1e3) for time in each.values()), *_ratios(each))
        for name, each in times.items()
    ]
    return Table("Ingest", _HEAD, rows, _note(), figures)


def _ratios(times: Mapping[str, Sample]) -> tuple[Sample, Sample]:
    """Writing over decoding by astropy, and over reading."""
    writing = times["ingest"] - times["read"]
    return writing / times["astropy"], writing / times["read"]


def _series(scratch: Path) -> Offered:
    """A simulated series, and a cube that has its first records."""
    directory, base = scratch / "ingest-series", scratch / "ingest-base.h5"
    simulate(directory, SHAPE, N_RECORDS)
    files = open_source(str(directory)).files([SIMULATED_HARP], SERIES)
    first = sorted({file.name.t_rec for file in files})[N_THERE]
    append(base, [file for file in files if file.name.t_rec < first])
    request = Request(
        lake=str(scratch / "ingest-on"), source=str(directory), harpnums=(SIMULATED_HARP,), workers=1
    )
    return Offered(request, SIMULATED_HARP, [file for file in files if file.name.t_rec >= first], base)


def _note() -> str:
    return (
        f"The stage `ingest` in one process, flushes to disk included; the series has {N_RECORDS} simulated"
        f" records of {SHAPE[0]} x {SHAPE[1]} pixels, of which the cube has {N_THERE}. Read: the bytes from"
        " disk, checked and decoded into the integers that are stored, not written. Writing: the stage less"
        " reading, so the hash of the content, compression, the log and flushes. astropy decodes: the same"
        " files opened by `astropy.io.fits` and decoded, nothing checked."
    )
