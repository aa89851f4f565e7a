"""Tracking of long series, beside the other trackers, and its memory."""

import tracemalloc
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import get_args

from benchmarks.discs import FIVE_HUNDRED, FORTY, Discs, Stock
from benchmarks.report import Table
from benchmarks.timing import Sample, seconds
from pores.parameters import Tracker, TrackParameters
from pores.track import Sightings, track

FRAMES, FEW, WARM = 1200, 20, 20
_WEIGHED = (150, 300, 600)  # frames


def tracking_table(scratch: Path) -> Table:
    """Time of all trackers on a long series, and of a large one."""
    forty, large = _discs(scratch, FORTY), _discs(scratch, FIVE_HUNDRED)
    trackers: tuple[Tracker, ...] = get_args(Tracker)
    _times(forty.sightings(WARM), trackers)  # their imports don't count
    rows: list[tuple[object, ...]] = []
    for what, given, names in (
        (f"{FRAMES} frames", forty.sightings(), trackers),
        (f"{FEW} frames", large.sightings(FEW), trackers),
        (f"{FRAMES} frames", large.sightings(), trackers[:1]),
    ):
        each = len(given.pores["label"]) / len(given.frames.t_rec)
        times = _times(given, names)
        ours = times[trackers[0]]
        for name, time in times.items():
            title = f"{what} of {each:.0f} features, {name}"
            rows.append((title, time, time.scaled(1e3 / len(given.frames.t_rec)), time / ours))
    return Table(
        "Tracking of long series",
        ("", "s", "ms per frame", "times porelake's"),
        rows,
        "Label images read from files where a tracker asks for them. Measured once, one after the other; "
        f"where there are some 500 features in a frame, the others on the first {FEW} frames only.",
    )


def memory_table(scratch: Path) -> Table:
    """Largest memory of tracking against the number of frames."""
    discs = _discs(scratch, FORTY)
    rows = []
    for n in _WEIGHED:
        peak = _peak_mb(discs.sightings(n))
        rows.append((f"{n} frames", f"{peak:.0f}", f"{1e3 * peak / n:.0f}"))
    return Table("Memory of tracking", ("", "MB", "kB per frame"), rows, _MEMORY)


_MEMORY = (
    "What tracking takes at most beyond what it is given, 40 features in a frame, as Python and numpy count "
    "it."
)


@lru_cache
def _discs(scratch: Path, stock: Stock) -> Discs:
    """Made once, for all tables."""
    return Discs(scratch, stock, FRAMES)


def _times(given: Sightings, names: Sequence[Tracker]) -> dict[str, Sample]:
    """Time of each tracker, s."""
    return {name: Sample((seconds(partial(_tracked, given, name)),)) for name in names}


def _tracked(given: Sightings, name: Tracker) -> int:
    return len(track(given, TrackParameters(tracker=name)).tracks["track_id"])


def _peak_mb(given: Sightings) -> float:
    tracemalloc.start()
    try:
        _tracked(given, "porelake")
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
