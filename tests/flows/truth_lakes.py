"""The truth of a simulated series as a lake of its own, to be asked the same questions as detections."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from catalog.build import publish
from catalog.schema import TABLES
from storage.lake import Lake
from storage.runs import CurrentRun, current_runs, set_current

TRUTH = "truth"


def truth_lake(root: Path, truth: Path, detected: Lake) -> Lake:
    """Publish the truth of a series; what it does not tell of its HARP the lake of its chain tells."""
    lake = Lake.at(root)
    (run,) = current_runs(detected)
    for name in TABLES:
        path = truth / f"{name}.parquet"
        table = pq.read_table(path) if path.exists() else _known(detected, run, name)
        place = lake.table(name, run.harpnum, TRUTH)
        place.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, place)
    set_current(lake, CurrentRun(run.series, run.harpnum, TRUTH, run.product))
    publish(lake)
    return lake


def _known(detected: Lake, run: CurrentRun, name: str) -> pa.Table:
    """What the chain says of the HARP and its run; no rows of features."""
    table = pq.ParquetFile(detected.table(name, run.harpnum, run.run_id)).read()
    if name not in ("harps", "runs"):
        return table.slice(0, 0)
    at = table.schema.get_field_index("run_id")
    return table.set_column(at, table.schema.field(at), pa.array([TRUTH] * len(table)))
