"""Trackers on the series of the challenge: each tracks the same detections, and is scored by the truth."""

import json
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from benchmarks.mistakes import Mistake, mistakes
from flows.challenge import Series
from flows.challenge_folder import read_sightings, read_truth
from flows.pool import ordered_map
from pores.parameters import Parameters, Tracker, TrackParameters
from pores.score import score
from pores.track import Sightings, Tracking, track

_warm: set[Tracker] = set()  # trackers that have run in this process


@dataclass(frozen=True)
class Result:
    """What a tracker made of a series.

    Attributes
    ----------
    series : Series
    tracker : str
    seconds : float
        Time of tracking alone, label images read from files included.
    features : int
        How many features were tracked.
    figures : dict of str to float
        As `pores.score.Scores.rows`; empty if it failed.
    mistakes : tuple of Mistake
    error : str
        Why it failed; empty if it did not.
    """

    series: Series
    tracker: str
    seconds: float = math.nan
    features: int = 0
    figures: dict[str, float] | None = None
    mistakes: tuple[Mistake, ...] = ()
    error: str = ""


def results(folder: Path, series: Sequence[Series], trackers: Sequence[Tracker]) -> Iterator[list[Result]]:
    """Results of all trackers, series by series, over all cores; a failure is a result."""
    waiting = list(series)
    try:
        for done in ordered_map(partial(_one_series, folder, tuple(trackers)), series, None):
            waiting.pop(0)
            yield done
    except BrokenProcessPool:
        for one in waiting:
            yield [Result(one, name, error="the process of a series died") for name in trackers]


def saved(path: Path, every: Sequence[Result]) -> None:
    """Write results as JSON, for digging."""
    path.write_text(json.dumps([asdict(one) for one in every], indent=1, default=str) + "\n")


def _one_series(folder: Path, trackers: Sequence[Tracker], series: Series) -> list[Result]:
    return [_result(folder / series.name, series, name) for name in trackers]


def _result(folder: Path, series: Series, tracker: Tracker) -> Result:
    science = Parameters(track=TrackParameters(tracker=tracker))
    try:
        given, truth = read_sightings(folder, science), read_truth(folder)
        if tracker not in _warm:  # the time of imports doesn't count
            track(given, science.track, science.peers)
            _warm.add(tracker)
        start = time.perf_counter()
        tracking = track(given, science.track, science.peers)
        seconds = time.perf_counter() - start
        found = tables(given, tracking)
        wrong = tuple(mistakes(found, truth))
        n = len(given.pores["label"])
        return Result(series, tracker, seconds, n, score(found, truth).rows(), wrong)
    except Exception as error:  # whatever it is, it must not lose the other results
        return Result(series, tracker, error=f"{type(error).__name__}: {error}")


def tables(given: Sightings, tracking: Tracking) -> dict[str, dict[str, object]]:
    """What is scored."""
    return {
        "pores": {**given.pores, "track_id": tracking.track_id},
        "links": tracking.links,
        "tracks": tracking.tracks,
        "events": tracking.events,
    }
