"""The stages of a HARP, each a plain function from the lake to the lake.

A stage looks what is there under the key of its inputs, makes what is missing, and says what it did. None needs
Prefect; `flows.tasks` wraps them.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from catalog.formats import arrow_schema
from catalog.schema import FRAMES, PORES
from flows.blocks import Block, blocks
from flows.pool import ordered_map
from flows.progress import track as progress
from flows.request import Request
from pores.chain import detect_frame, prepare_frame
from pores.errors import InputError
from pores.parameters import Parameters, PrepareParameters
from storage.archive import open_source
from storage.cubes import Cube, append
from storage.labels import write_labels
from storage.lake import Lake
from storage.tables import write_table

PREPARE_VERSION = 1
DETECT_VERSION = 1

PREPARED = FRAMES.without("n_pores", "run_id")
DETECTED = PORES.without("track_id", "run_id")


@dataclass(frozen=True)
class Done:
    """What a stage did for a HARP."""

    stage: str
    harpnum: int
    made: int
    kept: int

    def __str__(self) -> str:
        return f"HARP {self.harpnum}: {self.stage} made {self.made}, kept {self.kept}"


def harps_of(request: Request) -> list[int]:
    """The HARPs of a request; all that its source (or, without one, the lake) has if it names none.

    Raises
    ------
    InputError
        If a HARP that the request names is not there.
    """
    lake = Lake.at(request.lake)
    in_lake = set(lake.cubes(request.series))
    in_source = set(open_source(request.source).harpnums(request.series)) if request.source else set()
    there = in_source | in_lake if request.harpnums else in_source or in_lake
    where = request.source or f"the lake {lake.root}"
    if missing := sorted(set(request.harpnums) - there):
        raise InputError(f"{where} has no file of series {request.series} for HARP {', '.join(map(str, missing))}")
    if not there:
        raise InputError(f"{where} has no file of series {request.series}")
    return sorted(set(request.harpnums) or there)


def ingest(request: Request, harpnum: int) -> Done:
    """Put the files of a HARP into its cube; files that are there already are passed over."""
    if request.source is None:
        return Done("ingest", harpnum, 0, 0)
    files = open_source(request.source).files({harpnum}, request.series)
    path = Lake.at(request.lake).cube(request.series, harpnum)
    result = append(path, progress(files, f"HARP {harpnum} ingest", len(files)))
    return Done("ingest", harpnum, result.added, result.unchanged)


def prepare(request: Request, harpnum: int) -> Done:
    """Judge and normalise the frames of a HARP: rows of `frames` in the lake's work area."""
    plan = prepare_blocks(request, harpnum)
    lake = Lake.at(request.lake)
    todo = [block for block in plan if not lake.work(request.series, harpnum, "prepare", block.key).exists()]
    cube = lake.cube(request.series, harpnum)
    work = partial(_prepare_one, cube, request.parameters.prepare)
    rows = _over_frames(work, todo, f"HARP {harpnum} prepare", request.workers)
    for block in todo:
        columns = _columns([next(rows) for _ in block.t_rec], PREPARED.columns)
        write_table(lake.work(request.series, harpnum, "prepare", block.key), columns, arrow_schema(PREPARED))
    return Done("prepare", harpnum, len(todo), len(plan) - len(todo))


def detect(request: Request, harpnum: int) -> Done:
    """Find and measure the features of a HARP: rows of `pores` and their masks in the lake's work area."""
    plan = detect_blocks(request, harpnum)
    lake = Lake.at(request.lake)
    todo = [block for block in plan if not lake.work(request.series, harpnum, "detect", block.key).exists()]
    work = partial(_detect_one, lake.cube(request.series, harpnum), request.parameters)
    found = _over_frames(work, todo, f"HARP {harpnum} detect", request.workers)
    for block in todo:
        columns, labels = zip(*(next(found) for _ in block.t_rec), strict=True)
        write_labels(lake.work(request.series, harpnum, "labels", block.key, "h5"), block.t_rec, labels)
        write_table(
            lake.work(request.series, harpnum, "detect", block.key), _joined(columns), arrow_schema(DETECTED)
        )
    return Done("detect", harpnum, len(todo), len(plan) - len(todo))
