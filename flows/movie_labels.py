"""Where the numbers of features stand in a movie: beside them, on no other number, and there they stay."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from flows.label_places import place

Floats = NDArray[np.float64]

_SIDES = np.array([(1, -1), (-1, -1), (1, 1), (-1, 1), (1, 0), (-1, 0), (0, -1), (0, 1)], float)
_RINGS = (0.0, 1.4, 2.8)  # heights of a number that it stands off; from the second on with a line
_STEP_PX = 4  # sizes of features are rounded up to this, so that numbers do not tremble with them
_KEEP_OFF = 4  # times as bad as in a plot it is to lie on a feature: there is a line from further off
_DIAGONAL = 0.75  # of the half size of a feature, to its corner as it is round


@dataclass(frozen=True)
class Number:
    """The number of a feature, and where it is, in pixels from the upper left corner.

    Attributes
    ----------
    row : int
        Which feature it is of.
    centre : tuple of float
        Of the number.
    line_to : tuple of float or None
        Where a line from it leads, if it stands far off.
    """

    row: int
    centre: tuple[float, float]
    line_to: tuple[float, float] | None


@dataclass
class Numbering:
    """Places for numbers, picture after picture.

    Attributes
    ----------
    gap : float
        Pixels between a feature and its number.
    """

    gap: float
    _last: dict[str, int] = field(default_factory=dict)

    def numbers(
        self, names: Sequence[str], boxes: Floats, sizes: Sequence[tuple[float, float]], frame: Floats
    ) -> list[Number]:
        """Places of the numbers for which there is room, the first first.

        Parameters
        ----------
        names : sequence of str
            What stays the same from picture to picture: the track.
        boxes : ndarray, (n, 4)
            Around the features: left, upper, right, lower.
        sizes : sequence of tuple of float
            Width and height of the numbers.
        frame : ndarray, (4,)
            Box that they must lie in.
        """
        orders = [self._order(name) for name in names]
        candidates = [
            self._candidates(box, size)[order] for box, size, order in zip(boxes, sizes, orders, strict=True)
        ]
        found = []
        obstacles = np.repeat(boxes, _KEEP_OFF, axis=0)
        for row, chosen in enumerate(place(candidates, sizes, obstacles, frame)):
            if chosen is None:
                continue
            spot = self._last[names[row]] = int(orders[row][chosen])
            x, y = candidates[row][chosen]
            edge = np.clip((x, y), boxes[row, :2], boxes[row, 2:])
            far = spot >= len(_SIDES)
            found.append(Number(row, (float(x), float(y)), (edge[0], edge[1]) if far else None))
        return found

    def _order(self, name: str) -> NDArray[np.int64]:
        """Candidates as they are tried: where the number was, then from the best on."""
        every = np.arange(len(_SIDES) * len(_RINGS))
        last = self._last.get(name)
        return every if last is None else np.concatenate(([last], every[every != last]))

    def _candidates(self, box: Floats, size: tuple[float, float]) -> Floats:
        middle = (box[:2] + box[2:]) / 2
        half = np.ceil((box[2:] - box[:2]) / 2 / _STEP_PX) * _STEP_PX
        corner = np.abs(_SIDES).sum(axis=1, keepdims=True) == 2
        reach = half * np.where(corner, _DIAGONAL, 1.0) + np.array(size) / 2 + self.gap
        away = np.array(_RINGS)[:, None, None] * size[1]
        return np.asarray((middle + _SIDES * (reach + away)).reshape(-1, 2))
