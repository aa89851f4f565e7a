"""The chain over HARPs: here in this process, or as a Prefect flow where a Prefect server is configured."""

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.request import urlopen

from flows import ingest, products, stages, tracking
from flows.harp import forget_sources, harps_of, source
from flows.progress import progress_bars
from flows.progress import track as progress
from flows.request import JSOC, STAGES, Request
from flows.words import counted
from pores.errors import InputError, PorelakeError
from pores.upsample import enhancer
from storage.lake import Lake
from storage.remote import mirrored
from storage.settings import settings

if TYPE_CHECKING:
    from flows.cluster_queue import Cluster

CCD_SERIES = "hmi.sharp_720s"
StageFunction = Callable[[Request, int], stages.Done]
PublishFunction = Callable[[Request], str]


@dataclass
class Outcome:
    """What a run did: lines for people, and the HARPs that failed."""

    done: list[stages.Done] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    unresolved: dict[str, str] = field(
        default_factory=dict
    )  # followed regions whose HARPs could not be asked
    wrong_input: bool = True  # whether all that failed did so for what was asked
    published: str = ""
    notes: str = ""

    def __str__(self) -> str:
        lines = [
            f"HARP {harp}: {self.said(harp)}"
            for harp in sorted({done.harpnum for done in self.done} | set(self.failed))
        ]
        return "\n".join(filter(None, [self.notes, *lines, self.published]))

    def add(self, other: "Outcome") -> None:
        """Take over what became of other HARPs, or of the same in later stages."""
        self.done += other.done
        self.failed |= other.failed
        self.wrong_input &= other.wrong_input

    def fail(self, harpnum: int, why: str, wrong_input: bool = False) -> "Outcome":
        """Note that a HARP failed."""
        self.failed[harpnum] = why
        self.wrong_input &= wrong_input
        return self

    def said(self, harpnum: int) -> str:
        """What a run did for a HARP, in words."""
        mine = [done for done in self.done if done.harpnum == harpnum]
        words = [done.said for done in mine if done.said]
        words += [f"not to be had: {what}" for done in mine for what in done.missing]
        if harpnum in self.failed:
            words.append("failed")
        return "; ".join(words) or "up to date"


class RunError(PorelakeError):
    """Some HARPs of a run failed or lack something asked for; `outcome` says what became of all."""

    def __init__(self, outcome: Outcome) -> None:
        lines = [f"HARP {harp}: {why}" for harp, why in outcome.failed.items()]
        lines += [f"{region}: {why}" for region, why in outcome.unresolved.items()]
        lacking = [done for done in outcome.done if done.missing]
        lines += [
            f"HARP {done.harpnum}: {counted(len(done.missing), 'file')} not to be had: {done.missing[0]}"
            for done in lacking
        ]
        super().__init__("; ".join(lines))
        self.outcome = outcome


class WrongRequestError(RunError, InputError):
    """A run of which HARPs failed, all of them because the request is wrong."""


def failure(outcome: Outcome) -> RunError | None:
    """The error to raise for what a run could not do; None if it did all."""
    incomplete = bool(outcome.unresolved) or any(done.missing for done in outcome.done)
    if not (outcome.failed or incomplete):
        return None
    return (WrongRequestError if outcome.wrong_input and not incomplete else RunError)(outcome)


def _plain_cluster(address: str) -> AbstractContextManager["Cluster"]:
    from flows.cluster import connected

    return connected(address)


@dataclass(frozen=True)
class Chain:
    """The stages as functions: plain ones, or the same ones as Prefect tasks."""

    stages: Mapping[str, StageFunction]
    publish: PublishFunction
    around: Callable[[Request, int], AbstractContextManager[object]] = lambda *_: nullcontext()  # of a HARP
    cluster: Callable[[str], AbstractContextManager["Cluster"]] = _plain_cluster


def publish(request: Request) -> str:
    """Rebuild the catalogue of the request's lake over the current runs."""
    from catalog.build import publish as build

    return str(build(Lake.at(request.lake)))


PLAIN = Chain(
    {
        "ingest": ingest.ingest,
        "prepare": stages.prepare,
        "store": products.store,
        "detect": stages.detect,
        "track": tracking.track,
    },
    publish,
)


def run_request(request: Request) -> Outcome:
    """Run a request where the environment says, and raise if a HARP failed.

    Raises
    ------
    InputError
        If the request or its source is wrong.
    RunError
        If a HARP failed; the others are done and published.
    """
    with progress_bars():
        if address := prefect_api():
            _require_server(address)
            check(request)  # wrong input is told here, not by a flow that failed
            from flows.tasks import pores_flow

            return pores_flow(request)
        return process(request, PLAIN)


