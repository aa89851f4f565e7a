"""What the server notes of each request, and how many connections were open meanwhile."""

import json
import socket
import threading
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Entry:
    """One request.

    Attributes
    ----------
    connections : int
        Most TCP connections open to the server while it was answered, this one included.
    sent, size : int
        Bytes of the body that went out, and how many there would have been undisturbed.
    complete : bool
        The whole body went out unharmed.
    """

    n: int
    method: str
    path: str
    op: str
    arguments: dict[str, str]
    agent: str
    start: float
    end: float | None = None
    connections: int = 1
    sent: int = 0
    size: int = 0
    http: int = 0
    status: int | None = None
    requestid: str | None = None
    fault: str | None = None
    range: str | None = None
    complete: bool = False


@dataclass
class Log:
    """All requests, also as JSON lines in a file where one is named."""

    file: Path | None = None
    entries: list[Entry] = field(default_factory=list)
    _open: set[socket.socket] = field(default_factory=set)
    _active: dict[int, Entry] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def opened(self, connection: socket.socket) -> None:
        """A connection was made: whoever is being answered is not alone any more."""
        with self._lock:
            self._open.add(connection)
            n = self._count()
            for entry in self._active.values():
                entry.connections = max(entry.connections, n)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def begin(self, **values: Any) -> Entry:
        with self._lock:
            entry = Entry(n=len(self.entries), start=time.monotonic(), **values)
            entry.connections = max(1, self._count())
            self.entries.append(entry)
            self._active[entry.n] = entry
            return entry

    def end(self, entry: Entry) -> None:
        with self._lock:
            entry.end = time.monotonic()
            self._active.pop(entry.n, None)
            if self.file is not None:
                with self.file.open("a") as file:
                    file.write(json.dumps(asdict(entry)) + "\n")

    def clear(self) -> None:
        with self._lock:
            self.entries = []
            self._active = {}

    def rows(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(entry) for entry in self.entries]

    def _count(self) -> int:
        """Connections that the other side has not closed, whether or not we came to notice."""
        return sum(not _left(connection) for connection in self._open)


def _left(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
