"""The last stage of a HARP: track its features and write its tables as one run."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.formats import arrow_schema
from catalog.schema import TABLES
from flows import findings
from flows.blocks import Block
from flows.enhancement import packages_of
from flows.ensemble import members
from flows.flow import flow
from flows.harp import (
    DETECT_VERSION,
    DETECTED,
    FAINTLY,
    FLOW_VERSION,
    MOVED,
    PREPARE_VERSION,
    PREPARED,
    Harp,
)
from flows.kept import is_kept, keep, kept_again
from flows.request import Request
from flows.stages import Done, detect, prepare, read_rows
from pores.chain import Columns
from pores.geometry import CeaGrid, Observer
from pores.parameters import Parameters
from pores.runs import Runs
from pores.track import FrameSeries, Sightings
from pores.track import track as track_features
from pores.trackers import packages
from storage.keys import json_key, stage_key
from storage.labels import LabelReader, Layer
from storage.lake import Lake
from storage.memory import all_freed_kept
from storage.runs import CurrentRun, current_run
from storage.tables import read_table, write_table

TRACK_VERSION = 3
SOFTWARE = ("numpy", "scipy", "scikit-image", "astropy", "h5py", "pyarrow")


def track(request: Request, harpnum: int) -> Done:
    """Follow the features of a HARP through time, write its tables, keep the run where the request says."""
    harp = Harp(request, harpnum)
    prepared = harp.prepare_blocks()
    detected = harp.detect_blocks(prepared)
    run = _run(harp, detected)
    whole = _whole(harp, run)
    if whole and is_kept(request, run):
        return Done("track", harpnum)
    said = [kept_again(request)] if whole else [findings.found(_write_run(harp, run, prepared, detected))]
    if request.keep != "member":
        said += findings.changed(harp.lake, current_run(harp.lake, request.series, harpnum), run)
    keep(request, replace(run, product=_product(harp, run), inputs=_inputs(harp)))
    return Done("track", harpnum, "; ".join(said))


def up_to_date(request: Request, harpnum: int) -> bool:
    """Whether the runs that a request asks for are of the HARP's cube as it is now, and kept as it says."""
    harps = [Harp(member.request, harpnum) for member in members(request)]
    runs = [(harp, _run(harp, harp.detect_blocks(harp.prepare_blocks()))) for harp in harps]
    return all(_whole(harp, run) and is_kept(harp.request, run) for harp, run in runs)


def _whole(harp: Harp, run: CurrentRun) -> bool:
    """Whether all tables of a run are there."""
    return all(harp.lake.table(name, run.harpnum, run.run_id).exists() for name in TABLES)


def _run(harp: Harp, detected: list[Block]) -> CurrentRun:
    return CurrentRun(harp.request.series, harp.harpnum, _run_id(harp, harp.flow_blocks(detected)))


def _write_run(
    harp: Harp, run: CurrentRun, prepared: list[Block], detected: list[Block]
) -> dict[str, Columns]:
    """Write the run's tables, `runs` last, and return those of the HARP."""
    started = datetime.now(UTC)
    frames = read_rows(harp, "prepare", prepared, PREPARED, prepare)
    pores = read_rows(harp, "detect", detected, DETECTED, detect)
    faint = read_rows(harp, "faint", detected, FAINTLY, detect)
    velocities = read_rows(harp, "flow", harp.flow_blocks(detected), MOVED, flow)
    frames["labels_file"] = _labels_files(harp, detected, frames)
    tables = _tables(harp.request, frames, pores, faint, velocities)
    cube_key = json_key([block.key for block in prepared])
    for name, columns in {**tables, "runs": _run_row(run, harp.request, cube_key, started)}.items():
        _write(harp, run.run_id, name, columns)
    return tables


def _labels_files(harp: Harp, plan: list[Block], frames: Columns) -> NDArray[Any]:
    """Label file of each frame, relative to the lake; None where it is not usable."""
    file = {t: str(harp.labels(block).relative_to(harp.lake.root)) for block in plan for t in block.t_rec}
    pairs = zip(frames["t_rec"], frames["usable"], strict=True)
    return np.array([file[t] if usable else None for t, usable in pairs], object)


def _tables(
    request: Request, frames: Columns, pores: Columns, faint: Columns, velocities: Columns
) -> dict[str, Columns]:
    """Columns of every table but `runs`, without `run_id`."""
    root, reader = Lake.at(request.lake).root, LabelReader()

    def labels(layer: Layer, frame: int) -> Runs:
        return reader.runs(root / frames["labels_file"][frame], frames["t_rec"][frame], layer)

    sightings = Sightings(
        pores,
        frame_series(request.parameters, frames),
        partial(labels, "pores"),
        faint,
        partial(labels, "faint"),
        velocities,
    )
    with all_freed_kept():
        tracking = track_features(sightings, request.parameters.track, request.parameters.peers)
    return {
        "pores": {**pores, "track_id": tracking.track_id},
        "faint": {**faint, "track_id": tracking.faint_track_id},
        "velocities": velocities,
        "links": tracking.links,
        "tracks": _of_product(tracking.tracks, pores),
        "events": _of_product(tracking.events, pores),
        "frames": {**frames, "n_pores": _counts(frames, pores)},
        "harps": _harp_row(request, frames),
    }


