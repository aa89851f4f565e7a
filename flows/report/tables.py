"""Tables that sort and filter: what their columns are, and rows as short as they can be."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.rows import Answer
from flows.report.rendering import inert_json
from flows.report.wording import moment

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Shown:
    """A column of a table on a page.

    Attributes
    ----------
    name : str
        Of the column in the catalogue.
    title : str
        Head of the column, with its unit.
    kind : str
        `number`, `text`, `link` to the row's `address`, or `choice`: text by which people filter.
    digits : int
        After the point, of a number.
    least : bool
        People filter by a least value.
    bound : bool
        A lower bound where the row is censored: drawn with a sign for it.
    numeric : bool
        The text of a link is a number.
    """

    name: str
    title: str
    kind: str = "text"
    digits: int = 0
    least: bool = False
    bound: bool = False
    numeric: bool = False

    def spec(self) -> dict[str, Any]:
        """What the script of the page is told."""
        return {key: value for key, value in vars(self).items() if value or key == "digits"}


TRACKS = (
    Shown("number", "Track", "link", numeric=True),
    Shown("harpnum", "HARP"),
    Shown("product", "Product", "choice"),
    Shown("kind", "Kind", "choice"),
    Shown("t_birth", "First seen (TAI)"),
    Shown("lifetime_h", "Lifetime (h)", "number", 1, least=True, bound=True),
    Shown("birth", "Birth", "choice"),
    Shown("death", "Death", "choice"),
    Shown("n_obs", "Frames", "number", least=True),
    Shown("max_area_mm2", "Largest area (Mm²)", "number", 2, least=True),
    Shown("mean_br", "Mean Br (G)", "number", 0),
    Shown("mean_lat", "Latitude (°)", "number", 1),
)
HARP_TRACKS = tuple(column for column in TRACKS if column.name not in ("harpnum", "product"))
REGIONS = (
    Shown("harpnum", "HARP", "link", numeric=True),
    Shown("noaa_ars", "NOAA"),
    Shown("product", "Product", "choice"),
    Shown("t_first", "First frame (TAI)"),
    Shown("t_last", "Last frame (TAI)"),
    Shown("n_frames", "Frames", "number"),
    Shown("n_unusable", "Unusable", "number"),
    Shown("n_pore_tracks", "Pores", "number", least=True),
    Shown("n_tracks", "Tracks", "number"),
    Shown("max_area_mm2", "Largest (Mm²)", "number", 1),
)


def table(columns: Sequence[Shown], rows: Iterable[Row]) -> dict[str, Any]:
    """What the script makes a table of: columns, rows in their order, and which rows are bounds."""
    return {
        "columns": [column.spec() for column in columns],
        "rows": [_cells(columns, row) for row in rows],
    }


def script(name: str, content: Mapping[str, Any]) -> bytes:
    """A table as a script, which pages may load from disk where they may not fetch data."""
    return f'(window.porelake=window.porelake||{{}})["{name}"]={inert_json(content)};\n'.encode()


def csv_bytes(answer: Answer) -> bytes:
    """The rows of an answer as CSV; lists in one field, apart by spaces.

    Numbers have ten digits: sums of a database that works in several threads differ in the sixteenth.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(answer.names)
    writer.writerows([[_field(value) for value in row] for row in answer.rows])
    return out.getvalue().encode()


def _cells(columns: Sequence[Shown], row: Row) -> list[Any]:
    cells = [_cell(row[column.name]) for column in columns]
    linked = [
        [cell, row["address"]] if c.kind == "link" else cell for c, cell in zip(columns, cells, strict=True)
    ]
    return [*linked, int(bool(row.get("censored")))]


def _cell(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return value


def _field(value: Any) -> Any:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.10g}"
    return value
