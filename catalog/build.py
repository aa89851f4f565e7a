"""The catalogue: views over the tables of the current runs, commented, built anew and swapped in."""

import fcntl
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from catalog.connection import place, register_tables
from catalog.ensembles import Ensembles
from catalog.file_views import select
from catalog.formats import comments, literal, quoted
from catalog.schema import RUNS, TABLES, Table
from catalog.schema.published import ALL_RUNS, PUBLISHED
from catalog.sql_files import shipped
from catalog.statement import message
from pores.errors import PorelakeError
from storage.lake import Lake, atomic
from storage.remote_files import push_catalog
from storage.runs import CurrentRun, current_runs, member_runs


@dataclass(frozen=True)
class Published:
    """What a catalogue shows.

    `products` says of how many HARPs the features are of each product, `ensembles` what is kept side by side.
    """

    place: str
    n_harps: int
    n_views: int
    products: Mapping[str, int] = field(default_factory=dict)
    ensembles: Ensembles = field(default_factory=Ensembles)

    def __str__(self) -> str:
        said = f"{self.place}: {self.n_views} views of {_harps(self.n_harps)}"
        return "\n".join([said, *self.ensembles.said(), *self._mixed()])

    def _mixed(self) -> Iterator[str]:
        """A warning where numbers of several products stand side by side."""
        if len(self.products) > 1:
            of = ", ".join(f"{product} ({_harps(n)})" for product, n in sorted(self.products.items()))
            yield f"not of one product: {of}; their numbers differ, keep them apart by column product"


def _harps(n: int) -> str:
    return f"{n} HARP{'' if n == 1 else 's'}"


def publish(lake: Lake) -> Published:
    """Build the catalogue of the current runs and swap it in; until then the old one stays.

    In an object store it is put in the place of the old one, and built again if another machine moved a
    pointer meanwhile: whoever is last has seen every current run.

    Raises
    ------
    PorelakeError
        If a file of a current run is missing, or can't be read, or was written by another version.
    """
    lake.root.mkdir(parents=True, exist_ok=True)
    with _alone(lake):
        runs, kept = current_runs(lake), member_runs(lake)
        while True:
            ensembles = Ensembles.of(lake, runs, kept)
            n_views = _build(lake, runs, ensembles)
            push_catalog(lake)
            if lake.url is None or (now := (current_runs(lake), member_runs(lake))) == (runs, kept):
                products = Counter(run.product for run in runs if run.product)
                place_ = f"{lake.location}/{lake.catalog.name}"
                return Published(place_, len(runs), n_views, products, ensembles)
            runs, kept = now


def _build(lake: Lake, runs: list[CurrentRun], ensembles: Ensembles) -> int:
    """Build the catalogue of runs; return the number of its views."""
    with atomic(lake.catalog) as partial:
        statements = [*_tables(lake, runs), *ensembles.views(lake), *_published(lake), *_shipped()]
        _write(lake, partial, statements)
    return sum(statement.startswith("CREATE VIEW") for statement in statements)


@contextmanager
def _alone(lake: Lake) -> Iterator[None]:
    """Wait until no other process or thread publishes: the last one must see every current run."""
    with lake.catalog_lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _write(lake: Lake, path: Path, statements: list[str]) -> None:
    """Execute statements in a new database, made in a plain place: DuckDB writes no path that has a `?`."""
    with tempfile.TemporaryDirectory(prefix="porelake-") as directory:
        made = Path(directory) / path.name
        try:
            with duckdb.connect(made) as connection:
                register_tables(connection, lake)
                connection.execute("BEGIN")
                for statement in statements:
                    connection.execute(statement)
                connection.execute("COMMIT")
        except duckdb.Error as error:
            text = f"no new catalogue: {message(error)}; `porelake verify` names the files"
            raise PorelakeError(text) from error
        shutil.copyfile(made, path)


def _tables(lake: Lake, runs: list[CurrentRun]) -> Iterator[str]:
    """Statements that make the views of the contract's tables, and one of the runs of all times."""
    for table in TABLES.values():
        wanted = [lake.table(table.name, run.harpnum, run.run_id) for run in runs]
        if missing := set(wanted) - set(lake.table_files(table.name)):
            raise PorelakeError(_missing(lake, sorted(missing)))
        yield from _view(table.name, table, [place(lake, path) for path in wanted])
    every = replace(RUNS, description="One row per processing run, superseded ones included")
    yield from _view(ALL_RUNS, every, [place(lake, path) for path in lake.table_files(RUNS.name)])


def _missing(lake: Lake, files: list[Path]) -> str:
    """Say which files of a table aren't there, and what makes them: a lake of an old version has none."""
    if len(files) > 1:
        which = f"{place(lake, files[0])} and {len(files) - 1} more are missing"
        return f"{which}; `porelake run --from lake` makes them for all HARPs"
    harpnum = files[0].parent.name.partition("=")[2]
    again = f"`porelake run --from lake --harp {harpnum}` makes it again"
    return f"{place(lake, files[0])} is missing; {again}"


def _view(name: str, table: Table, files: list[str]) -> Iterator[str]:
    """Statements that make one view over files."""
    yield f"CREATE VIEW {quoted(name)} AS {select(table, files)}"
    yield from comments(name, table.description, table.columns)


def _published(lake: Lake) -> Iterator[str]:
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ", "seconds")
    yield (
        f"CREATE VIEW published AS SELECT {literal(lake.location)} AS root,"
        f" TIMESTAMP '{now}' AS published, {literal(version('porelake'))} AS code_version"
    )
    yield from comments("published", "One row: where and when this catalogue was made", PUBLISHED)


def _shipped() -> Iterator[str]:
    """The views and macros of `sql/`."""
    for file in shipped():
        yield file.body
        if file.body.startswith("CREATE VIEW"):
            yield from comments(file.name, file.description, file.columns)
        else:
            table = "TABLE " if " AS TABLE" in file.body else ""
            yield f"COMMENT ON MACRO {table}{quoted(file.name)} IS {literal(file.description)}"
