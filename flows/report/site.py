"""A report as a mapping of paths to content: what is written to a folder, and what a live page shows."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from flows.report import harp_pages
from flows.report.assets import ASSETS, asset
from flows.report.harp_pages import HarpPages
from flows.report.lake_pages import LakePages
from flows.report.lake_rows import LakeRows
from storage.lake import Lake

_HARPS_KEPT = 2  # whose rows stay in memory


class Site:
    """The pages of a lake as its catalogue is when they are first asked for.

    Pages do not depend on the order in which they are asked for, and several threads may ask.

    Parameters
    ----------
    lake : Lake
    live : bool
        Pages are asked for one by one, and there is a page for questions in SQL beside them.
    movies : bool
        With movies.
    harpnums : tuple of int
        Only these HARPs.

    Raises
    ------
    InputError
        From its methods, if there is no catalogue or no such HARP.
    """

    def __init__(
        self, lake: Lake, live: bool = False, movies: bool = True, harpnums: tuple[int, ...] = ()
    ) -> None:
        self.lake, self.live, self.movies = lake, live, movies
        self.rows = LakeRows(lake, harpnums)
        self._harps: OrderedDict[str, HarpPages] = OrderedDict()
        self._lock = threading.Lock()

    def pages(self) -> Iterator[str]:
        """Paths of all files, the overview last."""
        for group in self.groups():
            yield from group

    def groups(self) -> Iterator[list[str]]:
        """Paths in groups that are made from the same rows: of each HARP, then of the whole lake."""
        for folder, names in self._files.items():
            yield [f"{folder}/{name}" for name in names]
        yield [*ASSETS, *self._whole.paths()]

    def page(self, path: str) -> bytes:
        """Return the content of a path of `pages`.

        Raises
        ------
        NoPageError
            If there is no such path.
        """
        folder, _, name = path.partition("/")
        if path in ASSETS:
            return asset(path)
        if folder in self._files:
            return self._harp(folder).file(name)
        return self._whole.page(path)

    @cached_property
    def around(self) -> dict[str, Any]:
        """What every page is told."""
        return {"live": self.live, "origin": self.rows.origin, "lake": self.lake.location}

    @cached_property
    def _whole(self) -> LakePages:
        return LakePages(self.rows, self._files, self.around)

    @cached_property
    def _files(self) -> dict[str, list[str]]:
        """Names of the files of each HARP, by its folder."""
        tracks = defaultdict(list)
        for row in self.rows.tracks.records():
            tracks[row["run_id"]].append(row["track_id"])
        found = {}
        for harp in self.rows.harps:
            images = harp["harpnum"] in self.lake.cubes(harp["series"])
            names = harp_pages.names(harp, tracks[harp["run_id"]], images, self.movies)
            found[self.rows.folders[harp["run_id"]]] = list(names)
        return found

    def _harp(self, folder: str) -> HarpPages:
        with self._lock:
            if folder not in self._harps:
                files = frozenset(self._files[folder])
                self._harps[folder] = HarpPages(self.lake, self.rows.harp(folder), files, self.around)
                if len(self._harps) > _HARPS_KEPT:
                    self._harps.popitem(last=False)
            self._harps.move_to_end(folder)
            return self._harps[folder]
