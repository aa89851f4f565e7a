"""What can't be done is refused before anything starts."""

from flows.enhancement import require_enhancer
from flows.ensemble import members
from flows.harp import forget_sources, harps_of
from flows.request import JSOC, Request
from pores.errors import InputError
from pores.trackers import require as require_tracker
from storage.lake import Lake
from storage.settings import settings

CCD_SERIES = "hmi.sharp_720s"


def check(request: Request) -> tuple[list[int], list[str]]:
    """The HARPs of a request and notes on them; InputError before anything starts if it can't be done."""
    forget_sources()
    require_possible(request)
    return harps_of(request)


def require_possible(request: Request) -> None:
    """Refuse what can't be done for any HARP.

    Raises
    ------
    InputError
        If so; it names the option.
    """
    for member in members(request):
        _require_science(member.request)
    if request.last_stage != "ingest":
        require_series(request)
    if request.source == JSOC and not (request.email or settings().jsoc_email):
        raise InputError(
            "--email or JSOC_EMAIL: JSOC exports need an address registered with it; --from lake works on"
            " what the lake has"
        )


def _require_science(request: Request) -> None:
    """Refuse parameters that can't be worked with here."""
    if request.last_stage not in ("ingest", "prepare"):
        require_enhancer(request.parameters)
    require_tracker(request.parameters.track.tracker)
    if request.store_x2 and request.parameters.enhance == "none":
        raise InputError("--store: nothing is doubled with --enhance none")


def require_series(request: Request) -> None:
    """Pores are looked for in CEA maps only, and the tables of a lake are of one series.

    Raises
    ------
    InputError
        If the request's series can't be taken further than into cubes.
    """
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
