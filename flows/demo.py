"""The quickstart: a simulated active region, taken through the chain as a Prefect flow, and an answer."""

import os
from pathlib import Path

from PIL import Image

from catalog.export import export
from catalog.query import run_query
from flows.pictures import busiest, draw
from flows.prefect_api import prefect_api
from flows.progress import progress_bars
from flows.request import Request
from flows.scenes import HarpScenes
from flows.simulated import simulate_series
from pores.parameters import Parameters
from storage.archive import SCRIPT, TRUTH
from storage.lake import Lake
from storage.runs import current_runs

HARP = 99001
# Lives short enough that most begin and end within the 12 hours.
SERIES = {"seed": 17, "harpnum": HARP, "lifetime_h": 1.5, "generations": 3}
QUESTION = "lifetime_vs_br"


def run_demo(out: Path) -> None:
    """Simulate, run, ask, export and draw, all in `out`; what a first time made, a second one finds."""
    fits, lake = out / "fits", Lake.at(out / "lake")
    if not (fits / TRUTH / SCRIPT).exists():
        print(simulate_series(fits, "demo", SERIES))
    # By spline: the truth of a simulated series is that at HMI's resolution.
    science = Parameters(enhance="spline")
    print(_run(Request(lake=str(lake.root), source=str(fits), harpnums=(HARP,), parameters=science), out))
    print("\nHow does the lifetime of a pore depend on its mean Br?\n")
    run_query(lake, QUESTION)
    export(lake, QUESTION, {}, "csv", out / f"{QUESTION}.csv")
    run, t_rec = busiest(lake, current_runs(lake))
    Image.fromarray(draw(HarpScenes(lake, run), t_rec)).save(out / "pores.png")
    _say(out)


def _run(request: Request, out: Path) -> str:
    """Run the request as a Prefect flow: on the server that is configured, else on a passing one."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")
    if not prefect_api():
        os.environ.setdefault("PREFECT_HOME", str((out / "prefect").resolve()))
        os.environ.setdefault("PREFECT_SERVER_ALLOW_EPHEMERAL_MODE", "true")
        # It starts within 17 s, but not beside much else.
        os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")
    from flows.tasks import pores_flow

    with progress_bars():
        return str(pores_flow(request))


def _say(out: Path) -> None:
    print(
        f"""
Where things are:
  catalogue  {out}/lake/catalog.duckdb
  picture    {out}/pores.png
  answer     {out}/{QUESTION}.csv

Look at it:
  .venv/bin/porelake report --lake {out}/lake --out {out}/report
  .venv/bin/porelake serve --lake {out}/lake

Ask your own question:
  .venv/bin/porelake sql --lake {out}/lake "SELECT kind, count(*) FROM tracks GROUP BY kind"
  .venv/bin/porelake score --lake {out}/lake {out}/fits/truth"""
    )
