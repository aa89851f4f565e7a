"""Tables of ensembles: what the runs of a HARP hold that are kept side by side, the current one too."""

from dataclasses import replace

from catalog.schema.columns import Column, Table
from catalog.schema.features import PORES, TRACKS
from catalog.schema.records import RUNS

CURRENT = Column(
    "is_current", "bool", "The run is the current one, which all other views show", ucd="meta.code"
)
THRESHOLD = Column(
    "threshold", "float64", "The run's detect.threshold, in units of the quiet Sun", "", "phot.flux"
)
_STALE = Column(
    "stale",
    "bool",
    "The run is of other frames, or of an older method, than the current one: only `ensemble_members` and"
    " `ensemble_runs` tell of it",
    ucd="meta.code.qual",
)

MEMBERS = replace(
    RUNS,
    name="ensemble_members",
    description="One row per run of an ensemble: runs of one HARP with other parameters, side by side",
    columns=(*RUNS.columns, CURRENT, _STALE),
)
ENSEMBLE_PORES = replace(
    PORES,
    name="ensemble_pores",
    description="One row per dark feature per frame and run of an ensemble: `pores` of all of them",
    columns=(*PORES.columns, THRESHOLD, CURRENT),
    order=("harpnum", "t_rec", "run_id", "label"),
)
ENSEMBLE_TRACKS = replace(
    TRACKS,
    name="ensemble_tracks",
    description="One row per life of a feature and run of an ensemble: `tracks` of all of them",
    columns=(*TRACKS.columns, THRESHOLD, CURRENT),
    order=("harpnum", "run_id", "t_birth", "track_id"),
)
ENSEMBLES: dict[str, Table] = {table.name: table for table in (MEMBERS, ENSEMBLE_PORES, ENSEMBLE_TRACKS)}
