"""The header as an oracle: keywords of a SHARP record recomputed from its pixels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pores.frame import Frame


@dataclass(frozen=True)
class Check:
    """One comparison: its column in `frames`, the keyword, and the largest residual that is still agreement."""

    column: str
    keyword: str
    description: str
    unit: str
    kind: Literal["relative", "absolute"]
    tolerance: float


def _relative(keyword: str, what: str, tolerance: float) -> Check:
    return Check(
        f"oracle_{keyword.lower()}",
        keyword,
        f"{what} recomputed, minus {keyword}, over |{keyword}|",
        "",
        "relative",
        tolerance,
    )


def _absolute(keyword: str, what: str, unit: str, tolerance: float) -> Check:
    return Check(
        f"oracle_{keyword.lower()}",
        keyword,
        f"{what} recomputed, minus {keyword}",
        unit,
        "absolute",
        tolerance,
    )


CHECKS: tuple[Check, ...] = (
    _relative("USFLUX", "Total unsigned flux", 1e-7),
    _absolute("CMASK", "Number of pixels of the mask", "pix", 0.0),
    _relative("TOTUSJZ", "Total unsigned vertical current", 1e-7),
    _relative("MEANJZD", "Mean vertical current density", 1e-7),
    _relative("MEANGBZ", "Mean gradient of the vertical field", 1e-5),
    _relative("MEANGBH", "Mean gradient of the horizontal field", 1e-5),
    _relative("MEANGBT", "Mean gradient of the total field", 1e-5),
    _absolute("MEANGAM", "Mean angle of the field from the radial", "deg", 0.002),
    _relative("AREA_ACR", "Area of active pixels", 0.02),
    _relative("AREA", "Area of the HARP", 0.02),
    _absolute("LAT_FWT", "Flux-weighted latitude", "deg", 0.2),
    _absolute("LON_FWT", "Flux-weighted longitude from the central meridian", "deg", 0.2),
    _absolute("LAT_FWTPO", "Flux-weighted latitude of positive flux", "deg", 0.2),
    _absolute("LON_FWTPO", "Flux-weighted longitude of positive flux", "deg", 0.2),
    _absolute("LAT_FWTNE", "Flux-weighted latitude of negative flux", "deg", 0.2),
    _absolute("LON_FWTNE", "Flux-weighted longitude of negative flux", "deg", 0.2),
    _relative("DATAMIN", "Smallest value, worst of the segments", 1e-5),
    _relative("DATAMAX", "Largest value, worst of the segments", 1e-5),
    _relative("DATAMEAN", "Mean, worst of the segments", 1e-5),
    _relative("DATARMS", "Standard deviation, worst of the segments", 1e-5),
)


def residuals(frame: Frame) -> dict[str, float]:
    """Residual of every check; NaN where its keyword or segments are missing."""
    raise NotImplementedError(frame.name)


def within(residuals: Mapping[str, float]) -> bool | None:
    """Whether every residual that could be computed is within its tolerance; None if none could."""
    known = [
        (check, residuals[check.column])
        for check in CHECKS
        if residuals[check.column] == residuals[check.column]
    ]
    return all(abs(value) <= check.tolerance for check, value in known) if known else None
