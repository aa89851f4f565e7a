"""What JSOC has, asked through the real drms over real HTTP, with everything that goes wrong on the way."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from importlib.metadata import version
from pathlib import Path

import httpx
import numpy as np
import pytest

from pores.errors import InputError, PorelakeError, UnreachableError
from storage.fits_cards import keywords
from storage.fits_files import parse_name, read_segment
from storage.jsoc_client import Jsoc
from storage.jsoc_http import Fault
from storage.jsoc_turn import turn
from storage.record_sets import RecordSet, TimeRange
from storage.settings import settings
from tests.integration.conftest import HARP, N_FRAMES
from tests.jsoc.handle import Jsoc as Server

SERIES = "hmi.sharp_cea_720s"
SEGMENTS = ("continuum", "Br", "Bp", "Bt")
WHOLE = RecordSet(SERIES, HARP, segments=SEGMENTS)
START = np.datetime64("2014-06-10T00:00:00", "ms")
STEP = np.timedelta64(12, "m")
Archive = Callable[..., Jsoc]


def test_records(archive: Archive, server: Server, sharp_files: Path) -> None:
    records = archive().records(WHOLE)
    assert [record.t_rec for record in records] == [START + i * STEP for i in range(N_FRAMES)]
    assert records[0].segments == SEGMENTS
    assert records[3].segments == SEGMENTS[1:]
    assert {record.harpnum for record in records} == {HARP}
    assert {record.quality for record in records} == {0}
    assert records[0].noaa_ars == (12345,)
    assert records[0].pixels == 4 * 90 * 120
    assert records[0].size == sum(path.stat().st_size for path in sharp_files.glob("*_000000_TAI.*.fits"))
    assert all(record.version.endswith("/16") for record in records)
    assert len({record.version for record in records}) == N_FRAMES
    assert {row["agent"] for row in server.log()} == {f"porelake/{version('porelake')}"}


def test_times_cadence_and_conditions(archive: Archive, server: Server) -> None:
    times = (TimeRange(START, START + 2 * STEP), TimeRange(START + 6 * STEP, START + 7 * STEP))
    jsoc = archive()
    some = jsoc.t_recs(RecordSet(SERIES, HARP, times))
    assert some == [START + i * STEP for i in (0, 1, 2, 6, 7)]
    assert jsoc.t_recs(RecordSet(SERIES, HARP, cadence="1h")) == [START, START + 5 * STEP]


def test_quality_is_signed_in_conditions_only(archive: Archive, server: Server) -> None:
    for minute, quality in enumerate((0, 2**16, -(2**31))):
        row = {"T_REC": f"2014.06.11_00:{12 * minute:02}:00_TAI", "QUALITY": quality}
        server.add({"HARPNUM": 500, **row})
    jsoc = archive()
    assert [one.quality for one in jsoc.records(RecordSet(SERIES, 500))] == [0, 2**16, 2**31]
    assert len(jsoc.t_recs(RecordSet(SERIES, 500, conditions=("QUALITY >= 0",)))) == 2


def test_keywords_are_those_of_the_files(archive: Archive, sharp_files: Path) -> None:
    found = archive().keywords(RecordSet(SERIES, HARP))
    path = next(sharp_files.glob("*_001200_TAI.Br.fits"))
    name = parse_name(path.name)
    assert name is not None
    header = keywords(read_segment(name, path.read_bytes()).header)
    row = found[START + STEP]
    for name in ("CRLN_OBS", "DSUN_OBS", "CDELT1", "QUALITY", "T_REC", "NOAA_AR", "DATE-OBS", "HARPNUM"):
        if name in header:
            assert row[name] == header[name], name
            assert type(row[name]) is type(header[name]), name
    assert len(found) == N_FRAMES
    assert isinstance(row["QUALITY"], int)


def test_record_sets_without_records(archive: Archive) -> None:
    nothing = RecordSet(SERIES, 999)
    assert archive().records(nothing) == []
    assert archive().keywords(nothing) == {}
    assert archive().estimate(nothing) == (0, 0, 0)


def test_estimate(archive: Archive, sharp_files: Path) -> None:
    n_records, n_files, size = archive().estimate(WHOLE)
    assert (n_records, n_files) == (N_FRAMES, 4 * N_FRAMES - 1)
    assert 0 < size <= sum(path.stat().st_size for path in sharp_files.glob("*.fits"))


def test_noaa_numbers_are_parsed_not_searched_for(archive: Archive, server: Server) -> None:
    server.add(
        {"HARPNUM": 9001, "T_REC": "2025.01.01_00:00:00_TAI", "NOAA_ARS": "13999,14000"},
        {"HARPNUM": 9002, "T_REC": "2025.01.01_00:00:00_TAI", "NOAA_ARS": "113999"},
        {"HARPNUM": 9003, "T_REC": "2025.01.01_00:00:00_TAI", "NOAA_ARS": "MISSING"},
    )
    jsoc = archive()
    assert jsoc.harps_of_noaa(13999, 9000, SERIES) == {9001: (13999, 14000)}
    assert jsoc.harps_of_noaa(13999, 9001, SERIES) == {}


def test_what_jsoc_refuses_is_wrong_input(archive: Archive) -> None:
    jsoc = archive()
    with pytest.raises(InputError, match=r"hmi\.nothing.*Cannot find series"):
        jsoc.records(RecordSet("hmi.nothing", 1))
    with pytest.raises(InputError, match="NO_SUCH_KEY"):
        jsoc.records(RecordSet(SERIES, HARP, conditions=("NO_SUCH_KEY > 1",)))
    with pytest.raises(InputError, match="no segment nonsense"):
        jsoc.records(RecordSet(SERIES, HARP, segments=("nonsense",)))


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "http", "code": 503},
        {"kind": "http", "code": 429},
        {"kind": "close"},
        {"kind": "close_after"},
        {"kind": "truncate"},
        {"kind": "truncate_unknown"},
        {"kind": "garbage"},
        {"kind": "newline"},
        {"kind": "stall"},
        {"kind": "stall_first"},
    ],
    ids=lambda fault: "".join(str(value) for value in fault.values()),
)
def test_a_query_gets_over_a_fault(archive: Archive, server: Server, fault: dict[str, object]) -> None:
    server.set_faults({**fault, "where": "rs_list", "times": 2})
    assert len(archive(TIMEOUT_S=0.5).records(WHOLE)) == N_FRAMES
    assert [rule["struck"] for rule in server.fault_state()] == [2]
    assert server.max_connections() == 1


def test_a_reply_that_trickles_is_cut_off(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    def trickle(listener: socket.socket) -> None:
        with listener, listener.accept()[0] as connection, contextlib.suppress(OSError):
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(1000):
                connection.sendall(b" ")
                time.sleep(0.05)

    archive(TIMEOUT_S=0.4, RETRIES=0)
    listener = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setenv("PORELAKE_JSOC_URL", f"http://127.0.0.1:{listener.getsockname()[1]}/")
    thread = threading.Thread(target=trickle, args=(listener,), daemon=True)
    thread.start()
    began = time.monotonic()
    with pytest.raises(UnreachableError, match=r"only \d+ bytes within"):
        Jsoc(settings()).records(WHOLE)
    assert time.monotonic() - began < 10
    thread.join(timeout=5)
    assert not thread.is_alive()


def test_a_server_that_is_down(swift: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("PORELAKE_JSOC_URL", f"http://127.0.0.1:{port}/cgi-bin/ajax")
    with pytest.raises(UnreachableError, match=rf"JSOC at http://127.0.0.1:{port}.* refused.* after 6 tries"):
        Jsoc(settings()).records(WHOLE)


@pytest.mark.parametrize(("text", "seconds"), [("7", 7), ("99999999", 900), ("", None), ("soon", None)])
def test_jsoc_may_say_when_to_come_again(archive: Archive, text: str, seconds: float | None) -> None:
    request = httpx.Request("GET", "http://jsoc/")
    reply = httpx.Response(429, headers={"Retry-After": text}, request=request)
    with pytest.raises(Fault, match="429") as raised:
        archive().http.require_good(reply)
    assert raised.value.after_s == seconds
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    with pytest.raises(Fault) as raised:
        archive().http.require_good(httpx.Response(503, headers={"Retry-After": date}, request=request))
    assert raised.value.after_s == pytest.approx(60, abs=5)


def test_tries_are_bounded(archive: Archive, server: Server) -> None:
    server.set_faults({"kind": "http"})
    with pytest.raises(UnreachableError, match=r"503 Service Unavailable.*after 4 tries; try later"):
        archive(RETRIES=3).records(WHOLE)
    assert len(server.log()) == 4


def test_an_address_that_is_no_jsoc(
    archive: Archive, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    jsoc = archive()
    monkeypatch.setenv("PORELAKE_JSOC_URL", server.url.replace("ajax", "else"))
    with pytest.raises(PorelakeError, match=r"404 Not Found.*PORELAKE_JSOC_URL"):
        Jsoc(settings()).records(WHOLE)
    assert jsoc.records(WHOLE)


def test_text_with_its_date(archive: Archive, server: Server, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("HARPNUM NOAA_ARS\n377 11158\n")
    server.set_options(noaa_list=str(tmp_path / "list.txt"))
    text, changed = archive().get_text("/doc/data/hmi/harpnum_to_noaa/all_harps_with_noaa_ars.txt")
    assert text.endswith("377 11158\n")
    assert changed is not None
    assert abs(changed.timestamp() - time.time()) < 100


def test_the_turn_is_waited_for_in_vain(archive: Archive, server: Server, own_cache: Path) -> None:
    jsoc = archive(TURN_LIMIT_S=0.2)
    with turn(own_cache, 1), pytest.raises(PorelakeError, match="another porelake"):
        jsoc.records(WHOLE)
    assert server.log() == []
    assert jsoc.records(WHOLE)


def test_settings_that_are_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORELAKE_JSOC_RETRIES", "many")
    with pytest.raises(InputError, match="PORELAKE_JSOC_RETRIES=many"):
        settings()
    monkeypatch.setenv("PORELAKE_JSOC_RETRIES", "1")
    monkeypatch.setenv("PORELAKE_JSOC_URL", "ftp://jsoc")
    with pytest.raises(InputError, match=r"PORELAKE_JSOC_URL=ftp://jsoc: must begin with http"):
        settings()


def test_the_lock_is_in_one_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PORELAKE_CACHE_DIR", "~/some")
    assert settings().cache_dir == tmp_path / "some"
    monkeypatch.setenv("PORELAKE_CACHE_DIR", "other")
    with pytest.raises(InputError, match="PORELAKE_CACHE_DIR=other: must be a whole path"):
        settings()
