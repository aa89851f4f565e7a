"""Room in the mirror of a lake in an object store: images of HARPs that were not used for long leave it.

Only what equals its object leaves, and only of HARPs that no process of this machine works on. A HARP that
is asked for again is brought again.
"""

import fcntl
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from pores.errors import PorelakeError
from storage.lake import Lake
from storage.manifest import Manifest
from storage.settings import settings

_PATTERNS = ("cubes/*/*.h5", "labels/*/*/*.h5", "products/*/*/*.h5")
Harp = tuple[str, int]


@contextmanager
def in_use(lake: Lake, series: str, harpnum: int) -> Iterator[None]:
    """Keep what the mirror has of a HARP there; many may do so at once."""
    with _locked(_lock(lake, series, str(harpnum)), fcntl.LOCK_SH):
        yield


@contextmanager
def all_in_use(lake: Lake) -> Iterator[None]:
    """Keep all that the mirror has there, then make room."""
    if lake.url is None:
        yield
        return
    with _locked(_lock(lake, "all"), fcntl.LOCK_SH):
        yield
    make_room(lake)


@contextmanager
def alone(lake: Lake, series: str, harpnum: int) -> Iterator[None]:
    """Keep others of this machine from appending to the cube that comes or goes.

    Raises
    ------
    PorelakeError
        If another process has it.
    """
    from storage.cube_writer import exclusive  # h5py, which asking a catalogue does not need

    with exclusive(lake.cube(series, harpnum)):
        yield


def manifest_of(lake: Lake, series: str, harpnum: int) -> Manifest:
    """What is known of the copies of a HARP's objects."""
    return Manifest.read(lake.mirrored(series, str(harpnum)), lake.root)


def make_room(lake: Lake) -> None:
    """Remove images of the HARPs that were used longest ago, until the mirror has room again.

    Raises
    ------
    InputError
        If the setting of how much room there is makes no sense.
    """
    limit = settings().mirror_bytes
    with ExitStack() as stack, suppress(BlockingIOError):
        stack.enter_context(_locked(_lock(lake, "all"), fcntl.LOCK_EX | fcntl.LOCK_NB))
        images = _images(lake)
        held = sum(sum(sizes.values()) for sizes in images.values())
        for harp in sorted(images, key=lambda harp: _used(lake, harp)):
            if held <= limit:
                break
            held -= sum(images[harp][name] for name in _remove(lake, harp, list(images[harp])))


def _images(lake: Lake) -> dict[Harp, dict[str, int]]:
    """Names and bytes of the image files in the mirror, by HARP."""
    found: dict[Harp, dict[str, int]] = defaultdict(dict)
    for path in (path for pattern in _PATTERNS for path in lake.root.glob(pattern)):
        name = path.relative_to(lake.root)
        series, harpnum = name.parts[1], Path(name.parts[2]).stem
        with suppress(FileNotFoundError):
            if harpnum.isdecimal():
                found[series, int(harpnum)][name.as_posix()] = path.stat().st_size
    return found


def _used(lake: Lake, harp: Harp) -> int:
    """When a HARP was brought or taken back last; 0 if never."""
    try:
        return lake.mirrored(harp[0], str(harp[1])).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _remove(lake: Lake, harp: Harp, names: list[str]) -> list[str]:
    """Remove copies of a HARP that equal their objects, unless it is in use; return what was removed."""
    with ExitStack() as stack:
        try:
            stack.enter_context(_locked(_lock(lake, harp[0], str(harp[1])), fcntl.LOCK_EX | fcntl.LOCK_NB))
            stack.enter_context(alone(lake, *harp))
        except (BlockingIOError, PorelakeError):
            return []
        manifest = manifest_of(lake, *harp)
        safe = [name for name in names if manifest.unchanged(name)]
        for name in safe:
            manifest.forget(name)  # and so it is brought again, unlike what a user removed
        manifest.save()
        for name in safe:
            (lake.root / name).unlink(missing_ok=True)
    return safe


def _lock(lake: Lake, *what: str) -> Path:
    path = lake.mirrored(*what)
    return path.with_name(f".{path.name}.lock")


@contextmanager
def _locked(path: Path, how: int) -> Iterator[None]:
    """Hold a lock, which the system takes back when the process dies; BlockingIOError if that can't be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        fcntl.flock(lock, how)
        yield
