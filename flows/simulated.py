"""Simulated series."""

import os
from pathlib import Path
from typing import Any

from catalog.formats import arrow_schema
from catalog.schema import TABLES
from flows.progress import progress_bars, track
from pores.errors import InputError
from pores.scenarios import BILLS
from pores.simulate.parameters import SimulationParameters
from storage.simulated import write_series


def simulation(scenario: str, values: dict[str, Any]) -> SimulationParameters:
    """The parameters of a scenario, some of them changed.

    Raises
    ------
    InputError
        If there is no such scenario, or a parameter is wrong, which it names.
    """
    from pydantic import ValidationError

    if scenario not in BILLS:
        raise InputError(f"--scenario {scenario}: none of {', '.join(BILLS)}")
    try:
        return SimulationParameters.of(scenario, **values)  # type: ignore[arg-type]  # pydantic checks it
    except ValidationError as error:
        first = error.errors()[0]
        raise InputError(": ".join(["simulate", *map(str, first["loc"]), first["msg"]])) from error


def simulate_series(out: Path, scenario: str, values: dict[str, Any]) -> str:
    """Write a simulated series with its truth; InputError names a parameter that is wrong."""
    parameters = simulation(scenario, values)
    schemas = {name: arrow_schema(table) for name, table in TABLES.items()}
    with progress_bars():
        bar = track(parameters.slots, "simulate", len(parameters.slots))

        def advance(_frame: int) -> None:
            next(bar, None)

        files = write_series(out, parameters, schemas, advance, os.cpu_count() or 1)
    return f"{out}: {len(files)} files of HARP {parameters.harpnum}, truth in {out / 'truth'}"
