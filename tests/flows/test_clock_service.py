"""The clock as users run it: server, schedules, workers; runs that start by themselves; nothing left over."""

import re
import signal
import threading
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.error import HTTPError

import pytest

from catalog.formats import arrow_schema
from catalog.schema import TABLES
from flows import children
from flows.leash import leash
from flows.server_api import ServerApi
from pores.errors import PorelakeError
from pores.simulate.parameters import SimulationParameters
from storage.simulated import write_series
from tests.flows.runs import environment, porelake, request
from tests.flows.services import clock, postgresql
from tests.jsoc.handle import Jsoc
from tests.waiting import wait_for

NOAA, HARP, OTHER = 11158, 377, 378
N_FRAMES = 4


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """NOAA 11158 and another region, four records each."""
    out = tmp_path_factory.mktemp("series")
    for harpnum, noaa in ((HARP, NOAA), (OTHER, 11159)):
        parameters = SimulationParameters.of(
            "clean",
            seed=harpnum,
            harpnum=harpnum,
            noaa_ars=(noaa,),
            n_frames=N_FRAMES,
            shape=(80, 110),
            t_start=datetime(2014, 6, 10, 11, 36),
            segments=("continuum", "Br"),
        )
        write_series(out / str(harpnum), parameters, {name: arrow_schema(t) for name, t in TABLES.items()})
    return out


@pytest.fixture
def jsoc(series: Path) -> Iterator[Jsoc]:
    with Jsoc.start(series) as server:
        yield server


@pytest.fixture
def world(jsoc: Jsoc, tmp_path: Path) -> dict[str, str]:
    """The environment in which JSOC is the one of the test."""
    return {
        "PORELAKE_JSOC_URL": jsoc.url,
        "PORELAKE_CACHE_DIR": str(tmp_path / "cache"),
        "PORELAKE_JSOC_POLL_S": "0.1",
        "JSOC_EMAIL": "a@b.c",
    }


