"""What the pages of a report are made from: answers of the catalogue, each asked once."""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from catalog.provenance import Subject, provenance
from catalog.query import Question, connect
from catalog.rows import Answer, ask
from flows.report import places
from pores.errors import InputError
from storage.lake import Lake
from storage.runs import CurrentRun, run_of

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class HarpRows:
    """All that the tables tell of one HARP.

    Attributes
    ----------
    harp : dict
        Its row of `regions`.
    run : CurrentRun
    folder : str
        Where its pages are.
    frames, tracks, features : Answer
        Answers of the queries `frames_of_harp`, `tracks_of_harp`, `features_of_harp`.
    """

    harp: Row
    run: CurrentRun
    folder: str
    frames: Answer
    tracks: Answer
    features: Answer

    @cached_property
    def lives(self) -> list[Row]:
        """Tracks in the order of birth, each with its number in that order."""
        return numbered(self.tracks)

    @cached_property
    def by_id(self) -> dict[str, Row]:
        """Tracks by `track_id`."""
        return {row["track_id"]: row for row in self.lives}

    @cached_property
    def by_name(self) -> dict[str, Row]:
        """Tracks by the name of their card's file."""
        return {places.name(track): row for track, row in self.by_id.items()}

    def seen(self, track_id: str) -> list[Row]:
        """Observations of a track, in time."""
        ids = self._feature_tracks
        found = self.features.rows[bisect_left(ids, track_id) : bisect_right(ids, track_id)]
        return [dict(zip(self.features.names, row, strict=True)) for row in found]

    def family(self, track_id: str) -> list[Row]:
        """The tracks of a track's family, itself included, in the order of birth."""
        return self._families[self.by_id[track_id]["family_id"]]

    @cached_property
    def dark(self) -> list[tuple[datetime, datetime]]:
        """Times without a usable frame, from half a cadence after one to half a cadence before the next."""
        column, usable = (self.frames.names.index(name) for name in ("t_rec", "usable"))
        seen = [row[column] for row in self.frames.rows if row[usable]]
        half = min((b - a for a, b in pairwise(seen)), default=timedelta(0)) / 2
        return [(a + half, b - half) for a, b in pairwise(seen) if b - a > 3 * half]

    @cached_property
    def _families(self) -> dict[str, list[Row]]:
        families = defaultdict(list)
        for row in self.lives:
            families[row["family_id"]].append(row)
        return dict(families)

    @cached_property
    def _feature_tracks(self) -> list[str]:
        column = self.features.names.index("track_id")
        return [row[column] or "\uffff" for row in self.features.rows]  # nulls come last


def numbered(tracks: Answer) -> list[Row]:
    """Tracks in the order of birth, each with its number in that of its HARP, as in lineage plots."""
    counts: Counter[str] = Counter()
    rows = []
    for row in tracks.records():
        counts[row["run_id"]] += 1
        rows.append({**row, "number": counts[row["run_id"]]})
    return rows


class LakeRows:
    """Answers over a whole lake, as its catalogue is when they are first asked for."""

    def __init__(self, lake: Lake, harpnums: tuple[int, ...] = ()) -> None:
        self.lake, self.harpnums = lake, harpnums

    def ask(self, name: str, **params: object) -> Answer:
        """Answer of a table, view or named query."""
        with connect(self.lake) as connection:
            return ask(connection, name, params)

    @cached_property
    def regions(self) -> Answer:
        """Answer of `regions`, those asked for; InputError if one is not there."""
        every = self.ask("regions")
        if unknown := sorted(set(self.harpnums) - {row["harpnum"] for row in every.records()}):
            raise InputError(f"--harp {unknown[0]}: the lake {self.lake.location} has no such HARP")
        return self._chosen(every)

    @cached_property
    def harps(self) -> list[Row]:
        """The HARPs asked for."""
        return self.regions.records()

    @cached_property
    def folders(self) -> dict[str, str]:
        """Folder of each HARP by its run."""
        return places.harp_folders(self.harps)

    @cached_property
    def tracks(self) -> Answer:
        """Every track of the HARPs asked for."""
        return self._chosen(self.ask("tracks_of_harp"))

    @cached_property
    def lives(self) -> list[Row]:
        """Every track, with its number within its HARP."""
        return numbered(self.tracks)

    @cached_property
    def reasons(self) -> Answer:
        """How many frames could not be used, and why."""
        return self._chosen(self.ask("unusable_by_reason"))

    @cached_property
    def origin(self) -> Mapping[str, Any]:
        """What made the rows: software, runs, citation."""
        with connect(self.lake) as connection:
            return provenance(connection, Subject("report", "The report of a lake", Question("", {}), {}))

    def harp(self, folder: str) -> HarpRows:
        """What is told of the HARP of a folder; KeyError if there is none."""
        harp = {self.folders[row["run_id"]]: row for row in self.harps}[folder]
        shown = replace(run_of(self.lake, harp["harpnum"]), run_id=harp["run_id"])  # not one published later
        with connect(self.lake) as connection:
            answers = {
                name: _of_run(ask(connection, f"{name}_of_harp", {"harp": harp["harpnum"]}), shown.run_id)
                for name in ("frames", "tracks", "features")
            }
        return HarpRows(harp, shown, folder, **answers)

    def _chosen(self, answer: Answer) -> Answer:
        return answer if not self.harpnums else answer.where("harpnum", set(self.harpnums))


def _of_run(answer: Answer, run_id: str) -> Answer:
    return answer.where("run_id", {run_id})
