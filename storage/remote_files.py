"""What of a lake in an object store is of no single HARP: the catalogue, and all pointers at once."""

import json
from collections.abc import Iterable
from pathlib import Path

from storage.lake import Lake, atomic
from storage.manifest import Manifest
from storage.s3_upload import ANY
from storage.store import Store

CATALOG = "catalog.duckdb"


def here(lake: Lake, path: Path) -> Path:
    """Bring one result that never changes into the mirror, if it is not there; return its path."""
    bring(lake, [path])
    return path


def bring(lake: Lake, paths: Iterable[Path]) -> None:
    """Bring results that never change into the mirror, those that are not there."""
    if lake.url is not None and (missing := [path for path in paths if not path.exists()]):
        Store(lake.url).get({path.relative_to(lake.root).as_posix(): path for path in missing})


def any_there(lake: Lake) -> bool:
    """Whether the store has anything of a lake."""
    return Store(str(lake.url)).holds_any("")


def put(lake: Lake, paths: Iterable[Path]) -> None:
    """Take results that never change to the store."""
    if lake.url is not None:
        Store(lake.url).put({path.relative_to(lake.root).as_posix(): path for path in paths})


def pull_catalog(lake: Lake) -> None:
    """Bring the catalogue as it is in the store; none if there is none there."""
    if lake.url is None:
        return
    store, manifest = Store(lake.url), Manifest.read(lake.mirrored("catalog"), lake.root)
    entry = store.entry(CATALOG)
    if entry is None:
        lake.catalog.unlink(missing_ok=True)
    elif not (manifest.unchanged(CATALOG) and manifest.version(CATALOG) == entry.version):
        manifest.record(CATALOG, store.get_version(CATALOG, lake.catalog).version)
        manifest.save()


def push_catalog(lake: Lake) -> None:
    """Take the catalogue to the store, in the place of whatever is there."""
    if lake.url is None:
        return
    manifest = Manifest.read(lake.mirrored("catalog"), lake.root)
    manifest.record(CATALOG, Store(lake.url).put_version(CATALOG, lake.catalog, ANY))
    manifest.save()


def pointer_texts(lake: Lake, room: str) -> list[str]:
    """Content of every pointer of a room in the store; only what changed since the last time is read."""
    store, notes = Store(str(lake.url)), lake.mirrored(room)
    there = {
        name: entry.version for name, entry in store.listed(f"{room}/").items() if name.endswith(".json")
    }
    held: dict[str, list[str]] = json.loads(notes.read_text()) if notes.exists() else {}
    new = [name for name, version in there.items() if name not in held or held[name][0] != version]
    read = {name: [there[name], text] for name, text in store.texts(new).items()}
    known = {name: pair for name, pair in {**held, **read}.items() if name in there}
    if known != held:
        with atomic(notes) as partial:
            partial.write_text(json.dumps(known))
    return [text for _, text in known.values()]
