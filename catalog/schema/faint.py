"""The table of faint features: what is a little too bright to be a pore."""

from catalog.schema.columns import HARP, LAT, LON, PRODUCT, RUN, T_REC, TRACK, Column, Table, X, Y
from catalog.schema.features import PORES

FAINT = Table(
    "faint",
    "One row per faint feature per frame: a region below the faint threshold that holds no pore",
    (
        HARP,
        T_REC,
        Column(
            "faint_id",
            "string",
            "The feature in this frame: `<harpnum>_<t_rec>_f<label>`",
            ucd="meta.id;meta.main",
        ),
        Column(
            TRACK.name,
            TRACK.type,
            "Track of the feature that is too faint for a pore here: before, within or after its life",
            ucd=TRACK.ucd,
            nullable=True,
        ),
        Column(
            "label",
            "int32",
            "Value of the feature's pixels in the frame's label image of faint features",
            ucd="meta.id.part",
        ),
        PRODUCT,
        X,
        Y,
        LON,
        LAT,
        *(PORES.column(name) for name in ("mu", "area_px", "area_mm2", "mean_br")),
        *(PORES.column(name) for name in ("min_intensity", "mean_intensity", "touches_edge")),
        RUN,
    ),
    key=("faint_id", "run_id"),
    order=("harpnum", "t_rec", "label"),
)
