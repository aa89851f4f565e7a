"""The server: answers as HTTP, spoilt where a fault strikes."""

import contextlib
import socket
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.jsoc.answers import Site, answer, op_of, spoilt
from tests.jsoc.faults import BODY, Fault
from tests.jsoc.log import Entry
from tests.jsoc.replies import Reply

PIECE = 1 << 16


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
            op=op_of(path, arguments),
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
        reply = (spoilt(fault) if fault else None) or answer(site, entry, fault)
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
        if (
            self.close_connection and entry.http >= 400
        ):  # clients keep a refused connection without reading on
            site.log.closed(self.connection)
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
        self.server.site.log.closed(self.connection)
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)


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
