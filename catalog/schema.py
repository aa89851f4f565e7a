"""Every table and column of the catalogue, once: type, unit, UCD, meaning.

The Arrow schema, SQL comments, VOTable fields, the data package and the data dictionary all come from here
(`catalog.formats`). Units are written as astropy reads them.
"""

from dataclasses import dataclass, replace
from typing import Literal

from pores.errors import Reason
from pores.oracle import CHECKS

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


def _null(column: Column) -> Column:
    return replace(column, nullable=True)


_HARP = Column("harpnum", "int32", "HARP number", ucd="meta.id.parent")
_RUN = Column("run_id", "string", "Processing run that made this row; see `runs`", ucd="meta.id")
_T_REC = Column("t_rec", "timestamp", "Record time T_REC, TAI", ucd="time.epoch")
_T_OBS = Column("t_obs", "timestamp", "Mid-exposure time T_OBS, UTC", ucd="time.epoch;obs")
_TRACK = Column(
    "track_id", "string", "Track: the life of one feature, named after its first `pore_id`", ucd="meta.id"
)
_KIND = Column(
    "kind", "string", "`pore`, or `umbra`: a dark core embedded in penumbra", ucd="meta.code.class"
)
_LON = Column("lon", "float64", "Carrington longitude of the centroid", "deg", "pos.bodyrc.lon")
_LAT = Column("lat", "float64", "Carrington latitude of the centroid", "deg", "pos.bodyrc.lat")
_X = Column(
    "x_px",
    "float64",
    "Centroid of the mask along NAXIS1, 0-based native SHARP pixels",
    "pix",
    "pos.cartesian.x",
)
_Y = Column(
    "y_px",
    "float64",
    "Centroid of the mask along NAXIS2, 0-based native SHARP pixels",
    "pix",
    "pos.cartesian.y",
)


def _field(name: str, description: str, ucd: str = "phys.magField") -> Column:
    return Column(name, "float64", description, "G", ucd, nullable=True)


PORES = Table(
    "pores",
    "One row per dark feature per frame",
    (
        _HARP,
        _T_REC,
        Column(
            "pore_id",
            "string",
            "The feature in this frame: `<harpnum>_<t_rec>_<label>`",
            ucd="meta.id;meta.main",
        ),
        _null(_TRACK),
        Column(
            "label", "int32", "Value of the feature's pixels in the frame's label image", ucd="meta.id.part"
        ),
        Column(
            "product",
            "string",
            "How the intensity was doubled: `spline`, `network` or `none`",
            ucd="meta.code",
        ),
        _X,
        _Y,
        Column("x_weighted_px", "float64", "As x_px, weighted by 1 - intensity", "pix", "pos.cartesian.x"),
        Column("y_weighted_px", "float64", "As y_px, weighted by 1 - intensity", "pix", "pos.cartesian.y"),
        _LON,
        _LAT,
        Column("mu", "float64", "Cosine of the heliocentric angle at the centroid", "", "pos.emergenceAng"),
        Column(
            "grid_scale",
            "int32",
            "Pixels of the working grid per native pixel along an axis: 1 or 2",
            ucd="meta.number",
        ),
        Column("area_px", "int32", "Pixels of the working grid in the mask", "pix", "meta.number;phys.area"),
        Column("area_mm2", "float64", "Area on the solar surface", "Mm2", "phys.area"),
        Column("area_msh", "float64", "Area in millionths of a solar hemisphere", "1e-6", "phys.area"),
        Column(
            "perimeter_mm",
            "float64",
            "Length of the outline of the mask, its holes included",
            "Mm",
            "phys.size",
        ),
        Column(
            "major_axis_mm",
            "float64",
            "Full major axis of the ellipse of equal second moments",
            "Mm",
            "phys.size.smajAxis",
        ),
        Column(
            "minor_axis_mm",
            "float64",
            "Full minor axis of the ellipse of equal second moments",
            "Mm",
            "phys.size.sminAxis",
        ),
        Column(
            "orientation_deg",
            "float64",
            "Angle of the major axis from +x (west) towards +y (north), [-90, 90)",
            "deg",
            "pos.posAng",
        ),
        _field("mean_br", "Mean radial field over the mask, positive outward"),
        _field("mean_bp", "Mean field along +phi over the mask, positive westward"),
        _field("mean_bt", "Mean field along +theta over the mask, positive southward"),
        _field("mean_br_err", "Standard error of mean_br from Br_err", "stat.error;phys.magField"),
        _field("mean_bp_err", "Standard error of mean_bp from Bp_err", "stat.error;phys.magField"),
        _field("mean_bt_err", "Standard error of mean_bt from Bt_err", "stat.error;phys.magField"),
        _field("mean_b", "Mean total field over the mask"),
        _field("boundary_br", "Mean radial field on the outline of the mask, positive outward"),
        Column(
            "flux_mx",
            "float64",
            "Unsigned radial flux through the mask",
            "Mx",
            "phys.magField",
            nullable=True,
        ),
        Column(
            "min_intensity", "float64", "Darkest pixel, in units of the quiet Sun", "", "phot.flux;stat.min"
        ),
        Column(
            "mean_intensity",
            "float64",
            "Mean over the mask, in units of the quiet Sun",
            "",
            "phot.flux;stat.mean",
        ),
        Column(
            "spot_area_mm2",
            "float64",
            "Area of the connected structure below the penumbra threshold that holds the feature",
            "Mm2",
            "phys.area",
        ),
        _KIND,
        Column(
            "touches_edge",
            "bool",
            "The mask touches the edge of the patch or missing data",
            ucd="meta.code.qual",
        ),
        _RUN,
    ),
    key=("pore_id", "run_id"),
    order=("harpnum", "t_rec", "label"),
)

