"""What a run says of a HARP: numbers with their nouns, what is missing, which parameters changed."""

import json
from collections.abc import Sequence

from pores.chain import Columns
from pores.frame import FIELD_SEGMENTS
from storage.lake import Lake
from storage.runs import CurrentRun
from storage.tables import read_table


def counted(n: int, what: str) -> str:
    """Return a number with its noun."""
    return f"{n} {what}{'' if n == 1 else 's'}"


def size(n_bytes: float) -> str:
    """Return a number of bytes in the unit that people would use, decimal.

    Examples
    --------
    >>> size(2_940_000_000)
    '2.9 GB'
    """
    units = ["B", "kB", "MB", "GB", "TB"]
    while n_bytes >= 999.5 and len(units) > 1:
        n_bytes /= 1000
        units.pop(0)
    return f"{n_bytes:.0f} {units[0]}" if n_bytes >= 99.5 or units[0] == "B" else f"{n_bytes:.2g} {units[0]}"


def found(tables: dict[str, Columns]) -> str:
    """Say what the tables of a run hold, and in how many frames something is missing."""
    frames = tables["frames"]
    usable = frames["usable"].astype(bool)
    missing = frames["missing_segments"][usable]
    notable = {"unusable": int((~usable).sum())}
    notable |= {f"without {name}": sum(name in segments for segments in missing) for name in FIELD_SEGMENTS}
    features = counted(len(tables["pores"]["pore_id"]), "feature")
    lives = counted(len(tables["tracks"]["track_id"]), "track")
    said = [f"{features} in {lives}", *(f"{counted(n, 'frame')} {what}" for what, n in notable.items() if n)]
    return ", ".join(said)


def changed(lake: Lake, before: CurrentRun | None, after: CurrentRun) -> Sequence[str]:
    """Say which parameters of a HARP differ from those of the run that was current."""
    old, new = (_science(lake, run) for run in (before, after))
    return [f"{name} {old[name]} -> {new[name]}" for name in new if old.get(name, new[name]) != new[name]]


def _science(lake: Lake, run: CurrentRun | None) -> dict[str, str]:
    """Parameters of a run by name, as `--set` has them; none if there is no such run."""
    if run is None or not (path := lake.table("runs", run.harpnum, run.run_id)).exists():
        return {}
    config = json.loads(read_table(path, ["config"])["config"][0])
    stages = {stage: values for stage, values in config.items() if isinstance(values, dict)}
    named = {f"{stage}.{name}": str(v) for stage, values in stages.items() for name, v in values.items()}
    return {"enhance": config["enhance"], **named}
