"""A loopback JSOC in its own process, and what tests ask of it."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

REPOSITORY = Path(__file__).resolve().parents[2]
START_S = 30


class Jsoc:
    """A running server; a context manager that ends it.

    Attributes
    ----------
    url : str
        For PORELAKE_JSOC_URL, `http://127.0.0.1:PORT/cgi-bin/ajax/`.
    """

    def __init__(self, process: subprocess.Popen[str], url: str, control: str) -> None:
        self.process, self.url, self.control = process, url, control

    @classmethod
    def start(cls, root: Path, **options: object) -> Self:
        """Start a server over a directory; options are those of `python -m tests.jsoc --help`."""
        command = [sys.executable, "-m", "tests.jsoc", "--root", str(root), "--with-parent"]
        for name, value in options.items():
            flag = "--" + name.replace("_", "-")
            if value is True:
                command.append(flag)
            elif value not in (None, False):
                command += [flag, str(value)]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, cwd=REPOSITORY, stdin=pipe, stdout=pipe, text=True)
        assert process.stdout is not None
        url, control = (process.stdout.readline().strip() for _ in range(2))
        if not control:
            process.kill()
            process.communicate()
            raise RuntimeError(f"no loopback JSOC over {root}")
        return cls(process, url, control)

    def stop(self) -> None:
        """End the process; JSOC is down then."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def set_faults(self, *rules: dict[str, Any], seed: int = 0) -> None:
        """Replace all faults, `{"kind": "http", "where": "rs_list", "times": 2}`: see faults.Fault."""
        self._do("faults", rules=list(rules), seed=seed)

    def fault_state(self) -> list[dict[str, Any]]:
        """The faults in force, with `seen` and `struck`."""
        state: list[dict[str, Any]] = self._do("fault_state")
        return state

    def set_options(self, **values: object) -> None:
        """Change options: pending_polls, pending_s, unknown_polls, offline, max_bytes, registered (a list),
        wait, noaa_list, delay_s (before each answer), rate (bytes a second of a body).
        """
        self._do("options", **values)

    def hide(self, **which: object) -> int:
        """Hide records: `harpnum=`, `t_rec=[...]`, `last=n` (of each HARP); how many they are."""
        return self._count("hide", **which)

    def reveal(self, count: int | None = None, **which: object) -> int:
        """Show hidden records, all or the first `count` in time; how many they are."""
        return self._count("reveal", count=count, **which)

    def reprocess(
        self,
        overlay: Path | None = None,
        calver64: str | None = None,
        without: Iterable[str] = (),
        **which: object,
    ) -> int:
        """Give records (`harpnum`, `t_rec`, `last`) a new RECNUM; how many they are.

        With an overlay, a directory of files: those records that it has files of, which then replace theirs.
        `without`: segments that are lost on the way.
        """
        place = str(overlay) if overlay else None
        return self._count("reprocess", overlay=place, calver64=calver64, without=list(without), **which)

    def without_segments(self, segments: Iterable[str], **which: object) -> int:
        """Take segments from records, all under the same RECNUM."""
        return self._count("without_segments", segments=list(segments), **which)

    def add(self, *rows: dict[str, object]) -> None:
        """Add records without files, or set keywords: `{"HARPNUM": 7, "T_REC": "...", "QUALITY": 2**30}`."""
        self._do("add", rows=list(rows))

    def scan(self) -> int:
        """Look for new files in the directory; how many records there are."""
        return self._count("scan")

    def expire(self) -> int:
        """Forget all exports so far: status 6, their files 404."""
        return self._count("expire")

    def log(self, op: str | None = None) -> list[dict[str, Any]]:
        """Requests so far (of one op), as log.Entry has them."""
        rows: list[dict[str, Any]] = self._do("log")
        return [row for row in rows if op in (None, row["op"])]

    def clear_log(self) -> None:
        """Forget the requests so far."""
        self._do("clear_log")

    def max_connections(self) -> int:
        """Most connections that were open at once."""
        return max((row["connections"] for row in self.log()), default=0)

    def downloads(self) -> Counter[str]:
        """How often each file's name was asked for."""
        return Counter(Path(row["path"]).name for row in self.log("download"))

    def whole_downloads(self) -> Counter[str]:
        """How often each path went out whole and unharmed."""
        return Counter(row["path"] for row in self.log("download") if row["complete"] and row["http"] == 200)

    def exports(self) -> list[str]:
        """Request ids of the exports that were accepted, in order."""
        return [row["requestid"] for row in self.log("exp_request") if row["status"] == 2]

    def sent(self) -> int:
        """Bytes of bodies that went out."""
        return sum(row["sent"] for row in self.log())

    def _count(self, order: str, **values: object) -> int:
        return int(self._do(order, **values))

    def _do(self, order: str, **values: object) -> Any:
        content = json.dumps({"do": order, **values}).encode()
        request = Request(self.control, content, {"Connection": "close"}, method="POST")
        with urlopen(request, timeout=START_S) as reply:
            return json.load(reply)
