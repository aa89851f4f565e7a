"""What JSOC answers, as values: its JSON gives columns, every value in them a text."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ArchiveRecord:
    """One record as the archive has it.

    Attributes
    ----------
    harpnum : int
    t_rec : datetime64[ms]
        TAI.
    version : str
        `RECNUM/CALVER64`: another one means that the record was made anew.
    quality : int or None
        QUALITY as an unsigned 32-bit integer.
    noaa_ars : tuple of int
        NOAA's numbers of the regions in the HARP.
    segments : tuple of str
        Those asked for that have a file.
    size : int
        Bytes of the whole record at the archive.
    """

    harpnum: int
    t_rec: np.datetime64
    version: str
    quality: int | None
    noaa_ars: tuple[int, ...]
    segments: tuple[str, ...]
    size: int


@dataclass(frozen=True)
class ExportFile:
    """A file that an export has ready: its URL, and the name to save it under."""

    url: str
    name: str


@dataclass(frozen=True)
class ExportState:
    """What JSOC says of an export.

    Attributes
    ----------
    status : int
        0 done; 1, 2 pending; 3 too large; 4 bad request; 6 not known (yet); 7 the user has a pending request.
    request_id : str or None
    wait_s : float
        How long JSOC wishes to be left alone.
    error : str
        JSOC's words, on one line.
    files : tuple of ExportFile
        Once done.
    """

    status: int
    request_id: str | None
    wait_s: float
    error: str
    files: tuple[ExportFile, ...]
