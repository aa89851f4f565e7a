"""Reports of runs beside Prefect's interface, whose pages must not link to files."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class _Page(SimpleHTTPRequestHandler):
    """A file, without a line of log for it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the base class
        """Say nothing."""


class _Pages(ThreadingHTTPServer):
    """The files of a directory."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of readers that went away in mid-page."""


@contextmanager
def pages(directory: Path, host: str, port: int) -> Iterator[None]:
    """Show the files of a directory, which is made if need be, over HTTP."""
    directory.mkdir(parents=True, exist_ok=True)
    with _Pages((host, port), partial(_Page, directory=str(directory))) as shown:
        threading.Thread(target=shown.serve_forever, daemon=True).start()
        yield
        shown.shutdown()
