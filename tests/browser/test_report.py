"""The report as a reader meets it: in Chromium, from disk, without a network."""

import csv
import json

import pytest

from catalog.query import connect
from flows.report.site import Site
from tests.browser import scripts
from tests.browser.crawl import broken, parsed, reached
from tests.flows.runs import BUSY, UNUSABLE
from tests.sql.conftest import Life, make_run

HARP = f"harp-{BUSY}"


def answer(lake, sql: str):
    with connect(lake) as connection:
        return connection.execute(sql).fetchall()


def cards(report) -> list:
    return sorted(path for path in (report / HARP).glob(f"{BUSY}_*.html"))


@pytest.fixture(
    scope="module",
    params=["index.html", "tracks.html", "plots.html", "about.html", f"{HARP}/index.html", "card"],
)
def page(request, report, module_opens):
    """One of the pages, open; by the end nothing may be wrong with it."""
    return module_opens(cards(report)[0] if request.param == "card" else report / request.param)


def test_pictures_show(page) -> None:
    assert page.evaluate(scripts.PICTURES) == []


def test_landmarks_and_names(page) -> None:
    for role in ("main", "banner", "contentinfo"):
        assert page.get_by_role(role).count() == 1
    assert page.evaluate(scripts.NAMELESS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page, scheme) -> None:
    page.emulate_media(color_scheme=scheme)
    assert page.evaluate(scripts.CONTRAST) == []


def test_no_page_is_wider_than_a_phone(page) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function("document.documentElement.scrollWidth <= 390")


def test_every_link_leads_somewhere_and_every_file_is_reached(report) -> None:
    assert list(broken(report)) == []
    files = {path.resolve() for path in report.rglob("*") if path.is_file()}
    # cards and CSV files of tracks are linked by rows of tables too; pages must need none of that
    assert {path.name for path in files - reached(report)} == {"porelake-report.json", "features.csv"}


