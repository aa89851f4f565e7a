"""Starting worker processes before anything else is imported, where a glance says they will be wanted."""

from itertools import islice
from pathlib import Path

from flows.pool import FILES_WORTH_A_POOL, FRAMES_WORTH_A_POOL, get_ready
from flows.request import JSOC, Request
from storage.lake import Lake

_FILES = 4 * FRAMES_WORTH_A_POOL  # of so many frames, with the least segments that make rows
_TAR_BYTES, _CUBE_BYTES = 20_000_000, 10_000_000


def start_early(request: Request) -> None:
    """Start what worker processes come from, beside this process, if a request looks like much work.

    It does if it is of HARPs that have no run yet, or no cube where it only ingests, and there are many
    files, or there is a large cube to be worked on. A wrong guess costs a second of another core, or of this
    one later.
    """
    if request.source != JSOC and _is_new(request) and _is_long(request):
        get_ready(request.workers)


def _is_new(request: Request) -> bool:
    """Whether no HARP that the request names has been as far as it asks, or none at all if it names none."""
    lake = Lake.at(request.lake)
    if lake.url is not None:
        return False
    if request.last_stage == "ingest":  # which makes no run
        done = set(lake.cubes(request.series))
    else:
        done = {int(path.stem) for path in lake.pointers()}
    return not done & set(request.harpnums) if request.harpnums else not done


def _is_long(request: Request) -> bool:
    ingests_only = request.last_stage == "ingest"
    cubes = Lake.at(request.lake).cubes(request.series).values()
    if not ingests_only and any(cube.stat().st_size > _CUBE_BYTES for cube in cubes):
        return True
    source = Path(request.source or "")
    if source.is_file():
        return source.stat().st_size > _TAR_BYTES
    many = FILES_WORTH_A_POOL if ingests_only else _FILES
    return request.source is not None and len(list(islice(source.rglob("*.fits"), many))) == many
