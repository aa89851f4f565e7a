"""How near dark regions come to being missed by the tiles that detection is expected to need."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from flows.enhancement import network
from pores.enhance.need import SLACK, SMALLEST_PX, sharpened
from pores.enhance.scenes import random_pairs
from pores.parameters import OWN_WEIGHTS, DetectParameters

SCENES, SEED = 150, 5
SIZES_PX = (SMALLEST_PX, 20)


def nearest_to_missed(sun: NDArray[np.float32]) -> None:
    """Print, for regions below the faint threshold, the estimate that comes nearest to its limit."""
    limit = DetectParameters().faint_threshold + SLACK
    found = [
        one for pair in random_pairs(np.random.default_rng(SEED), sun, SCENES) for one in _regions(pair.image)
    ]
    for size in SIZES_PX:
        left = [limit - lowest for lowest, n in found if n >= size]
        print(
            f"{len(left)} dark regions of {size} fine pixels or more: nearest to the limit {min(left):+.3f}"
        )


def _regions(image: NDArray[np.float32]) -> list[tuple[float, int]]:
    """Lowest estimate, and size, of each region of the doubled image below the faint threshold."""
    fine = network(OWN_WEIGHTS).all_of([image])[0]
    labels, n = ndimage.label(fine < DetectParameters().faint_threshold)
    lowest = ndimage.minimum(sharpened(image).repeat(2, 0).repeat(2, 1), labels, range(1, n + 1))
    return (
        list(zip(np.atleast_1d(lowest).tolist(), np.bincount(labels.ravel())[1:].tolist(), strict=True))
        if n
        else []
    )
