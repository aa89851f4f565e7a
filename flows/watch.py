"""A round of the clock: what is new for the regions that the lake follows, taken through the chain.

Plain functions, with or without a scheduler; `flows.deployed` makes a Prefect flow of them.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from flows.chain import PLAIN, Chain
from flows.followed import watched
from flows.harp import Harp, forget_sources, source_files
from flows.ingest import lacking
from flows.outcome import Outcome, RunError, failure
from flows.pipeline import SILENT_AT, not_tried, process, publish_of
from flows.possible import check, require_possible
from flows.request import JSOC, Request
from flows.tracking import up_to_date
from flows.words import counted
from pores.errors import InputError, PorelakeError, UnreachableError
from storage.lake import Lake
from storage.news import new_files
from storage.remote import pull

LOOK_BACK = timedelta(days=3)
News = Callable[[Request, int], str]


def news(request: Request, harpnum: int) -> str:
    """Say what is to be done for a HARP: what its source has that the lake lacks; nothing if all is done.

    A HARP whose chain was cut short earlier has something to be done, too.

    Raises
    ------
    PorelakeError
        If the source can't be asked.
    """
    harp = Harp(request, harpnum)
    if said := _at_jsoc(request, harpnum) if request.source == JSOC else _in_files(request, harpnum):
        return said
    if harp.cube.exists() and not up_to_date(request, harpnum):
        return "tables to be made"
    return ""


def _in_files(request: Request, harpnum: int) -> str:
    files = source_files(request.source, request.series).get(harpnum, []) if request.source else []
    new = new_files(Harp(request, harpnum).cube, files)
    return f"{counted(len(new), 'file')} new" if new else ""


def _at_jsoc(request: Request, harpnum: int) -> str:
    n = lacking(request, harpnum)
    return f"{counted(n, 'record')} new or changed" if n else ""


@dataclass(frozen=True)
class Clockwork:
    """What a round works with: plain functions, or the same ones as Prefect tasks."""

    chain: Chain
    news: News


PLAIN_CLOCKWORK = Clockwork(PLAIN, news)


def watch_round(
    request: Request, look_back: timedelta = LOOK_BACK, clockwork: Clockwork = PLAIN_CLOCKWORK
) -> Outcome:
    """Run the chain for every HARP of the followed regions that has something new; publish once if one has.

    Parameters
    ----------
    request : Request
        Lake, source, series and science. HARPs and regions that it names are watched besides the followed.
    look_back : timedelta
        How far before the newest record of a HARP's current run JSOC is asked for changed records. Of a HARP
        that has none, everything is asked.
    clockwork : Clockwork

    Raises
    ------
    InputError
        If nothing is followed, or the request is wrong.
    RunError
        If a HARP failed or lacks something; the others are done and published.
    """
    require_possible(request)
    seen = watched(request)
    asked = [_windowed(request, harpnum, seen.harps[harpnum], look_back) for harpnum in sorted(seen.harps)]
    return _run_new(request, asked, seen.outcome, clockwork)


def backfill(request: Request, clockwork: Clockwork = PLAIN_CLOCKWORK) -> Outcome:
    """Take the HARPs and regions of a request through the chain from their beginnings, oldest first.

    HARPs are numbered as they appear on the Sun, so the oldest has the lowest number. A HARP that the lake
    has as the source has it is passed over; its whole time is looked at, which also finds old records that
    changed.

    Raises
    ------
    InputError
        If the request is wrong.
    RunError
        If a HARP failed or lacks something; the others are done and published.
    """
    harpnums, notes = check(request)
    asked = [_of_one_harp(request, harpnum) for harpnum in harpnums]
    return _run_new(request, asked, Outcome(notes="\n".join(notes)), clockwork, named=True)


def _run_new(
    request: Request, asked: Sequence[Request], outcome: Outcome, clockwork: Clockwork, named: bool = False
) -> Outcome:
    """Run the chain for the HARPs for which there is something to be done, in their order; publish once.

    Of HARPs that are `named` there must be something; those that are followed may still come.
    """
    forget_sources()
    chain = clockwork.chain
    chain.tell(outcome.notes)
    for group in _in_groups(_with_news(request, asked, clockwork, outcome)):
        outcome.add(_process(group, chain))
    for line in _absent(request, asked, outcome, named):
        outcome.notes = "\n".join(filter(None, [outcome.notes, line]))
        chain.tell(line)
    if any(done.said for done in outcome.done) or _unpublished(request):
        publish_of(request, chain, outcome)
    if error := failure(outcome):
        raise error
    return outcome


def _absent(request: Request, asked: Sequence[Request], outcome: Outcome, named: bool) -> Iterator[str]:
    """Say of which HARPs neither the lake nor its source has anything; named ones have failed."""
    there = set(Lake.at(request.lake).cubes(request.series)) | set(outcome.failed)
    for harpnum in (harpnum for one in asked for harpnum in one.harpnums if harpnum not in there):
        why = f"{request.source or 'the lake'} has no record of it in {request.series}"
        if named:
            outcome.fail(harpnum, why, wrong_input=True)
        else:
            yield f"HARP {harpnum}: {why} yet"


def _windowed(request: Request, harpnum: int, since: datetime | None, look_back: timedelta) -> Request:
    """The request for one HARP from a time on, and of what the lake has only the newest."""
    bounds = filter(None, (request.selection.since, since))
    window = {"since": max(bounds, default=None), "look_back": look_back}
    return _of_one_harp(request, harpnum, selection=request.selection.model_copy(update=window))


def _of_one_harp(request: Request, harpnum: int, **values: object) -> Request:
    return request.model_copy(update={"harpnums": (harpnum,), "noaa": (), "last_stage": "track", **values})


def _with_news(
    request: Request, asked: Sequence[Request], clockwork: Clockwork, outcome: Outcome
) -> Iterator[Request]:
    """Requests for which there is something to be done; a HARP that can't be asked about fails by itself.

    When the archive has not answered for several in a row, the others are not asked about.
    """
    silent = 0
    for n, one in enumerate(asked, 1):
        (harpnum,) = one.harpnums
        try:
            pull(Lake.at(request.lake), request.series, harpnum)
            is_new = bool(clockwork.news(one, harpnum))
        except (PorelakeError, OSError, RuntimeError) as error:
            outcome.fail(harpnum, str(error), isinstance(error, InputError))
            clockwork.chain.tell(f"HARP {harpnum}: failed")
            silent = silent + 1 if isinstance(error, UnreachableError) else 0
            if silent == SILENT_AT and n < len(asked):
                outcome.add(not_tried(len(asked) - n))
                return
        else:
            silent = 0
            if is_new:
                yield one


def _in_groups(requests: Iterator[Request]) -> Iterator[Request]:
    """Requests that differ in their HARP only, as one."""
    for _, group in groupby(requests, lambda request: request.model_copy(update={"harpnums": ()})):
        together = list(group)
        harpnums = tuple(harpnum for request in together for harpnum in request.harpnums)
        yield together[0].model_copy(update={"harpnums": harpnums})


def _process(request: Request, chain: Chain) -> Outcome:
    try:
        return process(request, chain)
    except RunError as error:
        return error.outcome


def _unpublished(request: Request) -> bool:
    """Whether a run has become current since the catalogue was written: an earlier round was cut short."""
    lake = Lake.at(request.lake)
    if lake.url is not None:  # the copies here tell nothing of when
        return False
    changed = [path.stat().st_mtime_ns for path in (*lake.pointers(), *lake.members())]
    written = lake.catalog.stat().st_mtime_ns if lake.catalog.exists() else 0
    return bool(changed) and max(changed) > written
