"""Views of ensembles: the runs of a HARP that are kept side by side, and their features and tracks."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from catalog.connection import place
from catalog.file_views import select
from catalog.formats import comments, literal, quoted
from catalog.schema import PORES, RUNS, TRACKS, Table
from catalog.schema.ensembles import ENSEMBLE_PORES, ENSEMBLE_TRACKS, MEMBERS
from storage.lake import Lake
from storage.runs import CurrentRun


@dataclass(frozen=True)
class Member:
    """A run of an ensemble, and whether it can be compared with the current run of its HARP."""

    run: CurrentRun
    is_current: bool
    stale: bool


@dataclass(frozen=True)
class Ensembles:
    """The members that a catalogue shows, and how many more lack files."""

    members: tuple[Member, ...] = ()
    n_broken: int = 0

    @classmethod
    def of(cls, lake: Lake, current: Iterable[CurrentRun], kept: Iterable[CurrentRun]) -> "Ensembles":
        """The ensembles of a lake: those members of which all files that the views read are there.

        Parameters
        ----------
        lake : Lake
        current : iterable of CurrentRun
            The current run of each HARP.
        kept : iterable of CurrentRun
            All runs that pointers keep side by side, those of older frames too.
        """
        found = members(current, kept)
        read = (RUNS.name, PORES.name, TRACKS.name)
        paths = {member: _paths(lake, member, read[:1] if member.stale else read) for member in found}
        missing = set(lake.missing(path for some in paths.values() for path in some))
        whole = [member for member in found if missing.isdisjoint(paths[member])]
        n_found, n_whole = (sum(not member.stale for member in some) for some in (found, whole))
        return cls(tuple(whole), n_found - n_whole)

    def said(self) -> Iterator[str]:
        """What is kept side by side, and what of it can't be compared, in words."""
        harps = {(member.run.series, member.run.harpnum) for member in self.members}
        if harps:
            runs = _counted(len(self.members), "run")
            yield f"{runs} side by side in ensembles of {_counted(len(harps), 'HARP')}"
        if n := sum(member.stale for member in self.members):
            yield f"{n} of them stale, of other frames or an older method; run them again"
        if self.n_broken:
            yield f"{_counted(self.n_broken, 'run')} more with missing files, which `porelake verify` names"

    def views(self, lake: Lake) -> Iterator[str]:
        """Statements that make the views; rows of features are those of runs that can be compared."""
        yield from _view(MEMBERS, _members(lake, self.members))
        fresh = [member for member in self.members if not member.stale]
        n_fresh = Counter((member.run.series, member.run.harpnum) for member in fresh)
        compared = [member for member in fresh if n_fresh[member.run.series, member.run.harpnum] > 1]
        for table, made in ((PORES, ENSEMBLE_PORES), (TRACKS, ENSEMBLE_TRACKS)):
            yield from _view(made, _rows(lake, table, compared))


def members(current: Iterable[CurrentRun], kept: Iterable[CurrentRun]) -> list[Member]:
    """Return the members of every HARP that has others than its current run, which is one of them."""
    of_harp: dict[tuple[str, int], dict[str, CurrentRun]] = {}
    for run in kept:
        of_harp.setdefault((run.series, run.harpnum), {})[run.run_id] = run
    found: list[Member] = []
    for run in current:
        others = of_harp.get((run.series, run.harpnum), {})
        inputs = run.inputs or others.pop(run.run_id, run).inputs
        others.pop(run.run_id, None)
        if others:
            found.append(Member(run, True, False))
            found += [Member(one, False, inputs is None or one.inputs != inputs) for one in others.values()]
    return found


def _paths(lake: Lake, member: Member, names: Iterable[str]) -> list[Path]:
    return [lake.table(name, member.run.harpnum, member.run.run_id) for name in names]


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _view(table: Table, select_: str) -> Iterator[str]:
    yield f"CREATE VIEW {quoted(table.name)} AS {select_}"
    yield from comments(table.name, table.description, table.columns)


def _members(lake: Lake, members: Sequence[Member]) -> str:
    """SQL for the rows of `runs` of members with what pointers tell of them."""
    told = ", ".join(
        f"({literal(member.run.run_id)}, {member.is_current}, {member.stale})" for member in members
    )
    told = f"VALUES {told}" if told else "SELECT NULL::VARCHAR, NULL::BOOLEAN, NULL::BOOLEAN FROM range(0)"
    return (
        f"SELECT {_columns(RUNS)}, told.is_current, told.stale FROM ({_files(lake, RUNS, members)}) AS rows"
        f" JOIN ({told}) AS told (run_id, is_current, stale) ON rows.run_id = told.run_id"
    )


def _rows(lake: Lake, table: Table, members: Sequence[Member]) -> str:
    """SQL for the rows of a table of members."""
    threshold = "(runs.config ->> '$.detect.threshold')::DOUBLE"
    return (
        f"SELECT {_columns(table)}, {threshold} AS threshold, runs.is_current"
        f" FROM ({_files(lake, table, members)}) AS rows"
        f" JOIN {quoted(MEMBERS.name)} AS runs ON rows.run_id = runs.run_id"
    )


def _columns(table: Table) -> str:
    return ", ".join(f"rows.{quoted(column.name)}" for column in table.columns)


def _files(lake: Lake, table: Table, members: Sequence[Member]) -> str:
    paths = [path for member in members for path in _paths(lake, member, (table.name,))]
    return select(table, [place(lake, path) for path in paths])
