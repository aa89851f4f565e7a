"""Packs: tables of many HARPs in one file each, beside the files that they were made of.

A pack holds the rows of one run of each of some hundred HARPs, in the order of their numbers. It is named
after what it holds and never changes; it counts once its manifest is there, which is written last. Packs can
be removed at any time: they are made of the files below `tables/`, which stay the truth.
"""

import json
import os
import time
from collections.abc import Iterable, Mapping, Set
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from storage.footers import is_sealed
from storage.keys import SHORT, json_key
from storage.lake import PARTIAL, Lake, abandoned, atomic
from storage.remote_files import bring, put

KEPT_S = 86400  # how long files stay that the catalogue names no more: who has an older one open reads them
_VERSION = 3  # of how packs are written
_RETIRED = ".retired"
Run = tuple[int, str]  # HARPNUM and run_id
Wanted = Set[tuple[str, int, str]]  # series, HARPNUM and run_id


@dataclass(frozen=True)
class Pack:
    """Which runs of a series a pack holds, in order of HARPNUM; those of no series are superseded runs.

    `form` is the key of the columns of its tables: a pack of another version's columns is of no use.
    """

    series: str
    form: str
    runs: tuple[Run, ...]

    @classmethod
    def of(cls, series: str, form: str, runs: Iterable[Run]) -> "Pack":
        """The pack of some runs, each of another HARP."""
        return cls(series, form, tuple(sorted(runs)))

    @cached_property
    def key(self) -> str:
        """What names its files."""
        return json_key([_VERSION, self.series, self.form, self.runs])[:SHORT]

    def live(self, wanted: Wanted) -> list[Run]:
        """Those of its runs that are wanted."""
        return [run for run in self.runs if (self.series, *run) in wanted]

    def dead(self, wanted: Wanted) -> tuple[int, ...]:
        """HARPNUMs of its runs that are not."""
        return tuple(harpnum for harpnum, run in self.runs if (self.series, harpnum, run) not in wanted)

    def file(self, lake: Lake, table: str) -> Path:
        """The file of a table."""
        (first, _), (last, _) = self.runs[0], self.runs[-1]
        return lake.pack(table, first, last, self.key)

    def files(self, lake: Lake, tables: Iterable[str]) -> dict[str, Path]:
        """Table to file."""
        return {table: self.file(lake, table) for table in tables}


def read_packs(lake: Lake, form: str, tables: Iterable[str]) -> list[Pack]:
    """The packs of a form of which every table is there.

    Those with a damaged footer are not: no question that meets them can be answered.
    """
    names, listed = list(tables), set(lake.pack_files())

    def is_there(file: Path) -> bool:
        return file in listed and (lake.url is not None or is_whole(file))

    packs = [pack for pack in read_manifests(lake).values() if pack and pack.form == form]
    return [pack for pack in packs if all(map(is_there, pack.files(lake, names).values()))]


def is_whole(file: Path) -> bool:
    """Whether a pack's file is there to its end; only its footer is read."""
    try:
        is_sealed(file)
    except (OSError, ValueError):
        return False
    return True


def read_manifests(lake: Lake) -> dict[Path, Pack | None]:
    """The pack of each manifest; None if that is damaged, or says something else than its name.

    Those of packs that other versions wrote are passed over.
    """
    paths = lake.pack_manifests()
    bring(lake, paths)
    told = {path: _told(path) for path in paths}
    return {path: _pack(path, said) for path, said in told.items() if said.get("version") in (_VERSION, None)}


def set_whole(lake: Lake, pack: Pack) -> None:
    """Note that every table of a pack is there."""
    with atomic(lake.pack_manifest(pack.key)) as partial:
        told = {"version": _VERSION, "series": pack.series, "form": pack.form, "runs": pack.runs}
        partial.write_text(json.dumps(told) + "\n")
    put(lake, [lake.pack_manifest(pack.key)])


def retire(lake: Lake, named: Iterable[Pack]) -> None:
    """Set packs aside that the catalogue names no more, and remove what was set aside long ago.

    So goes what a killed publisher left. Only who holds the lock of the catalogue may do this; in an object
    store nothing is removed.
    """
    if lake.url is not None:
        return
    keys = {pack.key for pack in named}
    for path in lake.pack_manifests():
        if path.stem not in keys:
            os.utime(path)
            path.replace(path.with_suffix(_RETIRED))
    for path in lake.pack_manifest("").parent.glob(f"*{_RETIRED}"):
        if path.stem in keys or time.time() - path.stat().st_mtime > KEPT_S:
            path.unlink()
        else:
            keys.add(path.stem)
    packs = lake.root / "packs"
    for path in (*packs.glob(f"*{PARTIAL}"), *packs.glob("*/**/*.*")):
        if path.is_file() and (abandoned(path) if PARTIAL in path.name else path.stem not in keys):
            path.unlink()
    for directory in sorted(packs.glob("*/first=*/**"), reverse=True):
        with suppress(OSError):  # it isn't empty
            directory.rmdir()


def _told(manifest: Path) -> dict[str, Any]:
    """What a manifest says, nothing if it is damaged; packs before the third version said nothing of it."""
    with suppress(ValueError):
        told = json.loads(manifest.read_text())
        if isinstance(told, dict):
            return {"version": 2, **told} if "runs" in told else told
    return {}


def _pack(manifest: Path, told: Mapping[str, Any]) -> Pack | None:
    with suppress(ValueError, KeyError, TypeError):
        runs = ((int(harpnum), str(run)) for harpnum, run in told["runs"])
        pack = Pack.of(told["series"], told["form"], runs)
        return pack if pack.key == manifest.stem else None
    return None
