"""The live page over HTTP, by the standard library's server: one thread a connection."""

import io
import os
import shutil
import socket
import socketserver
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NoReturn

from catalog.asking import Answers
from catalog.limits import Limits
from catalog.query import connect
from flows.live.application import Application
from flows.live.guard import HEADERS, MOST_BYTES, refused, refused_question
from flows.live.replies import Reply, error_page, json_reply, part
from flows.stopping import until_stopped
from pores.errors import InputError
from storage.lake import Lake

READ_S = 20.0  # for a whole request; an idle connection is closed then
WRITE_S = 60.0  # for each piece of a reply
_PIECE = 2**20
_CONNECTIONS = 100


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
    server: "LiveServer"

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
                shutil.copyfileobj(content, self.wfile, _PIECE)  # type: ignore[misc]

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


class LiveServer(ThreadingHTTPServer):
    """The server; `application` is given before it serves."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    application: Application

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self._connections = threading.BoundedSemaphore(_CONNECTIONS)
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            super().__init__((host, port), Handler)
        except socket.gaierror as error:
            raise InputError(f"--host {host}: no such address") from error
        except OSError as error:
            raise InputError(
                f"--port {port}: {host} can't be listened at there ({error.strerror});"
                " name another port, or 0 for any that is free"
            ) from error

    @property
    def address(self) -> str:
        """Address of the overview."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.server_port}/"

    def server_bind(self) -> None:
        """Bind without asking for the name of this machine."""
        socketserver.TCPServer.server_bind(self)
        self.server_port = self.server_address[1]

    def process_request(self, request: object, client_address: object) -> None:
        """Answer in a thread, but not in any number of them."""
        if self._connections.acquire(blocking=False):
            super().process_request(request, client_address)  # type: ignore[arg-type]
        else:
            self.shutdown_request(request)  # type: ignore[arg-type]

    def process_request_thread(self, request: object, client_address: object) -> None:
        """Answer, and let another in."""
        try:
            super().process_request_thread(request, client_address)  # type: ignore[arg-type]
        finally:
            self._connections.release()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say on stderr what failed, but not of readers that went away."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            traceback.print_exc()


@contextmanager
def shown(lake: Lake, host: str, port: int, limits: Limits) -> Iterator[LiveServer]:
    """Show a lake as long as the context lasts.

    Raises
    ------
    InputError
        If there is no catalogue, or the address can't be listened at.
    """
    with connect(lake):  # there is one
        pass
    with LiveServer(host, port) as server, Answers(lake, limits) as answers:
        server.application = Application(lake, answers, limits)
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        yield server
        server.shutdown()


def serve(lake: Lake, host: str, port: int) -> NoReturn:
    """Show a lake until Ctrl-C or SIGTERM, and end the process; see `shown`."""
    with shown(lake, host, port, Limits()) as server:
        said = f"{server.address} (lake {lake.location}); Ctrl-C ends it"
        until_stopped(lambda: print(said, flush=True))
    sys.stdout.flush()
    os._exit(0)  # a page that is being made, a movie for one, would keep the process for its time
