"""Which keywords of a header are recomputed from the pixels, and how well they must agree."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Check:
    """One comparison: its column in `frames`, the keyword, and the largest residual that is agreement.

    `kind` says whether the residual is the difference or the difference over the keyword's modulus.
    """

    column: str
    keyword: str
    description: str
    unit: str
    kind: Literal["relative", "absolute"]
    tolerance: float


def _relative(keyword: str, what: str, tolerance: float) -> Check:
    description = f"{what} recomputed, minus {keyword}, over its modulus"
    return Check(f"oracle_{keyword.lower()}", keyword, description, "", "relative", tolerance)


def _absolute(keyword: str, what: str, unit: str, tolerance: float) -> Check:
    description = f"{what} recomputed, minus {keyword}"
    return Check(f"oracle_{keyword.lower()}", keyword, description, unit, "absolute", tolerance)


def _of_rms(keyword: str, what: str) -> Check:
    description = f"{what} of a segment, minus its {keyword}, over its DATARMS: the worst of the segments"
    return Check(f"oracle_{keyword.lower()}", keyword, description, "", "relative", 1e-5)


# Tolerances allow for the digits that headers hold: six to seven significant ones for fluxes and currents,
# three decimals for gradients and angles. MEANJZD passes through zero, so that its residual is absolute.
# Areas and centroids were taken from the CCD grid before it was mapped: six real records differ by up to
# 1.8 % and 0.16 deg.
CHECKS: tuple[Check, ...] = (
    _relative("USFLUX", "Total unsigned flux", 1e-6),
    _absolute("CMASK", "Number of pixels with confident disambiguation", "pix", 0.0),
    _relative("TOTUSJZ", "Total unsigned vertical current", 1e-6),
    _absolute("MEANJZD", "Mean vertical current density", "mA / m2", 1e-6),
    _relative("MEANGBZ", "Mean gradient of the vertical field", 2e-5),
    _relative("MEANGBH", "Mean gradient of the horizontal field", 2e-5),
    _relative("MEANGBT", "Mean gradient of the total field", 2e-5),
    _absolute("MEANGAM", "Mean angle of the field from the radial", "deg", 0.002),
    _relative("AREA_ACR", "Area of active pixels", 0.03),
    _relative("AREA", "Area of the HARP", 0.03),
    _absolute("LAT_FWT", "Flux-weighted latitude", "deg", 0.2),
    _absolute("LON_FWT", "Flux-weighted longitude from the central meridian", "deg", 0.2),
    _absolute("LATFWTPO", "Latitude weighted by positive flux", "deg", 0.2),
    _absolute("LONFWTPO", "Longitude from the central meridian weighted by positive flux", "deg", 0.2),
    _absolute("LATFWTNE", "Latitude weighted by negative flux", "deg", 0.2),
    _absolute("LONFWTNE", "Longitude from the central meridian weighted by negative flux", "deg", 0.2),
    _of_rms("DATAMIN", "Minimum"),
    _of_rms("DATAMAX", "Maximum"),
    _of_rms("DATAMEAN", "Mean"),
    _of_rms("DATARMS", "Standard deviation"),
)
