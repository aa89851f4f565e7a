"""Limb darkening: how the quiet Sun's intensity falls from disk centre to the limb."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from pores.parameters import LimbDarkening

Floats = NDArray[np.float64]

HMI_LINE_A = 6173.34  # wavelength of HMI's line, Fe I

# Coefficients a_0 ... a_5 of I(mu) / I(1) = sum of a_i mu^i, by wavelength in A.
# Pierce & Slaughter 1977, Solar Physics 51, 25.
_PIERCE_SLAUGHTER = {
    6109.75: (0.29397, 1.46821, -2.20076, 3.05295, -2.34756, 0.73318),
    6205.90: (0.32519, 1.26432, -1.44591, 1.55723, -0.87415, 0.173333),
}
# Neckel & Labs 1994, Solar Physics 153, 91, table 1.
_NECKEL_LABS = {
    6109.75: (0.30854, 1.36620, -1.83572, 2.33221, -1.63082, 0.45959),
    6409.70: (0.33644, 1.30590, -1.79238, 2.45040, -1.89979, 0.59943),
}


def coefficients(name: LimbDarkening) -> Floats:
    """Coefficients a_i of I(mu)/I(1) = sum of a_i mu^i, lowest power first.

    Parameters
    ----------
    name : str
        A set of `pores.parameters.PrepareParameters.limb_darkening` that is a polynomial.

    Raises
    ------
    KeyError
        For `svd`, which is no polynomial.
    """
    sets = {
        "pierce_slaughter_6173": _interpolated(_PIERCE_SLAUGHTER),
        "pierce_slaughter_6206": np.array(_PIERCE_SLAUGHTER[6205.90]),
        "neckel_labs_6173": _interpolated(_NECKEL_LABS),
        "none": np.ones(1),
    }
    return sets[name]


def profile(mu: NDArray[np.floating], name: LimbDarkening) -> NDArray[np.floating]:
    """I(mu)/I(1) of a polynomial set, in the precision of `mu`; meaningless for mu <= 0."""
    *rest, highest = coefficients(name).astype(mu.dtype)
    value = np.full_like(mu, highest)
    for a in reversed(rest):
        value *= mu
        value += a
    return value


def flatten(
    continuum: NDArray[np.floating], mu: NDArray[np.floating], name: LimbDarkening
) -> NDArray[np.floating]:
    """Continuum without limb darkening, NaN where either input is.

    Parameters
    ----------
    continuum : ndarray
        Intensity (y, x), NaN where missing.
    mu : ndarray
        Cosine of the heliocentric angle (y, x), NaN where nothing is wanted.
    name : str
        A set of coefficients, or `svd`: the image over its separable part.
    """
    if name == "svd":
        seen = np.where(np.isnan(mu), mu, continuum)
        part = separable_part(seen)
    else:
        seen, part = continuum, profile(mu, name)
    flat: NDArray[np.floating] = seen / part
    return flat


def separable_part(image: NDArray[np.floating]) -> NDArray[np.floating]:
    """Rank-1 part of an image, first singular vectors' product, with its median scaled to 1.

    Missing pixels count as the median. It follows whatever rows and columns have in common, limb
    darkening or not: for study only.
    """
    median = np.nanmedian(image)
    left, value, right = np.linalg.svd(np.where(np.isfinite(image), image, median), full_matrices=False)
    part: NDArray[np.floating] = np.outer(left[:, 0] * value[0], right[0])
    part /= np.median(part)
    return part


def _interpolated(table: Mapping[float, tuple[float, ...]]) -> Floats:
    """Coefficients at HMI's wavelength, linearly between the two of the table."""
    (below, lower), (above, upper) = sorted(table.items())
    weight = (HMI_LINE_A - below) / (above - below)
    return (1 - weight) * np.array(lower) + weight * np.array(upper)
