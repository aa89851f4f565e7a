"""Room for the acts of a script: places in the patch that keep their distance from each other."""

from dataclasses import dataclass, field

import numpy as np

from pores.simulate.orbit import CDELT_DEG, RSUN_M
from pores.simulate.parameters import SLOT_H, SimulationParameters

PIXEL_MM = float(np.radians(CDELT_DEG)) * RSUN_M / 1e6
EDGE_MM = 7.0  # acts other than `edge` keep this distance from the edge
TRIALS = 600
POLES = (0.38, -0.35)  # of the bipolar group along x, in half widths of the patch
SPREAD = (0.30, 0.42)  # of its pores and plage about the poles, in half widths and heights


@dataclass
class Stage:
    """The patch, and what of it is taken.

    Attributes
    ----------
    half : tuple of float
        Half width and half height of the patch, Mm.
    hours : float
        Length of the series.
    rng : numpy.random.Generator
        Source of everything random in the script.
    taken : list of (x, y, radius)
        Circles that acts need for themselves, Mm.
    """

    half: tuple[float, float]
    hours: float
    rng: np.random.Generator
    taken: list[tuple[float, float, float]] = field(default_factory=list)

    @classmethod
    def of(cls, parameters: SimulationParameters) -> "Stage":
        """The empty stage of a series."""
        ny, nx = parameters.shape
        rng = np.random.default_rng([parameters.seed, 1])
        return cls((nx * PIXEL_MM / 2, ny * PIXEL_MM / 2), max(0.2 * (parameters.n_frames - 1), 0.2), rng)

    @property
    def area_mm2(self) -> float:
        """Area of the patch."""
        return 4 * self.half[0] * self.half[1]

    def claim(self, radius: float) -> tuple[float, float] | None:
        """A free place for an act of that radius, Mm; None if none was found."""
        room = [half - EDGE_MM - radius for half in self.half]
        if min(room) <= 0:
            return None
        for _ in range(TRIALS):
            pole = POLES[int(self.rng.integers(0, 2))] * self.half[0]
            x = float(self.rng.normal(pole, SPREAD[0] * self.half[0]))
            y = float(self.rng.normal(0, SPREAD[1] * self.half[1]))
            if abs(x) > room[0] or abs(y) > room[1]:
                continue
            if all(np.hypot(x - tx, y - ty) > radius + other for tx, ty, other in self.taken):
                self.taken.append((x, y, radius))
                return x, y
        return None

    def room(self, radius: float, inset: float = EDGE_MM) -> tuple[float, float] | None:
        """A free place anywhere in the patch, `inset` Mm from its edge; None if none was found."""
        reach = [half - inset - radius for half in self.half]
        if min(reach) <= 0:
            return None
        for _ in range(TRIALS):
            x, y = (float(self.rng.uniform(-r, r)) for r in reach)
            if all(np.hypot(x - tx, y - ty) > radius + other for tx, ty, other in self.taken):
                self.taken.append((x, y, radius))
                return x, y
        return None

    @property
    def frames(self) -> int:
        """The last record slot."""
        return round(self.hours / SLOT_H)

    def polarity(self, x: float) -> int:
        """Polarity at a place of a bipolar group: positive leads (west), the other sign follows."""
        return 1 if x > self.rng.normal(0, 0.08) * self.half[0] else -1
