"""What this machine knows of the copies in its mirror of an object store: which versions they are."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from storage.lake import atomic
from storage.store import Entry, Store

Stat = tuple[int, int]


@dataclass(frozen=True)
class Copy:
    """A copy as it was when it equalled the object; the version is empty where it was not told."""

    version: str
    size: int
    mtime_ns: int

    @property
    def stat(self) -> Stat:
        """Size and time of change."""
        return self.size, self.mtime_ns


def stat_of(path: Path) -> Stat | None:
    """Size and time of change of a file; None if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns


@dataclass
class Manifest:
    """The copies that were made of a group of objects, by their names."""

    path: Path
    root: Path
    copies: dict[str, Copy] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, root: Path) -> "Manifest":
        """The manifest of that file; empty if there is none."""
        try:
            held = json.loads(path.read_text())
        except FileNotFoundError:
            held = {}
        return cls(path, root, {name: Copy(**copy) for name, copy in held.items()})

    def save(self) -> None:
        """Write the manifest, if it says anything new."""
        text = json.dumps({name: asdict(copy) for name, copy in sorted(self.copies.items())})
        if not self.path.exists() or self.path.read_text() != text:
            with atomic(self.path) as partial:
                partial.write_text(text)

    def record(self, name: str, version: str = "") -> None:
        """Note that a copy equals a version of the object now."""
        if (stat := stat_of(self.root / name)) is not None:
            self.copies[name] = Copy(version, *stat)

    def forget(self, name: str) -> None:
        """Note that there is no such object, or no copy of it."""
        self.copies.pop(name, None)

    def version(self, name: str) -> str | None:
        """The version that a copy was taken of, changed since or not."""
        return self.copies[name].version if name in self.copies else None

    def unchanged(self, name: str) -> bool:
        """Whether a copy is there and as it was taken."""
        return name in self.copies and stat_of(self.root / name) == self.copies[name].stat


def pull_changing(store: Store, manifest: Manifest, name: str, entry: Entry | None) -> bool:
    """Bring an object that changes, unless the copy is of this version; say whether both have changed."""
    path = manifest.root / name
    if entry is None:
        manifest.forget(name)
        return False
    if path.exists() and manifest.version(name) == entry.version:
        return False
    if path.exists() and not manifest.unchanged(name):
        same = store.same(
            name, path
        )  # taken there or brought by a process that was killed before it noted so
        if same is None:
            return True
        manifest.record(name, same)
        return False
    path.unlink(missing_ok=True)  # from here on a killed process leaves no copy, never an old one
    manifest.record(name, store.get_version(name, path).version)
    return False


def push_changing(store: Store, manifest: Manifest, name: str) -> None:
    """Take a file to the store unless it is there; ChangedError if another version is."""
    path = manifest.root / name
    if path.exists() and not manifest.unchanged(name):
        manifest.record(name, store.put_version(name, path, manifest.version(name)))
        manifest.save()
