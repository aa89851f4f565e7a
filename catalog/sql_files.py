"""The SQL that porelake ships: one object or question per file, described by the comment it begins with.

::

    -- One row per ...: what a row is, over as many lines as it takes
    -- like tracks: track_id, lifetime_h              columns that mean what they mean in a table
    -- column lifetime_bin_h float64 [h] {time.duration} : lower edge of the bin; unit and UCD may be left out
    -- param min_obs INTEGER = 3 : fewest observations
    -- param bin_h DOUBLE = 1 (> 0) : a number above 0
    -- param births VARCHAR = seen (seen, all) : one of these, or null if that is the default; what is told
    --     over several lines is indented
    -- param track VARCHAR : a query that means nothing without it asks for it
    -- example FROM pore_life('377_20110215_020000_001')    how a macro is called
"""

import itertools
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Literal, cast

import sql
from catalog.near import nearest
from catalog.schema import ENSEMBLES, TABLES, Column, Type
from pores.errors import InputError

Kind = Literal["views", "macros", "queries", "checks"]
Value = str | int | float | bool | datetime | None

_OBJECTS: tuple[Kind, ...] = ("views", "macros")
_NAME = re.compile(r"\w+")
_COLUMN = re.compile(r"column (\w+) (\S+)(?: \[(.*?)\])?(?: \{(.*?)\})? : (.+)")
_PARAM = re.compile(
    r"param (?P<name>\w+) (?P<type>\S+)(?: = (?P<default>.*?))?(?: \((?P<limits>.*?)\))?"
    r" : (?P<description>.+)"
)
_EXAMPLE = re.compile(r"example (.+)")
_LIKE = re.compile(r"like (\w+): (.+)")
_POSITIVE = "> 0"
_READERS = {
    "INTEGER": int,
    "DOUBLE": float,
    "VARCHAR": str,
    "TIMESTAMP": datetime.fromisoformat,
}


@dataclass(frozen=True)
class Parameter:
    """A parameter of a query or macro: SQL type, default as text, meaning and limits.

    A default is `null` where that means something, all HARPs for one; without any, a value must be given.
    """

    name: str
    type: str
    default: str
    description: str
    limits: str = ""

    @property
    def written(self) -> str:
        """How it is given: with its default, or what to put there."""
        return f"--param {self.name}={self.default or self.name.upper()}"

    def chosen(self, given: Mapping[str, str]) -> Value:
        """Read the value that is given by name, or the default; InputError also if there is neither."""
        text = given.get(self.name, self.default)
        if not self.default and text.lower() in ("", "null"):
            raise InputError(f"{self.written} is missing; {self.name}: {self.description}")
        return self.value(text)

    def value(self, text: str) -> Value:
        """Read a value from text; InputError if it is not of the parameter's type, or beyond its limits."""
        if text.lower() == "null" and "null" in (self.default, *self.limits.split(", ")):
            return None
        try:
            value: Value = _READERS[self.type](text)  # type: ignore[operator]
        except ValueError as error:
            raise InputError(f"--param {self.name}={text}: not a value of type {self.type}") from error
        if not self._admits(value):
            raise InputError(f"--param {self.name}={text}: must be {self._wanted}")
        return value

    def _admits(self, value: Value) -> bool:
        if self.limits == _POSITIVE:
            return isinstance(value, int | float) and 0 < value < math.inf
        return not self.limits or value in self.limits.split(", ")

    @property
    def _wanted(self) -> str:
        return "a number above 0" if self.limits == _POSITIVE else f"one of {self.limits}"


@dataclass(frozen=True)
class SqlFile:
    """One object or question; `columns` are those of its rows, in order; `example` calls a macro."""

    name: str
    description: str
    columns: tuple[Column, ...]
    parameters: tuple[Parameter, ...]
    text: str
    example: str = ""

    @property
    def body(self) -> str:
        """The statement without the comment it begins with."""
        return "".join(itertools.dropwhile(lambda line: line.startswith("--"), self.text.splitlines(True)))


@cache
def sql_files(kind: Kind) -> list[SqlFile]:
    """Every file of a kind, by name."""
    return [_parsed(path) for path in sorted((Path(sql.__file__).parent / kind).glob("*.sql"))]


@cache
def shipped() -> list[SqlFile]:
    """Views and macros, each after those that it asks: DuckDB wants what an object names to be there."""
    files = {file.name: file for kind in _OBJECTS for file in sql_files(kind)}
    asked = {name: files.keys() & set(_NAME.findall(file.body)) - {name} for name, file in files.items()}
    return [files[name] for name in TopologicalSorter(asked).static_order()]


def sql_file(kind: Kind, name: str) -> SqlFile:
    """The file of that name; InputError says what is near to it."""
    for file in sql_files(kind):
        if file.name == name:
            return file
    names = [file.name for file in sql_files(kind)]
    raise InputError(f"{name}: no such thing among the {kind} of porelake; {nearest(name, names)}")


def _parsed(path: Path) -> SqlFile:
    """A file with its header read."""
    text = path.read_text()
    description: list[str] = []
    columns: list[Column] = []
    parameters: list[Parameter] = []
    example = ""
    for line in _head(text):
        if found := _COLUMN.fullmatch(line):
            columns.append(_column(*found.groups()))
        elif found := _PARAM.fullmatch(line):
            parameters.append(Parameter(**found.groupdict("")))
        elif found := _EXAMPLE.fullmatch(line):
            example = found.group(1)
        elif found := _LIKE.fullmatch(line):
            table = {**TABLES, **ENSEMBLES}[found.group(1)]
            columns += [table.column(name) for name in found.group(2).split(", ")]
        else:
            description.append(line)
    about = " ".join(description).rstrip(".")
    return SqlFile(path.stem, about, tuple(columns), tuple(parameters), text, example)


def _head(text: str) -> list[str]:
    """Lines of the comment that a file begins with; one that is indented goes on with the one before."""
    lines: list[str] = []
    for line in itertools.takewhile(lambda line: line.startswith("--"), text.splitlines()):
        if line.startswith("--  ") and lines:
            lines[-1] += f" {line.removeprefix('--').strip()}"
        else:
            lines.append(line.removeprefix("--").strip())
    return lines


def _column(name: str, kind: str, unit: str | None, ucd: str | None, description: str) -> Column:
    return Column(name, cast(Type, kind), description, unit, ucd, nullable=True)
