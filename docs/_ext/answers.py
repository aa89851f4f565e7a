"""`answer` directive: a command line with what it prints on a terminal, asked when the page is built."""

import fcntl
import os
import pty
import struct
import subprocess
import tempfile
import termios
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)
COLUMNS = 180


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.add_directive("answer", AnswerDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class AnswerDirective(SphinxDirective):
    """The command as typed, and below it what it says; one that fails fails the build."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Ask, at every build."""
        self.env.note_reread()
        command = "\n".join(self.content)
        code, printed = said(command)
        if code:
            logger.warning("%s: exit %d: %s", command, code, printed, location=self.get_location())
        asked = nodes.literal_block(command, command, language="bash", classes=["asked"])
        return [asked, nodes.literal_block(printed, printed, language="text", classes=["answered"])]


def said(command: str) -> tuple[int, str]:
    """Exit code and what a command prints on a wide terminal, in a directory of its own."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": str(COLUMNS)}
    with tempfile.TemporaryDirectory() as place:
        with subprocess.Popen(
            ["bash", "-c", command], stdout=theirs, stderr=subprocess.STDOUT, env=environment, cwd=place
        ) as process:
            os.close(theirs)
            printed = b"".join(_pieces(ours))
        os.close(ours)
    return process.returncode, printed.decode().replace("\r\n", "\n").rstrip()


def _pieces(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # Linux says so when the other end is closed
            return
        if not piece:
            return
        yield piece