def _of_product(made: Columns, pores: Columns) -> Columns:
    """Tracks or events with the product of the features they are made of, which is one in a run."""
    return {**made, "product": np.repeat(pores["product"][:1], len(made["harpnum"]))}


def frame_series(science: Parameters, frames: Columns) -> FrameSeries:
    """The frames of a HARP as trackers are given them, of their rows of `frames`."""
    grids, observers = [], []
    for usable, text, ny, nx in zip(*(frames[k] for k in ("usable", "keywords", "ny", "nx")), strict=True):
        keywords = json.loads(text)
        grids.append(CeaGrid.from_keywords(keywords, (int(ny), int(nx))) if usable else None)
        observers.append(Observer.from_keywords(keywords) if usable else None)
    usable_frames, mu_min = frames["usable"].astype(bool), science.prepare.mu_min
    return FrameSeries(frames["t_rec"], usable_frames, grids, observers, science.grid_scale, mu_min)


def _counts(frames: Columns, pores: Columns) -> NDArray[Any]:
    """Features of each frame, None where it is not usable."""
    times, counts = np.unique(pores["t_rec"].astype("datetime64[ms]"), return_counts=True)
    found = dict(zip(times, counts, strict=True))
    n = [
        int(found.get(t, 0)) if usable else None
        for t, usable in zip(frames["t_rec"], frames["usable"], strict=True)
    ]
    return np.array(n, object)


def _harp_row(request: Request, frames: Columns) -> dict[str, Any]:
    """The HARP's row of `harps`."""
    regions = {ar for text in frames["keywords"] for ar in _noaa_ars(json.loads(text))}
    return {
        "harpnum": [int(frames["harpnum"][0])],
        "noaa_ars": [sorted(regions)],
        "series": [request.series],
        "t_first": frames["t_rec"].min(keepdims=True),
        "t_last": frames["t_rec"].max(keepdims=True),
        "n_frames": [len(frames["t_rec"])],
        "n_unusable": [int(np.sum(~frames["usable"].astype(bool)))],
    }


def _noaa_ars(keywords: Mapping[str, Any]) -> list[int]:
    """NOAA regions of NOAA_ARS, e.g. '11133,11134', which may be blank, MISSING or a number; else NOAA_AR."""
    named = str(keywords.get("NOAA_ARS") or keywords.get("NOAA_AR") or "").split(",")
    return [int(part) for part in named if part.strip().isdigit() and int(part)]


def _product(harp: Harp, run: CurrentRun) -> str | None:
    """The product of the features of a run whose tables are there; None if it has none."""
    found = read_table(harp.lake.table("tracks", run.harpnum, run.run_id), ["product"])["product"]
    return str(found[0]) if len(found) else None


def _inputs(harp: Harp) -> str:
    """Key of what a run is made of besides its parameters: the frames, the method, the columns."""
    columns = {name: [column.name for column in table.columns] for name, table in TABLES.items()}
    versions = [PREPARE_VERSION, DETECT_VERSION, FLOW_VERSION, TRACK_VERSION]
    return stage_key("run", 1, {"columns": columns, "versions": versions}, harp.frame_keys())


def _run_id(harp: Harp, moved: list[Block]) -> str:
    science = harp.request.parameters.model_dump(mode="json")
    inputs = [harp.request.series, str(harp.harpnum), *(block.key for block in moved)]
    return stage_key("track", TRACK_VERSION, science, inputs)


def _run_row(run: CurrentRun, request: Request, cube_key: str, started: datetime) -> dict[str, Any]:
    """The run's row of `runs`."""
    science = request.parameters.model_dump(mode="json")
    software = (*SOFTWARE, *packages(request.parameters.track.tracker), *packages_of(request.parameters))
    return {
        "run_id": [run.run_id],
        "harpnum": [run.harpnum],
        "series": [run.series],
        "started": np.array([started.replace(tzinfo=None)], "datetime64[ms]"),
        "finished": np.array([datetime.now(UTC).replace(tzinfo=None)], "datetime64[ms]"),
        "config": [json.dumps(science, sort_keys=True, separators=(",", ":"))],
        "config_hash": [json_key(science)],
        "cube_key": [cube_key],
        "source": [request.source or "lake"],
        "code_version": [version("porelake")],
        "software": [json.dumps({name: version(name) for name in software})],
    }


def _write(harp: Harp, run_id: str, name: str, columns: Mapping[str, Any]) -> None:
    n = len(next(iter(columns.values())))
    rows = {**columns, "run_id": np.full(n, run_id, object)}
    write_table(harp.lake.table(name, harp.harpnum, run_id), rows, arrow_schema(TABLES[name]))
