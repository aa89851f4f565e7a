"""Where chains of links lead."""

import numpy as np

from pores.series import NONE, Ints


def roots(before: Ints) -> Ints:
    """The first of each one's chain, itself if nothing is before it.

    Parameters
    ----------
    before : ndarray of int, (n,)
        What each follows, -1 for nothing.
    """
    at = np.where(before == NONE, np.arange(len(before)), before)
    while True:  # the way that is known doubles each time
        further = at[at]
        if np.array_equal(further, at):
            return at
        at = further
