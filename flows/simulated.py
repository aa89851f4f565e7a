"""Simulated series, and how well a lake that was made from one agrees with its truth."""

import os
from pathlib import Path
from typing import Any

from catalog.formats import arrow_schema
from catalog.schema import TABLES, Table
from flows.progress import progress_bars, track
from pores.errors import InputError
from pores.score import Scores
from pores.score import score as score_tables
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
        files = write_series(out, parameters, schemas, lambda _: next(bar, None), os.cpu_count() or 1)
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
        raise InputError(f"the lake {lake.root} has no run of HARP {', '.join(map(str, sorted(harps)))} of {truth}")
    found = {name: [read_table(lake.table(name, run.harpnum, run.run_id)) for run in runs] for name in SCORED}
    return score_tables({name: _joined(TABLES[name], parts) for name, parts in found.items()}, true)