def test_pages_are_built_for_screen_readers(report) -> None:
    for path in report.rglob("*.html"):
        page = parsed(path)
        assert page.headings[0] == 1
        assert page.headings.count(1) == 1
        assert all(b - a <= 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
        assert page.images_without_alt == 0


def test_table_sorts_and_filters(report, opens, seen_lake) -> None:
    page = opens(report / "tracks.html")
    rows = page.locator("table.dataTable tbody tr")

    def expect(where: str) -> None:
        (n,) = answer(seen_lake, f"SELECT count(*) FROM tracks WHERE harpnum = {BUSY} AND {where}")[0]
        assert n > 0
        page.wait_for_function(f"document.querySelector('.dt-info').textContent.includes('of {n} ')")
        assert rows.count() == min(n, 25)

    expect("true")
    page.get_by_label("Death", exact=True).select_option("decayed")
    expect("death = 'decayed'")
    page.get_by_label("Lifetime (h) at least").fill("0.5")
    expect("death = 'decayed' AND lifetime_h >= 0.5")
    page.get_by_label("Lifetime (h) at least").fill("")
    page.get_by_label("Death", exact=True).select_option("")
    page.get_by_label("Filter by word").fill("censored")
    expect("concat(birth, death) LIKE '%censored%'")
    page.get_by_label("Filter by word").fill("")

    page.get_by_role("columnheader", name="Largest area").click()
    page.wait_for_selector("th[aria-sort='descending']:has-text('Largest area')")
    shown = [float(cell.split()[-1]) for cell in page.locator("tbody tr td:nth-child(10)").all_inner_texts()]
    largest = answer(
        seen_lake, f"SELECT max_area_mm2 FROM tracks WHERE harpnum = {BUSY} ORDER BY 1 DESC LIMIT 25"
    )
    assert shown == pytest.approx([area for (area,) in largest], abs=0.0051)


def test_row_leads_to_its_card_and_cards_to_one_another(report, opens, seen_lake) -> None:
    page = opens(report / "tracks.html")
    page.get_by_label("Filter by word").fill(str(BUSY))
    page.locator("tbody tr a").first.click()
    first = answer(
        seen_lake, f"SELECT track_id FROM tracks WHERE harpnum = {BUSY} ORDER BY t_birth, track_id"
    )
    for track_id in [first[0][0], first[1][0]]:
        page.wait_for_url(f"**/{HARP}/{track_id}.html")
        page.get_by_role("link", name="→").click()


def test_keyboard_alone_reaches_filters_and_rows(report, opens) -> None:
    page = opens(report / "tracks.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    reached_by_tab = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached_by_tab.add(page.evaluate(scripts.FOCUSED_PART))
    assert {"filter", "head", "row"} <= reached_by_tab


@pytest.fixture(scope="module")
def harp(report, module_opens):
    """The page of a HARP, open."""
    return module_opens(report / HARP / "index.html")


@pytest.fixture(scope="module")
def plots(report, module_opens):
    """The page of plots, open."""
    return module_opens(report / "plots.html")


def test_videos_play(harp) -> None:
    harp.wait_for_function("[...document.querySelectorAll('video')].every((video) => video.readyState >= 1)")
    assert harp.evaluate("[...document.querySelectorAll('video')].map((v) => v.duration > 0.5)") == [
        True,
        True,
    ]
    # it plays: a frame that is decoded
    assert harp.evaluate("document.querySelector('video').videoWidth") > 300


def test_plots_are_drawn_and_said(plots) -> None:
    names = plots.evaluate("[...document.querySelectorAll('.plot')].map((plot) => plot.id)")
    assert len(names) >= 5
    for name in names:
        plots.locator(f"#{name}").scroll_into_view_if_needed()
        plots.wait_for_selector(f"#{name} .main-svg", state="attached")
        assert len(plots.locator(f"#{name}").get_attribute("aria-label")) > 20
        drawn = plots.evaluate(f"document.querySelectorAll('#{name} .scatterlayer .trace').length")
        data = plots.evaluate(
            f"JSON.parse(document.querySelector('[data-plot={name}]').textContent).data.length"
        )
        assert drawn == data > 0


def test_sql_beneath_a_plot_gives_its_rows(plots, report, seen_lake) -> None:
    shown = plots.evaluate(scripts.SQL_AND_FILES)
    assert len(shown) >= 5
    for sql, file in shown:
        with (report / file).open(newline="") as text:
            kept = list(csv.reader(text))[1:]
        assert len(kept) == len(answer(seen_lake, sql)) > 0, file


def test_copy_button_copies(report, opens) -> None:
    page = opens(report / "index.html")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_text("behind this").first.click()
    page.get_by_role("button", name="Copy").first.click()
    assert "FROM harp_summary" in page.evaluate("navigator.clipboard.readText()")


def test_unusable_frames_say_why(harp) -> None:
    text = harp.locator("#unusable + .scroll").inner_text()
    for reason in UNUSABLE.values():
        assert reason in text


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'`${alert(3)}</script>"


def test_hostile_text_is_inert(make_lake, opens, tmp_path) -> None:
    run = make_run(7, "dddd", 6, [Life(1, [0, 1, 2], 500.0), Life(2, [1, 2], -900.0)], {4: HOSTILE}, HOSTILE)
    for row in run.tables["frames"]:
        row["detail"] = HOSTILE
    run.tables["harps"][0]["series"] = HOSTILE
    run.tables["tracks"][0]["birth"] = HOSTILE
    name = run.tables["tracks"][0]["track_id"]
    for row in (*run.tables["tracks"], *run.tables["pores"]):
        row["kind"] = HOSTILE
        row["track_id"] = row["family_id"] = (
            f"../../{HOSTILE}" if row["track_id"] == name else row["track_id"]
        )
    lake = make_lake(tmp_path / "lake", [run])
    site, out = Site(lake, movies=False), tmp_path / "out"
    for path in site.pages():
        file = out / path
        assert file.resolve().is_relative_to(out)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(site.page(path))
    assert list(broken(out)) == []
    for path in out.rglob("*.html"):
        page = opens(path)
        page.wait_for_timeout(100)
        assert page.evaluate(scripts.LIVE_SCRIPTS) == 0
        assert page.locator("img[src=x]").count() == 0
    assert HOSTILE in opens(out / "harp-7" / "index.html").locator("#unusable + .scroll").inner_text()
    assert "<script>alert" in opens(out / "tracks.html").locator("tbody").inner_text()


def test_ten_thousand_tracks_stay_quick(make_lake, opens, tmp_path) -> None:
    lives = [Life(i, [i % 50], 500.0 + i % 900) for i in range(1, 10_001)]
    site, out = Site(make_lake(tmp_path / "lake", [make_run(8, "eeee", 60, lives, {})])), tmp_path / "out"
    for path in (
        "tracks.html",
        "data/tracks.js",
        *(f"assets/{name}" for name in ("report.css", "report.js", "tables.js", "tables.css")),
    ):
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(site.page(path))
    page = opens(out / "tracks.html")
    load = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    took = page.evaluate(scripts.FILTER_AND_SORT)
    print(json.dumps({"load_ms": load, "filter_ms": took[0], "sort_ms": took[1]}))
    assert "of 10 000 " in page.locator(".dt-info").inner_text().replace("\u2009", " ")
    assert load < 8000  # 0.6 s on an idle machine of two cores
    assert max(took) < 2000  # 0.1 s there
