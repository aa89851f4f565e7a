"""JSOC through its client drms: what there is, keywords, exports; made polite by `storage.jsoc_http`."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np

from pores.frame import Keyword
from storage.jsoc_replies import ArchiveRecord
from storage.record_sets import RecordSet
from storage.settings import Settings

__all__ = ["ArchiveRecord", "Jsoc"]

Progress = Callable[[int, int | None], object]  # bytes done, bytes to expect


class Jsoc:
    """The archive, asked by one connection at a time.

    Every method raises PorelakeError if JSOC does not answer, InputError if it refuses what it was asked.
    """

    def __init__(self, settings: Settings, email: str | None = None) -> None:
        raise NotImplementedError

    def records(self, what: RecordSet) -> list[ArchiveRecord]:
        """The records of a set, by HARPNUM and T_REC; of the segments, those that `what` names."""
        raise NotImplementedError

    def keywords(self, what: RecordSet) -> dict[np.datetime64, dict[str, Keyword]]:
        """T_REC to every keyword of the series, typed as the series declares them; None where missing."""
        raise NotImplementedError

    def harps_of_noaa(self, noaa: int, after_harpnum: int, series: str) -> dict[int, tuple[int, ...]]:
        """HARPNUM to NOAA_ARS of HARPs numbered above `after_harpnum` that hold a NOAA region."""
        raise NotImplementedError

    def get_text(self, path: str) -> tuple[str, datetime | None]:
        """A text file of the server and its Last-Modified."""
        raise NotImplementedError

    def estimate(self, what: RecordSet) -> tuple[int, int, int]:
        """Records, files and bytes that an export of a set would bring."""
        raise NotImplementedError

    def export(
        self, what: RecordSet, n_files: int, into: Path, progress: Progress | None = None
    ) -> list[Path]:
        """Files (FITS, or one tar) of an export in `into`; begun by an earlier run, it is resumed."""
        raise NotImplementedError
