"""Requests to answers: which program a path names, and what it replies."""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.jsoc import info
from tests.jsoc.exports import Exports
from tests.jsoc.faults import Fault, Faults
from tests.jsoc.log import Entry, Log
from tests.jsoc.records import Archive
from tests.jsoc.replies import Reply

CGI = "/cgi-bin/ajax/"
LIST = "/doc/data/hmi/harpnum_to_noaa/all_harps_with_noaa_ars.txt"
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


def op_of(path: str, arguments: dict[str, str]) -> str:
    """What a request asks for."""
    if path == LIST:
        return "list"
    if not path.startswith(CGI):
        return "download"
    name = path.removeprefix(CGI)
    return _OPS.get(name) or arguments.get("op", name)


def spoilt(fault: Fault) -> Reply | None:
    """What a fault puts in place of a reply, if it does that."""
    if fault.kind == "http":
        return Reply.error(fault.code, "Service Unavailable" if fault.code == 503 else "Error")
    if fault.kind == "newline":
        return Reply.of_bytes(_NEWLINE, kind="application/json")
    return Reply.of_bytes(_GARBAGE) if fault.kind == "garbage" else None


def answer(site: Site, entry: Entry, fault: Fault | None) -> Reply:
    """The reply to a request."""
    kind = fault.kind if fault else None
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
