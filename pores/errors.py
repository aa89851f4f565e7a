"""The errors porelake raises, and the reasons for which a frame is unusable."""

from enum import StrEnum


class PorelakeError(Exception):
    """Something failed at run time; the message names the record and what to do (exit code 1)."""


class InputError(PorelakeError):
    """The request or its input is wrong: a file, row or option that the message names (exit code 2)."""


class MissingPackageError(PorelakeError, ModuleNotFoundError):
    """What is asked for needs packages that are not installed; the message says how they are."""


class UnreachableError(PorelakeError):
    """An archive did not answer, however often it was asked.

    Attributes
    ----------
    why : str
        The last fault, in a few words.
    """

    def __init__(self, message: str, why: str = "") -> None:
        super().__init__(message)
        self.why = why


class Reason(StrEnum):
    """Why a frame can't be used for detection (`frames.reason`)."""

    MISSING_SEGMENT = "missing segment"  # no continuum image at the archive or in the source
    UNREADABLE_FILE = "unreadable file"  # the continuum file is empty, truncated or no FITS
    HEADER_MISMATCH = "header mismatch"  # its header names another HARP or T_REC than its file name
    NO_COORDINATES = "no coordinates"  # no WCS or observer keywords, as in bare `as-is` exports
    BAD_QUALITY = "bad quality"  # QUALITY says that there is no usable observable
    NO_DATA = "no data"  # no finite pixel within the limit of mu
    SHAPE_MISMATCH = "shape mismatch"  # segments of one record differ in shape


class UnusableFrame(PorelakeError):  # noqa: N818 - a finding about a frame, not a fault of the program
    """A frame can't be used for detection; `reason` says why."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else str(reason))
        self.reason = reason
