"""Every table and column of the catalogue, once: type, unit, UCD, meaning.

The Arrow schema, SQL comments, the fields of exports and the data dictionary all come from here
(`catalog.formats`). Units are written as astropy reads them.
"""

from catalog.schema.columns import Column, Table, Type
from catalog.schema.ensembles import ENSEMBLES
from catalog.schema.faint import FAINT
from catalog.schema.features import EVENTS, LINKS, PORES, TRACKS
from catalog.schema.records import FRAMES, HARPS, RUNS
from catalog.schema.velocities import VELOCITIES

__all__ = [
    "ENSEMBLES",
    "EVENTS",
    "FAINT",
    "FRAMES",
    "HARPS",
    "LINKS",
    "PORES",
    "RUNS",
    "TABLES",
    "TRACKS",
    "VELOCITIES",
    "Column",
    "Table",
    "Type",
]

TABLES: dict[str, Table] = {
    table.name: table for table in (PORES, FAINT, VELOCITIES, LINKS, TRACKS, EVENTS, FRAMES, HARPS, RUNS)
}
