"""A mission's worth of HARPs, drawn from stated distributions, and the requests the planner makes of them.

What is known and what is assumed is in docs/scale.md, "What is assumed".
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from storage.fetch_plan import spans
from storage.record_sets import RecordSet
from storage.settings import Settings

WHAT = RecordSet("hmi.sharp_cea_720s", 1)
SHORTEST, LONGEST = 3, 1600  # records of a HARP; 1600 are 13.3 days, a passage over the disk
MEAN_RECORDS = 667
SIGMA = 0.92  # of the logarithm of a patch's pixels: 8 HARPs, of 49708 to 494832 pixels
MEAN_PIXELS = 115_000  # CEA pixels of a patch, mean over records
BYTES_PER_PIXEL = 16.57  # ten segments of HARP 377, 2011-02-15 02:00, as JSOC's FITS files
GAP = 5  # records without segments come in runs of about as many


@dataclass(frozen=True)
class Chunk:
    """One request: records, bytes of one, OR-ed times."""

    n_records: int
    record_bytes: int
    n_times: int = 1

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return self.n_records * self.record_bytes


@dataclass(frozen=True)
class Harp:
    """One HARP as it is fetched: its requests, and the queries for keywords of records without files."""

    n_records: int
    chunks: tuple[Chunk, ...]
    bare_queries: int = 0

    @classmethod
    def planned(cls, has_files: NDArray[np.bool_], record_bytes: int, settings: Settings) -> "Harp":
        """What the real planner makes of a HARP of which a lake has nothing."""
        there, bare = np.flatnonzero(has_files).tolist(), np.flatnonzero(~has_files).tolist()
        chunks = requested(there, there, record_bytes, settings)
        queries = requested(bare, range(len(has_files)), 0, settings)
        return cls(len(has_files), tuple(chunks), len(queries))


def requested(
    slots: Sequence[int], known: Collection[int], record_bytes: int, settings: Settings
) -> list[Chunk]:
    """Requests of the real planner; slots stand for T_RECs, which it only compares."""
    sizes = dict.fromkeys(slots, record_bytes)
    made = spans(WHAT, sizes, known, settings)  # type: ignore[arg-type]
    return [Chunk(len(mine), record_bytes, len(what.times)) for what, mine in made]


@dataclass(frozen=True)
class Mission:
    """How many HARPs, and of what kind.

    Attributes
    ----------
    without_files : float
        Share of records that have no segments (bad QUALITY).
    """

    n_harps: int = 15_000
    mean_pixels: float = MEAN_PIXELS
    bytes_per_pixel: float = BYTES_PER_PIXEL
    without_files: float = 0.01
    seed: int = 377

    def planned(self, settings: Settings) -> list[Harp]:
        """HARPs in the order of their numbers, with their requests."""
        rng = np.random.default_rng(self.seed)
        share = (MEAN_RECORDS - SHORTEST) / (LONGEST - SHORTEST)
        lengths = rng.beta(1, 1 / share - 1, self.n_harps)  # from the shortest to the longest
        n_records = np.rint(SHORTEST + (LONGEST - SHORTEST) * lengths).astype(int).tolist()
        pixels = rng.lognormal(np.log(self.mean_pixels) - SIGMA**2 / 2, SIGMA, self.n_harps)
        sizes = (pixels * self.bytes_per_pixel).astype(int).tolist()
        pairs = zip(n_records, sizes, strict=True)
        return [Harp.planned(self._has_files(rng, n), size, settings) for n, size in pairs]

    def _has_files(self, rng: np.random.Generator, n: int) -> NDArray[np.bool_]:
        there = np.ones(n, bool)
        for start in rng.integers(n, size=rng.poisson(n * self.without_files / GAP)):
            there[start : start + rng.geometric(1 / GAP)] = False
        return there
