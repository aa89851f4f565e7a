"""The live page in a real Chromium: pages, questions, by keyboard too, and nothing beyond loopback."""

import csv
from collections.abc import Iterator

import pytest

from catalog.limits import Limits
from catalog.query import connect
from flows.live.server import LiveServer, shown
from tests.browser import scripts
from tests.browser.conftest import Seen
from tests.flows.runs import BUSY

ROWS = 40
REFUSED = "Failed to load resource: the server responded with a status of 400 (Bad Request)"


class SeenOnLoopback(Seen):
    """What pages did wrong, requests to any other server among it."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = address

    def _request(self, request) -> None:  # type: ignore[no-untyped-def]
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.errors.append(f"network: {request.url}")


@pytest.fixture(scope="module")
def live(seen_lake) -> Iterator[LiveServer]:
    with shown(seen_lake, "127.0.0.1", 0, Limits(rows=ROWS)) as server:
        yield server


@pytest.fixture
def context(chromium) -> Iterator[object]:
    made = chromium.new_context(viewport={"width": 1280, "height": 900})
    made.grant_permissions(["clipboard-read", "clipboard-write"])
    yield made
    made.close()


@pytest.fixture
def page(context, live):
    """The page for questions; by the end nothing may be wrong but what was asked wrongly."""
    seen, opened = SeenOnLoopback(live.address), context.new_page()
    seen.watch(opened)
    opened.goto(f"{live.address}ask")
    yield opened
    assert [error for error in seen.errors if error != REFUSED] == []


def asked(page, sql: str) -> None:
    page.get_by_label("One SELECT").fill(sql)
    page.get_by_role("button", name="Run").click()


def column(page, number: int) -> list[str]:
    return page.locator(f"#as-table tbody td:nth-child({number})").all_inner_texts()


def becomes(page, number: int, texts: list[str]) -> None:
    """Wait until a column shows these texts: a table is drawn anew a moment after a click."""
    from playwright.sync_api import expect

    expect(page.locator(f"#as-table tbody td:nth-child({number})")).to_have_text(texts, timeout=20_000)


def answer(lake, sql: str) -> list:
    with connect(lake) as connection:
        return connection.execute(sql).fetchall()


def test_from_the_overview_to_an_answer_and_its_order(page, live, seen_lake) -> None:
    page.goto(live.address)
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="Ask in SQL").click()
    asked(page, "SELECT track_id, n_obs, lifetime_h FROM tracks ORDER BY track_id LIMIT 10")
    page.locator("#as-table tbody td").first.wait_for()
    rows = answer(seen_lake, "SELECT track_id, n_obs FROM tracks ORDER BY track_id LIMIT 10")
    assert len(rows) > 2
    assert f"{len(rows)} rows" in page.locator("#status").inner_text()
    assert column(page, 1) == [track for track, _ in rows]
    page.get_by_role("columnheader", name="n_obs").click()
    becomes(page, 2, [str(n) for n in sorted(n for _, n in rows)])
    page.get_by_role("columnheader", name="n_obs").click()
    becomes(page, 2, [str(n) for n in sorted((n for _, n in rows), reverse=True)])
    assert page.locator("#as-table th").nth(2).locator(".unit").inner_text() == "h"


def test_rows_that_are_left_out_are_told_and_a_download_has_them(page, tmp_path) -> None:
    asked(page, "SELECT range AS n FROM range(1000)")
    page.get_by_text(f"The first {ROWS} rows; there are more").wait_for()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV").click()
    waiting.value.save_as(tmp_path / "answer.csv")
    rows = csv.DictReader((tmp_path / "answer.csv").read_text().splitlines())
    assert [int(row["n"]) for row in rows] == list(range(1000))


def test_a_plot_has_a_point_a_row_and_follows_its_axes(page, seen_lake) -> None:
    (n,) = answer(seen_lake, "SELECT least(count(*), 30) FROM pores")[0]
    asked(page, "SELECT t_rec, area_mm2, kind FROM pores ORDER BY t_rec LIMIT 30")
    page.get_by_role("tab", name="Plot").click()
    page.locator("#plot .main-svg").first.wait_for()
    page.locator("#plot .scatterlayer .point").nth(n - 1).wait_for()
    assert page.locator("#plot .scatterlayer .point").count() == n
    assert page.locator("#x").input_value() == "0"
    assert "area_mm2 [Mm²]" in page.locator("#plot .ytitle").text_content()
    page.locator("#kind").select_option("histogram")
    page.locator("#x").select_option(label="area_mm2")
    page.locator("#plot .barlayer .point").first.wait_for()
    assert "rows" in page.locator("#plot .ytitle").text_content()


def test_wrong_sql_is_told_in_words(page) -> None:
    asked(page, "SELECT lifetme_h FROM tracks")
    page.locator("#status.wrong").wait_for()
    said = page.locator("#status").inner_text()
    assert 'column "lifetme_h" not found' in said
    assert "lifetime_h" in said
    assert page.locator("#answer").is_hidden()
    asked(page, "DROP VIEW pores")
    page.get_by_text("only SELECT is possible here, not DROP").wait_for()
    asked(page, "SELECT 1 AS one")
    page.get_by_text("1 row").wait_for()
    assert page.locator("#status.wrong").count() == 0


def test_a_named_question_has_parameters_and_an_address(page, context) -> None:
    page.get_by_label("Named question").select_option("lifetime_vs_br")
    page.get_by_label("bin_g").fill("5000")
    page.get_by_role("button", name="Run").click()
    page.locator("#as-table tbody td").first.wait_for()
    head = page.locator("#as-table th").all_inner_texts()
    assert head[1].split() == ["br_from", "G"]
    assert set(column(page, 3)) == {"5000"}
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("is copied").wait_for()
    assert "query=lifetime_vs_br&param=bin_g%3D5000" in page.url
    other = context.new_page()
    other.goto(page.url)
    other.locator("#as-table tbody td").first.wait_for()
    assert column(other, 3) == column(page, 3)
    assert other.get_by_label("bin_g").input_value() == "5000"


def test_what_the_lake_has_is_text_never_markup(page, live) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    page.goto(f"""{live.address}ask?sql=SELECT 1 AS n, '{hostile}' AS "{hostile}", '{hostile}' AS kind""")
    page.locator("#as-table tbody td").first.wait_for()
    assert column(page, 2) == [hostile]
    assert page.locator("#as-table th").nth(1).inner_text() == hostile
    page.get_by_role("tab", name="Plot").click()
    page.locator("#x").select_option(label=hostile)
    page.locator("#by").select_option(label="kind")
    page.locator("#plot .legendtext").first.wait_for()
    for place in (".legendtext", ".xtick text"):
        assert page.locator(f"#plot {place}").all_text_contents() == [hostile]
    asked(page, f"""SELECT "{hostile}" FROM pores""")
    page.locator("#status.wrong").wait_for()
    assert page.locator("main img").count() == 0


def test_the_keyboard_is_enough(page) -> None:
    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.locator("*:focus").get_attribute("id") == name:
                return
        raise AssertionError(f"no way to {name}")

    tab_to("sql")
    page.keyboard.press("Control+a")
    page.keyboard.type("SELECT kind, count(*) AS n FROM pores GROUP BY kind")
    page.keyboard.press("Control+Enter")
    page.locator("#as-table tbody td").first.wait_for()
    tab_to("tab-table")
    page.keyboard.press("ArrowRight")
    page.locator("#plot .main-svg").first.wait_for()
    assert page.locator("*:focus").get_attribute("id") == "tab-plot"
    tab_to("kind")


def test_tables_and_columns_are_found_and_put_in(page) -> None:
    page.get_by_label("Find a table or column").fill("orientation_deg")
    shown_names = page.locator("#tables summary:visible").all_inner_texts()
    assert "pores" in shown_names
    assert "tracks" not in shown_names
    page.get_by_label("One SELECT").fill("")
    page.locator("#tables summary", has_text="pores").first.click()
    page.get_by_role("button", name="orientation_deg", exact=True).first.click()
    assert page.get_by_label("One SELECT").input_value() == "orientation_deg"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_contrast_and_width(chromium, live, scheme) -> None:
    context = chromium.new_context(bypass_csp=True, color_scheme=scheme)  # else no script of a test may run
    page = context.new_page()
    page.goto(f"{live.address}ask?query=lifetime_vs_br")
    page.locator("#as-table tbody td").first.wait_for()
    page.get_by_text("Views", exact=True).wait_for()
    assert page.evaluate(scripts.NAMELESS) == []
    assert page.evaluate(scripts.CONTRAST) == []
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= 390")
    context.close()


def test_a_movie_is_made_and_sought_in_parts(context, live) -> None:
    page, parts = context.new_page(), []
    seen = SeenOnLoopback(live.address)
    seen.watch(page)
    page.on("response", lambda reply: reply.url.endswith("mp4") and parts.append(reply.status))
    page.goto(f"{live.address}harp-{BUSY}/index.html")
    video = page.locator("video").first
    video.evaluate(
        """movie => new Promise((done, failed) => {
            movie.onerror = () => failed(movie.error.message);
            movie.onseeked = done;
            movie.preload = 'auto';
            movie.onloadedmetadata = () => { movie.currentTime = movie.duration / 2; };
            movie.load();
        })"""
    )
    assert 206 in parts
    assert seen.errors == []
