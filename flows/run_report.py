"""What a scheduled run did, told: a row for each HARP, and the frame to show."""

import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from flows.outcome import Outcome
from flows.pictures import busiest, draw
from flows.scenes import HarpScenes
from pores.errors import PorelakeError
from storage.lake import Lake
from storage.remote_files import here
from storage.runs import CurrentRun, current_runs
from storage.tables import read_table

JPEG_QUALITY = 85  # the picture goes into the page and into Prefect's database
HEADINGS = ("HARP", "NOAA", "done", "frames", "unusable", "features", "tracks")


@dataclass(frozen=True)
class HarpRow:
    """What a run did for one HARP, and what the lake has of it now."""

    harpnum: int
    said: str
    failed: str = ""
    noaa: tuple[int, ...] = ()
    frames: int = 0
    unusable: Mapping[str, int] = field(default_factory=dict)
    features: int = 0
    tracks: int = 0

    def cells(self) -> tuple[str, ...]:
        """Texts for `HEADINGS`."""
        why = ", ".join(f"{n} {reason}" for reason, n in sorted(self.unusable.items()))
        done = f"failed: {self.failed}" if self.failed else self.said
        regions = " ".join(map(str, self.noaa))
        counts = f"{self.frames}", why or "none", f"{self.features}", f"{self.tracks}"
        return (str(self.harpnum), regions, done, *counts)


@dataclass(frozen=True)
class RunReport:
    """A run, told.

    Attributes
    ----------
    title : str
        Name of the run.
    lake : str
        As the user names it.
    started, finished : datetime
        UTC.
    asked : mapping
        What was asked of the run, in words.
    notes : sequence of str
    headings, rows : sequence
        The table; every row as long as the headings.
    picture : bytes or None
        JPEG.
    """

    title: str
    lake: str
    started: datetime
    finished: datetime
    asked: Mapping[str, str]
    notes: Sequence[str]
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    picture: bytes | None = None


def runs_of(lake: Lake, series: str, outcome: Outcome) -> dict[int, CurrentRun]:
    """Current runs of the HARPs that a run worked on or failed at; other machines may have made them."""
    every = {run.harpnum: run for run in current_runs(lake) if run.series == series}
    return {harpnum: every[harpnum] for harpnum in outcome.harpnums if harpnum in every}


def harp_rows(lake: Lake, runs: Mapping[int, CurrentRun], outcome: Outcome) -> list[HarpRow]:
    """A row for every HARP that a run worked on or failed at."""
    return [_harp_row(lake, runs.get(harpnum), harpnum, outcome) for harpnum in outcome.harpnums]


def _harp_row(lake: Lake, run: CurrentRun | None, harpnum: int, outcome: Outcome) -> HarpRow:
    said, failed = outcome.said(harpnum), outcome.why(harpnum)
    if run is None:
        return HarpRow(harpnum, said, failed)

    def rows(table: str, *columns: str) -> dict[str, NDArray[Any]]:
        return read_table(here(lake, lake.table(table, harpnum, run.run_id)), list(columns))

    frames = rows("frames", "usable", "reason")
    reasons = (str(why) for usable, why in zip(frames["usable"], frames["reason"], strict=True) if not usable)
    return HarpRow(
        harpnum,
        said,
        failed,
        tuple(rows("harps", "noaa_ars")["noaa_ars"][0]),
        len(frames["usable"]),
        Counter(reasons),
        len(rows("pores", "pore_id")["pore_id"]),
        len(rows("tracks", "track_id")["track_id"]),
    )


def picture(lake: Lake, runs: Iterable[CurrentRun]) -> bytes | None:
    """The frame with most features among runs, as a JPEG; None if no frame can be drawn."""
    try:
        run, t_rec = busiest(lake, list(runs))
        drawn = draw(HarpScenes(lake, run), t_rec)
    except PorelakeError:
        return None
    out = io.BytesIO()
    Image.fromarray(drawn).save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()
