"""The loopback JSOC fails as it is told to, and says what it did."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

import drms
import pytest
from drms.exceptions import DrmsExportError

from tests.jsoc.handle import Jsoc
from tests.jsoc.test_jsoc_server import FIRST, SERIES, frames, t_rec

NOTHING = (http.client.RemoteDisconnected, ConnectionError, URLError)


@pytest.fixture
def url(export: Callable[..., Any]) -> str:
    """Where a file of an export is."""
    return str(export(f"{SERIES}[377][{FIRST}]{{Br}}").urls.url.iloc[0])


@pytest.fixture
def content(url: str) -> bytes:
    return fetch(url)


def fetch(url: str) -> bytes:
    with urlopen(url, timeout=10) as reply:
        return bytes(reply.read())


def test_so_many_503_and_no_more(jsoc: Jsoc, client: drms.Client) -> None:
    jsoc.set_faults({"kind": "http", "where": "rs_list", "times": 2})
    kept = []  # with an error goes the connection that it came by
    for _ in range(2):
        with pytest.raises(HTTPError, match="503") as caught:
            frames(client, "[377]")
        kept.append(caught.value)
    assert len(frames(client, "[377]")) == 6
    for error in kept:
        error.close()
    assert jsoc.max_connections() == 1
    assert [(row["http"], row["fault"]) for row in jsoc.log("rs_list")] == [(503, "http")] * 2 + [(200, None)]


@pytest.mark.parametrize("kind", ["close", "close_after"])
def test_no_reply(jsoc: Jsoc, client: drms.Client, kind: str) -> None:
    jsoc.set_faults({"kind": kind, "where": "exp_request", "times": 1})
    with pytest.raises(NOTHING):
        client.export(f"{SERIES}[377]", method="url", protocol="fits", email="a@b.c")
    again = client.export(f"{SERIES}[377]", method="url", protocol="fits", email="a@b.c")
    assert again.status == {"close": 2, "close_after": 7}[kind]


def test_truncated_with_a_length(jsoc: Jsoc, url: str, content: bytes) -> None:
    jsoc.set_faults({"kind": "truncate", "where": "download", "keep": 0.25})
    with pytest.raises(http.client.IncompleteRead) as caught:
        fetch(url)
    assert caught.value.partial == content[: len(content) // 4]
    assert not jsoc.log("download")[-1]["complete"]


def test_truncated_without_a_length(jsoc: Jsoc, url: str, content: bytes) -> None:
    jsoc.set_faults({"kind": "truncate_unknown", "keep": 0.25})
    assert fetch(url) == content[: len(content) // 4]
    jsoc.set_faults()
    assert fetch(url) == content


def test_flipped_bytes(jsoc: Jsoc, url: str, content: bytes) -> None:
    jsoc.set_faults({"kind": "flip", "bytes": 3}, seed=5)
    damaged = fetch(url)
    assert len(damaged) == len(content)
    assert sum(a != b for a, b in zip(damaged, content, strict=True)) == 3
    jsoc.set_faults({"kind": "flip", "bytes": 3}, seed=5)
    assert fetch(url) == damaged


@pytest.mark.parametrize("kind", ["stall", "stall_first"])
def test_stall(jsoc: Jsoc, url: str, content: bytes, kind: str) -> None:
    jsoc.set_faults({"kind": kind, "where": "*Br.fits?", "seconds": 0.4, "times": 1})
    began = time.monotonic()
    assert fetch(url) == content
    assert time.monotonic() - began >= 0.4
    jsoc.set_faults({"kind": kind, "where": "download"})
    with pytest.raises((TimeoutError, URLError)), urlopen(url, timeout=0.3) as reply:
        reply.read()
    jsoc.set_faults()
    assert fetch(url) == content
    assert jsoc.max_connections() == 1  # a connection given up is not counted


def test_export_that_pends_for_ever_and_one_lost(jsoc: Jsoc, client: drms.Client) -> None:
    request = client.export(f"{SERIES}[377]", method="url", protocol="fits", email="a@b.c")
    jsoc.set_faults({"kind": "pending", "times": 5}, {"kind": "lost", "times": 2})
    states = []
    for _ in range(9):
        request.has_finished()
        states.append(request.status)
    assert states == [1] * 5 + [6] * 2 + [2, 0]


def test_busy(jsoc: Jsoc, client: drms.Client) -> None:
    jsoc.set_faults({"kind": "busy", "times": 1, "after": 1})
    for expected in (2, 7):
        request = client.export(f"{SERIES}[377]", method="url", protocol="fits", email="a@b.c")
        assert request.status == expected
    with pytest.raises(DrmsExportError, match="pending"):
        request.wait()
    assert jsoc.fault_state()[0]["struck"] == 1


def test_raw_newline_and_a_page_in_place_of_json(jsoc: Jsoc, client: drms.Client) -> None:
    jsoc.set_faults({"kind": "newline", "where": "rs_list"}, {"kind": "garbage", "where": "exp_status"})
    with pytest.raises(json.JSONDecodeError, match="Invalid control character"):
        frames(client, "[377]")
    with pytest.raises(json.JSONDecodeError):
        client.export_from_id("JSOC_20200101_001")
    raw = fetch(f"{jsoc.url}jsoc_info?op=rs_list&ds={SERIES}[377]&key=T_REC")
    assert json.loads(raw, strict=False)["status"] == 4


def test_probability_is_seeded(jsoc: Jsoc, client: drms.Client) -> None:
    struck = []
    frames(client, "[377]")  # the client asks for the structure of a series once
    for seed in (1, 1, 2):
        jsoc.clear_log()
        jsoc.set_faults({"kind": "http", "probability": 0.5}, seed=seed)
        for _ in range(12):
            try:
                frames(client, "[377]")
            except HTTPError:
                continue
        struck.append([row["fault"] for row in jsoc.log()])
    assert struck[0] == struck[1] != struck[2]
    assert 0 < sum(fault is not None for fault in struck[0]) < 12


def test_no_such_fault(jsoc: Jsoc) -> None:
    with pytest.raises(HTTPError, match="400"):
        jsoc.set_faults({"kind": "magic"})


def test_connections_at_once_are_counted(jsoc: Jsoc, url: str) -> None:
    jsoc.set_faults({"kind": "stall", "where": "download", "seconds": 1.5})
    threads = [threading.Thread(target=fetch, args=(url,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert [row["connections"] for row in jsoc.log("download")] == [3, 3, 3]


def test_an_idle_connection_counts(jsoc: Jsoc, client: drms.Client) -> None:
    place = urlsplit(jsoc.url)
    with socket.create_connection((place.hostname or "", place.port or 0)):
        frames(client, "[377]")
    frames(client, "[377]")
    assert [row["connections"] for row in jsoc.log("rs_list")] == [2, 1]


def test_records_hidden_and_revealed(jsoc: Jsoc, client: drms.Client) -> None:
    assert jsoc.hide(last=3) == 3
    assert frames(client, "[377]") == [0, 1, 2]
    assert jsoc.reveal(1) == 1
    assert frames(client, "[377]") == [0, 1, 2, 3]
    assert jsoc.hide(t_rec=[FIRST]) == 1
    assert frames(client, "[377]") == [1, 2, 3]
    assert jsoc.reveal() == 3
    assert frames(client, "[377]") == [0, 1, 2, 3, 4, 5]


def test_reprocessed_record(
    jsoc: Jsoc, client: drms.Client, export: Callable[..., Any], other_series: Path, tmp_path: Path
) -> None:
    ds = f"{SERIES}[377][{t_rec(2)}]"
    before = client.query(ds, key="*recnum*,CALVER64")
    waiting = export(ds)  # asked for before: gives the old files
    assert jsoc.reprocess(other_series, "4370", without=["continuum"], t_rec=[t_rec(2)]) == 1
    keys, segments = client.query(ds, key="*recnum*,CALVER64", seg="continuum,Br")
    assert keys["*recnum*"].iloc[0] > before["*recnum*"].iloc[0]
    assert (before.CALVER64.iloc[0], keys.CALVER64.iloc[0]) == (16, 4370)
    assert [segments[name].iloc[0].endswith(".fits") for name in ("continuum", "Br")] == [False, True]
    names = {Path(path).name: Path(path) for path in waiting.download(tmp_path).download}
    assert any(".continuum." in name for name in names)
    new = tmp_path / "new"
    new.mkdir()
    for path in map(Path, export(ds).download(new).download):
        assert path.read_bytes() == (other_series / path.name).read_bytes()
        assert path.read_bytes() != names[path.name].read_bytes()


def test_records_without_files(jsoc: Jsoc, client: drms.Client, export: Callable[..., Any]) -> None:
    jsoc.add({"HARPNUM": 377, "T_REC": "2014.06.10_11:24:00_TAI", "QUALITY": 0xC0000000})
    keys, segments = client.query(f"{SERIES}[377]", key="T_REC,QUALITY,CRLN_OBS,NOAA_ARS", seg="Br")
    assert keys.QUALITY.iloc[-1] == 0xC0000000
    assert (keys.NOAA_ARS.iloc[-1], segments.Br.iloc[-1]) == ("MISSING", "NoDataDirectory")
    assert len(export(f"{SERIES}[377][? quality < 1 OR QUALITY > 0 ?]{{Br}}").urls) == 6
    assert len(export(f"{SERIES}[377]{{Br}}").urls) == 5, "without the record of negative QUALITY"
    with pytest.raises(DrmsExportError, match="No records"):
        export(f"{SERIES}[377][2014.06.10_11:24:00_TAI]")


def test_log_as_lines_in_a_file(tiny_series: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with Jsoc.start(tiny_series, log=log) as jsoc:
        fetch(f"{jsoc.url}checkAddress.sh?address=a%40b.c")
        for _ in range(100):
            if log.exists() and log.read_text().endswith("\n"):
                break
            time.sleep(0.02)
    row = json.loads(log.read_text())
    assert (row["op"], row["arguments"]["address"], row["http"]) == ("check_address", "a@b.c", 200)
    assert row["end"] >= row["start"]


def test_server_ends_and_its_port_can_be_used_again(tiny_series: Path) -> None:
    with Jsoc.start(tiny_series) as jsoc:
        port = jsoc.port
    with pytest.raises(URLError):
        fetch(jsoc.url)
    with Jsoc.start(tiny_series, port=port) as again:
        assert again.url == jsoc.url
        assert fetch(f"{again.url}show_series")
