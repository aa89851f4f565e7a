"""The stages of a HARP, each a plain function from the lake to the lake.

A stage looks what is there under the key of its inputs, makes what is missing, and says what it did. None
needs Prefect; `flows.tasks` wraps them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from catalog.formats import arrow_schema
from catalog.schema import FRAMES, PORES, Table
from flows.blocks import Block, blocks
from flows.pool import ordered_map
from flows.progress import track as progress
from flows.request import Request
from pores.chain import Columns, Labels, Row, detect_frame, prepare_frame
from pores.errors import InputError, UnusableFrame
from pores.frame import Frame
from pores.parameters import Parameters, PrepareParameters
from storage.archive import SourceFile, open_source
from storage.cubes import Cube, append
from storage.labels import write_labels
from storage.lake import Lake
from storage.tables import read_table, write_table

R = TypeVar("R")

PREPARE_VERSION = 1
DETECT_VERSION = 1

PREPARED = FRAMES.without("n_pores", "labels_file", "run_id")
DETECTED = PORES.without("track_id", "run_id")


@dataclass(frozen=True)
class Done:
    """What a stage did for a HARP, in words; nothing if all was there."""

    stage: str
    harpnum: int
    said: str = ""


@dataclass(frozen=True)
class Harp:
    """One HARP of a request: where its things are in the lake."""

    request: Request
    harpnum: int

    @property
    def lake(self) -> Lake:
        """The lake of the request."""
        return Lake.at(self.request.lake)

    @property
    def cube(self) -> Path:
        """The cube of the HARP."""
        return self.lake.cube(self.request.series, self.harpnum)

    def work(self, stage: str, block: Block) -> Path:
        """A stage's rows for a block of frames."""
        return self.lake.work(self.request.series, self.harpnum, stage, block.key)

    def labels(self, block: Block) -> Path:
        """The label images of a block of frames."""
        return self.lake.labels(self.request.series, self.harpnum, block.key)

    def prepare_blocks(self) -> list[Block]:
        """Blocks of all frames, with the keys of their prepared rows."""
        with Cube(self.cube) as cube:
            keys = [cube.frame_key(t) for t in cube.t_rec]
            science = self.request.parameters.prepare.model_dump(mode="json")
            return blocks("prepare", PREPARE_VERSION, science, cube.t_rec, keys)

    def detect_blocks(self) -> list[Block]:
        """Return the same blocks, with the keys of their features."""
        science = self.request.parameters.model_dump(mode="json", include={"enhance", "detect"})
        return [block.then("detect", DETECT_VERSION, science) for block in self.prepare_blocks()]

    def missing(self, stage: str, plan: Sequence[Block]) -> list[Block]:
        """Blocks for which a stage has no result yet, or not all of it."""
        return [block for block in plan if not all(path.exists() for path in self._results(stage, block))]

    def _results(self, stage: str, block: Block) -> list[Path]:
        work = self.work(stage, block)
        return [work, self.labels(block)] if stage == "detect" else [work]


def harps_of(request: Request) -> list[int]:
    """The HARPs of a request; all that its source (or, without one, the lake) has if it names none.

    Raises
    ------
    InputError
        If a HARP that the request names is not there, or there is none.
    """
    in_lake = set(Lake.at(request.lake).cubes(request.series))
    in_source = set(source_files(request.source, request.series)) if request.source else set()
    there = in_source | in_lake if request.harpnums else in_source if request.source else in_lake
    where = request.source or f"the lake {request.lake}"
    if missing := sorted(set(request.harpnums) - there):
        raise InputError(
            f"{where} has no file of series {request.series} for HARP {', '.join(map(str, missing))}"
        )
    if not there:
        raise InputError(f"{where} has no file of series {request.series}")
    return sorted(set(request.harpnums) or there)


@lru_cache(maxsize=2)
def source_files(source: str, series: str) -> dict[int, list[SourceFile]]:
    """Files of a source by HARP, listed once for a run (`source_files.cache_clear()` begins a new one)."""
    listed: dict[int, list[SourceFile]] = {}
    for file in open_source(source).files(None, series):
        listed.setdefault(file.name.harpnum, []).append(file)
    return listed


