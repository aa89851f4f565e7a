"""Every path of a lake, and atomic writing: a result is there whole or not at all.

::

    <lake>/cubes/<series>/<harpnum>.h5                    the archive's images, lossless
    <lake>/work/<series>/<harpnum>/<stage>-<key>.parquet  a stage's rows for a block of frames
    <lake>/labels/<series>/<harpnum>/<key>.h5             masks of the features in a block of frames
    <lake>/products/<series>/<harpnum>/x2-<key>.h5        x2 images, where the user asked for them
    <lake>/tables/<table>/<harpnum>-<run_id>.parquet      the tables, one file per HARP and run
    <lake>/catalog.duckdb                                 views over the tables
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pores.errors import InputError

PARTIAL = ".partial"


@dataclass(frozen=True)
class Lake:
    """A lake in a directory."""

    root: Path

    @classmethod
    def at(cls, location: str | Path) -> "Lake":
        """The lake at a path; it need not exist yet."""
        if "://" in str(location):
            raise InputError(f"--lake {location}: only a local directory can hold a lake in this version")
        return cls(Path(location).expanduser().resolve())

    @property
    def catalog(self) -> Path:
        """The DuckDB file of views."""
        return self.root / "catalog.duckdb"

    def cube(self, series: str, harpnum: int) -> Path:
        """The HDF5 cube of a HARP."""
        return self.root / "cubes" / series / f"{harpnum}.h5"

    def cubes(self, series: str) -> dict[int, Path]:
        """HARPNUM to cube, of every HARP in the lake; the inverse of `cube`."""
        found = (self.root / "cubes" / series).glob("*.h5")
        return {int(path.stem): path for path in sorted(found, key=lambda path: int(path.stem))}

    def work(self, series: str, harpnum: int, stage: str, key: str) -> Path:
        """A stage's rows for a block of frames."""
        return self.root / "work" / series / str(harpnum) / f"{stage}-{key}.parquet"

    def labels(self, series: str, harpnum: int, key: str) -> Path:
        """The label images of a block of frames."""
        return self.root / "labels" / series / str(harpnum) / f"{key}.h5"

    def product(self, series: str, harpnum: int, key: str) -> Path:
        """The cube of x2 images of a HARP."""
        return self.root / "products" / series / str(harpnum) / f"x2-{key}.h5"

    def table(self, table: str, harpnum: int, run_id: str) -> Path:
        """The rows of one HARP and run in a table."""
        return self.root / "tables" / table / f"{harpnum}-{run_id}.parquet"

    def table_files(self, table: str) -> list[Path]:
        """Every file of a table, of all runs."""
        return sorted((self.root / "tables" / table).glob("*.parquet"))


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """Give a path to write to; on success flush it to disk and move it to `path`, on failure remove it.

    The partial file is named after the process, so that two writers of one result can't mix.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}{PARTIAL}")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
