"""HARPs spread over the workers of a Dask cluster, one HARP as one unit of work.

What talks to the archive stays in this process, one HARP after the other, while workers compute those that
have come. Lake and source must be where every worker sees them: only numbers and words travel.
"""

import platform
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from uuid import uuid4

from distributed import Client, Future

from flows.chain import PLAIN, Chain
from flows.cluster_check import CONNECT_S, code_versions, differences, require_able, require_scheduler
from flows.cluster_queue import AtWork, Cluster, ClusterGone
from flows.harp import forget_sources
from flows.outcome import Outcome
from flows.pipeline import process_harp
from flows.request import JSOC, Request
from pores.errors import PorelakeError

_one_at_a_time = threading.Lock()  # HDF5, filters of warnings and the open cube belong to the process


@dataclass(frozen=True)
class Unit:
    """A HARP's work for a worker, the run that it is part of, and the software that it is meant for."""

    request: Request
    harpnum: int
    stages: tuple[str, ...]
    run: str
    versions: Mapping[str, str]


def work_on(unit: Unit) -> Outcome:
    """Take a HARP through stages, in a worker; what fails is told, not raised."""
    if differs := differences(code_versions(), unit.versions):
        return Outcome().fail(unit.harpnum, f"the worker on {platform.node()} has {differs}")
    with _one_at_a_time:
        _begin(unit.run)
        return process_harp(unit.request, unit.harpnum, PLAIN, unit.stages)


@lru_cache(maxsize=1)
def _begin(_run: str) -> None:
    """Once for a run, look anew what its source holds: workers live longer than runs."""
    forget_sources()


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """A cluster that is handed its work without Prefect.

    Raises
    ------
    InputError
        If this is no address.
    PorelakeError
        If no scheduler answers there.
    """
    require_scheduler(address)
    with Client(address, timeout=CONNECT_S, set_as_default=False) as client:

        def submit(unit: Unit) -> Future:
            return client.submit(work_on, unit, key=f"HARP {unit.harpnum} {unit.run}", pure=False)

        yield Cluster(address, client, submit)


def spread(
    request: Request, harpnums: Sequence[int], chain: Chain, stages: Sequence[str], cluster: Cluster
) -> Iterator[Outcome]:
    """Work on HARPs in a cluster and give what became of each, as they end.

    Raises
    ------
    PorelakeError
        If there is no worker, or one that can't do the work: other software, lake or source out of its sight.
    """
    request = _for_workers(request)
    require_able(cluster.client, cluster.address, request)
    here = [name for name in stages if name == "ingest" and request.source == JSOC]
    there = tuple(name for name in stages if name not in here)
    run = uuid4().hex
    at_work, left = AtWork(cluster), list(harpnums)
    # A guard is held here: a worker that is killed could not let it go.
    guarded = replace(chain, around=lambda asked, n: at_work.take_turn(n, chain.around(asked, n)))
    try:
        while left:
            while at_work.full():
                yield at_work.next_ended()
            outcome = _before(request, left[0], guarded, here)
            harpnum = left.pop(0)
            if outcome.failed or not there:
                at_work.end_turn(harpnum)
                yield outcome
                continue
            at_work.add(harpnum, Unit(request, harpnum, there, run, code_versions()), outcome)
            yield from at_work.ended_by_now()
        while at_work.harpnums:
            yield at_work.next_ended()
    except ClusterGone as gone:
        yield from (Outcome().fail(harpnum, str(gone)) for harpnum in (*at_work.harpnums, *left))
    finally:
        at_work.cancel()


def _before(request: Request, harpnum: int, guarded: Chain, here: Sequence[str]) -> Outcome:
    """Wait for a HARP's turn, and do what is not for workers."""
    if here:
        return process_harp(request, harpnum, guarded, here)
    try:
        with guarded.around(request, harpnum):
            return Outcome()
    except (PorelakeError, OSError, RuntimeError) as error:
        return Outcome().fail(harpnum, f"{type(error).__name__}: {error}")


def _for_workers(request: Request) -> Request:
    """Return the request with places that do not depend on the directory one is in, for one process."""
    return request.model_copy(
        update={
            "workers": 1,  # Dask's workers may not start processes
            "lake": _absolute(request.lake),
            "source": request.source and _absolute(request.source),
        }
    )


def _absolute(place: str) -> str:
    return place if place == JSOC or "://" in place else str(Path(place).expanduser().resolve())
