"""Movies of a HARP: intensity with its pores and their trails beside the radial field."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np

from storage.lake import Lake


class Shown(StrEnum):
    """Which intensity a movie shows."""

    PREPARED = "prepared"
    RAW = "raw"


@dataclass(frozen=True)
class MovieLook:
    """What a movie shows and how.

    Attributes
    ----------
    intensity : Shown
        Prepared: without limb darkening, in units of the quiet Sun. Raw: as archived, in DN/s.
    fps : int
        Frames a second.
    width_px : int
        Width of the picture.
    since, until : numpy.datetime64 or None
        First and last T_REC, TAI.
    every : int
        Show each n-th record.
    trail_h : float
        Hours of a feature's way that are drawn behind it; 0 for none.
    """

    intensity: Shown = Shown.PREPARED
    fps: int = 12
    width_px: int = 1600
    since: np.datetime64 | None = None
    until: np.datetime64 | None = None
    every: int = 1
    trail_h: float = 12.0


def write_movie(lake: Lake, harpnum: int, out: Path, look: MovieLook) -> str:
    """Write the movie of the current run of a HARP, whole or not at all.

    Returns
    -------
    str
        What was written, in a line.

    Raises
    ------
    InputError
        If the lake has no run of the HARP, no usable frame in that time, or `out` does not end in .mp4.
    """
    raise NotImplementedError