def check(request: Request) -> tuple[list[int], list[str]]:
    """The HARPs of a request and notes on them; InputError before anything starts if it can't be done."""
    forget_sources()
    enhancer(request.parameters.enhance)
    if request.store_x2 and request.parameters.enhance == "none":
        raise InputError("--store: nothing is doubled with --enhance none")
    if request.last_stage != "ingest":
        _require_series(request)
    if request.source == JSOC and not (request.email or settings().jsoc_email):
        raise InputError(
            "--email or JSOC_EMAIL: JSOC exports need an address registered with it; --from lake works on"
            " what the lake has"
        )
    return harps_of(request)


def _require_series(request: Request) -> None:
    """Pores are looked for in CEA maps only, and the tables of a lake are of one series."""
    if request.series.startswith(CCD_SERIES):
        raise InputError(
            f"--series {request.series}: images of the CCD, not CEA maps; `porelake ingest` fetches them"
        )
    others = {path.parent.name for path in Lake.at(request.lake).pointers()} - {request.series}
    if others:
        raise InputError(
            f"--series {request.series}: the tables of the lake {request.lake} are of {min(others)}, and HARP"
            " numbers of two series must not mix; name another lake"
        )


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
    for part in _each(request, chain, harpnums):
        outcome.add(part)
    if request.last_stage == "publish" and outcome.done:
        outcome.published = chain.publish(request)
    if error := failure(outcome):
        raise error
    return outcome


def _each(request: Request, chain: Chain, harpnums: Sequence[int]) -> Iterator[Outcome]:
    """What becomes of each HARP: here one after the other, or in a cluster as they end."""
    names = _stages_of(request)
    if request.cluster is None:
        yield from (process_harp(request, harpnum, chain, names) for harpnum in harpnums)
        return
    try:
        from flows.cluster import spread

        connection = chain.cluster(request.cluster)
    except ModuleNotFoundError as error:
        raise InputError(f"--cluster: {error.name} is missing; `pip install porelake[scale]`") from error
    with connection as cluster:
        yield from progress(spread(request, harpnums, chain, names, cluster), "HARPs", len(harpnums))


def process_harp(request: Request, harpnum: int, chain: Chain, names: Sequence[str]) -> Outcome:
    """Take one HARP through stages; what fails is told, not raised."""
    outcome, lake = Outcome(), Lake.at(request.lake)
    lake.sweep(request.series, harpnum)
    try:
        with (
            chain.around(request, harpnum),
            mirrored(lake, request.series, harpnum, products=request.store_x2),
        ):
            for name in names:
                outcome.done.append(chain.stages[name](request, harpnum))
    except PorelakeError as error:
        outcome.fail(harpnum, str(error), isinstance(error, InputError))
    except (OSError, RuntimeError) as error:  # disk full, a worker killed for memory, HDF5's own
        outcome.fail(harpnum, f"{type(error).__name__}: {error}")
    return outcome


def passed_over(request: Request) -> str:
    """Say how many files of the source are of no use for the request; nothing if none is."""
    if not request.source or request.source == JSOC:
        return ""
    listing = source(request.source).listing
    others = listing.others + sum(file.name.series != request.series for file in listing.files)
    return (
        f"{request.source}: {counted(others, 'file')} of another kind or series passed over" if others else ""
    )


def _stages_of(request: Request) -> list[str]:
    """Stages that every HARP of a request goes through; the catalogue is published once for all."""
    wanted = STAGES[: STAGES.index(request.last_stage) + 1]
    return [name for name in PLAIN.stages if name in wanted or (name == "store" and _stores(request, wanted))]


def _stores(request: Request, wanted: Sequence[str]) -> bool:
    return request.store_x2 and "prepare" in wanted


def _require_server(address: str) -> None:
    """Ask the Prefect server whether it is well; one clear error if it does not answer."""
    try:
        with urlopen(f"{address.rstrip('/')}/health", timeout=10):
            pass
    except HTTPError:  # it is there; what it wants, such as a key, Prefect knows
        pass
    except (OSError, ValueError) as error:
        raise PorelakeError(
            f"no Prefect server answers at {address} ({error}); start it, or unset PREFECT_API_URL"
        ) from error


def prefect_api() -> str | None:
    """Address of the Prefect server that the environment or the active profile names, Prefect not loaded."""
    if address := os.environ.get("PREFECT_API_URL"):
        return address
    home = Path(os.environ.get("PREFECT_HOME", "~/.prefect")).expanduser()
    try:
        profiles = tomllib.loads((home / "profiles.toml").read_text())
    except (OSError, tomllib.TOMLDecodeError):
        return None
    active = os.environ.get("PREFECT_PROFILE", profiles.get("active", ""))
    address = profiles.get("profiles", {}).get(active, {}).get("PREFECT_API_URL")
    return str(address) if address else None
