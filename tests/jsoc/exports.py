"""What `jsoc_fetch` answers: exports asked for, waited for, and their files."""

import re
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.jsoc.export_files import BASES, Export, ExportedFile, files_of, write_tar
from tests.jsoc.headers import bare
from tests.jsoc.info import select, signed_quality
from tests.jsoc.record_sets import BadRecordSetError
from tests.jsoc.records import Archive, Record
from tests.jsoc.replies import Reply

MB = 1_000_000
METHODS = ("url_quick", "url", "url-tar")

Answer = dict[str, Any]


@dataclass
class Exports:
    """All exports of a server.

    Attributes
    ----------
    registered : tuple of str
        Addresses that may export.
    max_bytes : int
        Above, a request is refused with status 3.
    pending_polls, pending_s : int, float
        How many polls, and how long, an export pends; a refusal with status 7 counts as a poll, since else an
        export whose reply was lost would pend for ever.
    unknown_polls : int
        How many polls are first answered with status 6.
    offline : bool
        Files of `url_quick` are not online: such a request pends as any other does.
    """

    archive: Archive
    registered: tuple[str, ...] = ("a@b.c",)
    max_bytes: int = 100_000 * MB
    pending_polls: int = 1
    pending_s: float = 0.0
    unknown_polls: int = 0
    offline: bool = False
    wait: float = 0
    exports: dict[str, Export] = field(default_factory=dict)
    _tars: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="jsoc-")))

    def close(self) -> None:
        shutil.rmtree(self._tars, ignore_errors=True)

    def request(self, arguments: dict[str, str]) -> Answer:
        """Reply to `op=exp_request`."""
        method, protocol = arguments.get("method", "url_quick"), arguments.get("protocol", "as-is").lower()
        user = arguments.get("notify", "")
        common = {"method": method, "protocol": arguments.get("protocol", "as-is"), "wait": 0}
        bad = self._refusal(user, method, protocol)
        if bad:
            return {"status": 4, "error": bad}
        try:
            ds, n = arguments.get("ds", ""), arguments.get("process=n", "0").partition("|")[0]
            wanted, records = select(self.archive, ds, int(n or 0))
            if not re.search(r"\[\?(.*\W)?quality\b", ds, re.IGNORECASE):  # as the real one does it
                records = [record for record in records if not signed_quality(record) < 0]
        except (BadRecordSetError, ValueError) as error:
            return {"status": 4, "error": str(error)}
        if busy := [export for export in self.exports.values() if export.user == user and export.pending]:
            busy[0].polls_left -= 1
            return {**common, "requestid": "VOID", "status": 7, "error": _busy_text(user, busy[0].requestid)}
        return self._accept(user, arguments, common, records, wanted.segments)

    def _refusal(self, user: str, method: str, protocol: str) -> str | None:
        if user not in self.registered:
            return f"Email address {user!r} is not registered for exports"
        if method not in METHODS:
            return f"Invalid argument on entry, 'method={method}'"
        if protocol.partition(",")[0] not in BASES:
            return f"Invalid argument on entry, 'protocol={protocol}'"
        return None

    def _accept(
        self,
        user: str,
        arguments: dict[str, str],
        common: Answer,
        records: list[Record],
        segments: tuple[str, ...],
    ) -> Answer:
        quick = common["method"] == "url_quick" and not self.offline
        requestid = "" if quick else f"JSOC_{datetime.now(UTC):%Y%m%d}_{len(self.exports) + 1:03d}"
        where = f"/SUM{len(self.exports) % 90 + 1}/D{10**12 + len(self.exports)}/S00000"
        fmt = arguments.get("filenamefmt") or "{seriesname}.{recnum:%lld}.{segment}"
        stored = common["protocol"].lower() == "as-is"
        files = list(files_of(records, segments, where, fmt, stored))
        size = sum(file.path.stat().st_size for file in files)
        count = {"count": len(files), "size": size // MB}
        if size > self.max_bytes:
            error = f"Request exceeds max byte limit of {self.max_bytes // MB}MB"
            return {"requestid": "VOID", **common, "status": 3, **count, "error": error}
        if quick:
            data = {"data": _data(files)} if files else {}
            return {**count, "size": size, "dir": "", **data, "requestid": "", **common, "status": 0}
        if not files:
            return {"status": 4, "error": "No records with data in the request", "requestid": "VOID"}
        by_place = {file.place: file for file in files}
        export = Export(
            requestid, user, common["method"], common["protocol"], by_place, len(records), size, where
        )
        export.unknown_left, export.polls_left = self.unknown_polls, self.pending_polls
        export.wait_s = self.pending_s
        self.exports[requestid] = export
        return self._pends(export, 2)

    def _pends(self, export: Export, status: int) -> Answer:
        return {
            "status": status,
            "requestid": export.requestid,
            "method": export.method,
            "protocol": export.protocol,
            "wait": self.wait,
            "rcount": export.rcount,
            "size": export.size // MB,
        }

    def status(self, requestid: str, held: bool = False) -> Answer:
        """Reply to `op=exp_status`; a held export stays as it is."""
        export = self.exports.get(requestid)
        if export is None or export.unknown_left > 0:
            if export is not None:
                export.unknown_left -= 1
            return {
                "status": 6,
                "requestid": requestid,
                "error": f"Request {requestid} is not known",
                "wait": 1,
            }
        if held or export.pending:
            status = 2 if export.polls_left > self.pending_polls // 2 and not held else 1
            export.polls_left -= 0 if held else 1
            return self._pends(export, status)
        return self._done(export)

    def _done(self, export: Export) -> Answer:
        tar = {"tarfile": export.tar} if export.method == "url-tar" else {}
        stored = export.protocol.lower() == "as-is"
        return {
            "status": 0,
            "requestid": export.requestid,
            "method": export.method,
            "protocol": export.protocol,
            "dir": "" if stored and not tar else export.directory,
            "wait": 0,
            "count": len(export.files),
            "size": export.size // MB,
            "exptime": f"{datetime.now(UTC):%Y.%m.%d_%H:%M:%S_UT}",
            "keywords": f"{export.directory}/{export.requestid}.keywords.txt",
            **tar,
            "data": _data(list(export.files.values()), paths=stored and not tar),
        }

    def download(self, place: str) -> Reply | None:
        """The file served at a place; None if there is none."""
        for export in self.exports.values():
            if export.pending or not place.startswith(export.directory):
                continue
            if place == export.tar and export.method == "url-tar":
                return Reply.of_file(self._tar(export), "application/x-tar")
            if place in export.files and export.method != "url-tar":
                return export.files[place].reply()
        return self._stored(place)

    def _stored(self, place: str) -> Reply | None:
        """A bare file of a record as it is now."""
        match = re.fullmatch(r"/SUM\d+/D(\d+)/S00000/(\w+)\.fits", place)
        if match is None:
            return None
        for record in self.archive.records.values():
            path = record.stored(int(match[1])).get(match[2])
            if path is not None:
                return Reply.of_bytes(bare(path.read_bytes()), kind="image/fits")
        return None

    def _tar(self, export: Export) -> Path:
        """The export's tar, made when first asked for."""
        path = self._tars / Path(export.tar).name
        if not path.exists():
            write_tar(path, export.requestid, list(export.files.values()))
        return path


def _busy_text(user: str, requestid: str) -> str:
    return f"User {user} has a pending export request, {requestid}; wait until it is complete"


def _data(files: list[ExportedFile], paths: bool = True) -> list[Answer]:
    return [{"record": file.record, "filename": file.place if paths else file.name} for file in files]
