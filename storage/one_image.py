"""One 2-D FITS image, with or without coordinates, doubled in resolution."""

import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.utils.exceptions import AstropyWarning

from pores.errors import InputError
from pores.parameters import Enhancement
from pores.upsample import enhancer
from storage.lake import atomic

_HISTORY = "doubled in resolution by porelake ({method}); outer edges of the image kept"

_OF_THE_PIXELS = (
    "BSCALE",
    "BZERO",
    "BLANK",
    "DATASUM",
    "CHECKSUM",
    "DATAMIN",
    "DATAMAX",
    "DATAMEAN",
    "DATARMS",
)


def double_file(image: Path, out: Path, method: Enhancement) -> None:
    """Write the image of a FITS file at twice the resolution, its coordinates with it.

    Parameters
    ----------
    image : Path
        FITS file whose first image has two axes.
    out : Path
        FITS file to write.
    method : str
        Name of an enhancer that doubles, see `pores.upsample.enhancer`.

    Raises
    ------
    InputError
        If the file is no FITS file, has no 2-D image, or the method is not available.
    """
    if method == "none":
        raise InputError("--method none: it doubles nothing; use spline")
    double = enhancer(method)
    data, header = _read(image)
    doubled_header(header)
    header.add_history(_HISTORY.format(method=method))
    with atomic(out) as partial:
        fits.PrimaryHDU(double(data), header).writeto(partial, output_verify="silentfix")


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


def _read(image: Path) -> tuple[np.ndarray, fits.Header]:
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
                if hdu.is_image and hdu.header.get("NAXIS") == 2:
                    return np.asarray(hdu.data, np.float32), _plain(hdu.header)
    except (OSError, TypeError, ValueError, AstropyWarning) as error:
        raise InputError(f"{image}: not a readable FITS file ({' '.join(str(error).split())})") from error
    raise InputError(f"{image}: no image of two axes in it")


def _plain(header: fits.Header) -> fits.Header:
    """The header without what belongs to how the file stored the pixels."""
    plain = header.copy()
    for name in _OF_THE_PIXELS:
        plain.remove(name, ignore_missing=True)
    return plain
