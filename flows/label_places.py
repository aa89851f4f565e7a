"""Where labels go in a picture, so that none lies on another."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_STEPS = 12  # distances above and below that are tried
_FAR = 3.0  # ribbons that a label rather lies on than at the last of its places
_PARTS = (0.5, 0.3, 0.7, 0.15, 0.85, 0.0, 1.0)  # of a line, where a label may stand


def along_line(
    x: Floats, low: Floats, high: Floats, size: tuple[float, float], gap: float
) -> tuple[Floats, Floats]:
    """Centres that a label of a line may have: above and below it, then further and further away.

    Parameters
    ----------
    x, low, high : ndarray, (n,)
        The line's places and its lower and upper side there; x grows.
    size : tuple of float
        Width and height of the label.
    gap : float
        Between line and label.

    Returns
    -------
    tuple of ndarray, (m, 2)
        Centres, best first, and the point of the line that each stands by.
    """
    at = x[0] + np.array(_PARTS) * (x[-1] - x[0])
    above, below = np.interp(at, x, high), np.interp(at, x, low)
    away = gap + size[1] * (0.5 + np.arange(_STEPS))
    tops, bottoms = above + away[:, None], below - away[:, None]
    rows = np.stack((tops, bottoms), axis=1)  # (distance, side, part)
    by = np.tile(np.concatenate((above, below)), _STEPS)
    x_all = np.tile(at, 2 * _STEPS)
    return np.column_stack((x_all, rows.ravel())), np.column_stack((x_all, by))


def boxes(centres: Floats, size: tuple[float, float]) -> Floats:
    """The boxes (x0, y0, x1, y1) of labels of one size, (n, 4)."""
    half = np.array(size) / 2
    return np.concatenate((centres - half, centres + half), axis=1)


def overlap(box: Floats, others: Floats) -> Floats:
    """Areas that boxes (m, 4) share with others (n, 4), summed over the others, (m,)."""
    if not len(others):
        return np.zeros(len(box))
    low = np.maximum(box[:, None, :2], others[None, :, :2])
    high = np.minimum(box[:, None, 2:], others[None, :, 2:])
    return np.asarray(np.prod(np.clip(high - low, 0, None), axis=2).sum(axis=1))


def place(
    candidates: Sequence[Floats], sizes: Sequence[tuple[float, float]], obstacles: Floats, frame: Floats
) -> list[int | None]:
    """For each label the best of its places: on no other label and inside the frame, on obstacles if need be.

    Parameters
    ----------
    candidates : sequence of ndarray, (m, 2)
        Centres that each label may have, best first; labels are placed in the order given.
    sizes : sequence of tuple of float
        Width and height of each.
    obstacles : ndarray, (n, 4)
        Boxes that labels should keep off.
    frame : ndarray, (4,)
        Box that labels must lie in.

    Returns
    -------
    list of int or None
        Candidate of each label; None where there is no room for it.
    """
    placed = np.empty((0, 4))
    chosen: list[int | None] = []
    for centres, size in zip(candidates, sizes, strict=True):
        box = boxes(centres, size)
        free = (
            (overlap(box, placed) == 0) & (box[:, :2] >= frame[:2]).all(1) & (box[:, 2:] <= frame[2:]).all(1)
        )
        if not free.any():
            chosen.append(None)
            continue
        covered = overlap(box, obstacles) / (size[0] * size[1])
        cost = np.where(free, covered + _FAR * np.arange(len(box)) / len(box), np.inf)
        best = int(np.argmin(cost))
        chosen.append(best)
        placed = np.concatenate((placed, box[best : best + 1]))
    return chosen
