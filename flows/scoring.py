"""How well a catalogue agrees with the truth of a simulated series: the lake's, or another tracker's."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np

from pores.errors import InputError
from pores.score import Scores
from pores.score import score as score_tables
from storage.lake import Lake
from storage.remote_files import here
from storage.runs import current_runs
from storage.tables import Columns, TableError, read_table

SCORED = ("pores", "links", "tracks", "events")


def score_lake(location: str, truth: Path, tell: Callable[[str], object] = lambda _: None) -> Scores:
    """Scores of the lake's current runs against the truth tables in a directory.

    `tell` is called with a line if what is compared is not of one product.

    Raises
    ------
    InputError
        If a truth table is missing, or the lake has no run of its HARPs.
    """
    lake = Lake.at(location)
    true = _truth(truth)
    runs = [run for run in current_runs(lake) if run.harpnum in _harps(true)]
    if not runs:
        raise InputError(f"the lake {lake.location} has no run of {_named(true)} of {truth}")
    found = {
        name: [read_table(here(lake, lake.table(name, run.harpnum, run.run_id))) for run in runs]
        for name in SCORED
    }
    joined = {name: _joined(parts) for name, parts in found.items()}
    ours, theirs = (_products(tables) for tables in (joined, true))
    if ours and theirs and ours != theirs:
        tell(
            f"features are of product {', '.join(sorted(ours))}, the truth is of {', '.join(sorted(theirs))}:"
            " areas, and which small features there are, differ for that alone"
        )
    return score_tables(joined, true)


def score_directory(tables: Path, truth: Path) -> Scores:
    """Scores of the tables in a directory, of whatever tracker, against the truth tables in another.

    Raises
    ------
    InputError
        If a table is missing, no Parquet or lacks a column, or the tables have no HARP of the truth.
    """
    true = _truth(truth)
    found = {
        name: _table(tables, name, "a tracker's output has pores, links, tracks, events") for name in SCORED
    }
    if _harps(found) and not _harps(found) & _harps(true):
        raise InputError(f"{tables / 'pores.parquet'}: nothing of {_named(true)} of {truth}")
    return score_tables(found, true)


def as_numbers(scores: Scores) -> str:
    """Every number of a score by name, as JSON; null where there is nothing to tell it from."""
    return json.dumps(
        {name: None if math.isnan(value) else value for name, value in scores.rows().items()}, indent=1
    )


def _truth(directory: Path) -> dict[str, Columns]:
    """The truth tables; `frames`, which tells the cadence, only where it is there."""
    names = (*SCORED, *(["frames"] if (directory / "frames.parquet").exists() else []))
    return {name: _table(directory, name, "`porelake simulate` writes them in OUT/truth") for name in names}


def _table(directory: Path, name: str, hint: str) -> Columns:
    path = directory / f"{name}.parquet"
    if not path.exists():
        raise InputError(f"{path}: no such table; {hint}")
    try:
        return read_table(path)
    except TableError as error:
        raise InputError(str(error)) from error


def _products(tables: dict[str, Columns]) -> set[str]:
    """The products of the features of some tables, as far as they say so."""
    return {str(name) for name in tables["pores"].get("product", ()) if name is not None}


def _joined(parts: list[Columns]) -> Columns:
    """Tables of several runs as one: the columns that all of them have, for older runs lack the newest."""
    common = set.intersection(*(set(part) for part in parts))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0] if name in common}


def _harps(tables: dict[str, Columns]) -> set[int]:
    """The HARPs of tables, as far as they are numbers; those of frames too, which may hold no feature."""
    parts = [tables[name].get("harpnum", ()) for name in ("pores", "frames") if name in tables]
    try:
        harps = np.unique(np.concatenate([np.asarray(part, float) for part in parts]))
    except (TypeError, ValueError):  # the score says what is wrong
        return set()
    return {int(harp) for harp in harps[np.isfinite(harps)]}


def _named(tables: dict[str, Columns]) -> str:
    return f"HARP {', '.join(map(str, sorted(_harps(tables)))) or '(none)'}"
