"""A picture of the page for questions, for the documentation: `python -m benchmarks.screenshot_live LAKE`."""

import sys

from playwright.sync_api import sync_playwright

from benchmarks.screenshots import CHROMIUM, FIGURES, FLAGS, Shot, take
from catalog.limits import Limits
from flows.live.server import shown
from storage.lake import Lake

QUESTION = (
    "SELECT mean_br, lifetime_h, birth, max_area_mm2\nFROM tracks\nWHERE kind = 'pore'\nORDER BY mean_br"
)


def main(lake: str) -> None:
    """Ask a question in a browser, and take a picture of the plot of its answer."""
    with shown(Lake.at(lake), "127.0.0.1", 0, Limits()) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(bypass_csp=True, viewport={"width": 1180, "height": 900})
        page.goto(f"{server.address}ask")
        page.locator("#sql").fill(QUESTION)
        page.locator("#sql").press("Control+Enter")
        page.locator("#tab-plot").click()
        page.locator("#tables summary", has_text="tracks").first.click()
        page.locator("#plot .point").first.wait_for()
        print(take(page, Shot("live-ask", "ask", 1250), FIGURES), "bytes")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
