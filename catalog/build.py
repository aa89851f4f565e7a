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

from catalog.connection import register_tables
from catalog.ensembles import Ensembles
from catalog.formats import comments, literal, quoted
from catalog.schema import RUNS, TABLES, Table
from catalog.schema.published import ALL_RUNS, PUBLISHED
from catalog.shown import Shown
from catalog.sql_files import shipped
from catalog.statement import message
from pores.errors import InputError, PorelakeError
from storage.known import Known
from storage.lake import Lake, atomic
from storage.pack_plan import SIZES, Sizes
from storage.packs import retire
from storage.remote_files import any_there, push_catalog
from storage.runs import current_runs, member_runs


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


def publish(lake: Lake, sizes: Sizes = SIZES) -> Published:
    """Build the catalogue of the current runs and swap it in; until then the old one stays.

    HARPs that are many without are packed before (`storage.packs`). In an object store the catalogue is put
    in the place of the old one, and built again if another machine moved a pointer meanwhile: whoever is last
    has seen every current run.

    Raises
    ------
    InputError
        If there is no lake; one that has no HARPs yet is one.
    PorelakeError
        If a file of a current run that is in no pack is missing, can't be read, or was written by another
        version.
    """
    _require_there(lake)
    lake.root.mkdir(parents=True, exist_ok=True)  # of a lake in a store the mirror
    with _alone(lake):
        known = Known(lake)
        runs, kept = current_runs(lake, known), member_runs(lake, known)
        while True:
            current, past = Shown.current(lake, runs, sizes), Shown.past(lake, runs, sizes, known)
            ensembles = Ensembles.of(lake, runs, kept)
            n_views = _build(lake, current, past, ensembles)
            push_catalog(lake)
            if lake.url is None or (now := (current_runs(lake), member_runs(lake))) == (runs, kept):
                break
            runs, kept = now
        known.keep()
        retire(lake, [*current.packs, *past.packs])
    products = Counter(run.product for run in runs if run.product)
    return Published(f"{lake.location}/{lake.catalog.name}", len(runs), n_views, products, ensembles)


def _require_there(lake: Lake) -> None:
    """Refuse a place that nothing is at, as at most names that are mistyped."""
    if not (lake.root.is_dir() if lake.url is None else any_there(lake)):
        raise InputError(f"--lake {lake.location}: there is no lake; `porelake run` makes one")


def _build(lake: Lake, current: Shown, past: Shown, ensembles: Ensembles) -> int:
    """Build the catalogue; return the number of its views."""
    with atomic(lake.catalog) as partial:
        statements = [*_tables(current, past), *ensembles.views(lake), *_published(lake), *_shipped()]
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


def _tables(current: Shown, past: Shown) -> Iterator[str]:
    """Statements that make the views of the contract's tables, and one of the runs of all times."""
    for table in TABLES.values():
        yield from _view(table.name, table, current.select(table))
    every = replace(RUNS, description="One row per processing run, superseded ones included")
    yield from _view(ALL_RUNS, every, f"{current.select(RUNS)} UNION ALL {past.select(RUNS)}")


def _view(name: str, table: Table, select: str) -> Iterator[str]:
    """Statements that make one view with the columns of a table."""
    yield f"CREATE VIEW {quoted(name)} AS {select}"
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
