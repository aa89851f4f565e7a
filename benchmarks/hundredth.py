"""A hundredth of a lake of the mission's size: what the guard can make in a moment and compare."""

from dataclasses import replace
from pathlib import Path

from benchmarks.make_lake import MISSION, make
from benchmarks.mission_sizes import size_table
from benchmarks.mission_tables import Mission, peer_table
from benchmarks.mission_ways import Ways
from benchmarks.report import Table
from catalog.build import publish
from storage.lake import Lake

HARPS = MISSION // 100


def tables(scratch: Path, rounds: int) -> list[Table]:
    """Its questions beside other programs, and its size; the lake is made if it isn't there."""
    lake = Lake.at(scratch / "hundredth")
    if not lake.root.exists():
        make(lake.root, range(1, HARPS + 1), workers=2)
        publish(lake)
    ways = Ways(lake, scratch / "hundredth.sqlite")
    ways.fill()
    return [_named(table) for table in (peer_table(Mission(ways, rounds)), size_table(ways))]


def _named(table: Table) -> Table:
    figures = {name.replace("mission.", "lake."): figure for name, figure in table.figures.items()}
    return replace(table, title=f"{table.title}, {HARPS} HARPs", figures=figures)
