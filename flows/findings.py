"""What a run says of a HARP: what its tables hold, what is missing, which parameters changed."""

import json
from collections.abc import Sequence

from flows.words import counted
from pores.chain import Columns
from pores.frame import FIELD_SEGMENTS
from storage.lake import Lake
from storage.runs import CurrentRun
from storage.tables import read_table


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
    weights = {"weights": config["weights"][:12]} if config.get("weights") else {}
    return {"enhance": config["enhance"], **weights, **named}
