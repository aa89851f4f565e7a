"""Every path of a lake, and atomic writing: a result is there whole or not at all.

::

    <lake>/cubes/<series>/<harpnum>.h5                        the archive's images, lossless
    <lake>/incoming/<series>/<harpnum>/                       files on their way from the archive to the cube
    <lake>/stages/<series>/<harpnum>/<stage>-<key>.parquet    a stage's rows for a block of frames
    <lake>/labels/<series>/<harpnum>/<key>.h5                 masks of the features in a block of frames
    <lake>/products/<series>/<harpnum>/x2-<key>.h5            x2 images of a block of frames, on demand
    <lake>/tables/<table>/harpnum=<harpnum>/<run_id>.parquet  the tables, one file per HARP and run
    <lake>/packs/<table>/first=<n>/last=<m>/<key>.parquet     the same rows of HARPs n to m, as questions read
    <lake>/packs/manifests/<key>.json                         which runs are in a pack
    <lake>/current/<series>/<harpnum>.json                    which run of a HARP the views show
    <lake>/ensembles/<series>/<harpnum>/<science>.json        which runs are kept side by side, by parameters
    <lake>/catalog.duckdb                                     views over the tables

The lake lies in a directory, or in an object store under the same names; this machine then works in a mirror
of the parts it needs, which `storage.remote` brings and takes back. What the mirror holds is told in it::

    <mirror>/mirrored/<series>/<harpnum>.json                 versions of the copies of a HARP's objects
    <mirror>/mirrored/catalog.json                            of the catalogue
    <mirror>/mirrored/{current,ensembles}.json                all pointers with content
"""

import hashlib
import os
import platform
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pores.errors import InputError

PARTIAL = ".partial"
ROOMS = ("cubes", "stages", "labels", "products", "tables", "packs", "current", "ensembles")
_OF_HARPS = ("stages", "labels", "products", "ensembles")  # rooms with a directory for each HARP
_FILE = "file://"
_ONE_SLASH = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/(?!/)")
_NOT_IN_URL = "*?[]'\"\\#% "  # patterns to DuckDB, quotes to SQL, or another name to some store
_HOST = "".join(letter if letter.isalnum() else "-" for letter in platform.node()) or "host"


