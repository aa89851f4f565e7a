"""A lake in an object store and this machine's mirror of it: what a HARP needs comes, what is new goes back.

Results have the name of their content and are put once; cube and pointers of a HARP change, and are replaced
only where they still are what this machine took. Pointers go last, so that they name tables that are there.
Nothing here does anything for a lake in a directory.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pores.errors import PorelakeError
from storage.lake import Lake
from storage.manifest import Manifest, pull_changing, push_changing
from storage.remote_room import all_in_use, alone, in_use, make_room, manifest_of
from storage.s3_upload import ChangedError
from storage.store import Entry, Store


@contextmanager
def mirrored(lake: Lake, series: str, harpnum: int, products: bool = False) -> Iterator[None]:
    """Work on a HARP in the mirror: bring what the store has, take back what is new, also after a failure.

    Raises
    ------
    PorelakeError
        If another machine changed the HARP meanwhile, or the store fails.
    """
    if lake.url is None:
        yield
        return
    with in_use(lake, series, harpnum):
        pull(lake, series, harpnum, products)
        try:
            yield
        except Exception:
            with suppress(PorelakeError):  # the first failure is the one to tell
                push(lake, series, harpnum)
            raise
        push(lake, series, harpnum)
    make_room(lake)


def pull(lake: Lake, series: str, harpnum: int, products: bool = False) -> None:
    """Bring cube, stages, labels, tables and pointers of a HARP, doubled images if wanted.

    A copy that was removed here is not brought again but for the cube, so that it is made anew and replaced.

    Raises
    ------
    PorelakeError
        If the cube was changed both here and by another machine, or the store fails.
    """
    if lake.url is None:
        return
    store = Store(lake.url)
    with in_use(lake, series, harpnum):
        with alone(lake, series, harpnum):
            _pull(store, lake, series, harpnum, products)
        make_room(lake)


def _pull(store: Store, lake: Lake, series: str, harpnum: int, products: bool) -> None:
    """Bring a HARP of which no other process here appends to the cube or removes copies."""
    manifest = manifest_of(lake, series, harpnum)
    there = _objects(store, lake, series, harpnum, products)
    cube = _name(lake, lake.cube(series, harpnum))
    pointers = {_name(lake, path) for path in _pointers(lake, series, harpnum)}
    pointers |= {name for name in there if name.startswith("ensembles/")}
    if pull_changing(store, manifest, cube, there.pop(cube, None)):
        raise PorelakeError(
            f"HARP {harpnum}: another machine changed {lake.url}/{cube}, and so did a run here that did"
            f" not end; remove {lake.root / cube} and run again"
        )
    for pointer in sorted(pointers):
        if pull_changing(store, manifest, pointer, there.pop(pointer, None)):
            manifest.record(pointer, store.get_version(pointer, lake.root / pointer).version)
    manifest.save()
    not_asked_for = {name for name in manifest.copies if name.startswith("products/") and not products}
    _pull_kept(store, manifest, there, {cube} | pointers | not_asked_for)
    manifest.save()
    manifest.path.touch()  # when it was used


def push(lake: Lake, series: str, harpnum: int) -> None:
    """Take what is new or changed of a HARP to the store, the pointers last, the current run's after all.

    Raises
    ------
    PorelakeError
        If another machine changed cube or pointers since they were brought: theirs stay as they are.
    """
    if lake.url is None:
        return
    store = Store(lake.url)
    with in_use(lake, series, harpnum), alone(lake, series, harpnum):
        manifest = manifest_of(lake, series, harpnum)
        cube = _name(lake, lake.cube(series, harpnum))
        try:
            push_changing(store, manifest, cube)
            files = {_name(lake, path): path for path in _kept_files(lake, series, harpnum)}
            new = {name: path for name, path in files.items() if not manifest.unchanged(name)}
            store.put(new)
            for name in new:
                manifest.record(name)
            manifest.save()
            for pointer in _pointers(lake, series, harpnum):
                push_changing(store, manifest, _name(lake, pointer))
            manifest.path.touch()
        except ChangedError as error:
            raise PorelakeError(
                f"HARP {harpnum}: {error} since this run took it: another machine works on this HARP; what is"
                f" there stays; remove {lake.root / cube} and run again"
            ) from error


@contextmanager
def all_pulled(lake: Lake) -> Iterator[None]:
    """Bring everything, and have it stay: what a check of the whole lake reads."""
    with all_in_use(lake):
        if lake.url is not None:
            _pull_all(lake, Store(lake.url))
        yield


def _pull_all(lake: Lake, store: Store) -> None:
    listed = [*store.listed("cubes/"), *store.listed("current/")]
    harps = {(Path(name).parent.name, Path(name).stem) for name in listed}
    for series, harpnum in sorted(harps):
        if harpnum.isdecimal():
            pull(lake, series, int(harpnum), products=True)


def _pull_kept(store: Store, manifest: Manifest, there: dict[str, Entry], apart: set[str]) -> None:
    """Bring what was never here, and what was replaced in the store."""
    for gone in set(manifest.copies) - set(there) - apart:
        manifest.forget(gone)
    wanted = {}
    for name, entry in there.items():
        path, version = manifest.root / name, manifest.version(name)
        if not path.exists():
            if version is None:
                wanted[name] = path
            manifest.forget(name)
        elif version is None or (version == "" and manifest.unchanged(name)):
            manifest.record(name, entry.version)
        elif version not in ("", entry.version) and manifest.unchanged(name):
            wanted[name] = path
    store.get(wanted)
    for name in wanted:
        manifest.record(name, there[name].version)


def _objects(store: Store, lake: Lake, series: str, harpnum: int, products: bool) -> dict[str, Entry]:
    """Every object of a HARP."""
    rooms = ("stages", "labels", "products") if products else ("stages", "labels")
    prefixes = [
        *(_name(lake, path) for path in (lake.cube(series, harpnum), lake.pointer(series, harpnum))),
        *(f"{room}/{series}/{harpnum}/" for room in (*rooms, "ensembles")),
        *(f"tables/{table}/harpnum={harpnum}/" for table in store.directories("tables")),
    ]
    found: dict[str, Entry] = {}
    for prefix in prefixes:
        found |= store.listed(prefix)
    return found


def _pointers(lake: Lake, series: str, harpnum: int) -> list[Path]:
    """Pointers of a HARP in the mirror: to the members of its ensemble, then to its current run."""
    members = sorted((lake.root / "ensembles" / series / str(harpnum)).glob("*.json"))
    return [*members, lake.pointer(series, harpnum)]


def _kept_files(lake: Lake, series: str, harpnum: int) -> Iterator[Path]:
    """Results of a HARP in the mirror."""
    for room in ("stages", "labels", "products"):
        for kind in ("*.parquet", "*.h5"):
            yield from (lake.root / room / series / str(harpnum)).glob(kind)
    yield from (lake.root / "tables").glob(f"*/harpnum={harpnum}/*.parquet")


def _name(lake: Lake, path: Path) -> str:
    """Name of a file of the mirror in the store."""
    return path.relative_to(lake.root).as_posix()
