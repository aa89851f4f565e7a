"""The flows that run by the clock: watch, backfill, publish. `prefect.yaml` says when.

`flows.tasks` has the chain for what a user asks by hand.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Literal

from prefect import flow
from prefect.runtime import flow_run
from pydantic import BaseModel, ConfigDict, Field

from flows.artifacts import leave, reported
from flows.leash import hang_on
from flows.outcome import Outcome
from flows.publishing import publish
from flows.request import Request
from flows.run_report import RunReport
from flows.tasks import TASKS, asking
from flows.watch import Clockwork, backfill, news, watch_round
from flows.words import size
from pores.errors import PorelakeError
from storage.deliveries import delivered
from storage.lake import Lake
from storage.runs import current_runs

CLOCKWORK = Clockwork(TASKS, asking(news, "look", []))  # the next round looks again


class Export(BaseModel):
    """A table for collaborators, written anew by every publication."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str = Field(description="Table, view or named query, as `porelake export` takes it")
    format: Literal["csv", "parquet", "votable", "fits", "ecsv"] = Field(
        "csv", description="How it is written"
    )
    parameters: Mapping[str, str] = Field({}, description="Parameters of a named query")


@flow(name="watch", validate_parameters=True)
def watch_flow(request: Request, look_back_days: float = 3.0) -> Outcome:
    """What is new at the source for the regions that the lake follows, taken through the chain."""
    look_back = timedelta(days=look_back_days)
    return reported(request, partial(watch_round, request, look_back, CLOCKWORK))


@flow(name="backfill", validate_parameters=True)
def backfill_flow(request: Request) -> Outcome:
    """HARPs and regions of the request from their beginnings, oldest first; what is done is passed over."""
    return reported(request, partial(backfill, request, CLOCKWORK))


@flow(name="publish", validate_parameters=True)
def publish_flow(lake: str, exports: list[Export] | None = None, directory: str | None = None) -> list[str]:
    """Rebuild the catalogue, and write tables for collaborators to a directory (none: the lake's exports)."""
    hang_on()
    started = datetime.now(UTC)
    published = publish(Request(lake=lake))
    into = Path(directory) if directory else Lake.at(lake).root / "exports"
    rows, failed = [], []
    for export in exports or []:
        try:
            written = _write(lake, export, into)
            rows += [(export.what, export.format, *_delivered(lake, path)) for path in written]
        except PorelakeError as error:
            rows.append((export.what, export.format, f"failed: {error}", ""))
            failed.append(f"{export.what}: {error}")
    headings = ("what", "format", "file", "size")
    title = f"publish: {flow_run.get_name()}"
    report = RunReport(title, lake, started, datetime.now(UTC), {"lake": lake}, [published], headings, rows)
    leave(report, current_runs(Lake.at(lake))[-1:])
    if failed:
        raise PorelakeError("; ".join(failed))
    return [row[2] for row in rows]


def _delivered(lake: str, path: Path) -> tuple[str, str]:
    """Where a file is for people, and its size."""
    return delivered(Lake.at(lake), path), size(path.stat().st_size)


def _write(lake: str, export: Export, into: Path) -> list[Path]:
    from catalog.export import export as write

    into.mkdir(parents=True, exist_ok=True)
    suffix = {"votable": "vot"}.get(export.format, export.format)
    out = into / f"{export.what}.{suffix}"
    return write(Lake.at(lake), export.what, dict(export.parameters), export.format, out)
