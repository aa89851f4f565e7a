"""The chain over HARPs: here in this process, or as a Prefect flow where a Prefect server is configured."""

import os
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from flows import products, stages, tracking
from flows.harp import harps_of, source_files
from flows.progress import progress_bars
from flows.request import STAGES, Request
from pores.errors import InputError, PorelakeError
from pores.upsample import enhancer
from storage.lake import Lake

StageFunction = Callable[[Request, int], stages.Done]
PublishFunction = Callable[[Request], str]


@dataclass
class Outcome:
    """What a run did: lines for people, and the HARPs that failed."""

    done: list[stages.Done] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    published: str = ""

    def __str__(self) -> str:
        lines = [
            f"HARP {harp}: {self._said(harp)}" for harp in dict.fromkeys(done.harpnum for done in self.done)
        ]
        return "\n".join([*lines, self.published] if self.published else lines)

    def _said(self, harpnum: int) -> str:
        words = [done.said for done in self.done if done.harpnum == harpnum and done.said]
        return "; ".join(words) or "up to date"


@dataclass(frozen=True)
class Chain:
    """The stages as functions: plain ones, or the same ones as Prefect tasks."""

    stages: Mapping[str, StageFunction]
    publish: PublishFunction


def publish(request: Request) -> str:
    """Rebuild the catalogue of the request's lake over the current runs."""
    from catalog.build import publish as build

    return str(build(Lake.at(request.lake)))


PLAIN = Chain(
    {
        "ingest": stages.ingest,
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
    PorelakeError
        If a HARP failed; the others are done.
    """
    source_files.cache_clear()
    check(request)
    with progress_bars():
        if prefect_api():
            from flows.tasks import pores_flow

            outcome = pores_flow(request)
        else:
            outcome = process(request, PLAIN)
    if outcome.failed:
        raise PorelakeError("; ".join(f"HARP {harp}: {why}" for harp, why in outcome.failed.items()))
    return outcome


def check(request: Request) -> list[int]:
    """The HARPs of a request; InputError before anything starts if it asks for what can't be done."""
    enhancer(request.parameters.enhance)
    if request.store_x2 and request.parameters.enhance == "none":
        raise InputError("--store: nothing is doubled with --enhance none")
    return harps_of(request)


def process(request: Request, chain: Chain) -> Outcome:
    """Take every HARP of a request through the chain; one that fails does not stop the others."""
    outcome = Outcome()
    names = _stages_of(request)
    for harpnum in check(request):
        Lake.at(request.lake).sweep(request.series, harpnum)
        try:
            for name in names:
                outcome.done.append(chain.stages[name](request, harpnum))
        except InputError:
            raise
        except (PorelakeError, OSError) as error:
            outcome.failed[harpnum] = (
                f"{type(error).__name__}: {error}" if isinstance(error, OSError) else str(error)
            )
    if request.last_stage == "publish":
        outcome.published = chain.publish(request)
    return outcome


def _stages_of(request: Request) -> list[str]:
    """Stages that every HARP of a request goes through; the catalogue is published once for all."""
    wanted = STAGES[: STAGES.index(request.last_stage) + 1]
    return [name for name in PLAIN.stages if name in wanted or (name == "store" and _stores(request, wanted))]


def _stores(request: Request, wanted: Sequence[str]) -> bool:
    return request.store_x2 and "prepare" in wanted


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