@dataclass(frozen=True)
class Lake:
    """A lake in a directory; of one in an object store `url` is the place and `root` the mirror."""

    root: Path
    url: str | None = None

    @classmethod
    def at(cls, location: str | Path) -> "Lake":
        """The lake at a path or at the URL of an object store, `s3://bucket/prefix`; it need not exist yet.

        Raises
        ------
        InputError
            If no lake can be there.
        """
        if "://" in str(location) and not str(location).startswith(_FILE):
            return cls._in_store(str(location))
        if url := _ONE_SLASH.match(str(location)):
            rest = str(location)[url.end() :]
            raise InputError(f"--lake {location}: a URL has two slashes: {url[1]}://{rest}")
        root = Path(str(location).removeprefix(_FILE)).expanduser().resolve()
        if "\\" in str(root):
            raise InputError(f"--lake {location}: DuckDB can't open files below a name with a backslash")
        return cls(root)

    @classmethod
    def _in_store(cls, location: str) -> "Lake":
        url = location.rstrip("/")
        protocol, _, place = url.partition("://")
        parts = place.split("/")
        wrong = {"", ".", ".."} & set(parts) or set(place) & set(_NOT_IN_URL)
        if wrong or not protocol.isalnum():
            raise InputError(f"--lake {location}: not a place in an object store; write s3://bucket/prefix")
        from storage.settings import settings  # pydantic takes its time, and local lakes do not need it

        name = "".join(letter if letter.isalnum() else "-" for letter in place)[:40]
        key = hashlib.sha256(url.encode()).hexdigest()[:16]
        return cls(settings().cache_dir.resolve() / "lakes" / f"{name}-{key}", url)

    @property
    def location(self) -> str:
        """Where the lake is: what `--lake` says."""
        return self.url or str(self.root)

    @property
    def catalog(self) -> Path:
        """The DuckDB file of views."""
        return self.root / "catalog.duckdb"

    @property
    def catalog_lock(self) -> Path:
        """The file whose lock a publisher holds."""
        return self.root / "catalog.lock"

    def cube(self, series: str, harpnum: int) -> Path:
        """The HDF5 cube of a HARP."""
        return self.root / "cubes" / series / f"{harpnum}.h5"

    def cubes(self, series: str) -> dict[int, Path]:
        """HARPNUM to cube, of every HARP in the lake; the inverse of `cube`."""
        there = {*(self.root / "cubes" / series).glob("*.h5"), *self._files(f"cubes/{series}", "*.h5")}
        numbered = {int(path.stem): path for path in there if path.stem.isdecimal()}
        return dict(sorted(numbered.items()))

    def incoming(self, series: str, harpnum: int) -> Path:
        """What is on its way from the archive to the cube of a HARP."""
        return self.root / "incoming" / series / str(harpnum)

    def stage(self, series: str, harpnum: int, stage: str, key: str) -> Path:
        """A stage's rows for a block of frames."""
        return self.root / "stages" / series / str(harpnum) / f"{stage}-{key}.parquet"

    def stage_files(self) -> list[Path]:
        """Every such file that is here."""
        return sorted(self.root.glob("stages/*/*/*.parquet"))

    def labels(self, series: str, harpnum: int, key: str) -> Path:
        """The label images of a block of frames."""
        return self.root / "labels" / series / str(harpnum) / f"{key}.h5"

    def product(self, series: str, harpnum: int, key: str) -> Path:
        """The cube of x2 images of a block of frames."""
        return self.root / "products" / series / str(harpnum) / f"x2-{key}.h5"

    def table(self, table: str, harpnum: int, run_id: str) -> Path:
        """The rows of one HARP and run in a table."""
        return self.root / "tables" / table / f"harpnum={harpnum}" / f"{run_id}.parquet"

    def table_files(self, table: str) -> list[Path]:
        """Every file of a table, of all runs."""
        return self._files(f"tables/{table}", "harpnum=*/*.parquet")

    def pack(self, table: str, first: int, last: int, key: str) -> Path:
        """The rows in a table of many HARPs, from `first` to `last`."""
        return self.root / "packs" / table / f"first={first}" / f"last={last}" / f"{key}.parquet"

    def pack_files(self) -> list[Path]:
        """Every such file."""
        return self._files("packs", "*/first=*/last=*/*.parquet")

    def pack_manifest(self, key: str) -> Path:
        """The file that says which runs are in a pack."""
        return self.root / "packs" / "manifests" / f"{key}.json"

    def pack_manifests(self) -> list[Path]:
        """Every such file."""
        return self._files("packs/manifests", "*.json")

    def pointer(self, series: str, harpnum: int) -> Path:
        """The file that names the current run of a HARP."""
        return self.root / "current" / series / f"{harpnum}.json"

    def pointers(self) -> list[Path]:
        """Every such file."""
        return self._files("current", "*/*.json")

    def member(self, series: str, harpnum: int, science: str) -> Path:
        """The file that names the run with some parameters in the ensemble of a HARP."""
        return self.root / "ensembles" / series / str(harpnum) / f"{science}.json"

    def members(self) -> list[Path]:
        """Every such file."""
        return self._files("ensembles", "*/*/*.json")

    def missing(self, files: Iterable[Path]) -> list[Path]:
        """Those of some tables' files that are not there."""
        if self.url is None:
            return sorted(path for path in files if not path.exists())
        wanted = set(files)
        there = {
            path for table in {path.parent.parent.name for path in wanted} for path in self.table_files(table)
        }
        return sorted(wanted - there)

    def _files(self, directory: str, pattern: str) -> list[Path]:
        """Files of the lake; of one in an object store those there, whether they are in the mirror or not."""
        if self.url is None:
            return sorted((self.root / directory).glob(pattern))
        from storage.store import Store

        names = map(PurePosixPath, Store(self.url).listed(f"{directory}/"))
        depth = directory.count("/") + pattern.count("/") + 2
        return sorted(self.root / name for name in names if name.match(pattern) and len(name.parts) == depth)

    def mirrored(self, *what: str) -> Path:
        """What this machine knows of the copies in its mirror: of a HARP, a file, or the pointers."""
        return self.root.joinpath("mirrored", *what[:-1], f"{what[-1]}.json")

    def image_files(self) -> list[Path]:
        """Every cube, and every product of doubled images."""
        return sorted((*self.root.glob("cubes/*/*.h5"), *self.root.glob("products/*/*/*.h5")))

    def sweep(self, series: str, harpnum: int) -> list[Path]:
        """Remove what killed processes left half-written of a HARP and of the catalogue; say what it was."""
        places = (
            *(self.root / room / series / str(harpnum) for room in _OF_HARPS),
            *(self.root / "tables").glob(f"*/harpnum={harpnum}"),
            self.root / "current" / series,
            self.root,
        )
        found = [path for place in places for path in place.glob(f"*{PARTIAL}*") if abandoned(path)]
        for path in found:
            path.unlink(missing_ok=True)
        return found


@contextmanager
def atomic(path: Path, flushed: bool = True) -> Iterator[Path]:
    """Give a path to write to; on success flush it to disk and move it to `path`, on failure remove it.

    Who writes thousands of files does without `flushed`, and calls `os.sync` once for all of them.

    `Lake.sweep` removes what a killed writer left.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_of(path)
    try:
        yield partial
        if flushed:
            with partial.open("rb") as file:
                os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def partial_of(path: Path) -> Path:
    """What this process writes before it is moved to a path.

    It is named after the machine and the process, so that two writers of one result can't mix, and what a
    killed one left can be told from what is being written.
    """
    return path.with_name(f"{path.name}.{_HOST}.{os.getpid()}{PARTIAL}")


def left_over(path: Path) -> list[Path]:
    """What killed processes of this machine left beside a path that they were to make."""
    begins = f"{path.name}.{_HOST}."
    beside = (found for found in path.parent.glob(f"*{PARTIAL}") if found.name.startswith(begins))
    pids = {found: found.name.removeprefix(begins).removesuffix(PARTIAL) for found in beside}
    return [found for found, pid in pids.items() if pid.isdigit() and abandoned(found)]


def abandoned(partial: Path) -> bool:
    """Whether the process that wrote a partial file is known to be gone: it was of this machine."""
    host, _, pid = partial.name.rpartition(PARTIAL)[0].rpartition(".")
    if not (host.endswith(f".{_HOST}") and pid.isdigit()):
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it lives, and is another user's
        return False
    return False
