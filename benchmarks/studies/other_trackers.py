"""Figures behind docs/decisions/0011-other-trackers.md: other trackers at their best on simulated series.

::

    porelake challenge --out DIRECTORY --seeds 1..5
    python -m benchmarks.studies.other_trackers DIRECTORY [--tracker NAME ...]

Each parameter in turn takes the value of its grid with the best score, all others held, round after round
until nothing changes.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from functools import cache, partial
from pathlib import Path
from statistics import fmean
from typing import Any

from flows.challenge_folder import read_sightings, read_truth
from flows.pool import ordered_map
from pores.parameters import Parameters, PeerParameters, TrackParameters
from pores.score import ScoreParameters
from pores.scoring.events import event_rates
from pores.scoring.links import link_rates
from pores.scoring.matching import match_features
from pores.scoring.rates import Rates
from pores.scoring.side import Side
from pores.track import track

Values = Mapping[str, float]
_REACH = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
_APART = {"polarity_mm": (0.0, 4.0)}
GRIDS: dict[str, dict[str, tuple[float, ...]]] = {
    "nearest": {"nearest_reach_mm": _REACH},
    "trackpy": {"trackpy_reach_mm": _REACH, **_APART},
    "dbscan": {
        "dbscan_reach_mm": (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0),
        "dbscan_speed_km_s": (0.1, 0.2, 0.4, 0.8, 1.6),
        "dbscan_neighbours": (1, 2, 3),
        **_APART,
    },
    "laptrack": {
        "laptrack_reach_mm": _REACH,
        "laptrack_merge_reach_mm": (1.5, 2.0, 2.5, 3.0, 4.0, 5.0),
        "laptrack_split_reach_mm": (1.5, 2.0, 2.5, 3.0, 4.0, 5.0),
        "laptrack_gap_reach_mm": _REACH,
        "laptrack_percentile": (50, 75, 90, 95, 98, 99),
        **_APART,
    },
}
EVENTS = ("births", "deaths", "merges", "splits")
WITHIN = 1  # frames


def rates(tracker: str, values: Values, folder: Path) -> dict[str, Rates]:
    """What is right of the links and of each kind of event of one series."""
    seen, truth = _series(folder)
    given = TrackParameters.model_validate({"tracker": tracker})
    tracking = track(seen, given, PeerParameters.model_validate(values))
    tables: dict[str, Any] = {name: getattr(tracking, name) for name in ("links", "tracks", "events")}
    tables["pores"] = {**seen.pores, "track_id": tracking.track_id}
    found, knobs = Side.of(tables, "found"), ScoreParameters()
    links = link_rates(found, truth, match_features(found.pores, truth.pores, knobs.least_radius_px))
    events = event_rates(found.events, truth.events, seen.frames.cadence_s, knobs.event_reach_px)
    return {"links": links, **{name: events[name][WITHIN] for name in EVENTS}}


def scored(tracker: str, values: Values, folders: Sequence[Path]) -> dict[str, float]:
    """F1 of all series together for links and each kind of event, and `mean`, the mean of these five."""
    every = list(ordered_map(partial(rates, tracker, dict(values)), folders, None))
    f1 = {name: _together([one[name] for one in every]).f1 for name in every[0]}
    return f1 | {"mean": fmean(f1.values())}


def _together(parts: Sequence[Rates]) -> Rates:
    return Rates(*(sum(counts) for counts in zip(*map(astuple, parts), strict=True)))


def tuned(tracker: str, folders: Sequence[Path]) -> Iterator[tuple[dict[str, float], dict[str, float]]]:
    """Every setting that is tried, with its scores; the best is the one with the best mean."""
    known: dict[tuple[float, ...], float] = {}
    grid = GRIDS[tracker]
    best = {name: float(getattr(PeerParameters(), name)) for name in grid}
    before: dict[str, float] = {}
    while best != before:
        before = dict(best)
        for name, tries in grid.items():
            for value in tries:
                setting = {**best, name: value}
                if (at := tuple(setting.values())) not in known:
                    found = scored(tracker, setting, folders)
                    known[at] = found["mean"]
                    yield setting, found
            best = dict(zip(grid, max(known, key=known.__getitem__), strict=True))


_SCIENCE = Parameters(enhance="spline")


@cache
def _series(folder: Path) -> tuple[Any, Side]:
    return read_sightings(folder, _SCIENCE), Side.of(read_truth(folder), "true")


def main() -> None:
    """Tune the trackers, and print what was tried and what is best."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--tracker", action="append", choices=GRIDS)
    chosen = parser.parse_args()
    folders = sorted(path.parent for path in chosen.directory.glob("*/made.json"))
    for tracker in chosen.tracker or GRIDS:
        tried = []
        for setting, found in tuned(tracker, folders):
            tried.append((found["mean"], setting, found))
            print(tracker, setting, *(f"{name} {value:.3f}" for name, value in found.items()), flush=True)
        mean, setting, found = max(tried, key=lambda one: one[0])
        print(f"best of {tracker} in {len(folders)} series: {mean:.4f}", setting, flush=True)


if __name__ == "__main__":
    main()
