"""What of a patch can be seen: not beyond its edge, and not nearer the limb than the limit of mu."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pores.geometry import mu_map
from pores.parameters import PrepareParameters
from pores.simulate.orbit import Place

Mask = NDArray[np.bool_]
Ints = NDArray[np.intp]

MU_MIN = PrepareParameters().mu_min
FINE = 4  # samples of the truth's grid to a native pixel along an axis


@lru_cache(maxsize=128)
def blind(place: Place) -> Mask | None:
    """Native pixels (ny, nx) nearer the limb than the limit of mu or beyond it; None where there are none."""
    mask = ~(mu_map(place.grid, place.observer) >= MU_MIN)
    return mask if mask.any() else None


def blind_samples(place: Place) -> Mask | None:
    """The same on the fine grid."""
    mask = blind(place)
    return None if mask is None else mask.repeat(FINE, axis=0).repeat(FINE, axis=1)


def touches(place: Place, rows: Ints, cols: Ints) -> bool:
    """Whether samples of the fine grid reach the edge of the patch, beyond it, or what can't be seen."""
    ny, nx = (FINE * n for n in place.grid.shape)
    if rows.min() <= 0 or cols.min() <= 0 or rows.max() >= ny - 1 or cols.max() >= nx - 1:
        return True
    mask = blind(place)
    if mask is None:
        return False
    around = [(j, i) for j in (-1, 0, 1) for i in (-1, 0, 1)]
    return any(bool(mask[(rows + j) // FINE, (cols + i) // FINE].any()) for j, i in around)
