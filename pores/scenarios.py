"""What scenarios the simulation has: what happens in each, on what patch, and for how long."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Scenario = Literal[
    "clean",
    "interactions",
    "demo",
    "faults",
    "crowd",
    "flicker",
    "fast",
    "opposite",
    "emerging",
    "limb",
    "gaps",
    "edges",
    "noisy",
]
Values = Mapping[str, Any]
FAULTS = ("missing_frames", "no_continuum_frames", "bad_quality_frames", "corrupt_frames")
GAPS = (  # begin, as a part of the series, and length in records
    *((0.08, 1), (0.16, 2), (0.24, 3), (0.33, 4), (0.42, 5), (0.55, 8)),
    *((0.72, 1), (0.745, 2), (0.79, 1), (0.88, 5)),
)
LARGE = (300, 500), 60


@dataclass(frozen=True)
class Bill:
    """One scenario.

    Attributes
    ----------
    says : str
        What happens, in a line.
    shape : tuple of int
        Rows and columns of its patch unless said otherwise, native pixels.
    n_frames : int
        Its record slots unless said otherwise.
    values : callable
        Other parameters of the simulation that it sets, given its seed and number of slots.
    """

    says: str
    shape: tuple[int, int] = (200, 300)
    n_frames: int = 80
    values: Callable[[int, int], Values] = field(default=lambda _seed, _n_frames: {})


def _faults(_seed: int, n_frames: int) -> Values:
    """One fault of each kind in a series long enough to carry them, and a short gap of two records."""
    if n_frames < 10:
        return {}
    at = [int(n_frames * part) for part in (0.22, 0.43, 0.62, 0.8)]
    return {
        "missing_frames": (at[0], at[0] + 1),
        "no_continuum_frames": (at[1],),
        "bad_quality_frames": (at[2],),
        "corrupt_frames": (at[3],),
    }


def _gaps(_seed: int, n_frames: int) -> Values:
    """Gaps of one to five records, some close together, and one that no track outlives."""
    frames: dict[str, list[int]] = {kind: [] for kind in FAULTS}
    for i, (part, length) in enumerate(GAPS):
        start = round(part * n_frames)
        kind = "missing_frames" if length > 3 else FAULTS[i % len(FAULTS)]
        frames[kind] += [frame for frame in range(start, start + length) if frame < n_frames]
    return {kind: tuple(where) for kind, where in frames.items()}


def _limb(seed: int, _n_frames: int) -> Values:
    return {"longitude": 66.0 if seed % 2 == 0 else -76.0}


def _three_times(_seed: int, _n_frames: int) -> Values:
    return {"noise": 3.0}


BILLS: Mapping[Scenario, Bill] = {
    "clean": Bill("single pores that are born, grow, decay and die", *LARGE),
    "interactions": Bill("mergers, splits and flicker too", *LARGE),
    "demo": Bill("everything, with a sunspot, pores that cross the edge, and faults", *LARGE, _faults),
    "faults": Bill("`clean` with faults", *LARGE, _faults),
    "crowd": Bill("a hundred pores at a time that meet, merge, split, touch and pass each other", (300, 500)),
    "flicker": Bill("pores that cross the threshold up and down, and light bridges that come and go"),
    "fast": Bill("small pores at 1 to 2 km/s, alone, in pairs and in streams"),
    "opposite": Bill("pairs of opposite polarity that approach, touch, pass or part, and never merge"),
    "emerging": Bill("an emerging group: polarities that diverge from an inversion line, grow and merge"),
    "limb": Bill(
        "passage over the west limb (even seeds) or in from the east limb (odd seeds)", values=_limb
    ),
    "gaps": Bill(
        "mergers, splits and flicker with missing and unusable records, alone and in clusters", values=_gaps
    ),
    "edges": Bill("pores that cross all four edges of the patch, in and out"),
    "noisy": Bill("mergers, splits and flicker with three times the noise", values=_three_times),
}