def ingest(request: Request, harpnum: int) -> Done:
    """Put the files of a HARP into its cube; files that are there already are passed over."""
    files = source_files(request.source, request.series).get(harpnum, []) if request.source else []
    if not files:
        return Done("ingest", harpnum)
    result = append(Harp(request, harpnum).cube, progress(files, f"HARP {harpnum} ingest", len(files)))
    bad = f" ({len(result.unusable)} of them unusable)" if result.unusable else ""
    return Done("ingest", harpnum, f"{counted(result.added, 'file')} added{bad}" if result.added else "")


def prepare(request: Request, harpnum: int) -> Done:
    """Judge and normalise the frames of a HARP: rows of `frames` in the lake's work area."""
    harp = Harp(request, harpnum)
    plan = harp.prepare_blocks()
    todo = harp.missing("prepare", plan)
    work = partial(_prepare_one, harp.cube, request.parameters.prepare)
    for block, rows in _over_blocks(work, todo, f"HARP {harpnum} prepare", request.workers):
        columns = {column.name: [row[column.name] for row in rows] for column in PREPARED.columns}
        write_table(harp.work("prepare", block), columns, arrow_schema(PREPARED))
    return Done("prepare", harpnum, _frames_said(todo, "prepared"))


def detect(request: Request, harpnum: int) -> Done:
    """Find and measure the features of a HARP: rows of `pores` and their masks in the lake's work area."""
    harp = Harp(request, harpnum)
    plan = harp.detect_blocks()
    todo = harp.missing("detect", plan)
    work = partial(_detect_one, harp.cube, request.parameters)
    for block, found in _over_blocks(work, todo, f"HARP {harpnum} detect", request.workers):
        seen = {t: result for t, result in zip(block.t_rec, found, strict=True) if result is not None}
        write_labels(harp.labels(block), list(seen), [labels for _, labels in seen.values()])
        columns = stacked([columns for columns, _ in seen.values()], DETECTED)
        write_table(harp.work("detect", block), columns, arrow_schema(DETECTED))
    return Done("detect", harpnum, _frames_said(todo, "searched"))


def stacked(parts: Sequence[Columns], table: Table) -> dict[str, Any]:
    """Rows of several parts one after the other, with every column of the table even where there are none."""
    return {
        column.name: np.concatenate([part[column.name] for part in parts]) if parts else []
        for column in table.columns
    }


def read_rows(harp: Harp, stage: str, plan: Sequence[Block], table: Table) -> Columns:
    """Rows of a stage for all blocks of a HARP."""
    parts = [read_table(harp.work(stage, block)) for block in plan]
    return {name: np.asarray(values) for name, values in stacked(parts, table).items()}


def counted(n: int, what: str) -> str:
    """Return a number with its noun."""
    return f"{n} {what}{'' if n == 1 else 's'}"


def _frames_said(todo: Sequence[Block], what: str) -> str:
    n = sum(len(block.t_rec) for block in todo)
    return f"{counted(n, 'frame')} {what}" if n else ""


def _over_blocks(
    work: Callable[[np.datetime64], R], todo: Sequence[Block], label: str, workers: int | None
) -> Iterator[tuple[Block, list[R]]]:
    """Work on the frames of all blocks, in parallel across them; give each block when its frames are done."""
    times = [t for block in todo for t in block.t_rec]
    results = progress(ordered_map(work, times, workers), label, len(times))
    for block in todo:
        yield block, [next(results) for _ in block.t_rec]


def _prepare_one(cube: Path, parameters: PrepareParameters, t_rec: np.datetime64) -> Row:
    return prepare_frame(frame_of(cube, t_rec), parameters)


def _detect_one(cube: Path, parameters: Parameters, t_rec: np.datetime64) -> tuple[Columns, Labels] | None:
    try:
        return detect_frame(frame_of(cube, t_rec), parameters)
    except UnusableFrame:  # `prepare` has told the reason in `frames`
        return None


def frame_of(path: Path, t_rec: np.datetime64) -> Frame:
    """A frame of a cube that stays open in a worker from frame to frame, until the file changes."""
    state = path.stat()
    return _open_cube(path, (state.st_ino, state.st_size, state.st_mtime_ns)).frame(t_rec)


@lru_cache(maxsize=1)
def _open_cube(path: Path, _state: tuple[int, int, int]) -> Cube:
    return Cube(path)
