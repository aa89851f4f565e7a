"""The door by which tests change what the server has and does: a port of its own, its visits not counted."""

import json
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.jsoc.answers import Site

SITE_OPTIONS = ("delay_s", "rate")
EXPORT_OPTIONS = (
    "registered",
    "max_bytes",
    "pending_polls",
    "pending_s",
    "unknown_polls",
    "offline",
    "wait",
)


class Door(ThreadingHTTPServer):
    """One JSON object in, one out: `{"do": "hide", "last": 3}`."""

    daemon_threads = True

    def __init__(self, site: Site) -> None:
        self.site = site
        super().__init__(("127.0.0.1", 0), _Visitor)


class _Visitor(BaseHTTPRequestHandler):
    server: Door

    def do_POST(self) -> None:
        order = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            code, result = 200, _DO[order.pop("do")](self.server.site, **order)
        except Exception as error:  # whatever is wrong with an order, the test has to hear it
            code, result = 400, f"{type(error).__name__}: {error}"
        content = json.dumps(result).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Nothing."""


def _options(site: Site, **values: Any) -> None:
    for name, value in values.items():
        if name in SITE_OPTIONS:
            setattr(site, name, value)
        elif name in EXPORT_OPTIONS:
            setattr(site.exports, name, tuple(value) if name == "registered" else value)
        elif name == "noaa_list":
            site.noaa_list = Path(value) if value else None
        else:
            raise ValueError(f"no option {name}")


def _faults(site: Site, rules: list[dict[str, Any]], seed: int = 0) -> None:
    site.faults.set(rules, seed)


def _hide(site: Site, **which: Any) -> int:
    with site.archive.lock:
        chosen = site.archive.chosen(**which)
        for record in chosen:
            record.hidden = True
        return len(chosen)


def _reveal(site: Site, count: int | None = None, **which: Any) -> int:
    with site.archive.lock:
        hidden = [record for record in site.archive.chosen(**which) if record.hidden]
        hidden.sort(key=lambda record: record.key[2])
        for record in hidden[:count]:
            record.hidden = False
        return len(hidden[:count])


def _reprocess(
    site: Site,
    overlay: str | None = None,
    calver64: str | None = None,
    without: tuple[str, ...] = (),
    **which: Any,
) -> int:
    with site.archive.lock:
        chosen = site.archive.chosen(**which)
        return site.archive.reprocess(chosen, Path(overlay) if overlay else None, calver64, without)


def _without_segments(site: Site, segments: list[str], **which: Any) -> int:
    with site.archive.lock:
        chosen = site.archive.chosen(**which)
        for record in chosen:
            record.lose(segments)
        return len(chosen)


def _add(site: Site, rows: list[dict[str, Any]]) -> None:
    with site.archive.lock:
        for row in rows:
            site.archive.say(row)


def _scan(site: Site) -> int:
    with site.archive.lock:
        site.archive.scan()
        return len(site.archive.records)


def _expire(site: Site) -> int:
    """Forget all exports: their ids are not known any more, their files are gone."""
    with site.archive.lock:
        n = len(site.exports.exports)
        site.exports.exports = {
            f"expired {i}": replace(export, directory="/expired", polls_left=0, wait_s=0)
            for i, export in enumerate(site.exports.exports.values())
        }
        return n


def _log(site: Site) -> list[dict[str, Any]]:
    return site.log.rows()


def _fault_state(site: Site) -> list[dict[str, Any]]:
    return site.faults.state()


def _clear_log(site: Site) -> None:
    site.log.clear()


_DO: dict[str, Callable[..., Any]] = {
    "options": _options,
    "faults": _faults,
    "fault_state": _fault_state,
    "hide": _hide,
    "reveal": _reveal,
    "reprocess": _reprocess,
    "without_segments": _without_segments,
    "add": _add,
    "scan": _scan,
    "expire": _expire,
    "log": _log,
    "clear_log": _clear_log,
}
