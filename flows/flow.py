"""The stage between detection and tracking: how features move, told by the frames before and after theirs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np

from catalog.formats import arrow_schema
from flows.blocks import Block
from flows.harp import DETECTED, MOVED, Harp
from flows.request import Request
from flows.stages import (
    Done,
    detect,
    frame_of,
    frames_said,
    over_blocks,
    read_rows,
    stacked,
    usable_frames,
)
from pores.chain import Columns
from pores.flow import NEEDED, Shot, neighbours, velocities
from pores.geometry import CeaGrid
from pores.parameters import FlowParameters
from storage.labels import LabelReader
from storage.tables import write_table

Time = np.datetime64
Beside = Mapping[Time, tuple[Time | None, Time | None]]


@dataclass(frozen=True)
class Work:
    """One frame with features: their rows and masks, and the frames that tell of their motion."""

    t_rec: Time
    before: Time | None
    after: Time | None
    pores: Columns
    labels: Path


def flow(request: Request, harpnum: int) -> Done:
    """Measure how the features of a HARP move: rows of `velocities` in the lake, by blocks."""
    harp = Harp(request, harpnum)
    prepared = harp.prepare_blocks()
    detected = harp.detect_blocks(prepared)
    plan = harp.flow_blocks(detected)
    todo = harp.missing("flow", plan)
    beside = _beside(harp, prepared) if todo else {}
    items = [
        list(_works(harp, before, beside))
        for before, block in zip(detected, plan, strict=True)
        if block in todo
    ]
    work = partial(_measure_one, harp.cube, request.parameters.flow)
    label = f"HARP {harpnum} flow"
    for block, found in zip(todo, over_blocks(work, items, label, request.workers), strict=True):
        write_table(harp.stage("flow", block), stacked(found, MOVED), arrow_schema(MOVED))
    return Done("flow", harpnum, frames_said(items, "searched for motion"))


def _beside(harp: Harp, prepared: Sequence[Block]) -> Beside:
    """The usable frames before and after each usable one, in its block or those next to it: see its key."""
    times = [[t for t, _ in usable_frames(harp, block)] for block in prepared]
    beside: dict[Time, tuple[Time | None, Time | None]] = {}
    for index, mine in enumerate(times):
        near = [t for block in times[max(index - 1, 0) : index + 2] for t in block]
        pairs = dict(zip(near, neighbours(near, harp.request.parameters.track.max_step_h), strict=True))
        for t in mine:
            before, after = (None if k is None else near[k] for k in pairs[t])
            beside[t] = before, after
    return beside


def _works(harp: Harp, detected: Block, beside: Beside) -> Iterator[Work]:
    """What is to be done for a block: its frames with features; those beside it may be of its neighbours."""
    pores = read_rows(harp, "detect", [detected], DETECTED, detect)
    for t_rec in np.unique(pores["t_rec"]):
        rows = {name: pores[name][pores["t_rec"] == t_rec] for name in NEEDED}
        yield Work(t_rec, *beside[t_rec], rows, harp.labels(detected))


def _measure_one(cube: Path, parameters: FlowParameters, work: Work) -> Columns:
    before, after = (None if t is None else _shot(cube, t) for t in (work.before, work.after))
    labels = _label_reader().runs(work.labels, work.t_rec).image()
    return velocities(work.pores, labels, (before, _shot(cube, work.t_rec), after), parameters)


@lru_cache(maxsize=1)
def _label_reader() -> LabelReader:
    """The reader of a process: frames that follow one another are of one file."""
    return LabelReader(("pores",))


def _shot(cube: Path, t_rec: Time) -> Shot:
    state = cube.stat()
    return _kept_shot(cube, t_rec, (state.st_ino, state.st_size, state.st_mtime_ns))


@lru_cache(maxsize=3)
def _kept_shot(cube: Path, t_rec: Time, _state: tuple[int, int, int]) -> Shot:
    """One frame's continuum, read once for itself and its neighbours until the file changes."""
    frame = frame_of(cube, t_rec, ("continuum",))
    image = np.asarray(frame.segments["continuum"], np.float32)
    grid = CeaGrid.from_keywords(frame.keywords, (image.shape[0], image.shape[1]))
    return Shot(t_rec, grid, np.where(image > 0, image, np.float32(np.nan)))
