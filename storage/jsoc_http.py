"""The one way to JSOC: HTTP that waits for its turn, gives up in time, tries again, takes no half reply."""

import json
import logging
import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any, TypeVar

import httpx

from pores.errors import PorelakeError, UnreachableError
from storage.jsoc_turn import turn
from storage.settings import Settings

MOST_PAUSE_S = 120.0
MOST_RETRY_AFTER_S = 900.0
MOST_TEXT = 512 * 2**20  # bytes of a JSON reply; every keyword of 1500 records takes 5 MB
logging.getLogger("httpx").setLevel(logging.WARNING)  # drms has the root logger tell every request on stderr
T = TypeVar("T")
_AGAIN = (408, 425, 429, 500, 502, 503, 504)


class GoneError(PorelakeError):
    """What was asked for is not, or no longer, on the server (404, 410)."""


class Fault(Exception):  # noqa: N818 - caught here, and by who adds faults of its own to `Http.persist`
    """A try failed in a way in which the next one may not."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


class Http:
    """A user agent with one connection, closed after each exchange."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        logging.getLogger("httpx").setLevel(logging.WARNING)  # it reports each request
        timeout = httpx.Timeout(settings.jsoc_timeout_s)
        headers = {"User-Agent": user_agent(), "Accept-Encoding": "identity", "Connection": "close"}
        limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
        self._client = httpx.Client(timeout=timeout, headers=headers, limits=limits, follow_redirects=True)

    def json(self, url: str) -> dict[str, Any]:
        """The object of a JSON reply; raw newlines in its strings, which JSOC's errors have, are let pass."""

        def once() -> dict[str, Any]:
            text = self._text(url)[0]
            try:
                found = json.loads(text, strict=False)
            except ValueError as error:
                raise Fault(f"reply is no JSON: {' '.join(text[:60].split())!r}") from error
            if not isinstance(found, dict):
                raise Fault("reply is no JSON object")
            return found

        return self.persist(once)

    def text(self, url: str) -> tuple[str, datetime | None]:
        """A text and when it was last modified, UTC."""
        return self.persist(lambda: self._text(url))

    @contextmanager
    def get(self, url: str, headers: dict[str, str] | None = None) -> Iterator[httpx.Response]:
        """A reply whose body is still to come; `pieces` gives it.

        Raises
        ------
        Fault
            For a network fault, and a status that another try may better.
        GoneError, PorelakeError
            For one that it won't.
        """
        try:
            with self._client.stream("GET", url, headers=headers) as reply:
                self.require_good(reply)
                yield reply
        except httpx.TransportError as error:
            raise Fault(self._why(error)) from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise PorelakeError(f"{url}: {error}") from error

    def pieces(self, reply: httpx.Response) -> Iterator[bytes]:
        """The body as it comes; Fault where it comes too slowly."""
        window_s = self.settings.jsoc_timeout_s
        began, size = time.monotonic(), 0
        for piece in reply.iter_raw():
            yield piece
            size += len(piece)
            elapsed = time.monotonic() - began
            if elapsed > window_s:
                if size < self.settings.jsoc_floor_bytes_s * elapsed:
                    raise Fault(f"only {size} bytes within {elapsed:.0f} s")
                began, size = time.monotonic(), 0

    def persist(self, attempt: Callable[[], T], gained: Callable[[], int] = lambda: 0) -> T:
        """Make an exchange in its turn, and again after a fault, with growing pauses.

        Parameters
        ----------
        attempt : callable
            Raises Fault where it is worth another try.
        gained : callable
            Bytes that tries got for good; where a try added a MiB, the count of tries begins anew.

        Raises
        ------
        UnreachableError
            If every try fails.
        """
        tries, best = 0, gained()
        while True:
            try:
                with turn(self.settings.cache_dir, self.settings.jsoc_turn_limit_s):
                    return attempt()
            except Fault as fault:
                tries = 1 if gained() >= best + 2**20 else tries + 1
                best = max(best, gained())
                if tries > self.settings.jsoc_retries:
                    often = f" after {tries} tries" if tries > 1 else ""
                    raise UnreachableError(
                        f"JSOC at {self.settings.jsoc_url} does not answer ({fault}){often}; try later",
                        str(fault),
                    ) from fault
                time.sleep(self.pause_s(tries) if fault.after_s is None else fault.after_s)

    def pause_s(self, tries: int) -> float:
        """A pause at random, so that clients set back together don't come back together."""
        return random.uniform(0, min(self.settings.jsoc_backoff_s * 2 ** (tries - 1), MOST_PAUSE_S))

    def _text(self, url: str) -> tuple[str, datetime | None]:
        body = bytearray()
        with self.get(url) as reply:
            for piece in self.pieces(reply):
                body += piece
                if len(body) > MOST_TEXT:
                    raise PorelakeError(f"{url}: more than {MOST_TEXT} bytes; ask for fewer records")
            changed = _time(reply.headers.get("Last-Modified"))
        return body.decode("latin-1"), changed

    def require_good(self, reply: httpx.Response) -> None:
        """Refuse a reply by its status."""
        code = reply.status_code
        if code in (200, 206, 416):
            return
        text = f"{reply.url}: {code} {reply.reason_phrase}"
        if code in _AGAIN:
            raise Fault(f"{code} {reply.reason_phrase}", _retry_after_s(reply))
        if code in (404, 410):
            raise GoneError(f"{text}; if all of JSOC is, look at PORELAKE_JSOC_URL")
        raise PorelakeError(text)

    def _why(self, error: httpx.TransportError) -> str:
        if isinstance(error, httpx.TimeoutException):
            return f"nothing for {self.settings.jsoc_timeout_s:g} s"
        words = re.sub(r"^\[Errno -?\d+\] ", "", " ".join(str(error).split()))
        return words or type(error).__name__


def user_agent() -> str:
    """The name and version that JSOC sees."""
    try:
        return f"porelake/{version('porelake')}"
    except PackageNotFoundError:  # run from a clone that isn't installed
        return "porelake/0"


def _retry_after_s(reply: httpx.Response) -> float | None:
    """Read Retry-After: seconds or a date (RFC 9110, 10.2.3); bounded."""
    text = reply.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return min(float(text), MOST_RETRY_AFTER_S)
    when = _time(text)
    if when is None:
        return None
    return min(max((when - datetime.now(UTC)).total_seconds(), 0.0), MOST_RETRY_AFTER_S)


def _time(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text or "").astimezone(UTC)
    except ValueError:
        return None
