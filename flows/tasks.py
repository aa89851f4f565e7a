"""The chain as a Prefect flow: a task is a stage of a HARP, or the publication of the catalogue.

Results are kept by the lake under their own content keys, so Prefect caches and persists nothing.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from prefect import Task, flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from flows.artifacts import reported
from flows.chain import PLAIN, Chain
from flows.limits import harp_turn, jsoc_turn
from flows.outcome import Outcome
from flows.pipeline import process
from flows.request import Request
from pores.errors import UnreachableError

if TYPE_CHECKING:
    from flows.cluster_queue import Cluster

R = TypeVar("R")
RETRY_DELAYS_S = [60.0, 600.0]

_kept_by_the_lake = partial(task, cache_policy=NO_CACHE)


def _cluster(address: str) -> AbstractContextManager["Cluster"]:
    from flows.cluster_tasks import connected

    return connected(address)


def network_failed(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether a task failed for the network, so that later it may not."""
    return isinstance(state.result(raise_on_failure=False), UnreachableError)


def _in_turn(function: Callable[[Request, int], R]) -> Callable[[Request, int], R]:
    """Let no other run talk to JSOC while this function does."""

    @wraps(function)
    def waiting(request: Request, harpnum: int) -> R:
        with jsoc_turn(request):
            return function(request, harpnum)

    return waiting


def asking(
    function: Callable[[Request, int], R], name: str, delays_s: list[float]
) -> Callable[[Request, int], R]:
    """Make a task of a function that may talk to JSOC: in turn, and tried again if the network failed.

    Parameters
    ----------
    function : callable
    name : str
        Of the task.
    delays_s : list of float
        Pause before each further try, s.
    """
    return _kept_by_the_lake(
        _in_turn(function),
        name=name,
        task_run_name=f"{name} HARP {{harpnum}}",
        retries=len(delays_s),
        retry_delay_seconds=delays_s,
        retry_condition_fn=network_failed,
    )


def _log(text: str) -> None:
    """Tell lines in the run's log, which its page shows."""
    if text:
        get_run_logger().info(text)


TASKS = Chain(
    {
        name: asking(function, name, RETRY_DELAYS_S)
        if name == "ingest"
        else _kept_by_the_lake(function, name=name, task_run_name=f"{name} HARP {{harpnum}}")
        for name, function in PLAIN.stages.items()
    },
    _kept_by_the_lake(PLAIN.publish, name="publish"),
    harp_turn,
    _cluster,
    _log,
)


@flow(name="pores", flow_run_name="pores {request.harpnums}", validate_parameters=True)
def pores_flow(request: Request) -> Outcome:
    """SHARP series to catalogue: every HARP of the request through every stage, then publish."""
    return reported(request, partial(process, request, TASKS))
