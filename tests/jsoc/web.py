"""The server: requests to answers, and answers spoilt where a fault strikes."""

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.jsoc import info
from tests.jsoc.exports import Exports
from tests.jsoc.faults import BEFORE, BODY, Fault, Faults
from tests.jsoc.log import Entry, Log
from tests.jsoc.records import Archive
from tests.jsoc.replies import Reply

CGI = "/cgi-bin/ajax/"
LIST = "/doc/data/hmi/harpnum_to_noaa/all_harps_with_noaa_ars.txt"
PIECE = 1 << 16
_OPS = {"checkAddress.sh": "check_address", "show_series": "show_series", "showextseries": "show_series"}
_NEWLINE = b'{"status":4,"error":"Invalid argument on entry, \'sunum=no\'.\n"}\n'
_GARBAGE = b"<html><body>JSOC is down for maintenance.</body></html>\n"


@dataclass
class Site:
    """All that one server is made of."""

    archive: Archive
    exports: Exports
    faults: Faults = field(default_factory=Faults)
    log: Log = field(default_factory=Log)
    noaa_list: Path | None = None
    delay_s: float = 0.0  # before each answer
    rate: float | None = None  # bytes a second of a body
    stopping: threading.Event = field(default_factory=threading.Event)


class Server(ThreadingHTTPServer):
    """Counts its connections."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], site: Site) -> None:
        self.site = site
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.site.log.opened(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.site.log.closed(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Keep silent about clients that go away."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self._serve(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._serve(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

    def log_message(self, *args: object) -> None:
        """Nothing: the log has it."""

    def _serve(self, query: str) -> None:
        site, path = self.server.site, unquote(urlsplit(self.path).path)
        arguments = dict(parse_qsl(query, keep_blank_values=True))
        entry = site.log.begin(
            method=self.command,
            path=path,
            op=_op(path, arguments),
            arguments=arguments,
            agent=self.headers.get("User-Agent", ""),
            range=self.headers.get("Range"),
        )
        try:
            self._answer(site, entry)
        except OSError:  # the client went away
            self.close_connection = True
        finally:
            site.log.end(entry)

    def _answer(self, site: Site, entry: Entry) -> None:
        target = f"{entry.path}?{'&'.join(f'{k}={v}' for k, v in entry.arguments.items())}"
        fault = site.faults.strikes(entry.op, target)
        entry.fault = fault.kind if fault else None
        self._pause(site.delay_s)
        if fault and fault.kind == "close":
            self._hang_up()
            return
        if fault and fault.kind == "stall_first":
            self._pause(fault.seconds)
        reply = _spoilt(fault) or answer(site, entry, fault)
        try:
            entry.requestid = entry.arguments.get("requestid") or (reply.answer or {}).get("requestid")
            entry.status = (reply.answer or {}).get("status")
            if fault and fault.kind == "close_after":
                self._hang_up()
            else:
                self._send(site, reply, entry, fault if fault and fault.kind in BODY else None)
        finally:
            reply.close()

    def _send(self, site: Site, reply: Reply, entry: Entry, fault: Fault | None) -> None:
        first, last = _range(entry.range, reply.size) if reply.status == 200 else (0, reply.size)
        whole = (first, last) == (0, reply.size)
        entry.http, entry.size = reply.status if whole else 206, last - first
        unknown = fault is not None and fault.kind == "truncate_unknown"
        self.send_response(entry.http)
        self.send_header("Content-Type", reply.kind)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if not whole:
            self.send_header("Content-Range", f"bytes {first}-{last - 1}/{reply.size}")
        if not unknown:
            self.send_header("Content-Length", str(last - first))
        if unknown or self.headers.get("Connection", "").lower() == "close":
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        self._send_body(site, reply, entry, fault, (first, last))

    def _send_body(
        self, site: Site, reply: Reply, entry: Entry, fault: Fault | None, part: tuple[int, int]
    ) -> None:
        """Send the body in pieces, up to where a fault cuts it or makes it wait."""
        first, last = part
        stop = first + int(fault.keep * (last - first)) if fault and fault.kind != "flip" else last
        flips = site.faults.flips(reply.size, fault.bytes) if fault and fault.kind == "flip" else {}
        reply.body.seek(first)
        self._send_part(site, reply, entry, (first, stop), flips)
        if fault is not None and fault.kind.startswith("truncate"):
            self._hang_up()
            return
        if fault is not None and fault.kind == "stall":
            self._pause(fault.seconds)
            self._send_part(site, reply, entry, (stop, last), {})
        entry.complete = fault is None or fault.kind == "stall"

    def _send_part(
        self, site: Site, reply: Reply, entry: Entry, part: tuple[int, int], flips: dict[int, int]
    ) -> None:
        at, stop = part
        while at < stop:
            piece = bytearray(reply.body.read(min(PIECE, stop - at)))
            for place, bits in flips.items():
                if at <= place < at + len(piece):
                    piece[place - at] ^= bits
            self.wfile.write(piece)
            entry.sent += len(piece)
            at += len(piece)
            if site.rate:
                self._pause(len(piece) / site.rate)

    def _pause(self, seconds: float) -> None:
        """Wait, but not for a client that has gone."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self.server.site.stopping.wait(min(left, 0.05)):
            with contextlib.suppress(BlockingIOError):
                if self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b"":
                    raise ConnectionAbortedError

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


