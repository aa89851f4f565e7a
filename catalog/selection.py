"""Which part of the catalogue a bundle holds: HARPs or regions, times, quality, kind of feature."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from catalog.formats import literal
from catalog.provenance import Subject
from catalog.query import Question
from catalog.schema import TABLES
from pores.errors import InputError


@dataclass(frozen=True)
class Selection:
    """Frames and features to give; empty fields choose all.

    Attributes
    ----------
    harps, noaa : tuple of int
        HARPs, and NOAA regions by the HARPs of the lake that hold them.
    since, until : datetime, optional
        First and last T_REC, TAI.
    kind : str, optional
        `pore` or `umbra`.
    clean : bool
        Only usable frames whose QUALITY is 0.
    """

    harps: tuple[int, ...] = ()
    noaa: tuple[int, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    kind: str | None = None
    clean: bool = False

    def told(self) -> dict[str, Any]:
        """The fields that choose something, as JSON can hold them."""
        times = {"since": self.since, "until": self.until}
        fields = {
            "harps": list(self.harps),
            "noaa": list(self.noaa),
            **{name: time and time.isoformat() for name, time in times.items()},
            "kind": self.kind,
            "clean": self.clean,
        }
        return {name: value for name, value in fields.items() if value}


def chosen(table: str, selection: Selection) -> Subject:
    """The rows of a table that are in the selection, in the table's order."""
    known = TABLES[table]
    names = ", ".join(f"{table}.{column.name}" for column in known.columns)
    order = ", ".join(f"{table}.{name}" for name in known.order)
    sql = f"{_chosen(selection)}\nSELECT {names}\nFROM {table} {_IN[table]}\nORDER BY {order}"
    columns = {column.name: column for column in known.columns}
    return Subject(table, known.description, Question(sql, {}), columns)


def harps_of(connection: duckdb.DuckDBPyConnection, selection: Selection) -> tuple[int, ...]:
    """HARPs that have a feature in the selection.

    Raises
    ------
    InputError
        If there is none.
    """
    question = chosen("pores", selection).question
    sql = f"SELECT DISTINCT harpnum FROM (\n{question.sql}\n) ORDER BY harpnum"
    harps = tuple(harp for (harp,) in connection.execute(sql).fetchall())
    if not harps:
        there = [
            str(harp) for (harp,) in connection.execute("SELECT harpnum FROM harps ORDER BY 1").fetchall()
        ]
        said = ", ".join(f"{name} {value}" for name, value in selection.told().items()) or "everything"
        raise InputError(f"nothing to give: no feature in the selection ({said}); {_known(there)}")
    return harps


def _known(harps: list[str]) -> str:
    more = f" and {len(harps) - 10} more" if len(harps) > 10 else ""
    return f"the lake has HARP {', '.join(harps[:10])}{more}" if harps else "the lake has no HARP"


def _chosen(selection: Selection) -> str:
    """What the tables are chosen by: frames, and the features in them."""
    kind = f"\n    WHERE kind = {literal(selection.kind)}" if selection.kind else ""
    return (
        "WITH chosen_frames AS (\n"
        f"    SELECT harpnum, t_rec\n    FROM frames{_where(selection)}\n"
        "), chosen_pores AS (\n"
        "    SELECT pore_id, track_id\n"
        f"    FROM pores SEMI JOIN chosen_frames USING (harpnum, t_rec){kind}\n"
        ")"
    )


def _where(selection: Selection) -> str:
    regions = []
    if selection.harps:
        regions.append(f"harpnum IN ({', '.join(map(str, selection.harps))})")
    if selection.noaa:
        noaa = ", ".join(map(str, selection.noaa))
        regions.append(f"harpnum IN (SELECT harpnum FROM harps WHERE list_has_any(noaa_ars, [{noaa}]))")
    conditions = [f"({' OR '.join(regions)})"] if regions else []
    for time, sign in ((selection.since, ">="), (selection.until, "<=")):
        if time is not None:
            conditions.append(f"t_rec {sign} TIMESTAMP '{time.isoformat()}'")
    if selection.clean:
        conditions.append("usable AND quality = 0")
    return "\n    WHERE " + "\n        AND ".join(conditions) if conditions else ""


_OF_FRAMES = "SEMI JOIN chosen_frames USING (harpnum, t_rec)"
_OF_PORES = "SEMI JOIN chosen_pores USING (pore_id)"
_OF_HARPS = "WHERE harpnum IN (SELECT harpnum FROM chosen_frames)"
_IN = {
    "pores": _OF_PORES,
    "faint": _OF_FRAMES,
    "velocities": _OF_PORES,
    "links": (
        "WHERE from_pore_id IN (SELECT pore_id FROM chosen_pores)"
        " AND to_pore_id IN (SELECT pore_id FROM chosen_pores)"
    ),
    "tracks": "SEMI JOIN chosen_pores USING (track_id)",
    "events": (
        f"{_OF_FRAMES} WHERE event_id IN (SELECT event_id FROM"
        " (SELECT event_id, unnest(from_track_ids || to_track_ids) AS track_id FROM events)"
        " SEMI JOIN chosen_pores USING (track_id))"
    ),
    "frames": _OF_FRAMES,
    "harps": _OF_HARPS,
    "runs": _OF_HARPS,
}