LINKS = Table(
    "links",
    "One row per edge in time between two features",
    (
        _HARP,
        Column("from_pore_id", "string", "Earlier feature", ucd="meta.id"),
        Column("to_pore_id", "string", "Later feature", ucd="meta.id"),
        Column("from_t", "timestamp", "T_REC of the earlier feature, TAI", ucd="time.start"),
        Column("to_t", "timestamp", "T_REC of the later feature, TAI", ucd="time.end"),
        Column("kind", "string", "`continue`, `gap`, `merge` or `split`", ucd="meta.code.class"),
        _RUN,
    ),
    key=("from_pore_id", "to_pore_id", "run_id"),
    order=("harpnum", "from_t", "from_pore_id", "to_pore_id"),
)

TRACKS = Table(
    "tracks",
    "One row per life of a feature",
    (
        _HARP,
        Column("track_id", "string", "The track, named after its first `pore_id`", ucd="meta.id;meta.main"),
        Column(
            "family_id",
            "string",
            "Connected component of the link graph, named after its first `track_id`",
            ucd="meta.id.assoc",
        ),
        Column("t_birth", "timestamp", "T_REC of the first observation, TAI", ucd="time.start"),
        Column("t_death", "timestamp", "T_REC of the last observation, TAI", ucd="time.end"),
        Column("lifetime_h", "float64", "t_death - t_birth", "h", "time.duration"),
        Column("n_obs", "int32", "Frames in which the feature was seen", ucd="meta.number"),
        Column(
            "birth",
            "string",
            "`emerged`, `split` or `censored` (observing began, came over an edge, or a data gap)",
            ucd="meta.code",
        ),
        Column("death", "string", "`decayed`, `merged` or `censored`", ucd="meta.code"),
        Column(
            "parent_track_id",
            "string",
            "For birth `split`: the track it split from",
            ucd="meta.id.parent",
            nullable=True,
        ),
        Column(
            "child_track_id",
            "string",
            "For death `merged`: the track it merged into",
            ucd="meta.id.assoc",
            nullable=True,
        ),
        _field("mean_br", "Mean over the life of pores.mean_br", "phys.magField;stat.mean"),
        Column("max_area_mm2", "float64", "Largest area", "Mm2", "phys.area;stat.max"),
        Column("mean_area_mm2", "float64", "Mean area over the life", "Mm2", "phys.area;stat.mean"),
        Column(
            "max_flux_mx",
            "float64",
            "Largest unsigned radial flux",
            "Mx",
            "phys.magField;stat.max",
            nullable=True,
        ),
        Column("mean_lon", "float64", "Mean Carrington longitude", "deg", "pos.bodyrc.lon"),
        Column("mean_lat", "float64", "Mean Carrington latitude", "deg", "pos.bodyrc.lat"),
        Column(
            "min_mu",
            "float64",
            "Smallest cosine of the heliocentric angle over the life",
            "",
            "pos.emergenceAng",
        ),
        _KIND,
        _RUN,
    ),
    key=("track_id", "run_id"),
    order=("harpnum", "t_birth", "track_id"),
)

