"""The chain over HARPs: here in this process, or as a Prefect flow where a Prefect server is configured."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from flows.chain import PLAIN, Chain, stages_of
from flows.ensemble import Member, members
from flows.harp import source
from flows.loading import loading
from flows.outcome import Outcome, RunError, failure
from flows.possible import check
from flows.prefect_api import prefect_api, require_server
from flows.progress import progress_bars
from flows.progress import track as progress
from flows.request import JSOC, Request
from flows.stages import Done
from flows.words import counted
from pores.errors import InputError, PorelakeError, UnreachableError
from storage.lake import Lake
from storage.remote import mirrored

SILENT_AT = 3  # HARPs for which the archive did not answer, one after the other: it is down


def run_request(request: Request, tell: Callable[[str], object] = lambda _: None) -> Outcome:
    """Run a request where the environment says, and raise if a HARP failed.

    Parameters
    ----------
    request : Request
    tell : callable
        Called with lines for people as soon as there is something to say.

    Raises
    ------
    InputError
        If the request or its source is wrong.
    RunError
        If a HARP failed; the others are done and published.
    """
    with progress_bars():
        if address := prefect_api():
            require_server(address)
            check(request)  # wrong input is told here, not by a flow that failed
            with loading():
                from flows.tasks import pores_flow

            return _told(lambda: pores_flow(request), tell)
        return process(request, replace(PLAIN, tell=tell))


def _told(run: Callable[[], Outcome], tell: Callable[[str], object]) -> Outcome:
    """Tell what became of a run when it has ended: what happens meanwhile is in its log."""
    try:
        outcome = run()
    except RunError as error:
        tell(str(error.outcome))
        raise
    tell(str(outcome))
    return outcome


def process(request: Request, chain: Chain) -> Outcome:
    """Take every HARP of a request through the chain; one that fails does not stop the others.

    Raises
    ------
    InputError
        If the request or its source is wrong.
    RunError
        If a HARP failed; the others are done and published.
    """
    harpnums, notes = check(request)
    outcome = Outcome(notes="\n".join(filter(None, [*notes, passed_over(request)])))
    chain.tell(outcome.notes)
    for part in _each(request, chain, harpnums):
        outcome.add(part)
        chain.tell("\n".join(part.lines))
    if request.last_stage == "publish" and outcome.done:
        publish_of(request, chain, outcome)
    if error := failure(outcome):
        raise error
    return outcome


def publish_of(request: Request, chain: Chain, outcome: Outcome) -> None:
    """Publish what a run made; what fails is told beside what became of the HARPs."""
    try:
        outcome.published = chain.publish(request)
        chain.tell(outcome.published)
    except (PorelakeError, OSError) as error:
        outcome.also_failed["the catalogue"] = str(error)


def _each(request: Request, chain: Chain, harpnums: Sequence[int]) -> Iterator[Outcome]:
    """What becomes of each HARP: here one after the other, or in a cluster as they end."""
    names = stages_of(request)
    if request.cluster is None:
        yield from _one_by_one(request, chain, harpnums, names)
        return
    try:
        from flows.cluster import spread

        connection = chain.cluster(request.cluster)
    except ModuleNotFoundError as error:
        raise InputError(f"--cluster: {error.name} is missing; `pip install porelake[scale]`") from error
    with connection as cluster:
        yield from progress(spread(request, harpnums, chain, names, cluster), "HARPs", len(harpnums))


def _one_by_one(
    request: Request, chain: Chain, harpnums: Sequence[int], names: Sequence[str]
) -> Iterator[Outcome]:
    """What becomes of HARPs one after the other, until the archive has not answered for several in a row."""
    silent = 0
    for done, harpnum in enumerate(harpnums, 1):
        outcome = process_harp(request, harpnum, chain, names)
        silent = silent + 1 if outcome.unreachable else 0
        yield outcome
        if silent == SILENT_AT and done < len(harpnums):
            yield not_tried(len(harpnums) - done)
            return


def not_tried(n_harps: int) -> Outcome:
    """What becomes of HARPs after an archive that does not answer."""
    return Outcome(also_failed={counted(n_harps, "more HARP"): "not tried"}, wrong_input=False)


def process_harp(request: Request, harpnum: int, chain: Chain, names: Sequence[str]) -> Outcome:
    """Take one HARP through stages; what fails is told, not raised."""
    outcome, lake = Outcome(), Lake.at(request.lake)
    lake.sweep(request.series, harpnum)
    with (
        _told_in(outcome, harpnum),
        chain.around(request, harpnum),
        mirrored(lake, request.series, harpnum, products=request.store_x2),
    ):
        if "ingest" in names:
            outcome.done.append(chain.stages["ingest"](request, harpnum))
        later = [name for name in names if name != "ingest"]
        for member in members(request):
            with _told_in(outcome, harpnum, member.label):
                outcome.done.extend(_through(member, harpnum, chain, later))
    return outcome


def _through(member: Member, harpnum: int, chain: Chain, names: Sequence[str]) -> Iterator[Done]:
    """Take a HARP that has its cube through stages, for one member of its ensemble."""
    for name in names:
        yield replace(chain.stages[name](member.request, harpnum), member=member.label)


@contextmanager
def _told_in(outcome: Outcome, harpnum: int, member: str = "") -> Iterator[None]:
    """Note what fails, so that the other HARPs, and the other members of an ensemble, have their turn."""
    try:
        yield
    except PorelakeError as error:
        outcome.fail(harpnum, str(error), isinstance(error, InputError), member)
        outcome.unreachable = isinstance(error, UnreachableError)
    except (OSError, RuntimeError) as error:  # disk full, a worker killed for memory, HDF5's own
        outcome.fail(harpnum, f"{type(error).__name__}: {error}", member=member)


def passed_over(request: Request) -> str:
    """Say how many files of the source are of no use for the request; nothing if none is."""
    if not request.source or request.source == JSOC:
        return ""
    listing = source(request.source).listing
    others = listing.others + sum(file.name.series != request.series for file in listing.files)
    return (
        f"{request.source}: {counted(others, 'file')} of another kind or series passed over" if others else ""
    )
