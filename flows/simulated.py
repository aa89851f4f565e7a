"""Simulated series, and how well a lake that was made from one agrees with its truth."""

import os
from pathlib import Path
from typing import Any

from pores.score import Scores
from pores.score import score as score_tables

from catalog.formats import arrow_schema
from catalog.schema import TABLES
from flows.progress import progress_bars, track
from flows.stages import stacked
from pores.errors import InputError
from pores.simulate.parameters import SimulationParameters
from storage.lake import Lake
from storage.runs import current_runs
from storage.simulated import write_series
from storage.tables import Columns, read_table

SCORED = ("pores", "links", "tracks", "events")


def simulate_series(out: Path, scenario: str, values: dict[str, Any]) -> str:
    """Write a simulated series with its truth; InputError names a parameter that is wrong."""
    from pydantic import ValidationError

    try:
        parameters = SimulationParameters.of(scenario, **values)  # type: ignore[arg-type]  # pydantic checks it
    except ValidationError as error:
        raise InputError(f"simulate: {error.errors()[0]['loc']}: {error.errors()[0]['msg']}") from error
    schemas = {name: arrow_schema(table) for name, table in TABLES.items()}
    with progress_bars():
        bar = track(range(parameters.n_frames), "simulate", parameters.n_frames)

        def advance(_frame: int) -> None:
            next(bar, None)

        files = write_series(out, parameters, schemas, advance, os.cpu_count() or 1)
    return f"{out}: {len(files)} files of HARP {parameters.harpnum}, truth in {out / 'truth'}"


def score_lake(location: str, truth: Path) -> Scores:
    """Scores of the lake's current runs against the truth tables in a directory.

    Raises
    ------
    InputError
        If a truth table is missing, or the lake has no run of its HARPs.
    """
    lake = Lake.at(location)
    true = {name: _truth_table(truth / f"{name}.parquet") for name in SCORED}
    harps = {int(harp) for harp in true["pores"]["harpnum"]}
    runs = [run for run in current_runs(lake) if run.harpnum in harps]
    if not runs:
        raise InputError(
            f"the lake {lake.root} has no run of HARP {', '.join(map(str, sorted(harps)))} of {truth}"
        )
    found = {name: [read_table(lake.table(name, run.harpnum, run.run_id)) for run in runs] for name in SCORED}
    return score_tables({name: stacked(parts, TABLES[name]) for name, parts in found.items()}, true)


def _truth_table(path: Path) -> Columns:
    if not path.exists():
        raise InputError(f"{path}: no such truth table; `porelake simulate` writes them in OUT/truth")
    return read_table(path)
