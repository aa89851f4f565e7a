"""The header as an oracle: what JSOC wrote about a record's pixels, compared with the pixels themselves."""

from collections.abc import Mapping

import numpy as np

from pores.frame import Frame
from pores.oracle_checks import CHECKS, Check
from pores.sharp_keywords import number, recomputed, statistics


def residuals(frame: Frame) -> dict[str, float]:
    """Residual of every check, by column.

    Parameters
    ----------
    frame : Frame
        Any: checks whose keyword or segments it lacks give NaN.

    Returns
    -------
    dict of str to float
    """
    values = recomputed(frame)
    worst = _worst_of_segments(frame)
    return {
        check.column: worst[check.keyword] if check.keyword in worst else _residual(check, frame, values)
        for check in CHECKS
    }


def within(residuals: Mapping[str, float]) -> bool | None:
    """Whether every residual that could be computed is within its tolerance; None if none could."""
    known = [check for check in CHECKS if not np.isnan(residuals[check.column])]
    return all(abs(residuals[check.column]) <= check.tolerance for check in known) if known else None


def _residual(check: Check, frame: Frame, values: Mapping[str, float]) -> float:
    header = number(frame.keywords, check.keyword)
    difference = values.get(check.keyword, np.nan) - header
    if check.kind == "absolute" or difference == 0:
        return float(difference)
    return float(difference / abs(header)) if header else float(np.sign(difference) * np.inf)


def _worst_of_segments(frame: Frame) -> dict[str, float]:
    """Residuals of DATAMIN, DATAMAX, DATAMEAN and DATARMS over DATARMS, largest modulus of the segments."""
    worst = dict.fromkeys(("DATAMIN", "DATAMAX", "DATAMEAN", "DATARMS"), np.nan)
    for name, image in frame.segments.items():
        header = frame.headers.get(name, {})
        rms = number(header, "DATARMS") or 1.0  # 0 where a segment is constant
        filled = image.dtype.kind in "iu" and number(header, "MISSVALS") > 0  # integers have no NaN
        if np.isnan(rms) or filled:
            continue
        for keyword, value in statistics(image).items():
            residual = (value - number(header, keyword)) / rms
            if np.isnan(worst[keyword]) or abs(residual) > abs(worst[keyword]):
                worst[keyword] = residual
    return worst
