"""The live page over real HTTP: pages of the report, parts of them, and what is new in the lake."""

import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from catalog.build import publish
from flows.live.server import shown
from flows.report.harp_pages import HarpPages
from flows.report.site import Site
from storage.lake import Lake
from tests.live.conftest import LIMITS
from tests.live.wire import Wire


def test_pages_of_the_report_and_their_files(wire: Wire) -> None:
    overview = wire.get("/")
    assert overview.status == 200
    assert overview.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b'href="ask"' in overview.body
    assert wire.get("/index.html").body == overview.body
    assert wire.get("/harp-1/").body == wire.get("/harp-1/index.html").body
    for path, form in (
        ("assets/report.css", "text/css"),
        ("data/tracks.csv", "text/csv"),
        ("ask", "text/html"),
    ):
        reply = wire.get(f"/{path}")
        assert (reply.status, reply.headers.get_content_type()) == (200, form)
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


def test_a_page_is_sent_once_and_parts_of_it_when_asked(wire: Wire) -> None:
    whole = wire.get("/assets/tables.js")
    again = wire.get("/assets/tables.js", If_None_Match=whole.headers["ETag"])
    assert (again.status, again.body) == (304, b"")
    n = len(whole.body)
    for asked, first, end in (("bytes=10-19", 10, 20), (f"bytes={n - 5}-", n - 5, n), ("bytes=-7", n - 7, n)):
        part = wire.get("/assets/tables.js", Range=asked)
        assert part.status == 206
        assert part.body == whole.body[first:end]
        assert part.headers["Content-Range"] == f"bytes {first}-{end - 1}/{n}"
    assert wire.get("/assets/tables.js", Range=f"bytes={n}-").status == 416
    for asked in ("lines=1-2", f"bytes=0-{'9' * 5000}", f"bytes={'9' * 5000}-"):
        assert wire.get("/assets/tables.js", Range=asked).body == whole.body
    head = wire.request("HEAD", "/assets/tables.js")
    assert (head.status, head.headers["Content-Length"], head.body) == (200, str(n), b"")


def test_errors_are_pages_without_tracebacks(wire: Wire, asked_lake: Lake) -> None:
    missing = wire.get("/nowhere.html")
    assert (missing.status, b"no such page" in missing.body) == (404, True)
    assert wire.request("PUT", "/").status == 501
    catalogue = asked_lake.catalog.with_suffix(".away")
    asked_lake.catalog.rename(catalogue)
    try:
        for reply in (wire.get("/"), wire.ask("SELECT 1")):
            assert reply.status in (400, 503)
            assert b"no catalogue" in reply.body
            assert b"Traceback" not in reply.body
    finally:
        catalogue.rename(asked_lake.catalog)


def test_a_page_that_cannot_be_made_is_told(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Site, "page", lambda *_: 1 / 0)
    reply = wire.get("/about.html")
    assert (reply.status, b"This failed" in reply.body) == (500, True)
    assert b"ZeroDivision" not in reply.body
    assert "ZeroDivisionError" in capsys.readouterr().err
    monkeypatch.undo()
    assert wire.get("/about.html").status == 200


def test_a_key_that_is_missing_in_the_making_is_no_missing_page(
    wire: Wire, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(HarpPages, "_index", lambda _: {}["no such column"])
    reply = wire.get("/harp-2/")
    assert (reply.status, b"This failed" in reply.body, b"no such" in reply.body) == (500, True, False)
    assert "KeyError: 'no such column'" in capsys.readouterr().err
    for path in ("/harp-1/nothing.html", "/harp-9/", "/data/nothing.csv", "/assets/nothing.css", "/[::"):
        reply = wire.get(path)
        assert (path, reply.status, b"no such page" in reply.body) == (path, 404, True)
    assert capsys.readouterr().err == ""


def test_two_movies_are_made_at_once_and_pages_meanwhile(
    asked_lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work, most, go_on = [], [], threading.Event()

    def page(_: Site, path: str) -> bytes:
        if path.endswith(".mp4"):
            at_work.append(path)
            most.append(len(at_work))
            go_on.wait(20)
            at_work.remove(path)
        return path.encode()

    monkeypatch.setattr(Site, "page", page)
    with shown(asked_lake, "127.0.0.1", 0, LIMITS) as server, ThreadPoolExecutor(5) as pool:
        wire = Wire(server.server_port)
        movies = [pool.submit(wire.get, f"/harp-{harp}/raw.mp4") for harp in range(5)]
        while len(most) < 2:
            time.sleep(0.01)
        time.sleep(0.3)
        assert wire.get("/about.html").body == b"about.html"
        go_on.set()
        assert [movie.result().body for movie in movies] == [
            f"harp-{harp}/raw.mp4".encode() for harp in range(5)
        ]
    assert max(most) == 2


def test_a_lake_that_is_published_again_is_shown_at_once(asked_lake: Lake, tmp_path: Path) -> None:
    copy = Lake.at(shutil.copytree(asked_lake.root, tmp_path / "lake"))
    publish(copy)
    with shown(copy, "127.0.0.1", 0, LIMITS) as server:
        wire = Wire(server.server_port)
        assert b"harp-2/" in wire.get("/").body
        shutil.rmtree(next((copy.root / "current").rglob("*2*")).parent / "2", ignore_errors=True)
        for pointer in (copy.root / "current").rglob("2*"):
            pointer.unlink()
        publish(copy)
        assert b"harp-2/" not in wire.get("/").body
        assert wire.ask("SELECT list(harpnum) FROM harps").json["rows"] == [["[1]"]]