def _op(path: str, arguments: dict[str, str]) -> str:
    """What a request asks for."""
    if path == LIST:
        return "list"
    if not path.startswith(CGI):
        return "download"
    name = path.removeprefix(CGI)
    return _OPS.get(name) or arguments.get("op", name)


def _range(text: str | None, size: int) -> tuple[int, int]:
    """First byte and the one after the last that a `Range: bytes=5-` asks for."""
    if not text or not text.startswith("bytes=") or "," in text:
        return 0, size
    first, _, last = text.removeprefix("bytes=").partition("-")
    if not first:
        return max(0, size - int(last or 0)), size
    start = int(first)
    stop = min(size, int(last) + 1 if last else size)
    return (start, stop) if start < stop else (0, size)


def _spoilt(fault: Fault | None) -> Reply | None:
    """A reply that needs no look at the request."""
    if fault is None:
        return None
    if fault.kind == "http":
        return Reply.error(fault.code, "Service Unavailable" if fault.code == 503 else "Error")
    if fault.kind == "newline":
        return Reply.of_bytes(_NEWLINE, kind="application/json")
    return Reply.of_bytes(_GARBAGE) if fault.kind == "garbage" else None


def answer(site: Site, entry: Entry, fault: Fault | None) -> Reply:
    """The reply to a request."""
    kind = fault.kind if fault and fault.kind not in BEFORE else None
    with site.archive.lock:
        if entry.op == "download":
            return site.exports.download(entry.path) or Reply.error(404, "Not Found")
        if entry.op == "list":
            there = site.noaa_list is not None and site.noaa_list.exists()
            return _text_file(site.noaa_list) if there and site.noaa_list else Reply.error(404, "Not Found")
        program = entry.path.removeprefix(CGI)
        if program == "jsoc_info":
            return Reply.of_json(info.answer(site.archive, entry.arguments))
        if program == "jsoc_fetch":
            return Reply.of_json(_fetch(site, entry, kind))
        if entry.op == "check_address":
            return Reply.of_json(_check_address(site, unquote(entry.arguments.get("address", ""))))
        if entry.op == "show_series":
            return Reply.of_json(_show_series(site, entry.arguments.get("filter", "")))
    return Reply.error(404, "Not Found")


def _text_file(path: Path) -> Reply:
    reply = Reply.of_file(path, "text/plain")
    reply.headers["Last-Modified"] = time.strftime(
        "%a, %d %b %Y %H:%M:%S GMT", time.gmtime(path.stat().st_mtime)
    )
    return reply


def _fetch(site: Site, entry: Entry, fault: str | None) -> dict[str, Any]:
    if entry.op == "exp_request":
        if fault == "busy":
            error = "User has a pending export request; wait until it is complete"
            return {"status": 7, "requestid": "VOID", "wait": 0, "error": error}
        return site.exports.request(entry.arguments)
    if entry.op == "exp_status":
        requestid = entry.arguments.get("requestid", "")
        if fault == "lost":
            return {"status": 6, "requestid": requestid, "error": f"Request {requestid} is not known"}
        return site.exports.status(requestid, held=fault == "pending")
    return {"status": 4, "error": f"Invalid argument on entry, 'op={entry.op}'."}


def _check_address(site: Site, address: str) -> dict[str, Any]:
    if address in site.exports.registered:
        return {"status": 2, "msg": "Email address is valid and registered."}
    if "@" not in address:
        return {"status": -2, "msg": "Not a valid email address."}
    return {"status": 4, "msg": "Email address is neither validated nor registered."}


def _show_series(site: Site, pattern: str) -> dict[str, Any]:
    names = [name for name in site.archive.series() if pattern.lower() in name]
    rows = [{"name": name, "primekeys": ", ".join(info.PRIME_KEYS), "note": "HARP series"} for name in names]
    return {"names": rows, "seriesList": names, "n": len(rows), "status": 0}