EVENTS = Table(
    "events",
    "One row per birth, death, merge or split",
    (
        _HARP,
        Column("event_id", "string", "The event: `<kind>_<pore_id>`", ucd="meta.id;meta.main"),
        Column("kind", "string", "`birth`, `death`, `merge` or `split`", ucd="meta.code.class"),
        Column(
            "cause",
            "string",
            "As tracks.birth for a birth, tracks.death for a death, else the kind",
            ucd="meta.code",
        ),
        Column(
            "t_rec",
            "timestamp",
            "T_REC of the first frame after the event (of the last observation for a death), TAI",
            ucd="time.epoch",
        ),
        _X,
        _Y,
        _LON,
        _LAT,
        Column("n_from", "int32", "Features before", ucd="meta.number"),
        Column("n_to", "int32", "Features after", ucd="meta.number"),
        Column("from_track_ids", "list<string>", "Tracks before", ucd="meta.id"),
        Column("to_track_ids", "list<string>", "Tracks after", ucd="meta.id"),
        _RUN,
    ),
    key=("event_id", "run_id"),
    order=("harpnum", "t_rec", "event_id"),
)


def _sharp(name: str, description: str, unit: str | None = None) -> Column:
    return Column(name, "float64", f"{description} (keyword {name.upper()})", unit, nullable=True)


# Bobra et al. 2014, Table 3.
_SHARP_KEYWORDS = (
    _sharp("usflux", "Total unsigned flux", "Mx"),
    _sharp("meangam", "Mean angle of the field from the radial", "deg"),
    _sharp("meangbt", "Mean gradient of the total field", "G / pix"),
    _sharp("meangbz", "Mean gradient of the vertical field", "G / pix"),
    _sharp("meangbh", "Mean gradient of the horizontal field", "G / pix"),
    _sharp("meanjzd", "Mean vertical current density", "mA / m2"),
    _sharp("totusjz", "Total unsigned vertical current", "A"),
    _sharp("meanalp", "Mean twist parameter alpha", "1 / Mm"),
    _sharp("meanjzh", "Mean current helicity", "G2 / m"),
    _sharp("totusjh", "Total unsigned current helicity", "G2 / m"),
    _sharp("absnjzh", "Absolute net current helicity", "G2 / m"),
    _sharp("savncpp", "Sum of the moduli of the net current per polarity", "A"),
    _sharp("meanpot", "Mean photospheric excess magnetic energy density", "erg / cm3"),
    _sharp("totpot", "Total photospheric magnetic energy density", "erg / cm"),
    _sharp("meanshr", "Mean shear angle", "deg"),
    _sharp("shrgt45", "Area with shear above 45 deg", "percent"),
    _sharp("r_value", "Unsigned flux near polarity inversion lines, log10", "dex(Mx)"),
    _sharp("size_acr", "Projected area of active pixels", "1e-6"),
    _sharp("area_acr", "De-projected area of active pixels", "1e-6"),
)
_ORACLE = tuple(
    Column(
        check.column,
        "float64",
        f"Header oracle: {check.description}",
        check.unit or None,
        "stat.fit.residual",
        nullable=True,
    )
    for check in CHECKS
)
_REASONS = ", ".join(f"`{reason}`" for reason in Reason)

