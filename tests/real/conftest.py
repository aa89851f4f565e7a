"""Real SHARP records as frames."""

import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.io.fits.card import Undefined

from pores.frame import Frame

SERIES = "hmi.sharp_cea_720s"


@pytest.fixture(scope="session")
def sharp_frame(real_data: Path) -> Callable[[int, str], Frame]:
    """Read the record of a HARP at '20110215_020000' by astropy alone, not by porelake's own reading."""

    @cache
    def frame(harpnum: int, time: str) -> Frame:
        segments, headers = {}, {}
        for path in sorted((real_data / "sharp").glob(f"{SERIES}.{harpnum}.{time}_TAI.*.fits")):
            name = path.name.split(".")[-2]
            segments[name], headers[name] = _read(path, integers=name in ("bitmap", "conf_disambig"))
        keywords = {key: value for header in headers.values() for key, value in header.items()}
        day, clock = time.split("_")
        t_rec = f"{day[:4]}-{day[4:6]}-{day[6:]}T{clock[:2]}:{clock[2:4]}:{clock[4:]}"
        return Frame(harpnum, np.datetime64(t_rec, "ms"), keywords, segments, headers=headers)

    return frame


def _read(path: Path, integers: bool):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cards that are no FITS standard
        with fits.open(path) as hdus:
            hdus.verify("silentfix")
            hdu = next(hdu for hdu in hdus if hdu.data is not None)
            header = {key: value for key, value in hdu.header.items() if not isinstance(value, Undefined)}
            return hdu.data.astype(np.int16 if integers else np.float32), header
