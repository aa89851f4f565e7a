"""The first stage of a HARP: its files into the cube, from a directory, a tar or JSOC."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING

import numpy as np

from flows.harp import Harp, source_files
from flows.pool import FILES_WORTH_A_POOL, LARGEST_SHARE, ordered_map
from flows.progress import track as progress
from flows.progress import transfer
from flows.request import JSOC, Request, Selection
from flows.stages import Done
from flows.words import counted, size
from pores.chain import USED_SEGMENTS
from pores.errors import InputError
from storage.cube_reading import Look, Offer
from storage.cubes import append
from storage.lake import Lake
from storage.runs import current_run
from storage.tables import read_table

if TYPE_CHECKING:
    from storage.jsoc_client import Jsoc
    from storage.record_sets import RecordSet

_BYTES_TOGETHER = 8_000_000  # of files that go to a process together
_BEGINNING = np.datetime64("2010-01-01T00:00:00", "ms")  # SDO was launched in February 2010
_END = np.datetime64("2099-12-31T00:00:00", "ms")


def ingest(request: Request, harpnum: int) -> Done:
    """Put the files of a HARP into its cube; files that are there already are passed over."""
    if request.source == JSOC:
        return _fetch(request, harpnum)
    files = source_files(request.source, request.series).get(harpnum, []) if request.source else []
    if not files:
        return Done("ingest", harpnum)
    over = partial(_over, request.workers, f"HARP {harpnum} ingest")
    result = append(Harp(request, harpnum).cube, files, over=over)
    return Done("ingest", harpnum, _added(result.added, len(result.unusable)))


def _over(
    workers: int | None, label: str, look_into: Callable[[Offer], Look], offers: Sequence[Offer]
) -> Iterable[Look]:
    """Look into files, in processes if there are many: what comes back of one is about as large as it is."""
    largest = max((offer.file.size for offer in offers), default=1)
    together = max(min(LARGEST_SHARE, _BYTES_TOGETHER // max(largest, 1)), 1)
    looks = ordered_map(look_into, offers, workers, FILES_WORTH_A_POOL, together)
    return progress(looks, label, len(offers))


def record_set(request: Request, harpnum: int, archive: "Jsoc") -> "RecordSet":
    """What a request asks JSOC for of a HARP; without segments named, those that the chain uses.

    Of a series that has none of them it is every segment: nothing but cubes can be made of it.
    """
    from storage.record_sets import RecordSet, TimeRange

    asked: Selection = request.selection
    first = first_of_interest(request, harpnum)
    bounds = [np.datetime64(t, "ms") if t else None for t in (first, asked.until)]
    times = (TimeRange(bounds[0] or _BEGINNING, bounds[1] or _END),) if any(bounds) else ()
    if asked.cadence and not times:
        times = (TimeRange(_BEGINNING, _END),)
    segments = asked.segments
    if not segments:
        there = archive.segments(request.series)
        used = "continuum" in there and "Br" in there
        segments = tuple(name for name in there if not used or name in USED_SEGMENTS)
    return RecordSet(request.series, harpnum, times, asked.cadence, asked.where, segments)


def first_of_interest(request: Request, harpnum: int) -> datetime | None:
    """First T_REC that a request asks JSOC for of a HARP; None if its whole life."""
    since, look_back = request.selection.since, request.selection.look_back
    newest = _newest_record(request, harpnum) if look_back is not None else None
    if newest is None or look_back is None:
        return since
    return max(since or datetime.min, newest - look_back)


def _newest_record(request: Request, harpnum: int) -> datetime | None:
    """T_REC of the newest record of a HARP's current run; None before the first run.

    Not of the cube: a fetch that broke off may have left gaps in it, for which the run has not been made.
    """
    lake = Lake.at(request.lake)
    run = current_run(lake, request.series, harpnum)
    if run is None:
        return None
    last = read_table(lake.table("harps", harpnum, run.run_id), ["t_last"])["t_last"][0]
    newest: datetime = last.astype("datetime64[us]").item()
    return newest


def lacking(request: Request, harpnum: int) -> int:
    """How many records JSOC has of a HARP that are new to its cube, or have changed since."""
    from storage.news import new_records

    archive = _archive(request.email)
    return new_records(archive, Harp(request, harpnum).cube, record_set(request, harpnum, archive))


def dry_run(request: Request, harpnums: list[int]) -> str:
    """Say what a run would ask JSOC for: record sets, what JSOC has of them, and what the lake lacks.

    Raises
    ------
    InputError
        If JSOC has no record of any of the HARPs.
    """
    from storage.noaa import hint_for_harp

    archive = _archive(request.email)
    lines, total, none = [], 0, []
    for harpnum in harpnums:
        what = record_set(request, harpnum, archive)
        n_records, n_files, n_bytes = archive.estimate(what)
        total += n_bytes
        if n_records:
            there = f"{counted(n_records, 'record')}, {counted(n_files, 'file')}, {size(n_bytes)} at JSOC"
            lines.append(f"{what}\n  {there}{_of_which(request, harpnum, n_records)}")
        else:
            hint = hint_for_harp(harpnum, request.series)
            none.append(f"{replace(what, segments=())}{hint}")
            lines.append(f"{what}\n  JSOC has no record{hint}")
    if len(none) == len(harpnums):
        raise InputError(f"JSOC has no record of {', nor of '.join(none)}")
    return "\n".join([*lines, f"{counted(len(harpnums), 'HARP')}, {size(total)} in all"])


def _of_which(request: Request, harpnum: int, n_records: int) -> str:
    """What the lake lacks of them; nothing of a lake in an object store: its cube is not here."""
    harp = Harp(request, harpnum)
    if harp.lake.url is not None:
        return ""
    n = lacking(request, harpnum) if harp.cube.exists() else n_records
    if n == 0:
        return "; the lake lacks nothing"
    return f"; the lake lacks {n} of {counted(n_records, 'record')}"


def _fetch(request: Request, harpnum: int) -> Done:
    """Fetch what the cube lacks of the HARP's records."""
    from storage.fetch import fetch
    from storage.noaa import hint_for_harp

    harp, archive = Harp(request, harpnum), _archive(request.email)
    staging = harp.lake.incoming(request.series, harpnum)
    with transfer(f"HARP {harpnum} from JSOC") as moved:
        what = record_set(request, harpnum, archive)
        result = fetch(archive, harp.cube, staging, what, moved, again=request.again)
    if not result.n_records:
        hint = "" if harp.cube.exists() else hint_for_harp(harpnum, request.series)
        raise InputError(f"JSOC has no record of {replace(what, segments=())}{hint}")
    return Done("ingest", harpnum, _added(result.added, len(result.unusable)), result.missing)


def _added(n: int, n_bad: int) -> str:
    bad = f" ({n_bad} of them unusable)" if n_bad else ""
    return f"{counted(n, 'file')} added{bad}" if n else ""


@lru_cache(maxsize=1)
def _archive(email: str | None) -> "Jsoc":
    """The client of a process: one connection, what it learnt of the series and the address kept."""
    from storage.jsoc_client import Jsoc
    from storage.settings import settings

    return Jsoc(settings(), email)