FRAMES = Table(
    "frames",
    "One row per frame: a HARP at one T_REC, usable or not",
    (
        _HARP,
        _T_REC,
        _null(_T_OBS),
        Column(
            "quality",
            "int64",
            "QUALITY bits of the record, unsigned; null where no header tells",
            ucd="meta.code.qual",
            nullable=True,
        ),
        Column("usable", "bool", "Features were looked for in this frame", ucd="meta.code.qual"),
        Column("reason", "string", f"Why it is not usable: {_REASONS}", ucd="meta.note", nullable=True),
        Column(
            "detail",
            "string",
            "The reason in words: file, keyword or segment at fault",
            ucd="meta.note",
            nullable=True,
        ),
        Column(
            "missing_segments",
            "list<string>",
            "Of continuum, Br, Bp, Bt: absent or unreadable",
            ucd="meta.note",
        ),
        Column("nx", "int32", "Columns of the patch", "pix", "meta.number", nullable=True),
        Column("ny", "int32", "Rows of the patch", "pix", "meta.number", nullable=True),
        Column(
            "crval1",
            "float64",
            "Carrington longitude of the patch centre",
            "deg",
            "pos.bodyrc.lon",
            nullable=True,
        ),
        Column(
            "crval2",
            "float64",
            "Carrington latitude of the patch centre",
            "deg",
            "pos.bodyrc.lat",
            nullable=True,
        ),
        Column(
            "crln_obs",
            "float64",
            "Carrington longitude of the observer",
            "deg",
            "pos.bodyrc.lon;obs",
            nullable=True,
        ),
        Column(
            "crlt_obs",
            "float64",
            "Carrington latitude of the observer",
            "deg",
            "pos.bodyrc.lat;obs",
            nullable=True,
        ),
        Column(
            "dsun_obs",
            "float64",
            "Distance of the observer from Sun centre",
            "m",
            "pos.distance",
            nullable=True,
        ),
        Column(
            "obs_vr",
            "float64",
            "Radial velocity of SDO relative to the Sun: 12 and 24 h swings of the field follow it",
            "m / s",
            "spect.dopplerVeloc",
            nullable=True,
        ),
        Column(
            "mu_center",
            "float64",
            "Cosine of the heliocentric angle at the patch centre",
            "",
            "pos.emergenceAng",
            nullable=True,
        ),
        Column(
            "quiet_sun",
            "float64",
            "Quiet-Sun level after removal of limb darkening",
            "DN / s",
            "phot.flux",
            nullable=True,
        ),
        Column(
            "n_pores",
            "int32",
            "Features found; null where the frame is not usable",
            ucd="meta.number",
            nullable=True,
        ),
        Column(
            "labels_file",
            "string",
            "File with the frame's label image, below the lake's root",
            ucd="meta.ref",
            nullable=True,
        ),
        *_SHARP_KEYWORDS,
        *_ORACLE,
        Column(
            "oracle_ok",
            "bool",
            "Every residual that could be computed is within its tolerance; null if none could",
            ucd="meta.code.qual",
            nullable=True,
        ),
        Column("keywords", "string", "All keywords of the record, JSON", ucd="meta.note"),
        _RUN,
    ),
    key=("harpnum", "t_rec", "run_id"),
    order=("harpnum", "t_rec"),
)

HARPS = Table(
    "harps",
    "One row per HARP",
    (
        Column("harpnum", "int32", "HARP number", ucd="meta.id;meta.main"),
        Column(
            "noaa_ars",
            "list<int64>",
            "NOAA active regions in the patch (keyword NOAA_ARS)",
            ucd="meta.id.assoc",
        ),
        Column("series", "string", "DRMS series", ucd="meta.dataset"),
        Column("t_first", "timestamp", "First T_REC, TAI", ucd="time.start"),
        Column("t_last", "timestamp", "Last T_REC, TAI", ucd="time.end"),
        Column("n_frames", "int32", "Frames", ucd="meta.number"),
        Column("n_unusable", "int32", "Frames in which no features could be looked for", ucd="meta.number"),
        _RUN,
    ),
    key=("harpnum", "run_id"),
    order=("harpnum",),
)

RUNS = Table(
    "runs",
    "One row per processing run: one HARP, one set of parameters, one state of its cube",
    (
        Column("run_id", "string", "Hash of configuration and input", ucd="meta.id;meta.main"),
        _HARP,
        Column("series", "string", "DRMS series", ucd="meta.dataset"),
        Column("started", "timestamp", "When the run began, UTC", ucd="time.start"),
        Column("finished", "timestamp", "When its tables were whole, UTC", ucd="time.end"),
        Column("config", "string", "Every scientific parameter, JSON", ucd="meta.note"),
        Column(
            "config_hash", "string", "SHA-256 of config: equal for runs with equal parameters", ucd="meta.id"
        ),
        Column("cube_key", "string", "SHA-256 over the content of the frames that went in", ucd="meta.id"),
        Column("source", "string", "Where the frames were read from", ucd="meta.ref"),
        Column("code_version", "string", "porelake version", ucd="meta.version"),
        Column("software", "string", "Versions of the libraries that matter, JSON", ucd="meta.version"),
    ),
    key=("run_id",),
    order=("run_id",),
)

TABLES: dict[str, Table] = {
    table.name: table for table in (PORES, LINKS, TRACKS, EVENTS, FRAMES, HARPS, RUNS)
}
