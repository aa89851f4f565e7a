"""A real Chromium without a network, and reports of a small lake and of hand-written ones."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from catalog.build import publish
from flows.pipeline import run_request
from flows.report.write import Options, write_report
from storage.lake import Lake
from tests.flows.runs import BUSY, request, write_small_series
from tests.sql.conftest import empty_lake, make_lake  # noqa: F401 - fixtures

CHROMIUM = next(
    (path for path in ("/usr/bin/chromium", shutil.which("chromium")) if path and Path(path).exists()), None
)
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


@pytest.fixture(scope="module")  # while it runs, no other test of the process can have an event loop
def chromium() -> Iterator[object]:
    """The machine's Chromium; skipped by name where there is none."""
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Seen:
    """What pages did wrong: errors that they told, requests that failed or left the disk."""

    errors: list[str] = field(default_factory=list)

    def watch(self, page) -> None:  # type: ignore[no-untyped-def]
        page.on("console", lambda said: said.type in ("error", "warning") and self.errors.append(said.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("request", self._request)
        page.on("requestfailed", self._failed)
        page.on("dialog", lambda dialog: (self.errors.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _request(self, request) -> None:  # type: ignore[no-untyped-def]
        if not request.url.startswith(("file://", "data:", "blob:")):
            self.errors.append(f"network: {request.url}")

    def _failed(self, request) -> None:  # type: ignore[no-untyped-def]
        # of a movie Chromium reads the beginning, then lets go
        if not (request.url.endswith(".mp4") and request.failure == "net::ERR_ABORTED"):
            self.errors.append(f"{request.failure}: {request.url}")


Opens = Callable[[Path], object]


@contextmanager
def _opening(chromium) -> Iterator[Opens]:  # type: ignore[no-untyped-def]
    """Open files in new pages; at the end none may have done anything wrong."""
    seen, context = Seen(), chromium.new_context(viewport={"width": 1280, "height": 900})

    def open_(path: Path):  # type: ignore[no-untyped-def]
        page = context.new_page()
        seen.watch(page)
        page.goto(path.as_uri())
        page.wait_for_load_state("load")
        return page

    yield open_
    context.close()
    assert seen.errors == []


@pytest.fixture
def opens(chromium) -> Iterator[Opens]:  # type: ignore[no-untyped-def]
    """Open a file in a new page."""
    with _opening(chromium) as open_:
        yield open_


@pytest.fixture(scope="module")
def module_opens(chromium) -> Iterator[Opens]:  # type: ignore[no-untyped-def]
    """The same, for pages that several tests look at."""
    with _opening(chromium) as open_:
        yield open_


@pytest.fixture(scope="session")
def seen_lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """The lake of a small series: two HARPs, three frames of one unusable."""
    root = tmp_path_factory.mktemp("seen")
    write_small_series(root / "fits")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFECT_HOME", str(root / "prefect"))
        patch.setenv("PORELAKE_CACHE_DIR", str(root / "cache"))
        run_request(request(root / "fits", root / "lake"))
    return Lake.at(root / "lake")


@pytest.fixture(scope="session")
def report(seen_lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of its busy HARP, with movies; read only."""
    out = tmp_path_factory.mktemp("report") / "out"
    write_report(seen_lake, out, Options((BUSY,)), workers=1)
    return out


@pytest.fixture(scope="session")
def tables_only(seen_lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A copy of the lake that has its tables and nothing else."""
    copy = tmp_path_factory.mktemp("tables") / "lake"
    for room in ("tables", "current"):
        shutil.copytree(seen_lake.root / room, copy / room)
    publish(Lake.at(copy))
    return Lake.at(copy)
