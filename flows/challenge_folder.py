"""One series of the challenge in a folder: what trackers are given, and the truth.

::

    <series>/{pores,faint,velocities,frames}.parquet     as the tables of these names, but without tracks
    <series>/labels.h5                                   which pixels each pore and faint feature has
    <series>/truth/{pores,links,tracks,events,frames}.parquet, parameters.json
    <series>/made.json                                   from what it was made; written last
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from catalog.formats import arrow_schema
from catalog.schema import TABLES, Table
from flows.harp import DETECTED, FAINTLY, MOVED, PREPARED
from flows.tracking import frame_series
from pores.chain import Columns
from pores.errors import InputError
from pores.parameters import Parameters
from pores.runs import Runs
from pores.sightings import Sightings
from pores.simulate.parameters import SimulationParameters
from pores.simulate.sighted import Look, truth
from pores.simulate.tables import RUN_ID
from storage.labels import LabelReader, Layer, write_labels
from storage.lake import atomic
from storage.tables import read_table, write_table

MADE, LABELS, TRUTH = "made.json", "labels.h5", "truth"
GIVEN = {"pores": DETECTED, "faint": FAINTLY, "velocities": MOVED, "frames": PREPARED}
TRUE_TABLES = ("pores", "links", "tracks", "events", "frames")


def is_made(folder: Path, made_of: Mapping[str, Any]) -> bool:
    """Whether a folder has a series, whole, made from just this."""
    try:
        return bool(json.loads((folder / MADE).read_text()) == made_of)
    except (OSError, ValueError):
        return False


@dataclass(frozen=True, eq=False)
class Made:
    """A series: its records, what trackers are given of them, and what they were simulated with."""

    looks: Sequence[Look]
    sightings: Sightings
    simulation: SimulationParameters


def forget(folder: Path) -> None:
    """Have a folder's series count as not made, whatever becomes of the next."""
    (folder / MADE).unlink(missing_ok=True)


def write_series(folder: Path, made: Made, made_of: Mapping[str, Any]) -> None:
    """Write a series; what another one left in the folder is replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    forget(folder)
    given = made.sightings
    columns = {"pores": given.pores, "faint": given.faint, "velocities": given.velocities}
    for name, table in GIVEN.items():
        values = columns.get(name) or _frames(made.looks, table)
        fields = {column.name: values[column.name] for column in table.columns}
        write_table(folder / f"{name}.parquet", fields, arrow_schema(table))
    searched = [(one.row["t_rec"], one.found) for one in made.looks if one.found is not None]
    images = [found.labels for _, found in searched], [found.faint_labels for _, found in searched]
    write_labels(folder / LABELS, [t_rec for t_rec, _ in searched], *images)
    _write_truth(folder / TRUTH, made.looks, made.simulation)
    _write_json(folder / MADE, made_of)


def read_sightings(folder: Path, science: Parameters) -> Sightings:
    """What a tracker is given of a series.

    Parameters
    ----------
    folder : Path
        Of one series.
    science : Parameters
        Of detection, as the series was made with.

    Raises
    ------
    InputError
        If the series is not there, or not whole.
    """
    if not (folder / MADE).exists():
        raise InputError(f"{folder}: no whole series of the challenge; `porelake challenge` makes it")
    pores, faint, velocities, frames = (read_table(folder / f"{name}.parquet") for name in GIVEN)

    reader = LabelReader()

    def labels(layer: Layer, frame: int) -> Runs:
        return reader.runs(folder / LABELS, frames["t_rec"][frame], layer)

    images = partial(labels, "pores"), partial(labels, "faint")
    return Sightings(pores, frame_series(science, frames), images[0], faint, images[1], velocities)


def read_truth(folder: Path) -> dict[str, Columns]:
    """True tables of a series."""
    return {name: read_table(folder / TRUTH / f"{name}.parquet") for name in TRUE_TABLES}


def _frames(looks: Sequence[Look], table: Table) -> dict[str, Any]:
    return {column.name: [look.row.get(column.name) for look in looks] for column in table.columns}


def _write_truth(folder: Path, looks: Sequence[Look], simulation: SimulationParameters) -> None:
    for name, columns in truth(looks, simulation).items():
        schema = arrow_schema(TABLES[name])
        write_table(folder / f"{name}.parquet", _filled(columns, schema), schema)
    n_pores = [sum(f.in_full for f in look.true.features) if look.row["usable"] else None for look in looks]
    known = {"n_pores": n_pores, "run_id": [RUN_ID] * len(looks)}
    frames = {**_frames(looks, TABLES["frames"]), **known}
    write_table(folder / "frames.parquet", frames, arrow_schema(TABLES["frames"]))
    _write_json(folder / "parameters.json", simulation.model_dump(mode="json"))


def _filled(columns: Columns, schema: pa.Schema) -> dict[str, Any]:
    """The columns of the schema, null where the truth says nothing."""
    n = len(columns["harpnum"])
    nothing = {True: np.full(n, np.nan), False: np.full(n, None, object)}
    return {
        field.name: columns.get(field.name, nothing[pa.types.is_floating(field.type)]) for field in schema
    }


def _write_json(path: Path, value: Any) -> None:
    with atomic(path) as file:
        file.write_text(json.dumps(value, indent=1) + "\n")
