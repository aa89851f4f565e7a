"""A simulated series on disk: FITS files named and written as JSOC's, and the truth in the catalogue's form.

::

    OUT/hmi.sharp_cea_720s.<HARP>.<YYYYMMDD_HHMMSS>_TAI.<segment>.fits
    OUT/truth/{pores,links,tracks,events,frames}.parquet
    OUT/truth/parameters.json, script.json      what was asked for, and every scripted pore
"""

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from pores.errors import InputError, Reason
from pores.record_time import parse_t_rec, tai_to_utc
from pores.simulate.keywords import segment_keywords
from pores.simulate.observe import STORED
from pores.simulate.parameters import SimulationParameters
from pores.simulate.scene import Scene
from pores.simulate.series import SimulatedFrame, frame_of
from pores.simulate.tables import RUN_ID, Rows, truth_rows
from pores.simulate.truth import TrueFrame
from storage.archive import SCRIPT, TRUTH
from storage.fits_files import FileName
from storage.jsoc_files import Segment, files_bytes
from storage.lake import atomic
from storage.tables import write_table

SERIES = "hmi.sharp_cea_720s"
TRUTH_TABLES = ("pores", "links", "tracks", "events", "frames")
KEPT = 0.6  # share of a truncated file that is left

_scene: Scene | None = None  # of this process


def write_series(
    out: Path,
    parameters: SimulationParameters,
    schemas: Mapping[str, pa.Schema],
    progress: Callable[[int], object] | None = None,
    workers: int = 1,
) -> list[Path]:
    """Simulate a series and write it, FITS files first, then the truth.

    Parameters
    ----------
    out : Path
        Directory, made if need be. What an interrupted simulation of the same files left is replaced.
    parameters : SimulationParameters
        Equal parameters give equal bytes, whatever the number of processes.
    schemas : mapping of str to pyarrow.Schema
        Of the truth's tables: pores, links, tracks, events, frames.
    progress : callable, optional
        Called with 1 after each record.
    workers : int
        Processes.

    Returns
    -------
    list of Path
        The FITS files, in order of time and segment.

    Raises
    ------
    InputError
        If the directory has files of the HARP that this series has not: they would belie the truth.
    """
    _require_own(out, parameters)
    out.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    true_frames: list[TrueFrame] = []
    frame_rows: Rows = []
    for names, true, row in _records(out, parameters, workers):
        files += [out / name for name in names]
        true_frames.append(true)
        frame_rows += [row] if names else []
        if progress is not None:
            progress(1)
    tables = dict(truth_rows(parameters, Scene(parameters).script, true_frames))
    tables["frames"] = frame_rows
    _write_truth(out / TRUTH, parameters, tables, schemas)
    return files


Record = tuple[list[str], TrueFrame, dict[str, Any]]


def _records(out: Path, parameters: SimulationParameters, workers: int) -> Iterator[Record]:
    """The records of a series, written, in order."""
    jobs = [(out, parameters, frame) for frame in parameters.slots]
    if workers <= 1:
        yield from map(_record, jobs)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        yield from pool.map(_record, jobs)


def _record(job: tuple[Path, SimulationParameters, int]) -> Record:
    """Simulate one record and write its files."""
    global _scene  # what the records of a series share is made once in a process
    out, parameters, frame = job
    if _scene is None or _scene.parameters != parameters:
        _scene = Scene(parameters)
    simulated = frame_of(_scene, frame)
    contents = _contents(simulated, _segments(parameters, frame))
    if frame in parameters.corrupt_frames and "continuum" in contents:
        contents["continuum"] = contents["continuum"][: int(KEPT * len(contents["continuum"]))]
    for name, content in contents.items():
        with atomic(out / _file(parameters, frame, name)) as partial:
            partial.write_bytes(content)
    names = [_file(parameters, frame, name) for name in contents]
    return names, simulated.truth, _frame_row(parameters, simulated)


def _file(parameters: SimulationParameters, frame: int, segment: str) -> str:
    return str(FileName(SERIES, parameters.harpnum, parameters.t_rec[frame], segment))


