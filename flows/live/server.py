"""The live page over HTTP, by the standard library's server: one thread a connection."""

import os
import socket
import socketserver
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from typing import NoReturn

from catalog.asking import Answers
from catalog.limits import Limits
from catalog.query import connect
from flows.live.application import Application
from flows.live.handler import Handler
from flows.stopping import until_stopped
from pores.errors import InputError
from storage.lake import Lake

_CONNECTIONS = 100


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
