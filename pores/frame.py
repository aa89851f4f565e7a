"""A frame: what is known of one HARP at one T_REC."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pores.errors import Reason

FIELD_SEGMENTS = ("Br", "Bp", "Bt")
NEEDED_SEGMENTS = ("continuum", *FIELD_SEGMENTS)

Keyword = str | int | float | bool | None


@dataclass(frozen=True)
class Problem:
    """Why a file of a record can't be used: the reason, and one clear line that names the file."""

    reason: Reason
    detail: str


@dataclass(frozen=True)
class Frame:
    """The segments of one SHARP record in physical units.

    Attributes
    ----------
    harpnum : int
        HARP number.
    t_rec : numpy.datetime64
        Record time, TAI, in ms.
    keywords : mapping
        Keywords of the record (all segments' headers merged); empty for bare `as-is` files.
    segments : mapping of str to ndarray
        Segment name (``continuum``, ``Br``, ...) to its image (y, x): float32 with NaN where data are missing
        (continuum in DN/s, field in G), int16 for ``bitmap`` and ``conf_disambig`` with 0 where missing.
    problems : mapping of str to Problem
        Segment whose file is there but can't be used, to why.
    headers : mapping of str to mapping
        Segment name to the keywords of its own header: DATAMIN, DATAMEAN and their like differ between
        segments.
    """

    harpnum: int
    t_rec: np.datetime64
    keywords: Mapping[str, Keyword]
    segments: Mapping[str, NDArray[np.generic]]
    problems: Mapping[str, Problem] = field(default_factory=dict)
    headers: Mapping[str, Mapping[str, Keyword]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The record as messages name it."""
        return f"HARP {self.harpnum} {self.t_rec}"