@pytest.mark.timeout(600)
def test_the_catalogue_grows_by_itself(jsoc: Jsoc, world: dict[str, str], tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    jsoc.hide(last=2)
    assert porelake("follow", NOAA, "--lake", lake, **world).returncode == 0
    with clock(lake, world, interval_s=10) as served:
        said = served.wait_until_it_serves()
        assert f"http://127.0.0.1:{served.port}" in said
        assert re.search(r"^  publish +next \d{4}-\d\d-\d\dT04:30 UTC$", said, re.MULTILINE)
        assert re.search(r"^  backfill +by hand$", said, re.MULTILINE)
        first = wait_for(lambda: served.runs("watch"), "a scheduled run to finish")[0]
        assert first["auto_scheduled"] is True
        assert n_frames(lake) == N_FRAMES - 2
        left = served.artifacts(first["id"])
        assert {key: artifact["type"] for key, artifact in left.items()} == {
            "watch-table": "markdown",
            "watch-picture": "image",
            "watch-report": "markdown",
        }
        assert f"| {HARP} | {NOAA} |" in left["watch-table"]["data"]
        with urllib.request.urlopen(left["watch-picture"]["data"], timeout=30) as reply:
            assert reply.headers["Content-Type"] == "image/jpeg"
            assert reply.read(3) == b"\xff\xd8\xff"
        assert_report(left["watch-report"]["data"])
        idle = wait_for(lambda: served.runs("watch")[1:], "a round without news")[0]
        left = served.artifacts(idle["id"])
        assert set(left) == {"watch-table"}
        assert "Nothing was to be done." in left["watch-table"]["data"]
        assert len(list((lake / "reports").glob("*.html"))) == 1
        jsoc.reveal()
        wait_for(lambda: n_frames(lake) == N_FRAMES, "the catalogue to grow")
        again = porelake("clock", "--lake", lake, "--port", served.port, **world)
        assert again.returncode == 2
        assert "--port" in again.stderr
        assert served.stop() == 0
    assert jsoc.max_connections() == 1
    assert max(jsoc.whole_downloads().values()) == 1
    assert served.log.read_text().count("Traceback") == 0


def n_frames(lake: Path) -> int:
    asked = porelake("sql", "SELECT count(*) FROM frames", "--lake", lake, "--format", "csv")
    return int(asked.stdout.split()[-1]) if asked.returncode == 0 else 0


def assert_report(link: str) -> None:
    """The link of a run leads to its report, which has the table and the picture."""
    address = link.partition("(")[2].rstrip(")")
    with urllib.request.urlopen(address, timeout=30) as reply:
        page = reply.read().decode()
    assert f"<td>{HARP}</td><td>{NOAA}</td>" in page
    assert '<img alt="' in page
    assert "</html>" in page


@pytest.mark.timeout(600)
def test_two_workers_on_postgresql_take_turns(jsoc: Jsoc, world: dict[str, str], tmp_path: Path) -> None:
    with postgresql() as database:
        options = ("--workers", 2, "--database", database)
        with clock(tmp_path / "lake", world, *options, interval_s=86400) as served:
            served.wait_until_it_serves()
            jsoc.set_options(delay_s=0.5)  # so that two would be at it at once
            asked = [
                request(Path("jsoc"), tmp_path / name, harpnums=(harp,)).model_dump(mode="json")
                for name, harp in (("a", HARP), ("b", HARP), ("c", OTHER))
            ]
            runs = [served.start("pores/pores", request=one) for one in asked]
            ends = [served.wait_for_end(run) for run in runs]
            assert [end["state_type"] for end in ends] == ["COMPLETED"] * 3, served.everything()
            assert ends[0]["start_time"] < ends[1]["end_time"]
            assert ends[1]["start_time"] < ends[0]["end_time"]  # they would have run at the same time
            same = sorted(served.times(run) for run in runs[:2])
            assert max(end for _, end in same[0]) <= same[1][0][0]  # one HARP, one run
            assert one_after_the_other([row["path"] for row in jsoc.log("download")])
            assert jsoc.max_connections() == 1
            published = served.start("publish/publish", lake=str(tmp_path / "a"), exports=EXPORTS)
            old = request(Path("jsoc"), tmp_path / "d", harpnums=(OTHER,), noaa=(NOAA,))
            filled = served.start("backfill/backfill", request=old.model_dump(mode="json"))
            assert served.wait_for_end(published)["state_type"] == "COMPLETED"
            assert (tmp_path / "a/exports/pores.csv").read_text().startswith("harpnum,")
            assert "publish-table" in served.artifacts(published)
            assert served.wait_for_end(filled)["state_type"] == "COMPLETED", served.everything()
            table = served.artifacts(filled)["backfill-table"]["data"]
            assert 0 < table.index(f"| {HARP} |") < table.index(f"| {OTHER} |")
            assert n_frames(tmp_path / "d") == 2 * N_FRAMES
            assert len(workers(served)) == 2
            served.stop(signal.SIGKILL)


EXPORTS = [{"what": "pores", "format": "csv"}]


def workers(served: object) -> set[str]:
    found = served.ask("/work_pools/porelake/workers/filter", {})  # type: ignore[attr-defined]
    return {worker["name"] for worker in found if worker["status"] == "ONLINE"}


def one_after_the_other(paths: list[str]) -> bool:
    """Whether files of three fetches came in three spells, each of one HARP or of one HARP twice."""
    harps = ["378" if "378" in Path(path).name else "377" for path in paths]
    spells = [harp for i, harp in enumerate(harps) if i == 0 or harps[i - 1] != harp]
    return len(paths) > 2 and spells.count("378") == 1 and spells.count("377") <= 2


def test_ctrl_c_while_it_starts(world: dict[str, str], tmp_path: Path) -> None:
    with clock(tmp_path / "lake", world, interval_s=86400) as served:
        wait_for((served.lake / "clock/logs/server.log").exists, "the start of the server")
        assert served.stop(signal.SIGINT) == 0
        assert served.log.read_text() == ""


def test_a_command_that_does_not_end_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "COMMAND_LIMIT_S", 0.01)
    with leash(tmp_path / "lock") as held:
        held.hold()
        started = children.Children(environment(), tmp_path)
        with pytest.raises(PorelakeError, match=r"`prefect version` did not end in 0 s"):
            started.run("version", held, "version")
        started.end(["version"])


def test_a_busy_server_is_asked_again() -> None:
    answers = iter((503, 503, 200, 500))

    class Busy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(next(answers))
            self.end_headers()
            self.wfile.write(b"[7]")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Busy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        api = ServerApi(f"http://127.0.0.1:{server.server_port}")
        assert api.ask("/x") == [7]
        with pytest.raises(HTTPError):
            api.ask("/x")
        server.shutdown()


def test_what_no_clock_can_be_made_of_is_told(tmp_path: Path) -> None:
    for wrong, word in (
        (("--workers", 2), "PostgreSQL"),
        (("--database", "mysql://x"), "--database"),
        (("--config", tmp_path / "none.yaml"), "--config"),
        (("--from", tmp_path / "none"), "--from"),
        (("--port", 65535), "--port"),
    ):
        ended = porelake("clock", "--lake", tmp_path / "lake", *wrong, JSOC_EMAIL="a@b.c")
        assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1), ended.stderr
        assert word in ended.stderr
    assert "JSOC_EMAIL" in porelake("clock", "--lake", tmp_path / "lake").stderr
