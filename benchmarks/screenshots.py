"""Pictures of the report for the documentation: `python -m benchmarks.screenshots LAKE`.

The lake is one of `porelake demo`; Chromium and playwright are needed.
"""

import io
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from flows.report.write import Options, write_report
from storage.lake import Lake

FIGURES = Path(__file__).resolve().parents[1] / "docs" / "figures"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
_WIDTH = 1180


@dataclass(frozen=True)
class Shot:
    """A picture of the first `height` pixels of a page, in light or dark, in so many colours."""

    name: str
    path: str
    height: int
    scheme: str = "light"
    colours: int = 256


def shots(report: Path) -> list[Shot]:
    """What is shown of a report: its overview, the largest region, the pore with most relatives, plots."""
    harp = max(report.glob("harp-*"), key=lambda folder: len(list(folder.iterdir())))
    card = max(harp.glob("[0-9]*.html"), key=lambda page: page.read_text().count("this track"))
    return [
        Shot("report-overview", "index.html", 1180),
        Shot("report-harp", f"{harp.name}/index.html", 1430, colours=112),
        Shot("report-card", f"{harp.name}/{card.name}", 1500, scheme="dark"),
        Shot("report-plots", "plots.html", 1500),
    ]


def take(page: Page, shot: Shot, out: Path) -> int:
    """Write a picture of an open page; return its bytes."""
    page.set_viewport_size({"width": _WIDTH, "height": shot.height})
    page.evaluate("document.querySelectorAll('img').forEach((image) => { image.loading = 'eager'; })")
    page.wait_for_timeout(2500)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture.quantize(shot.colours, dither=Image.Dither.NONE).save(out / f"{shot.name}.png", optimize=True)
    return (out / f"{shot.name}.png").stat().st_size


def main(lake: str) -> None:
    """Write the report of a lake and take its pictures."""
    with tempfile.TemporaryDirectory() as directory, sync_playwright() as playwright:
        report = Path(directory) / "report"
        print(write_report(Lake.at(lake), report, Options()))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for shot in shots(report):
            page = browser.new_page(color_scheme=shot.scheme, viewport={"width": _WIDTH, "height": 900})
            page.goto((report / shot.path).as_uri())
            print(shot.name, take(page, shot, FIGURES), "bytes")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
