"""Groups as a whole: one that emerges, and one of large pores that the limb takes or gives."""

import math
from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from pores.simulate.acts import KM_S, cast, drifting, fading
from pores.simulate.encounters import JOINED, PARTED, SMOOTH, Act, merger, separation
from pores.simulate.parameters import SLOT_H
from pores.simulate.script import Pore, outline
from pores.simulate.stage import EDGE_MM, Stage

MAIN_MM2, SMALL_MM2 = (4.0, 14.0), (1.8, 3.4)
ARRIVALS = 7  # of small pores at the main one of a polarity
DIVERGENCE_KM_S, ARRIVAL_KM_S = 0.12, (0.3, 0.5)
APPROACH_MM = 8.0  # from birth to the main pore
LONER_ROW_MM = 16.0  # first row, north and south, of those that stay alone; the next a third of it further
LIMB_MM2 = (8.0, 26.0)


def emergence(stage: Stage) -> list[Pore]:
    """Two polarities that leave an inversion line; small pores are born at it and merge into a main one."""
    tilt = float(stage.rng.uniform(-0.25, 0.25))
    pores: list[Pore] = []
    for side in (-1, 1):
        pores += _polarity(stage, side, complex(math.cos(tilt), math.sin(tilt)))
    return pores


def _polarity(stage: Stage, side: int, axis: complex) -> list[Pore]:
    """The main pore of a polarity and those that come to it."""
    start, speed = side * (0.24 * stage.half[0]), side * DIVERGENCE_KM_S * KM_S
    small, large = MAIN_MM2
    born = float(stage.rng.uniform(0.2, 1.0))
    knots = ((born, -2.0), (born + 1.0, small), (max(stage.hours, born + 1) + 1, large))

    def main(t: float) -> complex:
        return (start + speed * t) * axis

    ends = (main(0.0), main(stage.hours))
    path = tuple((t, z.real, z.imag) for t, z in zip((0.0, stage.hours), ends, strict=True))
    shape = outline(stage.rng, SMOOTH)
    pores = [cast(stage, "emerging", knots, path, polarity=side, outline=shape, strength=1.0)]
    angles = stage.rng.permutation(ARRIVALS)
    for i in range(ARRIVALS):
        frame = round(stage.frames * (0.24 + 0.68 * i / ARRIVALS)) + int(stage.rng.integers(0, 3))
        angle = (angles[i] / (ARRIVALS - 1) - 0.5) * 0.9 * math.pi
        area = small + (large - small) * max(0.0, SLOT_H * frame - born) / stage.hours
        pores.append(_arrival(stage, main, (frame, angle, math.sqrt(area / math.pi)), axis * -side, side))
    rows = np.arange(LONER_ROW_MM, stage.half[1] - EDGE_MM, LONER_ROW_MM / 3)
    return pores + [_loner(stage, side, float(sign * row)) for row in rows for sign in (-1, 1)]


def _arrival(
    stage: Stage, main: Callable[[float], complex], plan: tuple[int, float, float], inward: complex, side: int
) -> Pore:
    """A small pore that is born at the inversion line and merges into the main one at a record."""
    frame, angle, radius = plan
    area, speed = float(stage.rng.uniform(*SMALL_MM2)), float(stage.rng.uniform(*ARRIVAL_KM_S)) * KM_S
    touch = radius + math.sqrt(area / math.pi)
    meet = SLOT_H * frame
    away = [(meet - APPROACH_MM / speed, touch + APPROACH_MM), (meet - SLOT_H, touch + PARTED)]
    away += [(meet, touch + JOINED), (meet + 1.5, 0.5 * radius), (stage.hours + 3, 0.5 * radius)]
    way = inward * complex(math.cos(angle), math.sin(angle))
    path = tuple((t, z.real, z.imag) for t, r in away for z in [main(t) + r * way])
    born = path[0][0]
    knots = ((born, -2.0), (born + 1.2, area), (stage.hours + 3, area))
    return cast(stage, "emerging", knots, path, polarity=side, outline=outline(stage.rng, SMOOTH))


def _loner(stage: Stage, side: int, row: float) -> Pore:
    """A pore that is born at the inversion line, leaves it, and may be gone before the end."""
    born = float(stage.rng.uniform(0.0, 0.6)) * stage.hours
    life = float(stage.rng.uniform(3.0, 14.0))
    x, speed = side * float(stage.rng.uniform(2.5, 6.0)), side * float(stage.rng.uniform(0.1, 0.35)) * KM_S
    away = min(life, (0.8 * stage.half[0] - 6.0) / abs(speed))
    path = ((born, x, row), (born + away, x + speed * away, row + float(stage.rng.uniform(-1.0, 1.0))))
    area = float(stage.rng.uniform(2.0, 9.0))
    knots = fading(((born, 0.0), (born + 0.5 * life, area), (born + life, 0.0)))
    return cast(stage, "emerging", knots, path, polarity=side)


def old_group(plenty: float) -> Iterable[Act]:
    """Acts of a group of large pores: the small ones are not seen near the limb."""
    n = max(1, round(6 * plenty))
    meeting: list[Act] = [partial(merger, areas=LIMB_MM2), partial(separation, areas=LIMB_MM2)]
    alone: list[Act] = [veteran] * max(3, round(42 * plenty))
    return meeting * max(1, n // 2) + alone


def veteran(stage: Stage) -> list[Pore]:
    """A large pore that is there most of the time, anywhere in the patch, near its edge too."""
    place = stage.room(4.6, inset=1.0)
    if place is None:
        return []
    area, (birth, death) = float(stage.rng.uniform(*LIMB_MM2)), (-1.0, stage.hours + 1)
    if stage.rng.random() < 0.4:
        birth = float(stage.rng.uniform(0.0, 0.6)) * stage.hours
    if stage.rng.random() < 0.4:
        death = float(stage.rng.uniform(0.4, 1.0)) * stage.hours
    death = max(birth + 3.0, death)
    knots = ((birth - 1.0, -2.0), (birth + 1.0, area), (death - 1.0, area), (death + 1.0, -2.0))
    return [cast(stage, "veteran", knots, drifting(stage, place, 1.5), outline=outline(stage.rng, SMOOTH))]
