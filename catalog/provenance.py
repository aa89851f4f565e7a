"""What an exported table says of itself: what a row is, what columns mean, and which runs it came from."""

import json
from dataclasses import dataclass
from typing import Any

import duckdb

from catalog.query import Question, named
from catalog.schema import TABLES, Column
from catalog.sql_files import Value, sql_files
from pores.errors import InputError

CITATION = (
    "Data: SDO/HMI Active Region Patches (SHARP, Bobra et al. 2014, Solar Physics 289, 3549), courtesy of"
    " NASA/SDO and the HMI science team. Please cite porelake with its version."
)
_RUNS = """
SELECT run_id, harpnum, series, config, config_hash, cube_key, code_version, software
FROM runs ORDER BY harpnum, run_id"""


@dataclass(frozen=True)
class Subject:
    """What is exported: the question, what a row is, and the columns that have a known meaning."""

    name: str
    description: str
    question: Question
    columns: dict[str, Column]


def subject(connection: duckdb.DuckDBPyConnection, name: str, params: dict[str, str]) -> Subject:
    """Return the table, view or named query of that name.

    Raises
    ------
    InputError
        If there is none, or a parameter is wrong or given for a table.
    """
    described = {file.name: file for kind in ("views", "queries") for file in sql_files(kind)}
    if name in {file.name for file in sql_files("queries")}:
        file = described[name]
        return Subject(name, file.description, named(name, params), _by_name(file.columns))
    views = {view: comment or "" for view, comment in connection.execute(_VIEWS).fetchall()}
    if name not in views:
        there = ", ".join([*views, *(file.name for file in sql_files("queries"))])
        raise InputError(f"{name}: no such table or query; there are {there}")
    if params:
        raise InputError(f"--param {next(iter(params))}: {name} is a table, which has no parameters")
    columns = TABLES[name].columns if name in TABLES else described[name].columns if name in described else ()
    return Subject(name, views[name], Question(_select(connection, name), {}), _by_name(columns))


_VIEWS = (
    "SELECT view_name, comment FROM duckdb_views() WHERE database_name = 'lake' AND NOT internal ORDER BY 1"
)


def provenance(connection: duckdb.DuckDBPyConnection, what: Subject) -> dict[str, Any]:
    """Return what made the rows: software, the runs that the catalogue shows with parameters, how to cite."""
    published, version = connection.execute("SELECT published, code_version FROM published").fetchall()[0]
    rows = connection.execute(_RUNS).fetchall()
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
        "parameters": {key: None if value is None else str(value) for key, value in values.items()},
        "software": f"porelake {version}",
        "libraries": sorted({row[7] for row in rows}),
        "published": f"{published.isoformat()}Z",
        "times": "t_rec and other times are TAI, t_obs and times of runs UTC",
        "runs": runs,
        "configs": {row[4]: json.loads(row[3]) for row in rows},
        "citation": CITATION,
    }


def _select(connection: duckdb.DuckDBPyConnection, view: str) -> str:
    """Return SQL for all rows of a view, in the order of its table if it has one."""
    names = [name for name, *_ in connection.execute(f'DESCRIBE "{view}"').fetchall()]
    order = TABLES[view].order if view in TABLES else ("ALL",)
    return f'SELECT {", ".join(names)} FROM "{view}" ORDER BY {", ".join(order)}'


def _by_name(columns: tuple[Column, ...]) -> dict[str, Column]:
    return {column.name: column for column in columns}
