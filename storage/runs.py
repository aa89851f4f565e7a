"""Which runs of a HARP are shown: small files that name them, written when a run's tables are whole.

One names the current run. Those of an ensemble name its members, the current one among them, one file for
each set of parameters: what is made anew of a cube that has grown takes the place of what was.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pores.errors import InputError
from storage.known import Known
from storage.lake import Lake, atomic


@dataclass(frozen=True)
class CurrentRun:
    """The run whose rows the views show for a HARP, and the product of its features if it has any.

    `inputs` is the key of all that it was made of but its parameters: runs of one HARP that differ in it
    can't be compared.
    """

    series: str
    harpnum: int
    run_id: str
    product: str | None = field(default=None, compare=False)  # what the rows say, so that none need be read
    inputs: str | None = field(default=None, compare=False)


def set_current(lake: Lake, run: CurrentRun) -> None:
    """Make a run the current one of its HARP."""
    _write(lake.pointer(run.series, run.harpnum), run)


def current_run(lake: Lake, series: str, harpnum: int) -> CurrentRun | None:
    """The current run of a HARP as this machine has it, None before the first."""
    return _read(lake.pointer(series, harpnum))


def current_runs(lake: Lake, known: Known | None = None) -> list[CurrentRun]:
    """The current run of every HARP, by series and HARPNUM; in an object store as it is told there."""
    return _sorted(lake, "current", 2, known)


def set_member(lake: Lake, run: CurrentRun, science: str) -> None:
    """Make a run the one of its parameters, of which `science` is the key, in the ensemble of its HARP."""
    _write(lake.member(run.series, run.harpnum, science), run)


def member_run(lake: Lake, series: str, harpnum: int, science: str) -> CurrentRun | None:
    """The member with some parameters of a HARP's ensemble as this machine has it, None if there is none."""
    return _read(lake.member(series, harpnum, science))


def member_runs(lake: Lake, known: Known | None = None) -> list[CurrentRun]:
    """Every member of every HARP's ensemble, as `current_runs` gives current runs."""
    return _sorted(lake, "ensembles", 3, known)


def _write(pointer: Path, run: CurrentRun) -> None:
    with atomic(pointer) as partial:
        partial.write_text(json.dumps(asdict(run)) + "\n")


def _read(pointer: Path) -> CurrentRun | None:
    return CurrentRun(**json.loads(pointer.read_text())) if pointer.exists() else None


def _sorted(lake: Lake, room: str, depth: int, known: Known | None) -> list[CurrentRun]:
    if lake.url is None:
        told = (known or Known(lake)).told(room, depth, _told)
        runs = [CurrentRun(**run) for run in told.values() if run]
    else:
        from storage.remote_files import pointer_texts

        runs = [CurrentRun(**json.loads(text)) for text in pointer_texts(lake, room)]
    return sorted(runs, key=lambda run: (run.series, run.harpnum, run.run_id))


def _told(pointer: Path) -> Any:
    """What a pointer says; None of what is none."""
    return json.loads(pointer.read_text()) if pointer.suffix == ".json" else None


def run_of(lake: Lake, harpnum: int) -> CurrentRun:
    """The current run of a HARP.

    Raises
    ------
    InputError
        If the lake has none.
    """
    for run in current_runs(lake):
        if run.harpnum == harpnum:
            return run
    raise InputError(
        f"HARP {harpnum}: the lake {lake.location} has no run of it;"
        f' `porelake sql --lake {lake.location} "SELECT harpnum FROM harps"` lists those it has'
    )
