"""JSOC through its client drms: what there is, keywords, exports; made polite by `storage.jsoc_http`."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin

import numpy as np

from pores.errors import InputError
from pores.frame import Keyword
from pores.record_time import parse_t_rec
from storage import jsoc_replies as replies
from storage.jsoc_download import Progress
from storage.jsoc_drms import RefusedError, client_of, understood
from storage.jsoc_http import Http
from storage.jsoc_replies import ArchiveRecord, ExportState
from storage.record_sets import RecordSet
from storage.settings import Settings

__all__ = ["ArchiveRecord", "Jsoc", "Progress"]

BELIEVED_AT = 3  # a refusal, heard that often
T = TypeVar("T")
REGISTER = "/ajax/register_email.html"
# Exports leave out records whose QUALITY is negative, unless the request speaks of QUALITY itself.
_ANY_QUALITY = "QUALITY >= 0 OR QUALITY < 0"
_registered: set[tuple[str, str]] = set()  # (server, address), asked once per process


class Jsoc:
    """The archive, asked by one connection at a time.

    Every method raises UnreachableError if JSOC does not answer, InputError if it refuses what it was asked,
    PorelakeError if its answer makes no sense.
    """

    def __init__(self, settings: Settings, email: str | None = None) -> None:
        self.settings, self.email = settings, email or settings.jsoc_email
        self.http = Http(settings)
        self._client, self._json = client_of(settings.jsoc_url, self.http)

    def records(self, what: RecordSet) -> list[ArchiveRecord]:
        """The records of a set, by HARPNUM and T_REC; of the segments, those `what` names (none: all)."""
        types, segments = self._structure(what.series)
        if unknown := sorted(set(what.segments).difference(segments)):
            raise InputError(f"{what.series} has no segment {unknown[0]}, only {', '.join(segments)}")
        keys = [name for name in replies.RECORD_KEYS if name in types]
        reply = self._list(what, [*keys, *replies.HIDDEN_KEYS], what.segments or segments)
        with understood(what):
            return replies.records_of(reply)

    def segments(self, series: str) -> list[str]:
        """The segments of a series, in its order."""
        return self._structure(series)[1]

    def t_recs(self, what: RecordSet) -> list[np.datetime64]:
        """The T_RECs of a set, sorted."""
        reply = self._list(what, replies.PRIME_KEYS)
        with understood(what):
            return sorted({parse_t_rec(text) for text in replies.columns_of(reply).get("T_REC", ())})

    def keywords(self, what: RecordSet) -> dict[np.datetime64, dict[str, Keyword]]:
        """T_REC to every keyword, named as in FITS headers and typed as the series declares it.

        None where missing. Those of a segment carry its number, as JSOC has them.
        """
        types, _ = self._structure(what.series)
        reply = self._list(what, ["**ALL**"])
        with understood(what):
            return {
                parse_t_rec(row["T_REC"]): {
                    replies.fits_name(name): replies.typed(name, types.get(name, "string"), text)
                    for name, text in row.items()
                }
                for row in replies.rows_of(replies.columns_of(reply))
            }

    def harps_of_noaa(self, noaa: int, after_harpnum: int, series: str) -> dict[int, tuple[int, ...]]:
        """HARPNUM to NOAA_ARS of HARPs numbered above `after_harpnum` that hold a NOAA region."""
        condition = f"HARPNUM > {after_harpnum} AND NOAA_ARS LIKE '%{noaa}%'"
        what = RecordSet(series, None, conditions=(condition,))
        reply = self._list(what, ["HARPNUM", "NOAA_ARS"])
        found: dict[int, set[int]] = {}
        with understood(what):
            for row in replies.rows_of(replies.columns_of(reply)):
                found.setdefault(int(row["HARPNUM"]), set()).update(replies.noaa_numbers(row["NOAA_ARS"]))
        return {harpnum: tuple(sorted(ars)) for harpnum, ars in sorted(found.items()) if noaa in ars}

    def get_text(self, path: str) -> tuple[str, datetime | None]:
        """A text file of the server, by its path from the root, and its Last-Modified."""
        return self.http.text(urljoin(self.settings.jsoc_url, path))

    def estimate(self, what: RecordSet) -> tuple[int, int, int]:
        """Records, files and about how many bytes an export of a set would bring."""
        records = self.records(what)
        files = sum(len(record.segments) for record in records)
        return len(records), files, sum(record.expected_bytes for record in records)

    def export(
        self, what: RecordSet, n_files: int, into: Path, progress: Progress | None = None
    ) -> list[Path]:
        """Files (FITS, or tars) of an export in `into`; begun by an earlier run, it is resumed.

        See `storage.jsoc_export.export`.
        """
        from storage.jsoc_export import export

        return export(self, what, n_files, into, progress)

    def require_address(self) -> str:
        """The address that exports are asked for with, once JSOC has said that it is registered."""
        if not self.email:
            raise InputError("--email or JSOC_EMAIL: JSOC exports need an address registered with it")
        asked = self.settings.jsoc_url, self.email
        if asked not in _registered:
            with understood(self.email):
                known = self._is_registered(self.email)
            if not known:
                page = urljoin(self.settings.jsoc_url, REGISTER)
                raise InputError(
                    f"--email {self.email}: JSOC does not know this address; register it at {page}"
                )
            _registered.add(asked)
        return self.email

    def _is_registered(self, address: str) -> bool:
        for tries in range(1, BELIEVED_AT):
            if self._client.check_email(address):
                return True
            time.sleep(self.http.pause_s(tries))
        return bool(self._client.check_email(address))

    def submit(self, what: RecordSet, method: str, protocol: str) -> ExportState:
        """Ask for an export; refusals are states too."""
        email = self.require_address()
        # drms' own default would name files by the series in small letters.
        names = f"{what.series}.{{HARPNUM}}.{{T_REC:A}}.{{segment}}"
        asked = what
        if "QUALITY" in self._structure(what.series)[0] and "QUALITY" not in str(what).upper():
            asked = replace(what, conditions=(*what.conditions, _ANY_QUALITY))
        with understood(what):
            request = self._client.export(
                str(asked), method=method, protocol=protocol, filenamefmt=names, email=email
            )
            return self._state(request)

    def status(self, request_id: str) -> ExportState:
        """How an export stands."""
        with understood(request_id):
            return self._state(self._client.export_from_id(request_id))

    def _state(self, request: Any) -> ExportState:
        reply = request._d
        files = tuple(replies.export_file(*row) for row in request.urls.values) if request.status == 0 else ()
        request_id = None if request.id in (None, "", "VOID") else str(request.id)
        wait_s = max(float(reply.get("wait") or 0), 0.0)
        return ExportState(
            request.status, request_id, wait_s, replies.one_line(reply.get("error", "")), files
        )

    def _structure(self, series: str) -> tuple[dict[str, str], list[str]]:
        """Keywords of a series with their types, and its segments; asked once."""
        with understood(series):
            info = self._believed(lambda: self._client.info(series))
            types, segments = dict(info.keywords["type"]), list(info.segments.index)
        if missing := [name for name in replies.PRIME_KEYS if name not in types]:
            raise InputError(f"--series {series}: it has no {missing[0]}, so it is no series of HARPs")
        return types, segments

    def _list(self, what: RecordSet, keys: Any, segments: Any = None) -> Mapping[str, Any]:
        ds = str(replace(what, segments=()))

        def once() -> Mapping[str, Any]:
            reply: dict[str, Any] = self._json.rs_list(ds, key=list(keys), seg=segments and list(segments))
            if int(reply["status"]) != 0:
                raise RefusedError(f"{reply.get('error', 'no reason given')} [status={reply['status']}]")
            return reply

        with understood(ds):
            return self._believed(once)

    def _believed(self, ask: Callable[[], T]) -> T:
        """Ask again where JSOC refuses: it may be a hiccup of its database."""
        for tries in range(1, BELIEVED_AT):
            try:
                return ask()
            except RefusedError:
                time.sleep(self.http.pause_s(tries))
        return ask()
