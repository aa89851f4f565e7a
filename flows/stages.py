"""The stages of a HARP, each a plain function from the lake to the lake.

A stage looks what is there under the key of its inputs, makes what is missing, and says what it did. None
needs Prefect; `flows.tasks` wraps them.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from catalog.formats import arrow_schema
from catalog.schema import Table
from flows.blocks import Block
from flows.enhancement import enhancer_of
from flows.harp import DETECTED, FAINTLY, PREPARED, Harp
from flows.pool import ordered_map
from flows.progress import track as progress
from flows.request import Request
from flows.words import counted
from pores.chain import (
    DETECTION_SEGMENTS,
    USED_SEGMENTS,
    Columns,
    Row,
    detect_frame,
    prepare_frame,
)
from pores.frame import Frame
from pores.parameters import Parameters, PrepareParameters
from pores.runs import Runs
from storage.cubes import Cube
from storage.labels import write_labels
from storage.tables import TableError, read_table, write_table

StageFunction = Callable[[Request, int], "Done"]
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Done:
    """What a stage did for a HARP, in words (nothing if all was there), and what it could not get.

    Of an ensemble, `member` says for which of its runs.
    """

    stage: str
    harpnum: int
    said: str = ""
    missing: tuple[str, ...] = ()
    member: str = ""


@dataclass(frozen=True, eq=False)
class Found:
    """What was found in a frame, small enough to be sent from process to process: masks as runs of pixels."""

    pores: Columns
    labels: Runs
    faint: Columns
    faint_labels: Runs


def prepare(request: Request, harpnum: int) -> Done:
    """Judge and normalise the frames of a HARP: rows of `frames` in the lake, by blocks."""
    harp = Harp(request, harpnum)
    plan = harp.prepare_blocks()
    todo = harp.missing("prepare", plan)
    work = partial(_prepare_one, harp.cube, request.parameters.prepare)
    items = [block.t_rec for block in todo]
    label = f"HARP {harpnum} prepare"
    for block, rows in zip(todo, over_blocks(work, items, label, request.workers), strict=True):
        columns = {column.name: [row[column.name] for row in rows] for column in PREPARED.columns}
        write_table(harp.stage("prepare", block), columns, arrow_schema(PREPARED))
    return Done("prepare", harpnum, frames_said(items, "prepared"))


def detect(request: Request, harpnum: int) -> Done:
    """Find and measure the features of a HARP: rows of `pores` and `faint`, masks, in the lake, by blocks."""
    harp = Harp(request, harpnum)
    prepared = harp.prepare_blocks()
    plan = harp.detect_blocks(prepared)
    todo = harp.missing("detect", plan)
    items = [
        usable_frames(harp, before) for before, block in zip(prepared, plan, strict=True) if block in todo
    ]
    work = partial(_detect_one, harp.cube, request.parameters)
    label = f"HARP {harpnum} detect"
    for block, usable, found in zip(
        todo, items, over_blocks(work, items, label, request.workers), strict=True
    ):
        images = [one.labels for one in found], [one.faint_labels for one in found]
        write_labels(harp.labels(block), [t for t, _ in usable], *images)
        faint, pores = [one.faint for one in found], [one.pores for one in found]
        write_table(harp.stage("faint", block), stacked(faint, FAINTLY), arrow_schema(FAINTLY))
        write_table(harp.stage("detect", block), stacked(pores, DETECTED), arrow_schema(DETECTED))
    return Done("detect", harpnum, frames_said(items, "searched"))


def usable_frames(harp: Harp, prepared: Block) -> list[tuple[np.datetime64, float]]:
    """T_REC and quiet-Sun level, DN/s, of every usable frame of a block."""
    rows = _rows(harp, harp.stage("prepare", prepared), prepare, ("t_rec", "usable", "quiet_sun"))
    usable = np.asarray(rows["usable"], bool)
    return list(zip(rows["t_rec"][usable], rows["quiet_sun"][usable], strict=True))


def stacked(parts: Sequence[Columns], table: Table) -> dict[str, Any]:
    """Rows of several parts one after the other, with every column of the table even where there are none."""
    return {
        column.name: np.concatenate([part[column.name] for part in parts]) if parts else []
        for column in table.columns
    }


def read_rows(harp: Harp, stage: str, plan: Sequence[Block], table: Table, make: StageFunction) -> Columns:
    """Rows of a stage for all blocks of a HARP; `make` makes those anew that are damaged."""
    parts = [_rows(harp, harp.stage(stage, block), make) for block in plan]
    return {name: np.asarray(values) for name, values in stacked(parts, table).items()}


def _rows(harp: Harp, path: Path, make: StageFunction, names: Sequence[str] | None = None) -> Columns:
    """Rows of a stage's file; one that is damaged is of no use, and is made anew."""
    try:
        return read_table(path, names)
    except TableError as error:
        print(f"porelake: HARP {harp.harpnum}: {error}; making it again", file=sys.stderr)
    path.unlink(missing_ok=True)
    make(harp.request, harp.harpnum)
    return read_table(path, names)


def frames_said(blocks_of: Sequence[Sequence[Any]], what: str) -> str:
    """Say with how many frames of some blocks something was done; nothing if with none."""
    n = sum(map(len, blocks_of))
    return f"{counted(n, 'frame')} {what}" if n else ""


def over_blocks(
    work: Callable[[T], R], items: Sequence[Sequence[T]], label: str, workers: int | None
) -> Iterator[list[R]]:
    """Work on the frames of all blocks, in parallel across them; give the results block by block."""
    every = [item for block in items for item in block]
    results = progress(ordered_map(work, every, workers), label, len(every))
    for block in items:
        yield [next(results) for _ in block]


def _prepare_one(cube: Path, parameters: PrepareParameters, t_rec: np.datetime64) -> Row:
    return prepare_frame(frame_of(cube, t_rec, USED_SEGMENTS), parameters)


def _detect_one(cube: Path, parameters: Parameters, frame: tuple[np.datetime64, float]) -> Found:
    t_rec, quiet_sun = frame
    images = frame_of(cube, t_rec, DETECTION_SEGMENTS)
    found = detect_frame(images, parameters, quiet_sun, enhancer_of(parameters))
    return Found(found.pores, Runs.of(found.labels), found.faint, Runs.of(found.faint_labels))


def frame_of(path: Path, t_rec: np.datetime64, segments: tuple[str, ...] | None = None) -> Frame:
    """A frame of a cube that stays open in a worker from frame to frame, until the file changes."""
    state = path.stat()
    return _open_cube(path, (state.st_ino, state.st_size, state.st_mtime_ns)).frame(t_rec, segments)


@lru_cache(maxsize=1)
def _open_cube(path: Path, _state: tuple[int, int, int]) -> Cube:
    return Cube(path)
