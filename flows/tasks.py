"""The chain as a Prefect flow: a task is a stage of a HARP, or the publication of the catalogue.

Results are kept by the lake under their own content keys, so Prefect caches and persists nothing.
"""

from contextlib import AbstractContextManager
from functools import partial
from typing import TYPE_CHECKING

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.pipeline import PLAIN, Chain, Outcome, process
from flows.request import Request

if TYPE_CHECKING:
    from flows.cluster_queue import Cluster

_kept_by_the_lake = partial(task, cache_policy=NO_CACHE)


def _cluster(address: str) -> AbstractContextManager["Cluster"]:
    from flows.cluster_tasks import connected

    return connected(address)


TASKS = Chain(
    {
        name: _kept_by_the_lake(function, name=name, task_run_name=f"{name} HARP {{harpnum}}")
        for name, function in PLAIN.stages.items()
    },
    _kept_by_the_lake(PLAIN.publish, name="publish"),
    cluster=_cluster,
)


@flow(name="pores", flow_run_name="pores {request.harpnums}", validate_parameters=True)
def pores_flow(request: Request) -> Outcome:
    """SHARP series to catalogue: every HARP of the request through every stage, then publish."""
    return process(request, TASKS)
