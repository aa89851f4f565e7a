"""Paths, names, origins, bodies and manners that the live page refuses, over real HTTP."""

import contextlib
import socket
import threading
from pathlib import Path

import pytest

from flows.live import handler
from flows.live.server import shown
from storage.lake import Lake
from tests.live.conftest import LIMITS
from tests.live.wire import Wire
from tests.sql.hostile import SECRET

PATHS = [
    "/../../../../etc/passwd",
    "/..%2f..%2f..%2fetc%2fpasswd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "//etc/passwd",
    "/assets/../../../../etc/passwd",
    "/assets/..%5c..%5cserver.py",
    "/data/../../catalog.duckdb",
    "/catalog.duckdb",
    "/tables/pores/",
    "/assets/",
    "/index.html%00.css",
    "/%00",
    "/index.html/",
    "/harp-1/../../secret.csv",
    "/harp-999/index.html",
    "/harp-1/link.csv",
    "/%ff%fe",
    "/" + "a/" * 5000,
    "/etc/passwd?x=/",
    "/assets/ask.py",
    "/ask.html",
    "/base.html",
]


@pytest.mark.parametrize("path", PATHS)
def test_paths_lead_nowhere_else(wire: Wire, asked_lake: Lake, secret: Path, path: str) -> None:
    reply = wire.get(path)
    assert reply.status in (404, 414), reply.body[:200]
    assert not [word for word in (b"root:", SECRET.encode(), b"Traceback") if word in reply.body]


HOSTS = [
    "evil.example",
    "evil.example:8765",
    "127.0.0.1.evil.example",
    "",
    "localhost@evil.example",
    "a b",
    "[::1",
    "x/127.0.0.1",
]


@pytest.mark.parametrize("host", HOSTS)
def test_other_names_of_this_server_are_refused(wire: Wire, host: str) -> None:
    assert wire.get("/", Host=host).status in (400, 403)


def test_names_of_loopback_and_a_tunnel_are_let_in(wire: Wire) -> None:
    for host in ("localhost:9000", "127.0.0.1", "[::1]:80"):
        assert wire.get("/", Host=host).status == 200
    for names in (b"", b"Host: localhost\r\nHost: evil.example\r\n"):
        asked = b"GET / HTTP/1.1\r\nConnection: close\r\n" + names + b"\r\n"
        assert wire.raw(asked).startswith(b"HTTP/1.1 403")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://[::1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Host": "evil.example"},
    ],
    ids=str,
)
def test_pages_of_other_sites_cannot_ask(wire: Wire, headers: dict[str, str]) -> None:
    said = {"Content_Type": "application/json", **headers}
    reply = wire.request("POST", "/ask", b'{"sql": "SELECT 1"}', **said)
    assert reply.status == 403
    assert "Access-Control-Allow-Origin" not in reply.headers
    assert wire.request("OPTIONS", "/ask").status == 501


BODIES = [b"", b"{", b"[]", b'{"sql": 1}', b'{"sql": "SELECT 1", "out": "/tmp/x"}', b"[" * 100_000, b"\xff"]


@pytest.mark.parametrize(
    "body", [*BODIES, b'{"sql": "SELECT 1", "form": "../x"}', b'{"sql":"S","params":{"a":1}}']
)
def test_questions_of_another_form_are_refused(wire: Wire, body: bytes) -> None:
    reply = wire.request("POST", "/ask", body, Content_Type="application/json")
    assert reply.status == 400
    assert "\n" not in reply.json["error"]


def test_requests_of_any_size_are_not_read(wire: Wire) -> None:
    post = b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert wire.raw(post + b"Content-Length: 999999999\r\n\r\n").startswith(b"HTTP/1.1 413")
    assert wire.raw(post + b"Content-Length: -1\r\n\r\n").startswith(b"HTTP/1.1 411")
    assert wire.raw(post + b"Transfer-Encoding: chunked\r\n\r\n").startswith(b"HTTP/1.1 411")
    assert wire.ask("SELECT " + "1 + " * 30_000 + "1").status == 400
    assert b" 431 " in wire.raw(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n").partition(b"\r\n")[0]
    assert b" 414 " in wire.raw(b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n").partition(b"\r\n")[0]
    assert wire.raw(b"GET http://[ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 404"
    )
    assert b"Traceback" not in wire.raw(b"\x16\x03\x01\x00\xa5\r\n\r\n")
    smuggled = (
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 30\r\n\r\nGET /ask HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    assert wire.raw(smuggled).count(b"HTTP/1.1 200") == 1


def test_slow_clients_are_let_go(asked_lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "READ_S", 0.6)
    with (
        shown(asked_lake, "127.0.0.1", 0, LIMITS) as live,
        socket.create_connection(("127.0.0.1", live.server_port), timeout=10) as slow,
    ):
        ended = threading.Event()
        threading.Thread(target=lambda: ended.set() if slow.recv(1) == b"" else None, daemon=True).start()
        for _ in range(50):  # a byte now and then keeps nobody waiting
            with contextlib.suppress(ConnectionError):
                slow.sendall(b"G")
            if ended.wait(0.1):
                break
        assert ended.is_set()
