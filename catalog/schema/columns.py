"""What a column and a table are, and the columns that several tables share."""

from dataclasses import dataclass, replace
from typing import Literal

Type = Literal["string", "int32", "int64", "float64", "bool", "timestamp", "list<string>", "list<int64>"]


@dataclass(frozen=True)
class Column:
    """One column: `timestamp` is TAI or UTC without zone, as the description says."""

    name: str
    type: Type
    description: str
    unit: str | None = None
    ucd: str | None = None
    nullable: bool = False


@dataclass(frozen=True)
class Table:
    """One table; `key` names the columns that identify a row, `order` those its files are sorted by."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    order: tuple[str, ...]

    def column(self, name: str) -> Column:
        """The column of that name; KeyError if there is none."""
        return {column.name: column for column in self.columns}[name]

    def without(self, *names: str) -> "Table":
        """The table less some columns."""
        return replace(self, columns=tuple(column for column in self.columns if column.name not in names))


def null(column: Column) -> Column:
    """Return the column with nulls allowed."""
    return replace(column, nullable=True)


HARP = Column("harpnum", "int32", "HARP number", ucd="meta.id.parent")
RUN = Column("run_id", "string", "Processing run that made this row; see `runs`", ucd="meta.id")
T_REC = Column("t_rec", "timestamp", "Record time T_REC, TAI", ucd="time.epoch")
T_OBS = Column("t_obs", "timestamp", "Mid-exposure time T_OBS, UTC", ucd="time.epoch;obs")
TRACK = Column(
    "track_id", "string", "Track: the life of one feature, named after its first `pore_id`", ucd="meta.id"
)
PRODUCT = Column(
    "product",
    "string",
    "How the intensity was doubled: `spline`, `network` (ours), `network:<weights>` (other weights)"
    " or `none`",
    ucd="meta.code",
)
KIND = Column("kind", "string", "`pore`, or `umbra`: a dark core embedded in penumbra", ucd="meta.code.class")
LON = Column("lon", "float64", "Carrington longitude of the centroid", "deg", "pos.bodyrc.lon")
LAT = Column("lat", "float64", "Carrington latitude of the centroid", "deg", "pos.bodyrc.lat")
X = Column(
    "x_px",
    "float64",
    "Centroid of the mask along NAXIS1, 0-based native SHARP pixels",
    "pix",
    "pos.cartesian.x",
)
Y = Column(
    "y_px",
    "float64",
    "Centroid of the mask along NAXIS2, 0-based native SHARP pixels",
    "pix",
    "pos.cartesian.y",
)


def field(name: str, description: str, ucd: str = "phys.magField") -> Column:
    """Return a column of magnetic field in G, null where a segment is missing."""
    return Column(name, "float64", description, "G", ucd, nullable=True)
