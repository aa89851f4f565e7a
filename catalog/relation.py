"""An answer in Python: asked for lazily, read by pandas, polars, Arrow or astropy, with units where known.

A column has a unit, a description and a UCD where the statement hands it through from the catalogue, renamed
or not, or where a named query declares it; a value that is computed has none (see `catalog.meanings`).
"""

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import duckdb

from catalog.formats import field_metadata
from catalog.html_table import html_table
from catalog.interruption import Result, interruptible
from catalog.layout import WIDTH, laid_out, listing
from catalog.meanings import meanings
from catalog.provenance import Subject, provenance
from catalog.query import Question
from catalog.schema import Column
from catalog.statement import checked, translated
from pores.errors import InputError, MissingPackageError

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]
    import polars as pl
    import pyarrow as pa
    from astropy.table import QTable

_SHOWN = 20  # rows of an answer that is looked at
_BATCH = 100_000  # rows
_ITSELF = "answer"  # what an answer is called in statements on it
_INSTALL = {"pandas": "'porelake[chain]'", "astropy": "'porelake[chain]'", "polars": "polars"}


@dataclass(frozen=True)
class Answer:
    """Rows of the catalogue that are not read before they are wanted.

    Attributes
    ----------
    relation : duckdb.DuckDBPyRelation
        The answer to DuckDB, for all that DuckDB can do.
    subject : Subject
        What is asked, and what the columns mean that have a known meaning.
    """

    relation: duckdb.DuckDBPyRelation
    subject: Subject
    _connection: duckdb.DuckDBPyConnection = field(repr=False)

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""
        return list(self.relation.columns)

    @property
    def units(self) -> dict[str, str]:
        """Units of the columns that have one, as astropy reads them."""
        return {name: column.unit for name, column in self.subject.columns.items() if column.unit}

    @property
    def sql(self) -> str:
        """The statement that is asked."""
        return self.relation.sql_query()

    def filter(self, condition: str) -> "Answer":
        """Return the rows that meet a condition in SQL."""
        return self._then(lambda relation: relation.filter(condition))

    def order(self, terms: str) -> "Answer":
        """Return the rows ordered by terms in SQL, as `lifetime_h DESC`."""
        return self._then(lambda relation: relation.order(terms))

    def limit(self, n: int) -> "Answer":
        """Return the first rows; InputError if `n` is negative."""
        if n < 0:
            raise InputError(f"limit({n}): must not be negative")
        return self._then(lambda relation: relation.limit(n))

    def select(self, *terms: str) -> "Answer":
        """Return columns, or values computed from them in SQL, which have no unit."""
        asked = self._then(lambda relation: relation.select(", ".join(terms)))
        known = {
            _ITSELF: [self.subject.columns.get(name, Column(name, "string", "")) for name in self.columns]
        }
        statement = f"SELECT {', '.join(terms)} FROM {_ITSELF}"
        columns = meanings(self._connection, statement, asked.columns, known)
        told = {name: column for name, column in columns.items() if column.description}
        return replace(asked, subject=replace(self.subject, columns=told))

    def rows(self) -> list[tuple[Any, ...]]:
        """All rows, as tuples of Python's values."""
        return self._read(self.relation.fetchall)

    def df(self) -> "pd.DataFrame":
        """All rows as a pandas DataFrame; `attrs` has the units and descriptions of its columns."""
        _need("pandas")
        frame = self._read(self.relation.df)
        told = {name: column.description for name, column in self.subject.columns.items()}
        frame.attrs = {"units": self.units, "descriptions": told}
        return frame

    def pl(self) -> "pl.DataFrame":
        """All rows as a polars DataFrame, which has no place for units."""
        _need("polars")
        frame: pl.DataFrame = self._read(self.relation.pl)
        return frame

    def arrow(self) -> "pa.Table":
        """All rows as an Arrow table; unit, description and UCD are in the metadata of its fields."""
        import pyarrow as pa

        table = self._read(self.relation.to_arrow_table)
        known = self.subject.columns
        fields = [
            told.with_metadata(field_metadata(known[told.name])) if told.name in known else told
            for told in table.schema
        ]
        about = {"title": self.subject.name, "provenance": json.dumps(self.provenance())}
        return pa.Table.from_arrays(table.columns, schema=pa.schema(fields, about))

    def qtable(self) -> "QTable":
        """All rows as an astropy QTable: quantities with units, times on their scale, nulls as NaN or masked.

        Descriptions and UCDs are in the columns' `info`, the provenance is in `meta`.
        """
        _need("astropy")
        if twice := [name for name in self.columns if self.columns.count(name) > 1]:
            raise InputError(f"several columns are called {twice[0]}; give all but one another name, by AS")
        from catalog.qtables import qtable

        table = self._read(lambda: qtable(self.relation.to_arrow_reader(_BATCH), self.subject.columns))
        table.meta = self.provenance()
        return table

    def describe(self) -> "Text":
        """What the columns are: type, unit, meaning where it is known."""
        known = self.subject.columns
        rows = []
        for name, kind in zip(self.columns, self.relation.types, strict=True):
            column = known.get(name)
            unit = f"[{column.unit}]" if column and column.unit else ""
            rows.append((name, str(kind), unit, column.description if column else "computed"))
        return Text("\n".join([f"{self.subject.name}: {self.subject.description}", *listing(rows, WIDTH)]))

    def provenance(self) -> dict[str, Any]:
        """Where the rows come from: statement, runs with their parameters, software, how to cite."""
        with telling():
            asked = replace(self.subject.question, sql=self.sql)
            return provenance(self._connection, replace(self.subject, question=asked))

    def __repr__(self) -> str:
        rows, note = self._first()
        units = [self.units.get(name, "") for name in self.columns]
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        return "\n".join([*laid_out(self.columns, units, rows, width), f"({note})"])

    def _repr_html_(self) -> str:
        rows, note = self._first()
        return html_table(self.columns, self.subject.columns, rows) + f"<p>{note}</p>"

    def _first(self) -> tuple[list[tuple[Any, ...]], str]:
        rows = self._read(lambda: self.relation.limit(_SHOWN + 1).fetchall())
        n = len(rows)
        note = f"{n} row{'s'[: n != 1]}" if n <= _SHOWN else f"first {_SHOWN} rows"
        return rows[:_SHOWN], note

    def _read(self, work: Callable[[], Result]) -> Result:
        """Return what work on the rows returns; Ctrl-C ends it, and what is wrong is said in a line."""
        with telling():
            return interruptible(self._connection, work)

    def _then(self, step: Callable[[duckdb.DuckDBPyRelation], duckdb.DuckDBPyRelation]) -> "Answer":
        with telling():
            return replace(self, relation=step(self.relation))


class Text(str):
    """A text that shows itself as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@contextmanager
def telling() -> Iterator[None]:
    """Say in one line what is wrong with a question."""
    try:
        yield
    except duckdb.ConnectionException as error:
        raise InputError("the lake is closed; porelake.connect opens it again") from error
    except duckdb.Error as error:
        raise translated(error) from error


def _need(package: str) -> None:
    try:
        import_module(package)
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            f"{package} is not installed: pip install {_INSTALL[package]}", name=package
        ) from error


def asked(connection: duckdb.DuckDBPyConnection, question: Question, name: str, description: str) -> Answer:
    """Return the answer to a question on an open catalogue.

    Each answer has a connection of its own, so that one that is half read is in no other's way.

    Raises
    ------
    InputError
        If the statement is wrong, or the lake is closed.
    """
    with telling():
        own = connection.cursor()
        own.execute("USE lake")
        sql = checked(own, question.sql)
        relation = own.sql(sql, params=question.values)
        known = {column.name: column for column in question.columns} or meanings(own, sql, relation.columns)
    return Answer(relation, Subject(name, description, question, known), own)
