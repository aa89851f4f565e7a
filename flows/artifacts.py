"""What a flow run leaves in Prefect for people: a table, a picture, a link to its report."""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime

from prefect.artifacts import create_image_artifact, create_link_artifact, create_markdown_artifact
from prefect.runtime import flow_run

from flows.leash import hang_on
from flows.pipeline import Outcome, RunError
from flows.request import Request
from flows.run_report import (
    HEADINGS,
    RunReport,
    data_uri,
    harp_rows,
    markdown,
    picture,
    write_report,
)
from storage.deliveries import delivered
from storage.lake import Lake
from storage.runs import CurrentRun, current_run

REPORTS_URL = "PORELAKE_REPORTS_URL"  # where `porelake serve` shows the lake's reports


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
    rows = harp_rows(lake, request.series, outcome)
    runs = [run for row in rows if (run := current_run(lake, request.series, row.harpnum)) is not None]
    notes = [*outcome.notes.splitlines(), *outcome.published.splitlines()]
    asked = {"lake": request.lake, "from": request.source or "the lake", "series": request.series}
    cells = [row.cells() for row in rows]
    leave(RunReport(_title(), request.lake, started, datetime.now(UTC), asked, notes, HEADINGS, cells), runs)


def leave(report: RunReport, runs: Iterable[CurrentRun]) -> None:
    """Leave the table, the picture of a frame of some runs, and the page of a report."""
    lake = Lake.at(report.lake)
    key = str(flow_run.get_flow_name() or "run")
    create_markdown_artifact(markdown(report), key=f"{key}-table", description="What was done, by HARP")
    jpeg = picture(lake, runs)
    if jpeg is not None:
        create_image_artifact(
            data_uri(jpeg), key=f"{key}-picture", description="The frame with most features"
        )
    name = f"{key}-{report.started:%Y%m%dT%H%M%SZ}-{str(flow_run.get_id())[:8]}"
    page = write_report(lake, name, replace(report, picture=jpeg))
    base = os.environ.get(REPORTS_URL)
    link = f"{base.rstrip('/')}/{page.name}" if base else page.as_uri()
    create_link_artifact(link, page.name, f"{key}-report", delivered(lake, page))


def _title() -> str:
    return f"{flow_run.get_flow_name()}: {flow_run.get_name()}"
