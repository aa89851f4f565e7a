"""What was asked of JSOC for a directory, so that a run that was killed, or gave up, is gone on with."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pores.errors import InputError
from storage.lake import atomic
from storage.record_sets import RecordSet

NAME = "request.json"
NEW, SUBMITTING, PENDING, READY, DONE = "new", "submitting", "pending", "ready", "done"


@dataclass
class Request:
    """One export.

    Attributes
    ----------
    record_set, method, protocol : str
    state : str
        `new`; `submitting`: asked for, the answer not noted yet; `pending`; `ready`: files can be fetched;
        `done`: they were.
    request_id : str or None
        As JSOC calls it; None before, and where files are to be had at once (`url_quick`).
    submitted : str or None
        UTC.
    files : dict of str to str
        Name to the URL it comes from.
    """

    record_set: str
    method: str
    protocol: str
    state: str = NEW
    request_id: str | None = None
    submitted: str | None = None
    files: dict[str, str] = field(default_factory=dict)

    @property
    def what(self) -> RecordSet:
        """Its records."""
        return RecordSet.parse(self.record_set)

    def submitting(self) -> None:
        """It is about to be asked for."""
        self.state, self.request_id = SUBMITTING, None
        self.submitted = datetime.now(UTC).isoformat(timespec="seconds")

    def forget(self) -> None:
        """What JSOC made of it can't be had: it is to be asked for anew."""
        self.state, self.request_id = NEW, None


@dataclass
class Journal:
    """The requests that together bring a record set: one, or several where one was too large."""

    path: Path
    record_set: str
    requests: list[Request]

    @classmethod
    def open(cls, into: Path, what: RecordSet, method: str, protocol: str) -> "Journal":
        """The journal kept in a directory; a new one if it has none, or one of other records or protocol.

        Files of the other protocol have other contents under the same names.
        """
        kept = read(into)
        same = kept is not None and all(request.protocol == protocol for request in kept.requests)
        if kept is not None and same and kept.record_set == str(what):
            return kept
        first = Request(str(what), method, protocol)
        return cls(into / NAME, str(what), [first])

    def save(self) -> None:
        """Write it: whole or not at all."""
        content = {"record_set": self.record_set, "requests": [asdict(one) for one in self.requests]}
        with atomic(self.path) as partial:
            partial.write_text(json.dumps(content, indent=1))

    def split(self, request: Request, parts: Sequence[RecordSet]) -> None:
        """Put several requests in the place of one."""
        at = self.requests.index(request)
        self.requests[at : at + 1] = [Request(str(p), request.method, request.protocol) for p in parts]
        self.save()


def read(into: Path) -> Journal | None:
    """The journal of a directory; None where there is none that can be read."""
    try:
        kept: dict[str, Any] = json.loads((into / NAME).read_text())
        requests = [Request(**row) for row in kept["requests"]]
        journal = Journal(into / NAME, kept["record_set"], requests)
        [request.what for request in requests]  # they can be read
    except (FileNotFoundError, NotADirectoryError, ValueError, LookupError, TypeError, InputError):
        return None
    return journal
