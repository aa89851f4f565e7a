"""A SHARP FITS file, checked, to its image as stored and its header whole."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.errors import InputError, Reason
from pores.frame import Keyword
from pores.record_time import format_compact, parse_compact, parse_t_rec
from storage.fits_blocks import Unit, UnreadableFile
from storage.fits_cards import keyword, without_end
from storage.fits_images import image_unit, scaling, stored_image

MAX_FILE = 256 * 2**20  # bytes; a full disk of 4096 x 4096 32-bit pixels is 64 MiB
_AT_A_TIME = 32_768  # pixels that are scaled together
INTEGER_SEGMENTS = ("bitmap", "conf_disambig")
_NAME = re.compile(
    r"(?P<series>[\w.]{1,48}?)\.(?P<harpnum>\d{1,7})\.(?P<t_rec>\d{8}_\d{6})_TAI\.(?P<segment>\w{1,32})\.fits"
)


@dataclass(frozen=True)
class FileName:
    """What the name of a file says it is: `<series>.<harpnum>.<t_rec>_TAI.<segment>.fits`."""

    series: str
    harpnum: int
    t_rec: np.datetime64
    segment: str

    def __str__(self) -> str:
        return f"{self.series}.{self.harpnum}.{format_compact(self.t_rec)}_TAI.{self.segment}.fits"


def parse_name(name: str) -> FileName | None:
    """Parts of a SHARP file name; None if it is no such name.

    Examples
    --------
    >>> parse_name("hmi.sharp_cea_720s.377.20110215_020000_TAI.Br.fits").segment
    'Br'
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    try:
        t_rec = parse_compact(match["t_rec"])
    except InputError:
        return None
    return FileName(match["series"], int(match["harpnum"]), t_rec, match["segment"])


@dataclass(frozen=True, eq=False)
class SegmentImage:
    """An image as the archive stores it.

    Attributes
    ----------
    name : FileName
    stored : ndarray (y, x)
        Integers (or floats) before scaling, in native byte order.
    bscale, bzero : float
        Physical value = bzero + bscale * stored.
    blank : int or None
        Stored value of missing pixels.
    header : bytes
        Every card of the image's header as in the file, END and padding left out.
    """

    name: FileName
    stored: NDArray[Any]
    bscale: float
    bzero: float
    blank: int | None
    header: bytes

    @property
    def quality(self) -> int | None:
        """QUALITY, unsigned; None where the header has none."""
        value = keyword(self.header, "QUALITY")
        return value if isinstance(value, int) else None

    def physical(self) -> NDArray[Any]:
        """Physical values; see `physical`."""
        return physical(self.name.segment, self.stored, (self.bscale, self.bzero, self.blank))


def physical(
    segment: str, stored: NDArray[Any], scaled: tuple[float, float, int | None]
) -> NDArray[np.float32] | NDArray[np.int16]:
    """Physical values of a stored image.

    Parameters
    ----------
    segment : str
    stored : ndarray (y, x)
    scaled : (bscale, bzero, blank)

    Returns
    -------
    ndarray (y, x)
        int16 with 0 where data are missing for ``bitmap`` and ``conf_disambig``; else float32, correctly
        rounded, with NaN where data are missing.
    """
    bscale, bzero, blank = scaled
    if segment in INTEGER_SEGMENTS:
        if stored.dtype.kind == "f":
            return np.nan_to_num(np.rint(stored * bscale + bzero), posinf=0, neginf=0).astype(np.int16)
        plain = (bscale, bzero) == (1.0, 0.0)
        whole = stored if plain else stored.astype(np.int32) * round(bscale) + round(bzero)
        integers: NDArray[np.int16] = whole.astype(np.int16)
        if blank is not None:
            np.copyto(integers, 0, where=stored == blank)
        return integers
    if stored.dtype.kind == "f" and (bscale, bzero) == (1.0, 0.0):
        return np.asarray(stored, np.float32)
    image = np.empty(stored.shape, np.float32)
    rows = max(_AT_A_TIME // max(stored.shape[1], 1), 1)
    for first in range(0, len(stored), rows):  # doubles of the whole image would leave the cache
        value = np.multiply(stored[first : first + rows], bscale, dtype=np.float64)
        if bzero:
            value += bzero
        image[first : first + rows] = value
    if blank is not None and stored.dtype.kind != "f":
        np.copyto(image, np.float32("nan"), where=stored == blank)
    return image


class Content:
    """The bytes of a file, checked once: what tells it from others, and its image."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        try:
            self._unit: Unit | ValueError = image_unit(content)
        except ValueError as problem:
            self._unit = problem

    @property
    def key(self) -> str:
        """SHA-256 of the image and its header as stored, hexadecimal; of the whole file if it has no image.

        The empty unit before a compressed image has no checksum and is not kept: damage to it changes
        nothing.
        """
        if isinstance(self._unit, ValueError):
            return digest(self._content)
        return digest(self._unit.header, self._unit.data)

    def keyword(self, name: str) -> Keyword:
        """One of the keywords of its header; None if it isn't there, or there is no image."""
        return None if isinstance(self._unit, ValueError) else keyword(without_end(self._unit.header), name)

    def image(self, name: FileName) -> SegmentImage:
        """Image and header of the file; see `read_segment`."""
        if isinstance(self._unit, ValueError):
            raise UnreadableFile(str(name), str(self._unit)) from self._unit
        unit = self._unit
        _require_same_record(name, unit.cards)
        try:
            stored = stored_image(unit)
            return SegmentImage(name, stored, *scaling(unit.cards, stored.dtype), without_end(unit.header))
        except ValueError as error:
            raise UnreadableFile(str(name), str(error)) from error


def read_segment(name: FileName, content: bytes) -> SegmentImage:
    """Image and header of a file.

    Parameters
    ----------
    name : FileName
        What the file is called; its header has to agree.
    content : bytes
        The whole file.

    Raises
    ------
    UnreadableFile
        If the file is empty, truncated, damaged, no FITS, without an image, or of another record.
    """
    return Content(content).image(name)


def digest(*parts: bytes) -> str:
    """SHA-256 of bytes, one part after the other, hexadecimal."""
    sha256 = hashlib.sha256()
    for part in parts:
        sha256.update(part)
    return sha256.hexdigest()


def _require_same_record(name: FileName, cards: dict[str, Keyword]) -> None:
    """Header and file name have to name the same HARP and T_REC, where the header has them."""
    harpnum, t_rec = cards.get("HARPNUM"), cards.get("T_REC")
    if harpnum is not None and harpnum != name.harpnum:
        raise UnreadableFile(str(name), f"its header says HARPNUM {harpnum}", Reason.HEADER_MISMATCH)
    if t_rec is None:
        return
    try:
        apart = abs(parse_t_rec(str(t_rec)) - name.t_rec)
    except InputError as error:
        raise UnreadableFile(str(name), f"its header says T_REC {t_rec}", Reason.HEADER_MISMATCH) from error
    if apart >= np.timedelta64(1, "s"):
        raise UnreadableFile(str(name), f"its header says T_REC {t_rec}", Reason.HEADER_MISMATCH)
