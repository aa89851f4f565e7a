"""Whose turn it is, over all runs of a Prefect server: one download from JSOC at a time, one run per HARP."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound

from flows.request import JSOC, Request

JSOC_LIMIT = "porelake-jsoc"
# A run that is killed keeps its turn until its lease ends. The lease is renewed after three quarters of its
# time: a shorter one could be lost on a busy machine.
LEASE_S = 120


@contextmanager
def jsoc_turn(request: Request) -> Iterator[None]:
    """Wait until no other run talks to JSOC; of no effect for other sources."""
    if request.source != JSOC:
        yield
        return
    with _turn(JSOC_LIMIT):
        yield


@contextmanager
def harp_turn(request: Request, harpnum: int) -> Iterator[None]:
    """Wait until no other run works on a HARP."""
    with _turn(f"porelake-harp-{harpnum}"):
        yield


@contextmanager
def _turn(name: str) -> Iterator[None]:
    ensure_limit(name)
    # strict: a run that loses its lease ends, rather than go on beside another one
    with concurrency(name, lease_duration=LEASE_S, strict=True):
        yield


def ensure_limit(name: str) -> None:
    """Create a limit of one if there is none of that name; one that a user has changed stays."""
    with get_client(sync_client=True) as client, suppress(ObjectAlreadyExists):  # another run was quicker
        try:
            client.read_global_concurrency_limit_by_name(name)
        except ObjectNotFound:
            client.create_global_concurrency_limit(GlobalConcurrencyLimitCreate(name=name, limit=1))
