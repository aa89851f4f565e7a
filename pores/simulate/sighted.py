"""A simulated series as a tracker sees it: rendered, prepared and searched in memory, without any file."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.chain import Columns, Detected, Row, detect_frame, prepare_frame
from pores.errors import InputError, Reason
from pores.flow import Shot, neighbours, velocities
from pores.frame import Frame, Problem
from pores.geometry import CeaGrid, Observer
from pores.parameters import FlowParameters, Parameters
from pores.series import FrameSeries
from pores.sightings import Labels, Sightings
from pores.simulate.columns import as_columns
from pores.simulate.observe import physical
from pores.simulate.parameters import SimulationParameters
from pores.simulate.scene import Scene
from pores.simulate.series import SimulatedFrame, frame_of
from pores.simulate.tables import truth_rows
from pores.simulate.truth import TrueFrame

Over = Callable[[Callable[[Any], Any], Sequence[Any]], Iterable[Any]]  # map, or that of a pool of processes
Shots = tuple[Shot | None, Shot, Shot | None]


@dataclass(frozen=True, eq=False)
class Look:
    """One record: what the chain makes of it, and what is truly there.

    Attributes
    ----------
    row : dict
        Its row of `frames`, as `pores.chain.prepare_frame` gives it.
    grid, observer : CeaGrid and Observer
        Native grid, and where it was seen from.
    true : TrueFrame
        The features that are there, whether or not the record can be used.
    found : Detected or None
        Pores and faint features, label images in as few bytes as hold them; None where the record can't be
        used.
    shot : Shot or None
        Its continuum, for the motion of features.
    """

    row: Row
    grid: CeaGrid
    observer: Observer
    true: TrueFrame
    found: Detected | None = None
    shot: Shot | None = None


def sighted(
    simulation: SimulationParameters, science: Parameters, over: Over = map
) -> tuple[Sightings, dict[str, Columns]]:
    """Simulate a series, prepare and search its frames: what trackers are given, and the truth.

    Parameters
    ----------
    simulation : SimulationParameters
    science : Parameters
        Of preparation and detection.
    over : callable, optional
        Stands for `map`: that of a pool of processes, for instance.

    Returns
    -------
    Sightings
    dict of dict of ndarray
        True `pores`, `links`, `tracks` and `events` in the form of the catalogue.

    Raises
    ------
    InputError
        If no frame of the series can be used.
    """
    looks = looked_at(simulation, science, over)
    return sightings(looks, science, over), truth(looks, simulation)


def looked_at(simulation: SimulationParameters, science: Parameters, over: Over = map) -> list[Look]:
    """The records of a series that are there, in order of time."""
    every = over(partial(look, simulation, science), simulation.slots)
    return [one for one in every if one is not None]


def look(simulation: SimulationParameters, science: Parameters, frame: int) -> Look | None:
    """One record of a series, independent of all others; None where it is missing."""
    if frame in simulation.missing_frames:
        return None
    simulated = frame_of(_scene(simulation), frame)
    record = record_of(simulated, simulation)
    row = prepare_frame(record, science.prepare)
    grid = CeaGrid.from_keywords(record.keywords, simulation.shape)
    seen = Look(row, grid, Observer.from_keywords(record.keywords), simulated.truth)
    if not row["usable"]:
        return seen
    found = detect_frame(record, science, row["quiet_sun"])
    small = replace(found, labels=_small(found.labels), faint_labels=_small(found.faint_labels))
    image = np.asarray(record.segments["continuum"], np.float32)
    shot = Shot(record.t_rec, grid, np.where(image > 0, image, np.float32(np.nan)))
    return replace(seen, found=small, shot=shot)


def record_of(simulated: SimulatedFrame, simulation: SimulationParameters) -> Frame:
    """The record as it is read from files, with the faults it is to have."""
    segments = {name: physical(name, simulated.stored[name]) for name in simulation.segments}
    problems = {}
    if simulated.frame in simulation.corrupt_frames:
        problems["continuum"] = Problem(Reason.UNREADABLE_FILE, "continuum: truncated")
    if simulated.frame in (*simulation.corrupt_frames, *simulation.no_continuum_frames):
        segments.pop("continuum", None)
    return Frame(simulation.harpnum, simulated.t_rec, simulated.keywords, segments, problems)


def sightings(looks: Sequence[Look], science: Parameters, over: Over = map) -> Sightings:
    """What trackers are given of some records.

    Raises
    ------
    InputError
        If none of them can be used.
    """
    found = [one.found for one in looks if one.found is not None]
    if not found:
        raise InputError("simulated series: none of its frames can be used")
    frames = FrameSeries(
        np.array([one.row["t_rec"] for one in looks], "datetime64[ms]"),
        np.array([one.row["usable"] for one in looks], bool),
        [one.grid for one in looks],
        [one.observer for one in looks],
        science.grid_scale,
        science.prepare.mu_min,
    )
    return Sightings(
        _stacked([one.pores for one in found]),
        frames,
        _images([one.found.labels if one.found else None for one in looks]),
        _stacked([one.faint for one in found]),
        _images([one.found.faint_labels if one.found else None for one in looks]),
        _velocities(looks, science, over),
    )


def truth(looks: Sequence[Look], simulation: SimulationParameters) -> dict[str, Columns]:
    """True tables of the usable ones of some records."""
    rows = truth_rows(simulation, Scene(simulation).script, [one.true for one in looks])
    return {name: as_columns(name, table) for name, table in rows.items()}


def _velocities(looks: Sequence[Look], science: Parameters, over: Over) -> Columns:
    """How features move, told by the usable records before and after theirs."""
    seen = [(one.found, one.shot) for one in looks if one.found is not None and one.shot is not None]
    shots = [shot for _, shot in seen]
    beside = neighbours([shot.t_rec for shot in shots], science.track.max_step_h)
    works = [
        (found, (None if before is None else shots[before], shot, None if after is None else shots[after]))
        for (found, shot), (before, after) in zip(seen, beside, strict=True)
    ]
    return _stacked(list(over(partial(_moved, science.flow), works)))


def _moved(parameters: FlowParameters, work: tuple[Detected, Shots]) -> Columns:
    found, shots = work
    return velocities(found.pores, found.labels, shots, parameters)


def _stacked(parts: Sequence[Columns]) -> Columns:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _images(kept: Sequence[NDArray[Any] | None]) -> Labels:
    """Label images by frame."""

    def image(frame: int) -> NDArray[np.integer[Any]]:
        labels = kept[frame]
        if labels is None:
            raise InputError(f"frame {frame}: not usable, so without label image")
        return labels.astype(np.int32)

    return image


def _small(labels: NDArray[Any]) -> NDArray[Any]:
    """The label image in as few bytes as hold it."""
    return labels.astype(np.min_scalar_type(int(labels.max(initial=0))))


@lru_cache(maxsize=1)
def _scene(simulation: SimulationParameters) -> Scene:
    """What the records of a series share is made once in a process."""
    return Scene(simulation)
