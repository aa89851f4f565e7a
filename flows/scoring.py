"""How well a lake that was made from a simulated series agrees with its truth."""

from pathlib import Path

from catalog.schema import TABLES
from flows.stages import stacked
from pores.errors import InputError
from pores.score import Scores
from pores.score import score as score_tables
from storage.lake import Lake
from storage.remote_files import here
from storage.runs import current_runs
from storage.tables import Columns, read_table

SCORED = ("pores", "links", "tracks", "events")


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
            f"the lake {lake.location} has no run of HARP {', '.join(map(str, sorted(harps)))} of {truth}"
        )
    found = {
        name: [read_table(here(lake, lake.table(name, run.harpnum, run.run_id))) for run in runs]
        for name in SCORED
    }
    return score_tables({name: stacked(parts, TABLES[name]) for name, parts in found.items()}, true)


def _truth_table(path: Path) -> Columns:
    if not path.exists():
        raise InputError(f"{path}: no such truth table; `porelake simulate` writes them in OUT/truth")
    return read_table(path)
