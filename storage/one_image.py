"""One 2-D FITS image, with or without coordinates, doubled in resolution."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning
from numpy.typing import NDArray

from pores.errors import InputError
from storage.lake import atomic
from storage.outputs import writable

_HISTORY = "doubled in resolution by porelake ({method}); outer edges of the image kept"

UNITS = ("BUNIT", "_BUNIT")  # JSOC's exports of today write the latter
_OF_THE_PIXELS = (
    *("BSCALE", "BZERO", "BLANK", "DATASUM", "CHECKSUM"),
    *(f"{prefix}DATA{name}" for prefix in ("", "_") for name in ("MIN", "MAX", "MEDN", "MEAN", "RMS")),
)


@dataclass(frozen=True, eq=False)
class Doubled:
    """An image of twice the resolution, and what its header is to say of that.

    Attributes
    ----------
    image : ndarray of float32, (2 ny, 2 nx)
    method : str
        How it was made.
    cards : tuple of (keyword, value, comment)
        Cards beside those of the coordinates; a value of None removes the card.
    """

    image: NDArray[np.float32]
    method: str
    cards: tuple[tuple[str, float | str | None, str], ...] = ()


def double_file(image: Path, out: Path, double: Callable[[NDArray[np.float32], str], Doubled]) -> None:
    """Write the image of a FITS file at twice the resolution, its coordinates with it.

    Parameters
    ----------
    image : Path
        FITS file whose first image has two axes.
    out : Path
        FITS file to write.
    double : callable
        Makes the doubled image of an image (ny, nx) and its unit.

    Raises
    ------
    InputError
        If the file is no FITS file, has no 2-D image, or one that can't be doubled so; if the result would
        take the place of the image, or can't be written.
    """
    place = writable(out)
    data, header = _read(image)
    if place.exists() and place.samefile(image):
        raise InputError(f"--out {out}: the image itself; name another file")
    unit = next((str(header[name]) for name in UNITS if header.get(name)), "")
    try:
        doubled = double(data, unit)
    except InputError as error:
        raise InputError(f"{image}: {error}") from error
    doubled_header(header)
    for keyword, value, comment in doubled.cards:
        header.remove(keyword, ignore_missing=True)
        if value is not None:
            header[keyword] = (value, comment)
    header.add_history(_HISTORY.format(method=doubled.method))
    with atomic(place) as partial:
        fits.PrimaryHDU(doubled.image, header).writeto(partial, output_verify="silentfix")


def doubled_header(header: fits.Header) -> None:
    """Change the linear part of a header's coordinates to pixels of half the size, in place.

    The outer edges stay: CRPIXi' = 2 CRPIXi - 0.5; CDELTi or CDi_j are halved (Greisen & Calabretta 2002, A&A
    395, 1061, equation 1); PCi_j and CROTA2 have no scale and stay.
    """
    steps = [card for card in header if card.startswith("CD") and card[2:3].isdigit()]
    for axis in "12":
        if f"CRPIX{axis}" in header:
            header[f"CRPIX{axis}"] = 2 * header[f"CRPIX{axis}"] - 0.5
        if not steps and f"CDELT{axis}" in header:
            header[f"CDELT{axis}"] /= 2
    for name in steps:
        header[name] /= 2


def read_image(path: Path) -> NDArray[np.float32]:
    """The first image of two axes of a FITS file.

    Raises
    ------
    InputError
        If there is none.
    """
    return _read(path)[0]


def _read(image: Path) -> tuple[NDArray[np.float32], fits.Header]:
    try:
        with (
            warnings.catch_warnings(),
            image.open("rb") as file,
            np.errstate(invalid="ignore"),
        ):
            warnings.simplefilter("ignore", AstropyWarning)  # cards that are no FITS
            warnings.filterwarnings("error", "File may have been truncated")
            hdus = fits.open(file)
            hdus.verify("silentfix+ignore")
            for hdu in hdus:
                if hdu.is_image and hdu.header.get("NAXIS") == 2 and hdu.size:
                    return np.asarray(hdu.data, np.float32), _plain(hdu.header)
    except (OSError, TypeError, ValueError, AstropyWarning) as error:
        raise InputError(f"{image}: not a readable FITS file ({' '.join(str(error).split())})") from error
    raise InputError(f"{image}: no image of two axes with pixels in it")


def _plain(header: fits.Header) -> fits.Header:
    """The header without what belongs to how the file stored the pixels."""
    plain = header.copy()
    for name in _OF_THE_PIXELS:
        plain.remove(name, ignore_missing=True)
    return plain
