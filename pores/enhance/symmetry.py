"""Kernels that commute with the eight rotations and reflections of the square.

Features of a hidden layer come in groups of eight, one for each element of the dihedral group D4, which moves
them among themselves (the regular representation); the four phases of the doubled image are moved like the
pixels of a square of two by two. A kernel that is the mean over the group of all its transforms maps such
features to such features (Cohen & Welling 2016, ICML 48, 2990): the network's output is turned exactly as its
input is, without a copy of anything having to be learnt.
"""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Representation = Literal["scalar", "regular", "phases"]
Ints = NDArray[np.intp]

ORDER = 8
_ELEMENTS = [(quarters, mirrored) for mirrored in (False, True) for quarters in range(4)]
_SQUARE = np.arange(16).reshape(4, 4)  # no element but one leaves it as it is


def transformed(image: NDArray[Any], element: int) -> NDArray[Any]:
    """Image turned by an element of the group, 0 to 7, along its first two axes; 0 leaves it as it is."""
    quarters, mirrored = _ELEMENTS[element]
    turned = np.rot90(image, quarters, (0, 1))
    return turned[:, ::-1] if mirrored else turned


def orbits(
    size: int, inputs: tuple[Representation, int], outputs: tuple[Representation, int]
) -> NDArray[np.int32]:
    """Where each of the eight transforms of a flat kernel takes its values from.

    Parameters
    ----------
    size : int
        Rows and columns of the kernel.
    inputs, outputs : tuple of (representation, channels)
        How channels are moved by the group.

    Returns
    -------
    ndarray of int32, (8, size * size * n_in * n_out)
        The mean of `kernel.ravel()[orbits]` over the first axis is the symmetric part of a kernel of shape
        (size, size, n_in, n_out).
    """
    place = np.arange(size * size * inputs[1] * outputs[1]).reshape(size, size, inputs[1], outputs[1])
    moved = [
        transformed(place, g)[:, :, _channels(*inputs, g)][:, :, :, _channels(*outputs, g)]
        for g in range(ORDER)
    ]
    return np.stack([one.ravel() for one in moved]).astype(np.int32)


def symmetric(kernel: NDArray[np.floating[Any]], where: NDArray[np.int32]) -> NDArray[np.floating[Any]]:
    """The symmetric part of a kernel (size, size, n_in, n_out) with the `orbits` of its shape."""
    return np.asarray(kernel.ravel()[where].mean(axis=0).reshape(kernel.shape))


def _channels(representation: Representation, n: int, element: int) -> Ints:
    """Channel that takes each channel's place under an element of the group."""
    if representation == "scalar":
        return np.arange(n)
    if representation == "phases":
        return np.asarray(transformed(np.arange(4).reshape(2, 2), element).ravel())
    moves = _regular(element)
    return np.asarray((np.arange(n // ORDER)[:, None] * ORDER + moves).ravel())


def _regular(element: int) -> Ints:
    """The inverse of left multiplication by an element, as a permutation of the group."""
    turned = [transformed(_SQUARE, g) for g in range(ORDER)]
    moves = np.empty(ORDER, np.intp)
    for g in range(ORDER):
        product = transformed(turned[g], element)
        moves[next(h for h in range(ORDER) if np.array_equal(turned[h], product))] = g
    return moves
