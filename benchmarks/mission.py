"""Measure the questions of users on a lake of the mission's size: `python -m benchmarks.mission LAKE`.

`python -m benchmarks.make_lake LAKE` makes the lake. SQLite, pandas and polars are asked the same, on two
cores and in 8 GB; SQLite's file is kept beside the lake and used again. With `--json
benchmarks/stored/mission.json` the page has what was measured when it is written the next time.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.mission_publish import publish_table
from benchmarks.mission_sizes import loading_table, size_table
from benchmarks.mission_tables import Mission, peer_table, query_table, question_table
from benchmarks.mission_ways import Ways
from benchmarks.report import Group, Machine, Table
from benchmarks.stored import save
from storage.lake import Lake

SIZES = (150, 1500)  # of smaller lakes that one more HARP is published in


def tables(lake: Lake, sqlite: Path, rounds: int, sizes: Sequence[int], scratch: Path) -> list[Table]:
    """Everything that is measured on a lake."""
    ways = Ways(lake, sqlite)
    ways.fill()
    mission = Mission(ways, rounds)
    made = [question_table(mission), peer_table(mission), loading_table(ways), query_table(mission)]
    return [*made, size_table(ways), publish_table(lake, sizes, scratch, rounds)]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mission", description=__doc__)
    parser.add_argument("lake", type=Path, help="directory of the lake")
    parser.add_argument("--json", type=Path, help="file to write results to, too")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    machine, lake = Machine.here(), Lake.at(options.lake)
    sqlite = lake.root.with_name(f"{lake.root.name}.sqlite")
    with tempfile.TemporaryDirectory(prefix="published-", dir=lake.root.parent) as scratch:
        made = tables(lake, sqlite, options.rounds, SIZES, Path(scratch))
    for table in made:
        print(f"{table}\n")
    if options.json:
        save(Group("mission", machine, made), options.json)


if __name__ == "__main__":
    main()
