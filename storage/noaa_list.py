"""Where the table of HARPs and NOAA regions is from: a file, JSOC, its list cached, the copy shipped here."""

import functools
import importlib.resources
import json
import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from pores.errors import InputError, PorelakeError
from storage.lake import atomic
from storage.noaa_table import Regions, parse, read_text, told

PAGE = "/doc/data/hmi/harpnum_to_noaa/all_harps_with_noaa_ars.txt"
FRESH = timedelta(days=7)
TRY_S = 10.0  # one short try: a machine without network must not wait for the list
PAUSE_S = 300.0  # after a try that failed none is made for so long: a process may resolve many regions
_COPY = "harps_noaa.csv"
_LEAST = 0.99  # of the shipped copy's pairs: JSOC's list grows, so a shorter one was cut


@dataclass(frozen=True)
class Cached:
    """JSOC's list as it was fetched; the text whole, so that what is wrong in it stays known."""

    fetched: datetime
    text: str

    @property
    def age(self) -> timedelta:
        """How long ago that was; negative where the clock was set back since."""
        return datetime.now(UTC) - self.fetched


def regions(table: Path | None = None, refresh: bool = False) -> Regions:
    """The table of HARPs and NOAA regions, from the first source that has it.

    Parameters
    ----------
    table : Path, optional
        A file of the user's, in the form of JSOC's list; nothing else is looked at then.
    refresh : bool
        Fetch JSOC's list however young the cached one is.

    Raises
    ------
    InputError
        If the user's file can't be read, or has wrong rows.
    PorelakeError
        If `refresh` is asked and the list can't be fetched.
    """
    if table is not None:
        if refresh:
            raise InputError("--refresh fetches JSOC's list, --table FILE uses another: give one of them")
        return _of_file(table)
    cached = _cached()
    if cached is not None and not refresh and timedelta(0) <= cached.age < FRESH:
        return _of_page(cached.text, f"JSOC, cached {cached.fetched:%Y-%m-%d}", cached.fetched)
    try:
        return _fetched() if refresh else _fetched_unless_just_failed()
    except PorelakeError as error:
        if refresh:
            raise PorelakeError(f"--refresh: no list from JSOC: {error}") from error
        older = shipped() if cached is None else _stale(cached)
        why = getattr(error, "why", "") or error
        note = f"no list of HARPs and NOAA regions from JSOC ({why}); used: {older.origin}"
        return replace(older, notes=(*older.notes, note))


def at_hand() -> Regions:
    """JSOC's list as it was cached last, else the copy shipped: what there is without a question to JSOC."""
    cached = _cached()
    return shipped() if cached is None else _stale(cached)


@functools.cache
def _shipped_pairs() -> tuple[frozenset[tuple[int, int]], str]:
    text = importlib.resources.files("storage").joinpath(_COPY).read_text(encoding="utf-8")
    month = re.search(r"^# date: (\d{4}-\d\d)$", text, re.MULTILINE)
    pairs, wrong = parse(text)
    if month is None or wrong:
        raise PorelakeError(f"{_COPY} of this installation is damaged; install porelake again")
    return pairs, month[1]


def shipped() -> Regions:
    """The copy in this package, which says how old it is."""
    pairs, month = _shipped_pairs()
    now = datetime.now(UTC)
    months = 12 * (now.year - int(month[:4])) + now.month - int(month[5:])
    return Regions(pairs, f"the copy in this package, of {month}, {months} months old", month)


def _of_file(table: Path) -> Regions:
    pairs, wrong = parse(read_text(table, "--table"))
    if wrong:
        raise InputError(f"--table {table}: no HARPNUM with NOAA numbers: {told(wrong)}")
    if not pairs:
        raise InputError(f"--table {table}: no row; a row is a HARPNUM and its NOAA numbers: 284 11133,11134")
    return Regions(pairs, f"--table {table}")


def _of_page(text: str, origin: str, fetched: datetime) -> Regions:
    pairs, wrong = parse(text)
    notes = (f"JSOC's list: rows that can't be read were left out: {told(wrong)}",) if wrong else ()
    return Regions(pairs, origin, f"{fetched:%Y-%m-%d}", notes)


def _stale(cached: Cached) -> Regions:
    day = f"{cached.fetched:%Y-%m-%d}"
    return _of_page(cached.text, f"JSOC, cached {day}, {max(cached.age.days, 0)} days old", cached.fetched)


_failures: dict[str, tuple[float, PorelakeError]] = {}  # server to the moment and cause of the last one


def _fetched_unless_just_failed() -> Regions:
    server = _cache().name
    at, error = _failures.get(server, (-PAUSE_S, None))
    if error is not None and time.monotonic() - at < PAUSE_S:
        raise error
    try:
        return _fetched()
    except PorelakeError as failure:
        _failures[server] = (time.monotonic(), failure)
        raise


def _fetched() -> Regions:
    """JSOC's list of now, cached once it is known to be one."""
    from storage.jsoc_client import Jsoc
    from storage.settings import settings

    now = settings()
    limits = {
        "jsoc_timeout_s": min(TRY_S, now.jsoc_timeout_s),
        "jsoc_turn_limit_s": min(TRY_S, now.jsoc_turn_limit_s),
        "jsoc_retries": 0,
    }
    text, _changed = Jsoc(now.model_copy(update=limits)).get_text(PAGE)
    if not _is_list(text):
        raise PorelakeError(f"what {now.jsoc_url} has as {PAGE} is not the whole list")
    fetched = datetime.now(UTC)
    found = _of_page(text, f"JSOC, fetched {fetched:%Y-%m-%d}", fetched)
    try:
        _write(Cached(fetched, text))
    except OSError as error:  # the list is here all the same
        note = f"JSOC's list can't be cached in {now.cache_dir}: {error.strerror}"
        return replace(found, notes=(*found.notes, note))
    return found


def _is_list(text: str) -> bool:
    """Whether a page is JSOC's list, and all of it: neither an error page nor cut."""
    pairs, wrong = parse(text)
    return len(pairs) >= _LEAST * len(_shipped_pairs()[0]) and len(wrong) <= len(pairs) // 100


def _cache() -> Path:
    """The cached list of the server that is configured: another server's HARPs may be others."""
    from storage.settings import settings

    place = re.sub("[^A-Za-z0-9.-]", "_", urlsplit(settings().jsoc_url).netloc)
    return settings().cache_dir / f"harps_noaa-{place}.json"


def _cached() -> Cached | None:
    try:
        found = json.loads(_cache().read_text(encoding="utf-8"))
        cached = Cached(datetime.fromisoformat(found["fetched"]), found["text"])
        return cached if cached.fetched.tzinfo and _is_list(cached.text) else None
    except (OSError, ValueError, TypeError, KeyError):  # none, or damaged: as good as none
        return None


def _write(cached: Cached) -> None:
    with atomic(_cache()) as partial:
        content = {"fetched": cached.fetched.isoformat(timespec="seconds"), "text": cached.text}
        partial.write_text(json.dumps(content), encoding="utf-8")
