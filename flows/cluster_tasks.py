"""HARPs over a Dask cluster from within a Prefect flow: a task per HARP, by prefect-dask's task runner."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from distributed import Future
from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Failed
from prefect_dask import DaskTaskRunner

from flows.cluster import Unit, work_on
from flows.cluster_check import CONNECT_S, require_scheduler
from flows.cluster_queue import Cluster
from flows.outcome import Outcome


def _work_on(unit: Unit, harpnum: int) -> Outcome | State[Outcome]:
    """Take a HARP through its stages; one that fails is a failed task, with its outcome as result."""
    outcome = work_on(unit)
    if harpnum in outcome.failed:
        return Failed(message=outcome.why(harpnum), data=outcome)
    return outcome


# The lake keeps results. A task whose worker died is done again by Dask, as the same task run.
HARP = partial(task, cache_policy=NO_CACHE)(_work_on, name="harp", task_run_name="HARP {harpnum}")


@contextmanager
def connected(address: str) -> Iterator[Cluster]:
    """A cluster that is handed its work as Prefect tasks of the flow run this is called in.

    Raises
    ------
    InputError
        If this is no address.
    PorelakeError
        If no scheduler answers there.
    """
    require_scheduler(address)
    with DaskTaskRunner(address=address, client_kwargs={"timeout": CONNECT_S}) as runner:

        def submit(unit: Unit) -> Future:
            return runner.submit(HARP, {"unit": unit, "harpnum": unit.harpnum}).wrapped_future

        yield Cluster(address, runner.client, submit, _outcome)


def _outcome(ended: State[Outcome]) -> Outcome:
    """Result of a task run, a failed one's also."""
    outcome = ended.result(raise_on_failure=False)
    if isinstance(outcome, Outcome):
        return outcome
    raise outcome
