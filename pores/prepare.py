"""From a continuum image to intensity in units of the quiet Sun."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pores.errors import Reason, UnusableFrame
from pores.limb_darkening import flatten
from pores.parameters import PrepareParameters
from pores.quiet_sun import quiet_pixels, quiet_sun_level

MIN_QUIET_PX = 1000  # with fewer quiet pixels than this, the level is taken from all


@dataclass(frozen=True)
class Prepared:
    """Intensity (y, x) in units of the quiet Sun, NaN where there is none, and the quiet Sun's in DN/s."""

    intensity: NDArray[np.float32]
    quiet_sun: float


def prepare(
    continuum: NDArray[np.floating],
    mu: NDArray[np.floating],
    bitmap: NDArray[np.generic] | None,
    parameters: PrepareParameters,
    quiet_sun: float | None = None,
) -> Prepared:
    """Divide out limb darkening and the quiet-Sun level.

    Parameters
    ----------
    continuum : ndarray
        Intensity (y, x) in DN/s. What is not finite or not positive is missing.
    mu : ndarray
        Cosine of the heliocentric angle (y, x).
    bitmap : ndarray or None
        Segment `bitmap` (y, x): its quiet pixels give the level, all pixels where there is none.
    parameters : PrepareParameters
        Which limb darkening, which level, and the smallest mu.
    quiet_sun : float, optional
        The level in DN/s, where it is known already.

    Returns
    -------
    Prepared
        NaN where the continuum is missing or mu < mu_min.

    Raises
    ------
    UnusableFrame
        For `Reason.SHAPE_MISMATCH` if the images differ in shape, for `Reason.NO_DATA` if no pixel is left.
    """
    for name, image in (("mu", mu), ("bitmap", bitmap)):
        if image is not None and image.shape != continuum.shape:
            raise UnusableFrame(
                Reason.SHAPE_MISMATCH, f"{name} is {image.shape}, continuum {continuum.shape}"
            )
    present = (continuum > 0) & (continuum < np.inf) & (mu >= parameters.mu_min)
    if not present.any():
        raise UnusableFrame(Reason.NO_DATA, f"no continuum pixel with mu >= {parameters.mu_min}")
    whole = bool(present.all())
    seen = mu.astype(np.float32, copy=False) if whole else np.where(present, mu, np.nan).astype(np.float32)
    flat = flatten(continuum.astype(np.float32, copy=False), seen, parameters.limb_darkening)
    level = quiet_sun or quiet_sun_level(_values(flat, _quiet(present, bitmap)), parameters.quiet_sun)
    flat /= np.float32(level)
    return Prepared(flat.astype(np.float32, copy=False), level)


def _quiet(present: NDArray[np.bool_], bitmap: NDArray[np.generic] | None) -> NDArray[np.bool_]:
    if bitmap is None:
        return present
    quiet = present & quiet_pixels(bitmap)
    return quiet if np.count_nonzero(quiet) >= MIN_QUIET_PX else present


def _values(image: NDArray[np.floating], mask: NDArray[np.bool_]) -> NDArray[np.floating]:
    return image.ravel() if mask.all() else image[mask]
