"""One connection of the live page: requests in time, replies back, nothing told of the machine."""

import io
import shutil
import socket
import time
import traceback
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Protocol

from flows.live.application import Application
from flows.live.guard import HEADERS, MOST_BYTES, refused, refused_question
from flows.live.replies import Reply, error_page, json_reply, part

READ_S = 20.0  # for a whole request; an idle connection is closed then
WRITE_S = 60.0  # for each piece of a reply
_PIECE = 2**20


class Serving(Protocol):
    """What a handler knows of its server."""

    host: str
    application: Application


class _Timely(socket.SocketIO):
    """What comes over a connection, as long as it comes in time."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__(connection, "rb")
        self.connection = connection
        self.begin()

    def begin(self) -> None:
        """The time of a request begins."""
        self.end = time.monotonic() + READ_S

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        """Read what there is; TimeoutError."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.connection.settimeout(left)
        return super().readinto(buffer)


class Handler(BaseHTTPRequestHandler):
    """Brings a request to the application and its reply back."""

    protocol_version = "HTTP/1.1"
    server: Serving  # type: ignore[assignment]

    def setup(self) -> None:
        """Read in time."""
        super().setup()
        self._timely = _Timely(self.connection)
        self.rfile = io.BufferedReader(self._timely)

    def handle_one_request(self) -> None:
        """Each request has its time."""
        self._timely.begin()
        super().handle_one_request()

    def do_GET(self) -> None:
        """Send a page."""
        self._send(self._or_failure(self._got))

    def do_HEAD(self) -> None:
        """Send what GET would, less the content."""
        self._send(self._or_failure(self._got), body=False)

    def do_POST(self) -> None:
        """Answer a question."""
        self._send(self._or_failure(self._asked))

    def _or_failure(self, made: Callable[[], Reply]) -> Reply:
        """A reply, or a page that says only that none could be made; the terminal says why."""
        try:
            return made()
        except (ConnectionError, TimeoutError):
            raise
        except Exception:
            traceback.print_exc()
            return error_page(500, "This failed", "The terminal in which the server runs says why.")

    def _got(self) -> Reply:
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True  # what follows would be taken for a request
        if why := refused(self.headers, self.server.host):
            return error_page(403, "Refused", f"{why}.")
        whole = self.server.application.get(self.path, self.headers.get("If-None-Match"))
        return part(whole, self.headers.get("Range")) if whole.status == HTTPStatus.OK else whole

    def _asked(self) -> Reply:
        self.close_connection = True  # unless the request is read to its end
        if why := refused(self.headers, self.server.host) or refused_question(self.headers):
            return json_reply({"error": f"{why}"}, 403)
        if self.path != "/ask":
            return json_reply({"error": "questions go to /ask"}, 404)
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or len(length) > 9:
            return json_reply({"error": "a question says its length"}, 411)
        if int(length) > MOST_BYTES:
            return json_reply({"error": f"a question has at most {MOST_BYTES} bytes"}, 413)
        body = self.rfile.read(int(length))
        self.close_connection = self.headers.get("Connection", "").lower() == "close"
        return self.server.application.ask(body)

    def _send(self, reply: Reply, body: bool = True) -> None:
        self.connection.settimeout(WRITE_S)
        self.send_response(reply.status)
        told = {**HEADERS, "Content-Type": reply.type, "Content-Length": str(reply.size), **reply.headers}
        for name, value in told.items():
            if value:
                self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if isinstance(reply.content, bytes):
            content: io.IOBase = io.BytesIO(reply.content)
        else:
            content = reply.content  # type: ignore[assignment]
        with content:
            if body:
                shutil.copyfileobj(content, self.wfile, _PIECE)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Say that a request is none, in our words."""
        self.close_connection = True
        if not hasattr(self, "request_version") or self.request_version == "HTTP/0.9":
            return
        self._send(
            error_page(code, "Not understood", f"{message or HTTPStatus(code).phrase}."),
            self.command != "HEAD",
        )

    def version_string(self) -> str:
        """Tell nothing of the machine."""
        return "porelake"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        """Say nothing."""
