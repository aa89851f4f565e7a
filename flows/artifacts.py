"""What a flow run leaves in Prefect for people: a table, a picture, a link to its report."""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from prefect.artifacts import create_image_artifact, create_link_artifact, create_markdown_artifact
from prefect.runtime import flow_run

from flows.leash import hang_on
from flows.outcome import Outcome, RunError
from flows.report_text import data_uri, markdown, write_report
from flows.request import Request
from flows.run_report import HEADINGS, RunReport, harp_rows, picture, runs_of
from storage.deliveries import delivered
from storage.lake import Lake
from storage.runs import CurrentRun

PICTURE = "The frame with most features"
REPORTS_URL = "PORELAKE_REPORTS_URL"  # where `porelake clock` shows the lake's reports


def reported(request: Request, work: Callable[[], Outcome]) -> Outcome:
    """Do the work of a flow and tell what became of it, also if HARPs failed.

    Raises
    ------
    RunError
        As the work does.
    """
    hang_on()
    started = datetime.now(UTC)
    try:
        outcome = work()
    except RunError as error:
        _tell(request, error.outcome, started)
        raise
    _tell(request, outcome, started)
    return outcome


def _tell(request: Request, outcome: Outcome, started: datetime) -> None:
    lake = Lake.at(request.lake)
    runs = runs_of(lake, request.series, outcome)
    failed = [f"{what}: {why}" for what, why in outcome.also_failed.items()]
    notes = [*failed, *outcome.notes.splitlines(), *outcome.published.splitlines()]
    asked = {"lake": request.lake, "from": request.source or "the lake", "series": request.series}
    cells = [row.cells() for row in harp_rows(lake, runs, outcome)]
    report = RunReport(_title(), request.lake, started, datetime.now(UTC), asked, notes, HEADINGS, cells)
    if cells or failed:
        leave(report, runs.values())
    else:  # most rounds: files that nobody prunes would pile up
        _table(report)


def _table(report: RunReport) -> str:
    """Leave the table of a report, and no file; return what its artifacts' keys begin with."""
    key = str(flow_run.get_flow_name() or "run")
    create_markdown_artifact(markdown(report), key=f"{key}-table", description="What was done, by HARP")
    return key


def leave(report: RunReport, runs: Iterable[CurrentRun]) -> None:
    """Leave the table, the picture of a frame of some runs, and the page of a report."""
    lake, key = Lake.at(report.lake), _table(report)
    jpeg = picture(lake, runs)
    name = f"{key}-{report.started:%Y%m%dT%H%M%SZ}-{str(flow_run.get_id())[:8]}"
    page = write_report(lake, name, replace(report, picture=jpeg))
    if jpeg is not None:
        shown = page.with_suffix(".jpg")
        shown.write_bytes(jpeg)
        # Prefect's page writes the address below the picture: one that holds it is the second choice
        create_image_artifact(_at_service(shown) or data_uri(jpeg), f"{key}-picture", PICTURE)
    link = _at_service(page) or page.as_uri()
    create_link_artifact(link, page.name, f"{key}-report", delivered(lake, page))


def _at_service(path: Path) -> str | None:
    """Where `porelake clock` shows a file beside the reports; None if this run is not one of its."""
    base = os.environ.get(REPORTS_URL)
    return f"{base.rstrip('/')}/{path.name}" if base else None


def _title() -> str:
    return f"{flow_run.get_flow_name()}: {flow_run.get_name()}"
