"""Where a finished run of a HARP is kept: as the current one, as a member of its ensemble, or as both."""

from flows.request import Request
from storage.keys import SHORT, json_key
from storage.lake import Lake
from storage.runs import CurrentRun, current_run, member_run, set_current, set_member


def is_kept(request: Request, run: CurrentRun) -> bool:
    """Whether a run is already kept where the request says."""
    lake, found = Lake.at(request.lake), []
    if request.keep != "member":
        found.append(current_run(lake, run.series, run.harpnum))
    if request.keep != "current":
        found.append(member_run(lake, run.series, run.harpnum, _science(request)))
    return all(other == run for other in found)


def keep(request: Request, run: CurrentRun) -> None:
    """Keep a run, whose tables are whole, where the request says: as a member first."""
    lake = Lake.at(request.lake)
    if request.keep != "current":
        set_member(lake, run, _science(request))
    if request.keep != "member":
        set_current(lake, run)


def kept_again(request: Request) -> str:
    """Say that a run is kept whose tables were there."""
    what = "kept side by side" if request.keep == "member" else "current again"
    return f"the tables of an earlier run are {what}"


def _science(request: Request) -> str:
    """Name of a member: the key of its parameters."""
    return json_key(request.parameters.model_dump(mode="json"))[:SHORT]
