"""An export, from the asking to the moment its files are ready; each status JSOC may give it."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pores.errors import PorelakeError
from storage.jsoc_client import BELIEVED_AT, Jsoc
from storage.jsoc_journal import DONE, PENDING, READY, Journal, Request
from storage.jsoc_replies import ExportState

OK, TOO_LARGE, EXPIRED, UNKNOWN, BUSY = 0, 3, 5, 6, 7  # JSOC's status codes
_PENDING = (1, 2)
LONGEST_POLL = 12  # times `jsoc_poll_s`


class TooLargeError(PorelakeError):
    """JSOC finds a request too large."""


class LostError(Exception):
    """JSOC does not know an export, or not any more."""


def ready(jsoc: Jsoc, journal: Journal, request: Request) -> ExportState:
    """Wait until the files are there; ask for them if that was not done."""
    waits = _Waits(jsoc, request)
    while True:
        state = jsoc.status(request.request_id) if request.request_id else _submit(jsoc, journal, request)
        if state.status == OK:
            return state
        if state.status in _PENDING:
            waits.pending(state)
        elif state.status == BUSY:
            waits.busy(state)
        elif state.status == UNKNOWN and request.request_id:
            waits.unknown(state)
        elif state.status == EXPIRED and request.request_id:
            raise LostError("it has expired")
        elif state.status == TOO_LARGE:
            raise TooLargeError(f"{request.record_set}: JSOC finds it too large ({state.error})")
        else:
            with _forgotten(journal, request):
                waits.refused(state)


def _submit(jsoc: Jsoc, journal: Journal, request: Request) -> ExportState:
    jsoc.require_address()
    request.submitting()
    journal.save()
    state = jsoc.submit(request.what, request.method, request.protocol)
    if state.status in (OK, *_PENDING):
        request.state, request.request_id = PENDING, state.request_id
        journal.save()
    return state


@contextmanager
def _forgotten(journal: Journal, request: Request) -> Iterator[None]:
    """Forget the request where JSOC will not make it: the next run would only hear the same."""
    try:
        yield
    except PorelakeError:
        request.forget()
        journal.save()
        raise


@dataclass
class _Waits:
    """Pauses while an export is made, and when to wait no longer."""

    jsoc: Jsoc
    request: Request
    began: float = field(default_factory=time.monotonic)
    unknown_since: float | None = None
    busy_times: int = 0
    refusals: int = 0

    def pending(self, state: ExportState) -> None:
        self.unknown_since = None
        self._within_limit(f"JSOC's export {self.request.request_id} still pends", "go on with it")
        self._sleep(state.wait_s)

    def busy(self, state: ExportState) -> None:
        """Another request of the user pends: wait longer each time."""
        self._within_limit(f"JSOC has a pending request of {self.jsoc.email} ({state.error})", "ask again")
        self._sleep(self.jsoc.settings.jsoc_poll_s * 2 ** min(self.busy_times, 5) * random.uniform(0.5, 1))
        self.busy_times += 1

    def unknown(self, state: ExportState) -> None:
        """JSOC takes a moment to know a new request; one that was made already is not kept any more."""
        now = time.monotonic()
        if self.request.state in (READY, DONE):
            raise LostError("it has expired")
        self.unknown_since = now if self.unknown_since is None else self.unknown_since
        if now - self.unknown_since > self.jsoc.settings.jsoc_lost_limit_s:
            raise LostError(state.error or "not known")
        self._sleep(state.wait_s)

    def refused(self, state: ExportState) -> None:
        self.refusals += 1
        if self.refusals >= BELIEVED_AT:
            why = state.error or "no reason given"
            raise PorelakeError(
                f"{self.request.record_set}: JSOC does not export it: {why} [status={state.status}]"
            )
        time.sleep(self.jsoc.http.pause_s(self.refusals))

    def _within_limit(self, what: str, then: str) -> None:
        limit_s = self.jsoc.settings.jsoc_pending_limit_s
        if time.monotonic() - self.began > limit_s:
            raise PorelakeError(
                f"{self.request.record_set}: {what} after {limit_s / 3600:.3g} h; run again later to {then}"
            )

    def _sleep(self, wish_s: float) -> None:
        shortest = self.jsoc.settings.jsoc_poll_s
        time.sleep(min(max(wish_s, shortest), LONGEST_POLL * shortest))
