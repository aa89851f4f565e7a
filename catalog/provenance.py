"""What an exported table says of itself: what a row is, what columns mean, and which runs it came from."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import duckdb

from catalog.connection import views_of
from catalog.near import nearest
from catalog.query import Question, named
from catalog.schema import ENSEMBLES, TABLES, Column, Table
from catalog.sql_files import SqlFile, Value, sql_files
from pores.errors import InputError

CITATION = (
    "Data: SDO/HMI Active Region Patches (SHARP, Bobra et al. 2014, Solar Physics 289, 3549), courtesy of"
    " NASA/SDO and the HMI science team. Please cite porelake with its version."
)
ACKNOWLEDGEMENT = (
    "The data are made from those of SDO/HMI, courtesy of NASA/SDO and the HMI science team, who ask for this"
    " acknowledgement (https://sdo.gsfc.nasa.gov/data/rules.php); JSOC has waived its rights in them, CC0-1.0"
    " (http://jsoc.stanford.edu/JSOC_Data_Policy.html)."
)
_RUN = "SELECT run_id, harpnum, series, config, config_hash, cube_key, code_version, software"
_RUNS = f"{_RUN} FROM runs ORDER BY harpnum, run_id"
_ALSO_BESIDE = f"{_RUN} FROM runs UNION {_RUN} FROM ensemble_members ORDER BY harpnum, run_id"
_OF_ENSEMBLES = ("ensemble_", "pore_stability")  # what the SQL of a question to ensembles names


@dataclass(frozen=True)
class Subject:
    """What is exported: the question, what a row is, and the columns that have a known meaning."""

    name: str
    description: str
    question: Question
    columns: dict[str, Column]


@dataclass(frozen=True)
class Rows:
    """Which rows of a table: of some HARPs, and under a condition in SQL."""

    harps: tuple[int, ...] = ()
    where: str | None = None


def subject(
    connection: duckdb.DuckDBPyConnection, name: str, params: dict[str, str], rows: Rows | None = None
) -> Subject:
    """Return the table, view or named query of that name, or some rows of a table or view.

    Raises
    ------
    InputError
        If there is none, a parameter is wrong or given for a table, or rows are chosen of a query.
    """
    described = {file.name: file for kind in ("views", "queries") for file in sql_files(kind)}
    if name in {file.name for file in sql_files("queries")}:
        if rows is not None:
            raise InputError(f"{name}: --where and --harp choose rows of tables and views, not of a query")
        file = described[name]
        return Subject(name, file.description, named(name, params), _by_name(file.columns))
    views = views_of(connection)
    if name not in views:
        there = [*views, *(file.name for file in sql_files("queries"))]
        raise InputError(f"{name}: no such table or query; {nearest(name, there)}")
    if rows is not None:
        _require_harps(connection, rows)
    if params:
        raise InputError(f"--param {next(iter(params))}: {name} is a table, which has no parameters")
    known: dict[str, SqlFile | Table] = {**described, **TABLES, **ENSEMBLES}
    columns = known[name].columns if name in known else ()
    return Subject(name, views[name], _select(connection, name, rows or Rows()), _by_name(columns))


def _require_harps(connection: duckdb.DuckDBPyConnection, rows: Rows) -> None:
    there = {harp for (harp,) in connection.execute("SELECT harpnum FROM harps").fetchall()}
    if missing := sorted(set(rows.harps) - there):
        raise InputError(f"--harp {missing[0]}: the lake has no such HARP")


def provenance(
    connection: duckdb.DuckDBPyConnection, what: Subject, harps: Collection[int] = ()
) -> dict[str, Any]:
    """Return what made the rows: software, runs with their parameters, how to cite.

    The runs are the current ones, and those beside them where ensembles are asked; of some HARPs where
    they are named.
    """
    published, version = connection.execute("SELECT published, code_version FROM published").fetchall()[0]
    sql = _ALSO_BESIDE if any(name in what.question.sql for name in _OF_ENSEMBLES) else _RUNS
    rows = [row for row in connection.execute(sql).fetchall() if not harps or row[1] in harps]
    runs = [
        {
            "run_id": run,
            "harpnum": harp,
            "series": series,
            "config_hash": key,
            "cube_key": cube,
            "code_version": code,
        }
        for run, harp, series, _, key, cube, code, _ in rows
    ]
    values: dict[str, Value] = what.question.values
    return {
        "title": what.name,
        "description": what.description,
        "sql": what.question.sql.strip(),
        "parameters": {key: None if value is None else str(value) for key, value in values.items()},
        "software": f"porelake {version}",
        "libraries": sorted({row[7] for row in rows}),
        "published": f"{published.isoformat()}Z",
        "times": "t_rec and other times are TAI, t_obs and times of runs UTC",
        "runs": runs,
        "configs": {row[4]: json.loads(row[3]) for row in rows},
        "citation": CITATION,
        "acknowledgement": ACKNOWLEDGEMENT,
    }


def _select(connection: duckdb.DuckDBPyConnection, view: str, rows: Rows) -> Question:
    """Return the question for rows of a view, in the order of its table if it has one."""
    names = [name for name, *_ in connection.execute(f'DESCRIBE "{view}"').fetchall()]
    tables = {**TABLES, **ENSEMBLES}
    order = tables[view].order if view in tables else ("ALL",)
    if rows.harps and "harpnum" not in names:
        raise InputError(f"--harp: {view} has no column harpnum")
    harps = f"harpnum IN ({', '.join(map(str, rows.harps))})" if rows.harps else None
    conditions = " AND ".join(f"({text})" for text in (harps, rows.where) if text)
    where = f" WHERE {conditions}" if conditions else ""
    return Question(f'SELECT {", ".join(names)} FROM "{view}"{where} ORDER BY {", ".join(order)}', {})


def _by_name(columns: tuple[Column, ...]) -> dict[str, Column]:
    return {column.name: column for column in columns}
