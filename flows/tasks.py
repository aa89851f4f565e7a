"""The chain as a Prefect flow: a task is a stage of a HARP, or the publication of the catalogue.

Results are kept by the lake under their own content keys, so Prefect caches and persists nothing.
"""

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.pipeline import PLAIN, Chain, Outcome, process
from flows.request import Request

TASKS = Chain(
    {
        name: task(function, name=name, task_run_name=f"{name} HARP {{harpnum}}", cache_policy=NO_CACHE)
        for name, function in PLAIN.stages.items()
    },
    task(PLAIN.publish, name="publish", cache_policy=NO_CACHE),
)


@flow(name="pores", flow_run_name="pores {request.harpnums}", validate_parameters=True)
def pores_flow(request: Request) -> Outcome:
    """SHARP series to catalogue: every HARP of the request through every stage, then publish."""
    return process(request, TASKS)
