"""Checks of a lake: files and keys of tables, `sql/checks`, header oracle, stages, cubes, label images."""

from collections.abc import Iterator
from itertools import islice

import duckdb
import numpy as np

from catalog.check_files import check_files, check_stages, unsealed
from catalog.check_packs import check_packs
from catalog.connection import place
from catalog.ensembles import members
from catalog.file_views import select
from catalog.findings import Finding
from catalog.formats import quoted
from catalog.query import connect
from catalog.schema import TABLES, Table
from catalog.sql_files import sql_files
from catalog.statement import message
from pores.errors import PorelakeError
from pores.oracle_checks import CHECKS
from storage.lake import Lake
from storage.remote import all_pulled
from storage.runs import CurrentRun, current_runs, member_runs

MOST = 20  # findings of one check that are told one by one
_NAMED = 5  # HARPs of which the same is to be told


def verify(lake: Lake) -> list[Finding]:
    """Check a lake; nothing found means that all is well.

    The rows are checked through the catalogue as it is published, the files of every current run.

    Raises
    ------
    InputError
        If the lake has no catalogue.
    """
    return look_through(lake)[0]


def look_through(lake: Lake) -> tuple[list[Finding], list[str]]:
    """What `verify` finds, and lines on what could not be checked."""
    with all_pulled(lake):
        current, kept = current_runs(lake), member_runs(lake)
        beside = [m.run for m in members(current, kept) if not (m.is_current or m.stale)]
        found = _findings(lake, current, beside)
        return found, [*_not_seen(lake, [*current, *beside])]


def _findings(lake: Lake, current: list[CurrentRun], beside: list[CurrentRun]) -> list[Finding]:
    runs = [*current, *beside]
    files = [*check_files(lake, runs)] or [*check_packs(lake)]  # packs are compared with files
    found = [*files, *check_stages(lake), *_cubes(lake)]
    if not files:  # rows of broken files can't be asked for
        with connect(lake) as connection:
            found += [*_published(connection, runs), *_labels(lake, connection, _LABELS)]
            found += _labels(lake, connection, _labels_of(lake, beside))
            for name, sql in checks():
                found += _told(name, connection, sql)
    return found


def _not_seen(lake: Lake, runs: list[CurrentRun]) -> Iterator[str]:
    """What could not be checked: a lake need not have its cubes, and old files have no checksums."""
    cubes = {series: lake.cubes(series) for series in {run.series for run in runs}}
    if without := sorted({run.harpnum for run in runs if run.harpnum not in cubes[run.series]}):
        more = f" and {len(without) - _NAMED} more" if len(without) > _NAMED else ""
        named = ", ".join(map(str, without[:_NAMED]))
        yield f"not checked: images of HARP {named}{more}, of which the lake has no cube"
    if n := unsealed(lake, runs):
        yield (
            f"not checked: values in {n} file{'' if n == 1 else 's'} of an earlier version, which have no"
            " checksums"
        )


def checks() -> Iterator[tuple[str, str]]:
    """Every check of rows by name: SQL that gives `record` and `detail` of the offending ones."""
    for table in TABLES.values():
        yield f"{table.name}_keys", _duplicates(table)
        if table.name != "runs":
            yield f"{table.name}_runs", _strangers(table)
    yield "frames_oracle", _oracle()
    for file in sql_files("checks"):
        yield file.name, file.text


def _told(name: str, connection: duckdb.DuckDBPyConnection, sql: str) -> list[Finding]:
    """Findings of one check: the first ones, and how many more."""
    try:
        rows = connection.execute(sql).fetchall()
    except duckdb.Error as error:
        return [Finding(name, "the check", message(error))]
    found = [Finding(name, str(record), str(detail)) for record, detail in islice(sorted(rows), MOST)]
    if len(rows) > MOST:
        found.append(Finding(name, "and", f"{len(rows) - MOST} more"))
    return found


def _duplicates(table: Table) -> str:
    key = ", ".join(map(quoted, table.key))
    record = " || ' ' || ".join(f"coalesce({quoted(name)}::VARCHAR, 'NULL')" for name in table.key)
    return (
        f"SELECT {record} AS record, count(*) || ' rows have this key' AS detail"
        f" FROM {quoted(table.name)} GROUP BY {key} HAVING count(*) > 1"
    )


