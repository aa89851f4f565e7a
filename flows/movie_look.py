"""What can be chosen about a movie."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

FULL_HD = 1920  # pixels across: to this, and 9/16 of it in height, every player decodes


class Shown(StrEnum):
    """Which intensity a movie shows."""

    PREPARED = "prepared"
    RAW = "raw"


class FieldColours(StrEnum):
    """Colours of the field."""

    HMIMAG = "hmimag"
    GREY = "grey"


@dataclass(frozen=True)
class MovieLook:
    """What a movie shows and how.

    Attributes
    ----------
    intensity : Shown
        Prepared: without limb darkening, in units of the quiet Sun. Raw: as archived, in DN/s.
    field : FieldColours
        Sunpy's table for HMI's magnetograms, or grey.
    fps : int
        Frames a second.
    width_px : int
        Greatest width of the picture; 9/16 of it is its greatest height.
    since, until : datetime or None
        First and last T_REC, TAI.
    every : int
        Show each n-th record.
    trail_h : float
        Hours of a feature's way that are drawn behind it; 0 for none.
    """

    intensity: Shown = Shown.PREPARED
    field: FieldColours = FieldColours.HMIMAG
    fps: int = 12
    width_px: int = FULL_HD
    since: datetime | None = None
    until: datetime | None = None
    every: int = 1
    trail_h: float = 12.0
