"""A SHARP FITS file, checked, to its image as stored and its header whole."""

import hashlib
import io
import re
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from pores.errors import InputError, Reason
from pores.frame import Keyword
from pores.record_time import format_compact, parse_compact, parse_t_rec
from storage.fits_blocks import Unit, UnreadableFile, units
from storage.fits_cards import BLOCK, CARD, keywords

MAX_FILE = 256 * 2**20  # bytes; a full disk of 4096 x 4096 32-bit pixels is 64 MiB
MAX_PIXELS = 4096 * 4096
INTEGER_SEGMENTS = ("bitmap", "conf_disambig")
_NAME = re.compile(
    r"(?P<series>[\w.]{1,48}?)\.(?P<harpnum>\d{1,7})\.(?P<t_rec>\d{8}_\d{6})_TAI\.(?P<segment>\w{1,32})\.fits"
)
# What astropy needs to decompress an image; without BSCALE it gives the integers as stored.
_COMPRESSION = re.compile(rb"(XTENSION|BITPIX|NAXIS\d?|PCOUNT|GCOUNT|TFIELDS|THEAP|T(TYPE|FORM)\d|Z\w+) *")
_TYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}


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
        value = keywords(self.header).get("QUALITY")
        return value if isinstance(value, int) else None

    def physical(self) -> NDArray[Any]:
        """Physical values; see `physical`."""
        return physical(self.name.segment, self.stored, (self.bscale, self.bzero, self.blank))


def physical(
    segment: str, stored: NDArray[Any], scaling: tuple[float, float, int | None]
) -> NDArray[np.float32] | NDArray[np.int16]:
    """Physical values of a stored image.

    Parameters
    ----------
    segment : str
    stored : ndarray (y, x)
    scaling : (bscale, bzero, blank)

    Returns
    -------
    ndarray (y, x)
        int16 with 0 where data are missing for ``bitmap`` and ``conf_disambig``; else float32, correctly
        rounded, with NaN where data are missing.
    """
    bscale, bzero, blank = scaling
    if segment in INTEGER_SEGMENTS:
        if stored.dtype.kind == "f":
            return np.nan_to_num(np.rint(stored * bscale + bzero), posinf=0, neginf=0).astype(np.int16)
        whole = stored.astype(np.int32) * round(bscale) + round(bzero)
        integers: NDArray[np.int16] = np.where(stored == blank, 0, whole).astype(np.int16)
        return integers
    if stored.dtype.kind == "f" and (bscale, bzero) == (1.0, 0.0):
        return np.asarray(stored, np.float32)
    value: NDArray[np.float64] = np.multiply(stored, bscale, dtype=np.float64)
    if bzero:
        value += bzero
    image: NDArray[np.float32] = value.astype(np.float32)
    if blank is not None and stored.dtype.kind != "f":
        np.copyto(image, np.float32("nan"), where=stored == blank)
    return image


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
    try:
        unit = _image_unit(content)
        header = _cards(unit.header)
        _require_same_record(name, keywords(header))
        stored = _stored(unit)
        return SegmentImage(name, stored, *_scaling(unit.cards, stored.dtype), header)
    except UnreadableFile:
        raise
    except ValueError as error:
        raise UnreadableFile(str(name), str(error)) from error


def content_key(content: bytes) -> str:
    """SHA-256 of an image and its header as stored, hexadecimal; of the whole file if there is no such image.

    The empty unit before a compressed image has no checksum and is not kept: damage to it changes nothing.
    """
    try:
        unit = _image_unit(content)
    except ValueError:
        return digest(content)
    return digest(unit.header + unit.data)


def digest(content: bytes) -> str:
    """SHA-256, hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _image_unit(content: bytes) -> Unit:
    """The unit that holds the image; the whole file is checked."""
    images = [unit for unit in units(content) if _axes(unit)]
    if not images:
        raise ValueError("no image in the file")
    ny, nx = _axes(images[0])
    if ny * nx > MAX_PIXELS or 0 in (ny, nx):
        raise ValueError(f"image of {nx} x {ny} pixels")
    return images[0]


def _axes(unit: Unit) -> tuple[int, ...]:
    """(ny, nx) of a 2-D image, compressed or not; () of anything else."""
    compressed = unit.cards.get("ZIMAGE") is True
    if not compressed and unit.cards.get("XTENSION", "IMAGE") != "IMAGE":
        return ()
    z = "Z" if compressed else ""
    if unit.number(f"{z}NAXIS") != 2:
        return ()
    return unit.number(f"{z}NAXIS2"), unit.number(f"{z}NAXIS1")


def _stored(unit: Unit) -> NDArray[Any]:
    if unit.cards.get("ZIMAGE") is True:
        return _decompressed(unit)
    kind = _TYPES.get(unit.number("BITPIX"))
    if kind is None:
        raise ValueError(f"BITPIX {unit.number('BITPIX')}")
    return np.frombuffer(unit.data, kind).reshape(_axes(unit)).astype(np.dtype(kind).newbyteorder("="))


def _decompressed(unit: Unit) -> NDArray[Any]:
    """Decompress through astropy, which gets the cards of the compression only: none can make it warn."""
    cards = [unit.header[i : i + CARD] for i in range(0, len(unit.header), CARD)]
    needed = b"".join(card for card in cards if _COMPRESSION.fullmatch(card[:8]))
    primary = b"SIMPLE  =                    T".ljust(CARD) + b"BITPIX  =                    8".ljust(CARD)
    primary += b"NAXIS   =                    0".ljust(CARD) + b"EXTEND  =                    T".ljust(CARD)
    file = io.BytesIO(
        _padded(primary + _end(), b" ") + _padded(needed + _end(), b" ") + _padded(unit.data, b"\0")
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with fits.open(file, memmap=False, lazy_load_hdus=True) as units_:
                return np.ascontiguousarray(units_[1].data)
    except Exception as error:  # astropy's decoders raise many kinds
        raise ValueError(f"image can't be decompressed: {error}".splitlines()[0]) from error


def _scaling(cards: dict[str, Keyword], kind: np.dtype[Any]) -> tuple[float, float, int | None]:
    """BSCALE, BZERO and, for integers, BLANK."""
    numbers = {name: cards.get(name) for name in ("BSCALE", "BZERO", "BLANK")}
    bscale, bzero = (
        float(value) if isinstance(value := numbers[name], int | float) else default
        for name, default in (("BSCALE", 1.0), ("BZERO", 0.0))
    )
    blank = numbers["BLANK"]
    return bscale, bzero, int(blank) if isinstance(blank, int | float) and kind.kind != "f" else None


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


def _cards(header: bytes) -> bytes:
    """The header without END and padding."""
    at = header.rstrip(b" ")
    return header[: (len(at) - 1) // CARD * CARD] if at.endswith(b"END") else header


def _end() -> bytes:
    return b"END".ljust(CARD)


def _padded(content: bytes, fill: bytes) -> bytes:
    return content + fill * (-len(content) % BLOCK)