def _strangers(table: Table) -> str:
    return (
        f"SELECT run_id AS record, count(*) || ' rows of {table.name} have a run that runs has not' AS detail"
        f" FROM {quoted(table.name)} ANTI JOIN runs USING (run_id, harpnum) GROUP BY run_id"
    )


def _oracle() -> str:
    """One row per residual of the header oracle that is out of its tolerance."""
    parts = [
        f"SELECT harpnum || ' ' || t_rec AS record,"
        f" '{check.column} is ' || {check.column} || ', tolerance {check.tolerance}' AS detail"
        f" FROM frames WHERE abs({check.column}) > {check.tolerance}"
        for check in CHECKS
    ]
    return " UNION ALL ".join(parts)


def _published(connection: duckdb.DuckDBPyConnection, runs: list[CurrentRun]) -> list[Finding]:
    """Whether the views show the current runs, and those that are kept beside them."""
    shown_sql = "SELECT run_id FROM runs UNION SELECT run_id FROM ensemble_members"
    try:
        shown = {run_id for (run_id,) in connection.execute(shown_sql).fetchall()}
    except duckdb.Error as error:
        return [Finding("catalogue", "runs", message(error))]
    late = [run for run in runs if run.run_id not in shown]
    return [
        Finding("catalogue", f"HARP {run.harpnum}", "not published; `porelake publish` does it")
        for run in late
    ]


def _labels(lake: Lake, connection: duckdb.DuckDBPyConnection, sql: str) -> Iterator[Finding]:
    """Label images that can't be read, or have other features than their frame; the first of each file."""
    try:
        rows = connection.execute(sql).fetchall()
    except duckdb.Error as error:
        yield Finding("labels", "the check", message(error))
        return
    if not rows:
        return  # a lake without features needs no h5py
    from storage.labels import LabelReader

    reader, wrong = LabelReader(), set[str]()
    for file, t_rec, *told in rows:
        if file in wrong:
            continue
        path, when = lake.root / file, np.datetime64(t_rec, "ms")
        try:
            images = [reader.runs(path, when, layer).image() for layer in ("pores", "faint")]
            found = [int(image.max(initial=0)) for image in images]
            detail, fault = f"{t_rec} has {_features(found)}, the tables say {_features(told)}", found != told
            if not fault and np.any((images[0] > 0) & (images[1] > 0)):
                detail, fault = f"{t_rec} has a faint feature on a pore", True
        except PorelakeError as error:
            detail, fault = str(error).removeprefix(f"{path}: "), True
        if fault:
            wrong.add(file)
            yield Finding("labels", file, detail)


def _features(numbers: list[int]) -> str:
    return "{} features and {} faint ones".format(*numbers)


def _labels_of(lake: Lake, runs: list[CurrentRun]) -> str:
    """SQL for what the files of runs say of label images; runs that differ in tracking only share them."""
    frames, faint = (
        select(TABLES[name], [place(lake, lake.table(name, run.harpnum, run.run_id)) for run in runs])
        for name in ("frames", "faint")
    )
    return f"WITH frames AS ({frames}), faint AS ({faint}) {_LABELS}"


_LABELS = """
SELECT DISTINCT labels_file, t_rec, n_pores, count(faint_id)
FROM frames LEFT JOIN faint USING (harpnum, t_rec, run_id)
WHERE labels_file IS NOT NULL GROUP BY labels_file, t_rec, n_pores, run_id ORDER BY ALL
"""


def _cubes(lake: Lake) -> Iterator[Finding]:
    """Images and headers of cubes and of doubled products that can't be read."""
    for path in lake.image_files():
        from storage.cubes import Cube  # h5py is not needed where a lake has no cubes

        try:
            with Cube(path) as cube:
                damaged = cube.damaged()
        except PorelakeError as error:
            damaged = [str(error)]
        for line in damaged:
            yield Finding("cubes", str(path.relative_to(lake.root)), line.removeprefix(f"{path}: "))
