"""A lake of solar pores, from Python.

::

    import porelake

    lake = porelake.connect("demo-lake/lake")
    lake.table("tracks").filter("kind = 'pore'").qtable()
    lake.query("lifetime_vs_br", min_obs=3).df()
    lake.sql("SELECT track_id, lifetime_h FROM tracks WHERE n_obs > $n", n=10)
    lake.cube(377).maps("continuum")[0].peek()

Nothing can be changed by it. pandas, astropy and sunpy are imported where they are asked for.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from catalog import feature_images
from catalog.connection import views_of
from catalog.describe import contents, described, everything
from catalog.formats import quoted
from catalog.near import nearest
from catalog.query import Question, named, require_shipped
from catalog.query import connect as open_catalogue
from catalog.relation import Answer, Text, asked, telling
from catalog.sql_files import Value, sql_file, sql_files
from pores.errors import InputError, PorelakeError
from storage.extras import require_chain
from storage.lake import Lake

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sunpy.map import GenericMap

    from storage.cubes import Cube

__all__ = ["Answer", "InputError", "OpenLake", "PorelakeError", "connect"]


def connect(lake: str | Path | None = None) -> "OpenLake":
    """Open a lake for reading.

    Parameters
    ----------
    lake : str or Path, optional
        Directory or URL (``s3://bucket/prefix``) of the lake; by default the environment's `PORELAKE_LAKE`,
        or ``lake`` in the working directory.

    Raises
    ------
    InputError
        If there is no lake, or it has no catalogue.
    """
    return OpenLake(Lake.at(lake or os.environ.get("PORELAKE_LAKE") or "lake"))


class OpenLake:
    """A lake whose catalogue is open; what is published later is seen by lakes that are opened later.

    It closes at the end of a ``with``, or by `close`. Answers are for one thread at a time.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._connection = open_catalogue(lake)
        self._cubes: dict[int, Cube] = {}

    @property
    def location(self) -> str:
        """Directory or URL of the lake."""
        return self._lake.location

    @property
    def tables(self) -> list[str]:
        """Names of the tables and views."""
        with telling():
            return list(views_of(self._connection))

    @property
    def queries(self) -> list[str]:
        """Names of the questions that porelake ships."""
        return [file.name for file in sql_files("queries")]

    def sql(self, statement: str, **values: Value) -> Answer:
        """Ask in SQL: one SELECT; `values` are those of its parameters ``$name``.

        Raises
        ------
        InputError
            If the statement is wrong or does more than read.
        """
        return asked(self._connection, Question(statement, values), "answer", "Answer to a statement")

    def table(self, name: str) -> Answer:
        """Return all rows of a table or view.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        if name not in self.tables:
            raise InputError(f"{name}: no such table; {nearest(name, self.tables)}")
        return asked(self._connection, Question(f"SELECT * FROM {quoted(name)}", {}), name, "All rows")

    def query(self, name: str, **values: Value) -> Answer:
        """Ask a question that porelake ships; parameters that are left out have their defaults.

        Raises
        ------
        InputError
            If the name or a parameter is unknown, or a value is not of its parameter's type.
        """
        try:
            question = named(name, _texts(values))
        except InputError as error:
            raise InputError(str(error).removeprefix("--param ")) from None
        try:
            return asked(self._connection, question, name, sql_file("queries", name).description)
        except InputError as error:
            with telling():
                require_shipped(self._connection, self._lake, error)
            raise

    def describe(self, name: str | None = None) -> Text:
        """What a table, macro or query and its columns mean; without a name, what there is."""
        if name is None:
            return Text(contents(everything(self._lake)))
        return Text("\n\n".join(what.text() for what in described(self._lake, name)))

    def cube(self, harpnum: int) -> "Cube":
        """Return the images of a HARP: ``.maps("continuum")``, ``.ndcube("Br")``, ``.frame(t_rec)``."""
        require_chain("cube()")
        if harpnum not in self._cubes:
            with telling():
                self._cubes[harpnum] = feature_images.cube_of(self._connection, self._lake, harpnum)
        return self._cubes[harpnum]

    def mask(self, pore_id: str) -> "NDArray[np.bool_]":
        """Return the pixels of a feature, (y, x) of the grid of `pores.grid_scale`."""
        require_chain("mask()")
        with telling():
            return feature_images.mask(self._lake, feature_images.feature(self._connection, pore_id))

    def cutout(self, pore_id: str, segment: str = "continuum", margin: int = 20) -> "GenericMap":
        """Return a sunpy map around a feature, of the native pixels within a margin of its centroid.

        Raises
        ------
        InputError
            If there is no such feature or segment, or the margin is negative.
        """
        require_chain("cutout()")
        if margin < 0:
            raise InputError(f"margin={margin}: must not be negative")
        with telling():
            there = feature_images.feature(self._connection, pore_id)
        return feature_images.cutout(self.cube(there.harpnum), there, segment, margin)

    def close(self) -> None:
        """Close the catalogue; answers that were not read can't be any more."""
        self._connection.close()

    def __enter__(self) -> "OpenLake":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        try:
            rows = self._connection.execute(_ABOUT).fetchall()
        except duckdb.ConnectionException:
            return f"lake {self.location}, closed"
        n_harps, n_tracks, published = rows[0]
        return (
            f"lake {self.location}, published {published} UTC\n"
            f"HARPs: {n_harps}, tracks: {n_tracks}; .describe() says what is in it"
        )


_ABOUT = """
SELECT (SELECT count(*) FROM harps), (SELECT count(*) FROM tracks), published
FROM published"""


def _texts(values: Mapping[str, Value]) -> dict[str, str]:
    """Values of parameters as the command line takes them."""
    return {name: "null" if value is None else str(value) for name, value in values.items()}
