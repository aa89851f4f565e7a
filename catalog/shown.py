"""The files that views read: packs of many HARPs, and the own files of HARPs that are in none."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from catalog.connection import place
from catalog.file_views import PackFile, select
from catalog.findings import by_run
from catalog.formats import arrow_schema
from catalog.schema import RUNS, TABLES, Table
from pores.errors import PorelakeError
from storage.keys import SHORT, json_key
from storage.known import Known
from storage.lake import Lake
from storage.pack_plan import Sizes, planned
from storage.packs import Pack, Wanted, read_packs
from storage.runs import CurrentRun

PAST = {RUNS.name: RUNS}  # what is shown of superseded runs
_OF_HARP = re.compile(r".*/harpnum=(\d+)", re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """Runs, the packs that most of them are in, and the others."""

    lake: Lake
    wanted: Wanted
    packs: tuple[Pack, ...]
    loose: tuple[tuple[str, int, str], ...]

    @classmethod
    def current(cls, lake: Lake, runs: Iterable[CurrentRun], sizes: Sizes) -> "Shown":
        """The current runs, after packs were made of those that were many without.

        Raises
        ------
        PorelakeError
            If a file of a run that is in no pack is missing, or can't be packed.
        """
        return cls._of(lake, {(run.series, run.harpnum, run.run_id) for run in runs}, TABLES, sizes)

    @classmethod
    def past(cls, lake: Lake, runs: Iterable[CurrentRun], sizes: Sizes, known: Known) -> "Shown":
        """What `runs` says of all other runs; their packs are of no series."""
        current = {(run.harpnum, run.run_id) for run in runs}
        wanted = {("", *run) for run in _runs(lake, known) - current}
        return cls._of(lake, wanted, PAST, replace(sizes, dead=0))

    @classmethod
    def _of(cls, lake: Lake, wanted: Wanted, tables: Mapping[str, Table], sizes: Sizes) -> "Shown":
        form = form_of(tables)
        there = read_packs(lake, form, tables)
        packs = planned(wanted, there, form, sizes)
        _require(lake, tables, wanted - _runs_in(pack for pack in packs if pack in there))
        if new := [pack for pack in packs if pack not in there]:
            from storage.packing import make_packs  # pyarrow, which most catalogues are made without

            try:
                make_packs(lake, new, {name: arrow_schema(table) for name, table in tables.items()})
            except PorelakeError as error:
                raise PorelakeError(f"{error}; `porelake verify` says what makes it again") from error
        return cls(lake, wanted, tuple(packs), tuple(sorted(wanted - _runs_in(packs))))

    @cached_property
    def _dead(self) -> dict[Pack, tuple[int, ...]]:
        """The packs, and HARPNUMs of what in them is superseded."""
        return {pack: pack.dead(self.wanted) for pack in self.packs}

    def select(self, table: Table) -> str:
        """SQL for the rows of a table."""
        files = [self.lake.table(table.name, harpnum, run) for _, harpnum, run in self.loose]
        packs = [
            PackFile(place(self.lake, pack.file(self.lake, table.name)), dead)
            for pack, dead in self._dead.items()
        ]
        return select(table, [place(self.lake, path) for path in files], packs)


def form_of(tables: Mapping[str, Table]) -> str:
    """The form of packs of tables: a key of their columns."""
    told = {
        name: [[column.name, column.type, column.nullable] for column in table.columns]
        for name, table in tables.items()
    }
    return json_key(told)[:SHORT]


def _runs_in(packs: Iterable[Pack]) -> set[tuple[str, int, str]]:
    return {(pack.series, *run) for pack in packs for run in pack.runs}


def _runs(lake: Lake, known: Known) -> set[tuple[int, str]]:
    """HARPNUM and name of every run of which `runs` tells."""
    if lake.url is not None:
        files = lake.table_files(RUNS.name)
        return {(_harpnum(file.parent.name), file.stem) for file in files}
    told = known.told(f"tables/{RUNS.name}", 1, _stems)
    found = ((_OF_HARP.fullmatch(directory), stems) for directory, stems in told.items())
    return {(int(harp[1]), stem) for harp, stems in found if harp for stem in stems}


def _stems(directory: Path) -> list[str]:
    return sorted(path.stem for path in directory.glob("*.parquet"))


def _harpnum(directory: str) -> int:
    return int(directory.rpartition("=")[2])


def _require(lake: Lake, tables: Iterable[str], runs: Wanted) -> None:
    """Raise what is missing of the files of runs, and what makes it: a lake of an old version has none."""
    for table in tables:
        missing = lake.missing(lake.table(table, harpnum, run) for _, harpnum, run in sorted(runs))
        if len(missing) > 1:
            which = f"{place(lake, missing[0])} and {len(missing) - 1} more are missing"
            raise PorelakeError(f"{which}; `porelake run --from lake` makes them for all HARPs")
        for path in missing:
            again = by_run(_harpnum(path.parent.name))
            raise PorelakeError(f"{place(lake, path)} is missing; {again}")
