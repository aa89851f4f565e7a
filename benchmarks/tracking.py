"""Tracking of long series: beside the other trackers, and how time and memory grow."""

import tracemalloc
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import get_args

from benchmarks.discs import DENSER, FIVE_HUNDRED, FORTY, Discs, Stock
from benchmarks.report import Cells, Table
from benchmarks.timing import Sample, seconds
from pores.parameters import Tracker, TrackParameters
from pores.track import Sightings, track
from storage.memory import all_freed_kept

FRAMES, FEW, WARM = 1200, 20, 20
LONG = (375, 750, 1500)  # frames, each twice the one before
_WEIGHED = (150, 300, 600)
_ROUNDS = 2


def tracking_table(scratch: Path) -> Table:
    """Time of all trackers on a long series, and of a large one."""
    forty, large = _discs(scratch, FORTY, FRAMES), _discs(scratch, FIVE_HUNDRED, FRAMES)
    trackers: tuple[Tracker, ...] = get_args(Tracker)
    _times(forty.sightings(WARM), trackers, 1)  # their imports don't count
    long_40 = _times(forty.sightings(), trackers, _ROUNDS)
    short_500 = _times(large.sightings(FEW), trackers, _ROUNDS)
    long_500 = _times(large.sightings(), trackers[:1], _ROUNDS)
    return Table(
        "Tracking of long series",
        ("", "s", "ms per frame", "times porelake's"),
        [
            *_beside(f"{FRAMES} frames of 40 features", long_40, FRAMES),
            *_beside(f"{FEW} frames of 500 features", short_500, FEW),
            *_beside(f"{FRAMES} frames of 500 features", long_500, FRAMES),
        ],
        "Label images read from files where a tracker asks for them; the other trackers see places only. "
        f"Where there are some 500 features in a frame, the others on the first {FEW} frames only.",
        {
            "tracking.over_laptrack_40": long_40["porelake"] / long_40["laptrack"],
            "tracking.over_laptrack_500": short_500["porelake"] / short_500["laptrack"],
            "tracking.s_1200_500": long_500["porelake"],
        },
    )


def short_table(scratch: Path, rounds: int) -> Table:
    """Time beside the other tracker that follows merges, on a short series."""
    given = _discs(scratch, FIVE_HUNDRED, FEW).sightings()
    names: tuple[Tracker, ...] = ("porelake", "laptrack")
    _times(given, names, 1)  # their imports don't count
    times = _times(given, names, rounds)
    return Table(
        "Tracking of a short series",
        ("", "s", "ms per frame", "times porelake's"),
        _beside(f"{FEW} frames of 500 features", times, FEW),
        figures={"short.porelake_over_laptrack": times["porelake"] / times["laptrack"]},
    )


def growth_table(scratch: Path) -> Table:
    """Time of our tracker against the number of frames, and of features."""
    dense = _discs(scratch, DENSER[-1], LONG[-1])
    _tracked(dense.sightings(WARM), "porelake")
    rounds = [
        [seconds(partial(_tracked, dense.sightings(n), "porelake")) for n in LONG] for _ in range(_ROUNDS)
    ]
    by_frames = [Sample(values) for values in zip(*rounds, strict=True)]
    rows = [_growth(dense.sightings(n), time) for n, time in zip(LONG, by_frames, strict=True)]
    for stock in DENSER[:-1]:
        given = _discs(scratch, stock, LONG[0]).sightings()
        rows.append(_growth(given, _times(given, ("porelake",), _ROUNDS)["porelake"]))
    return Table(
        "Tracking: time against frames and features",
        ("", "s", "µs per feature and frame"),
        rows,
        "Discs of one size, closer together where there are more.",
        {"tracking.linearity": by_frames[-1] / by_frames[-2].scaled(2.0)},
    )


def memory_table(scratch: Path) -> Table:
    """Largest memory of tracking against the number of frames."""
    rows: list[Cells] = []
    for what, stock, lengths in (("40", FORTY, _WEIGHED), ("1000", DENSER[-1], LONG[:2])):
        discs = _discs(scratch, stock, FRAMES if stock is FORTY else LONG[-1])
        peaks = [_peak_mb(discs.sightings(n)) for n in lengths]
        rows += [
            (f"{n} frames of {what} features", f"{peak:.0f}", f"{1e3 * peak / n:.0f}")
            for n, peak in zip(lengths, peaks, strict=True)
        ]
    linearity = Sample((peaks[-1] / (2 * peaks[-2]),))
    return Table(
        "Memory of tracking",
        ("", "MB", "kB per frame"),
        rows,
        "What tracking takes at most beyond what it is given, as Python and numpy count it.",
        {"tracking.memory_linearity": linearity},
    )


def _beside(what: str, times: dict[str, Sample], n_frames: int) -> list[Cells]:
    """A row for each tracker."""
    return [
        (f"{what}, {name}", time, time.scaled(1e3 / n_frames), time / times["porelake"])
        for name, time in times.items()
    ]


def _growth(given: Sightings, time: Sample) -> Cells:
    n, n_frames = len(given.pores["label"]), len(given.frames.t_rec)
    return f"{n_frames} frames of {n / n_frames:.0f} features", time, time.scaled(1e6 / n)


@lru_cache
def _discs(scratch: Path, stock: Stock, n_frames: int) -> Discs:
    """Made once, for all tables."""
    return Discs(scratch, stock, n_frames)


def _times(given: Sightings, names: Sequence[Tracker], rounds: int) -> dict[str, Sample]:
    """Time of each tracker, s, in turns."""
    rows = [[seconds(partial(_tracked, given, name)) for name in names] for _ in range(rounds)]
    return {name: Sample(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}


def _tracked(given: Sightings, name: Tracker) -> int:
    with all_freed_kept():  # as a run does
        return len(track(given, TrackParameters(tracker=name)).tracks["track_id"])


def _peak_mb(given: Sightings) -> float:
    tracemalloc.start()
    try:
        _tracked(given, "porelake")
        return tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