def _require_own(out: Path, parameters: SimulationParameters) -> None:
    segments = ((frame, name) for frame in parameters.slots for name in _segments(parameters, frame))
    own = {_file(parameters, *one) for one in segments}
    there = (path.name for path in out.glob(f"{SERIES}.{parameters.harpnum}.*.fits"))
    if strange := sorted(set(there) - own):
        raise InputError(f"{out / strange[0]}: of another series of this HARP; name an empty directory")


def _segments(parameters: SimulationParameters, frame: int) -> list[str]:
    """Segments of which a record has files."""
    if frame in parameters.missing_frames:
        return []
    absent = {"continuum"} if frame in parameters.no_continuum_frames else set()
    return [name for name in parameters.segments if name not in absent]


def _contents(simulated: SimulatedFrame, names: list[str]) -> dict[str, bytes]:
    """The files of a record, by segment."""
    segments = []
    for name in names:
        stored = simulated.stored[name]
        keywords = {**simulated.keywords, **segment_keywords(name, stored)}
        segments.append(Segment(name, stored, STORED[name], keywords))
    return files_bytes(segments)


def _frame_row(parameters: SimulationParameters, simulated: SimulatedFrame) -> dict[str, Any]:
    """What is known of a record; columns that only a processing run can fill stay null."""
    keywords, frame = simulated.keywords, simulated.frame
    reason, missing = _unusable(parameters, frame)
    ny, nx = parameters.shape
    return {
        "harpnum": parameters.harpnum,
        "t_rec": simulated.t_rec,
        "t_obs": tai_to_utc(parse_t_rec(str(keywords["T_OBS"]))),
        "quality": int(keywords["QUALITY"] or 0) & 0xFFFFFFFF,
        "usable": reason is None,
        "reason": reason,
        "missing_segments": missing,
        "nx": nx,
        "ny": ny,
        **{
            name.lower(): keywords[name]
            for name in ("CRVAL1", "CRVAL2", "CRLN_OBS", "CRLT_OBS", "DSUN_OBS", "OBS_VR")
        },
        "mu_center": simulated.place.mu_center,
        "n_pores": None if reason else sum(feature.in_full for feature in simulated.truth.features),
        "keywords": json.dumps(keywords),
        "run_id": RUN_ID,
    }


def _unusable(parameters: SimulationParameters, frame: int) -> tuple[str | None, list[str]]:
    """Why a record can't be used, and which of its needed segments are missing."""
    needed = [name for name in ("continuum", "Br", "Bp", "Bt") if name not in _segments(parameters, frame)]
    if frame in parameters.corrupt_frames:
        return Reason.UNREADABLE_FILE.value, ["continuum"]
    if "continuum" in needed:
        return Reason.MISSING_SEGMENT.value, needed
    return (Reason.BAD_QUALITY.value if frame in parameters.bad_quality_frames else None), needed


def _write_truth(
    truth: Path,
    parameters: SimulationParameters,
    tables: Mapping[str, Rows],
    schemas: Mapping[str, pa.Schema],
) -> None:
    for name in TRUTH_TABLES:
        write_table(truth / f"{name}.parquet", _columns(tables[name], schemas[name]), schemas[name])
    scripted = [asdict(pore) for pore in Scene(parameters).script]
    for name, value in (("parameters.json", parameters.model_dump(mode="json")), (SCRIPT, scripted)):
        with atomic(truth / name) as partial:
            partial.write_text(json.dumps(value, indent=1) + "\n")


def _columns(rows: Rows, schema: pa.Schema) -> dict[str, Any]:
    """Rows as columns of the schema, null where a row says nothing."""
    return {field.name: _column([row.get(field.name) for row in rows], field.type) for field in schema}


def _column(values: list[Any], kind: pa.DataType) -> Any:
    if pa.types.is_floating(kind):
        return np.array([np.nan if value is None else value for value in values], float)
    if pa.types.is_timestamp(kind):
        return np.array(values, "datetime64[ms]")
    column = np.empty(len(values), object)
    column[:] = values if not pa.types.is_list(kind) else None
    if pa.types.is_list(kind):
        for i, value in enumerate(values):
            column[i] = value
    return column
