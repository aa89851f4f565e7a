"""Windows around features: what of an image counts when a feature is looked for in another frame.

The weight is 1 in the feature's mask and falls like a Hann window over a margin that grows from it, not round
it; where the margin of another feature comes first it is 0, so that two close features each follow their own
motion. Labels only say which pixels are one feature's: their values have no part.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]
Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Windows:
    """Square windows of one size around features of one image.

    Attributes
    ----------
    x, y : ndarray of int, (n,)
        Native pixel in the middle.
    half : int
        Pixels on each side of it.
    image : ndarray, (n, 2 half + 1, 2 half + 1)
        Intensity; NaN where it is unknown or outside the patch.
    weight : ndarray, (n, 2 half + 1, 2 half + 1)
        Weight of each pixel, 0 to 1.
    """

    x: Ints
    y: Ints
    half: int
    image: Image
    weight: Image

    @property
    def whole(self) -> Bools:
        """Whether everything that has weight is known, (n,)."""
        unknown = (self.weight > 0) & ~np.isfinite(self.image)
        return np.asarray(~unknown.any(axis=(1, 2)) & (self.weight > 0).any(axis=(1, 2)))


def cut(image: Image, x: Ints, y: Ints, half: int) -> Image:
    """Windows of an image (y, x) around pixels, (n, 2 half + 1, 2 half + 1); NaN outside the image."""
    (rows, in_y), (cols, in_x) = (_span(at, half, n) for at, n in zip((y, x), image.shape, strict=True))
    inside = in_y[:, :, None] & in_x[:, None, :]
    return np.where(inside, image[rows[:, :, None], cols[:, None, :]], np.float32(np.nan))


def masks(
    labels: NDArray[np.integer[Any]],
    scale: int,
    own: NDArray[np.integer[Any]],
    at: tuple[Ints, Ints],
    half: int,
) -> tuple[Bools, Bools]:
    """Native pixels of features, and of any other feature, in windows around native pixels `at` (x, y).

    Parameters
    ----------
    labels : ndarray of int, (scale ny, scale nx)
        Label image on the working grid: a native pixel belongs to a feature if any part of it does.
    scale : int
        Pixels of the working grid per native pixel along an axis.
    own : ndarray of int, (n,)
        Value of each feature's pixels.
    at : tuple of ndarray of int, (n,)
    half : int
        Pixels on each side of the middle.
    """
    ny, nx = (n // scale for n in labels.shape)
    (rows, in_y), (cols, in_x) = _span(at[1], half, ny), _span(at[0], half, nx)
    rows, cols = scale * rows[:, :, None], scale * cols[:, None, :]
    mine, others = (np.zeros((len(own), rows.shape[1], cols.shape[2]), bool) for _ in range(2))
    for down, right in np.ndindex(scale, scale):
        part = labels[rows + down, cols + right]
        is_mine = part == own[:, None, None]
        mine |= is_mine
        others |= (part != 0) & ~is_mine
    inside = in_y[:, :, None] & in_x[:, None, :]
    return mine & inside, others & inside


def weights(own: Bools, others: Bools, margin: int) -> Image:
    """Weights of pixels of windows, (n, y, x), whose features have the pixels `own`.

    Parameters
    ----------
    own, others : ndarray of bool, (n, y, x)
        Pixels of the feature, and of all others.
    margin : int
        Pixels over which the weight falls outside the feature.
    """
    own, others = own & ~others, others.copy()
    steps = own.astype(np.float32)
    for step in range(margin):
        mine, theirs = (_grown(mask, diagonal=step % 2 == 1) for mask in (own, others))
        own, others = own | (mine & ~theirs), others | (theirs & ~mine)
        steps += own
    return np.asarray(np.sin(np.pi / 2 * steps / (margin + 1)) ** 2, np.float32)


def _span(at: Ints, half: int, n: int) -> tuple[Ints, Bools]:
    """Indices along an axis of n pixels around places, kept in it, and whether they were in it."""
    index = at[:, None] + np.arange(-half, half + 1)
    return np.clip(index, 0, n - 1), (index >= 0) & (index < n)


def _grown(mask: Bools, diagonal: bool) -> Bools:
    """Masks (n, y, x) grown by their four neighbours, or by all eight."""
    tall = mask.copy()
    tall[:, 1:] |= mask[:, :-1]
    tall[:, :-1] |= mask[:, 1:]
    base = tall if diagonal else mask
    grown = tall.copy()
    grown[:, :, 1:] |= base[:, :, :-1]
    grown[:, :, :-1] |= base[:, :, 1:]
    return grown
