"""Figures behind docs/decisions/0014-ensembles.md: what a member costs, and what a low stability means.

::

    python -m benchmarks.studies.threshold_stability DIRECTORY

The directory gets a simulated series and two lakes.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

from catalog.formats import literal
from catalog.query import connect
from flows.pipeline import run_request
from flows.request import Request
from flows.simulated import simulate_series
from storage.lake import Lake

ENSEMBLES = {0.5: (0.4, 0.45, 0.5, 0.55, 0.6), 0.7: (0.6, 0.65, 0.7, 0.75, 0.8)}
SERIES = {"seed": 11, "n_frames": 24, "shape": (200, 300)}
KEPT = ("stages", "labels", "tables", "ensembles")

# A true feature is that of the scene without noise below 0.5; it is `small` below the smallest area of pores.
STABILITY = """
WITH near AS (
    SELECT pores.pore_id, max(truth.area_px) AS true_px, arg_max(truth.area_mm2, truth.area_px) AS true_mm2
    FROM pores JOIN read_parquet({truth}) AS truth ON pores.t_rec = truth.t_rec
    WHERE sqrt((truth.x_px - pores.x_px) ** 2 + (truth.y_px - pores.y_px) ** 2)
        <= 1.2 * sqrt(greatest(truth.area_mm2, pores.area_mm2) / pi())
            / (sqrt(pores.area_mm2 / pores.area_px) * pores.grid_scale)
    GROUP BY pores.pore_id
)
SELECT if(true_px IS NULL, 'false', if(true_px < 20, 'small', 'real')) AS what, stability, count(*) AS n,
    avg(area_mm2) AS area_mm2, avg(ln_area_slope) AS slope, stddev(ln(area_mm2 / true_mm2)) AS scatter
FROM pore_stability LEFT JOIN near USING (pore_id) GROUP BY ALL ORDER BY ALL"""


def wanted(lake: Path, source: Path, threshold: float, **values: object) -> Request:
    """A run of one process by spline."""
    science = {"enhance": "spline", "detect": {"threshold": threshold}}
    return Request.model_validate(
        {"lake": str(lake), "source": str(source), "workers": 1, "parameters": science, **values}
    )


def size(lake: Path) -> int:
    """Bytes of what runs leave besides the cube."""
    return sum(path.stat().st_size for room in KEPT for path in (lake / room).rglob("*") if path.is_file())


def costs(lake: Path, source: Path) -> Iterator[str]:
    """Processor time and bytes of the run with the first threshold, and of each that comes beside it."""
    run_request(wanted(lake, source, 0.5, last_stage="ingest"))
    for others in ([0.5], [0.5, 0.45], [0.5, 0.45, 0.55]):
        before, began = size(lake), time.process_time()
        run_request(wanted(lake, source, 0.5, vary={"detect.threshold": others}))
        spent = time.process_time() - began
        yield f"{others[-1]}: {spent:.1f} s, {(size(lake) - before) / 1e6:.2f} MB"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    directory = parser.parse_args().directory
    source = directory / "series"
    simulate_series(source, "interactions", SERIES)
    print(*costs(directory / "costs", source), sep="\n")
    for threshold, others in ENSEMBLES.items():
        lake = directory / f"lake-{threshold}"
        run_request(wanted(lake, source, threshold, vary={"detect.threshold": others}))
        truth = literal(str(source / "truth" / "pores.parquet"))
        with connect(Lake.at(lake), source / "truth" / "pores.parquet") as connection:
            print(f"current run at {threshold}, of {others}")
            print(connection.sql(STABILITY.format(truth=truth)))


if __name__ == "__main__":
    main()
