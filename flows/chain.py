"""The stages of a HARP in their order, as functions that run here or as Prefect's tasks."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flows import flow, ingest, products, stages, tracking
from flows.publishing import publish
from flows.request import STAGES, Request

if TYPE_CHECKING:
    from flows.cluster_queue import Cluster

PublishFunction = Callable[[Request], str]


def _plain_cluster(address: str) -> AbstractContextManager["Cluster"]:
    from flows.cluster import connected

    return connected(address)


@dataclass(frozen=True)
class Chain:
    """The stages as functions: plain ones, or the same ones as Prefect tasks."""

    stages: Mapping[str, stages.StageFunction]
    publish: PublishFunction
    around: Callable[[Request, int], AbstractContextManager[object]] = lambda *_: nullcontext()  # of a HARP
    cluster: Callable[[str], AbstractContextManager["Cluster"]] = _plain_cluster
    tell: Callable[[str], object] = lambda _: None  # what became of each HARP, as soon as it is known


PLAIN = Chain(
    {
        "ingest": ingest.ingest,
        "prepare": stages.prepare,
        "store": products.store,
        "detect": stages.detect,
        "flow": flow.flow,
        "track": tracking.track,
    },
    publish,
)


def stages_of(request: Request) -> list[str]:
    """Stages that every HARP of a request goes through; the catalogue is published once for all."""
    wanted = STAGES[: STAGES.index(request.last_stage) + 1]
    also = {"store": _stores(request, wanted), "flow": "track" in wanted}
    return [name for name in PLAIN.stages if name in wanted or also.get(name)]


def _stores(request: Request, wanted: Sequence[str]) -> bool:
    return request.store_x2 and "prepare" in wanted
