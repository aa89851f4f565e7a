"""Tables of what was looked at: frames, HARPs, processing runs."""

from catalog.schema.columns import HARP, RUN, T_OBS, T_REC, Column, Table, null
from pores.errors import Reason
from pores.oracle_checks import CHECKS


def _sharp(name: str, description: str, unit: str, ucd: str) -> Column:
    return Column(name, "float64", f"{description} (keyword {name.upper()})", unit, ucd, nullable=True)


# Bobra et al. 2014, Table 3.
_SHARP_KEYWORDS = (
    _sharp("usflux", "Total unsigned flux", "Mx", "phys.flux;phys.magField"),
    _sharp("meangam", "Mean angle of the field from the radial", "deg", "pos.posAng;phys.magField"),
    _sharp("meangbt", "Mean gradient of the total field", "G / pix", "arith.grad;phys.magField"),
    _sharp("meangbz", "Mean gradient of the vertical field", "G / pix", "arith.grad;phys.magField"),
    _sharp("meangbh", "Mean gradient of the horizontal field", "G / pix", "arith.grad;phys.magField"),
    _sharp("meanjzd", "Mean vertical current density", "mA / m2", "phys.current.density;stat.mean"),
    _sharp("totusjz", "Total unsigned vertical current", "A", "phys.current;arith.sum"),
    _sharp("meanalp", "Mean twist parameter alpha", "1 / Mm", "phys.magField;stat.mean"),
    _sharp("meanjzh", "Mean current helicity", "G2 / m", "phys.magField;stat.mean"),
    _sharp("totusjh", "Total unsigned current helicity", "G2 / m", "phys.magField;arith.sum"),
    _sharp("absnjzh", "Absolute net current helicity", "G2 / m", "phys.magField;arith.sum"),
    _sharp("savncpp", "Sum of the moduli of the net current per polarity", "A", "phys.current;arith.sum"),
    _sharp(
        "meanpot",
        "Mean photospheric excess magnetic energy density",
        "erg / cm3",
        "phys.energy.density;phys.magField",
    ),
    _sharp(
        "totpot",
        "Total photospheric magnetic energy density",
        "erg / cm",
        "phys.energy.density;phys.magField",
    ),
    _sharp("meanshr", "Mean shear angle", "deg", "pos.posAng;phys.magField"),
    _sharp("shrgt45", "Area with shear above 45 deg", "percent", "phys.area;arith.ratio"),
    _sharp(
        "r_value", "Unsigned flux near polarity inversion lines, log10", "dex(Mx)", "phys.flux;phys.magField"
    ),
    _sharp("size_acr", "Projected area of active pixels", "1e-6", "phys.area"),
    _sharp("area_acr", "De-projected area of active pixels", "1e-6", "phys.area"),
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
        HARP,
        T_REC,
        null(T_OBS),
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
            "The reason in words, and files of the record that can't be used, also of a usable frame",
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
        RUN,
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
        RUN,
    ),
    key=("harpnum", "run_id"),
    order=("harpnum",),
)

RUNS = Table(
    "runs",
    "One row per processing run: one HARP, one set of parameters, one state of its cube",
    (
        Column("run_id", "string", "Hash of configuration and input", ucd="meta.id;meta.main"),
        HARP,
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
