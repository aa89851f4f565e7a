"""Checks of packs: all of them readable, with the rows of each run's own files, in their order, once."""

from collections.abc import Iterable, Iterator, Set
from pathlib import Path

from catalog.findings import Finding
from catalog.schema import TABLES
from catalog.shown import PAST, form_of
from pores.errors import PorelakeError
from storage.lake import Lake
from storage.packs import Pack, read_manifests
from storage.remote_files import bring

_AGAIN = "remove it, and `porelake publish` makes it again"


def check_packs(lake: Lake) -> Iterator[Finding]:
    """What is wrong with packs; those of other versions' tables are in no catalogue of this one."""
    tables = {form_of(some): tuple(some) for some in (TABLES, PAST)}
    there = set(lake.pack_files())
    for manifest, pack in read_manifests(lake).items():
        if pack is None:
            yield Finding(
                "packs", str(manifest.relative_to(lake.root)), f"says no pack of its name; {_AGAIN}"
            )
        else:
            yield from _of_pack(lake, pack, tables.get(pack.form, ()), there)


def _of_pack(lake: Lake, pack: Pack, tables: Iterable[str], there: Set[Path]) -> Iterator[Finding]:
    for table, path in pack.files(lake, tables).items():
        name = str(path.relative_to(lake.root))
        if path not in there:
            yield Finding("packs", name, "is missing; `porelake publish` makes it again")
            continue
        try:
            wrong = _wrong(lake, pack, table)
        except PorelakeError as error:
            wrong = str(error).removeprefix(f"{path}: ")
        if wrong:
            yield Finding("packs", name, f"{wrong}; {_AGAIN}")


def _wrong(lake: Lake, pack: Pack, table: str) -> str:
    """Say how the rows of a pack differ from those of the files that it is made of."""
    from storage.packing import runs_in
    from storage.tables import n_rows

    path = pack.file(lake, table)
    bring(lake, [path])
    files = {run: lake.table(table, *run) for run in pack.runs}
    there = {run: n_rows(file) for run, file in files.items() if file.exists()}
    own = [(run, n) for run, n in there.items() if n]
    found = [(run, n) for run, n in runs_in(path) if run in there or run not in files]
    for (run, n), (other, m) in zip(own, found, strict=False):
        if run != other:
            return f"HARP {other[0]} where HARP {run[0]} should be"
        if n != m:
            return f"{m} rows of HARP {run[0]}, its own file has {n}"
    return f"{len(found)} HARPs, not {len(own)}" if len(found) != len(own) else ""
