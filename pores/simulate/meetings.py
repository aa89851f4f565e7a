"""Acts of pores of one polarity that become one, come apart, or blink."""

import math

from pores.simulate.acts import KM_S, cast, drifting
from pores.simulate.script import Pore
from pores.simulate.stage import Stage


def merge(stage: Stage) -> list[Pore]:
    """Two pores of one polarity that approach and become one."""
    return _meeting(stage, 2, "merge")


def triple(stage: Stage) -> list[Pore]:
    """Three pores that become one at the same time."""
    return _meeting(stage, 3, "merge")


def split(stage: Stage) -> list[Pore]:
    """One dark feature that comes apart into two."""
    return _meeting(stage, 2, "split")


def flicker(stage: Stage) -> list[Pore]:
    """A pore that turns grey for one to four frames, twice, and comes back where it was expected."""
    place = stage.claim(4.0)
    if place is None:
        return []
    area = float(stage.rng.uniform(2.0, 4.5))
    knots: list[tuple[float, float]] = [(-1.0, area)]
    for part in (0.3, 0.7):
        dim = part * stage.hours + 0.1
        wide = 0.1 + 0.2 * int(stage.rng.integers(1, 4)) - 0.02
        if dim - 0.05 <= knots[-1][0]:
            continue  # a series so short has no time for two
        knots += [(dim - 0.05, area), (dim, -0.9), (dim + wide, -0.9), (dim + wide + 0.05, area)]
    knots.append((max(stage.hours, knots[-1][0]) + 1, area))
    return [cast(stage, "flicker", tuple(knots), drifting(stage, place))]


def edge(stage: Stage) -> list[Pore]:
    """A pore that crosses the east or west edge of the patch, outward or inward."""
    side, inward = (int(sign) for sign in stage.rng.choice([-1, 1], 2))
    y = float(stage.rng.uniform(-0.8, 0.8)) * (stage.half[1] - 5)
    area, speed = float(stage.rng.uniform(4, 9)), 0.3 * KM_S
    middle = stage.hours * float(stage.rng.uniform(0.35, 0.65))
    ends = [(t, side * stage.half[0] - inward * side * speed * (middle - t), y) for t in (0.0, stage.hours)]
    stage.taken += [(x, y, 5.0) for _, x, _ in ends]
    return [cast(stage, "edge", ((-1.0, area), (stage.hours + 1, area)), tuple(ends))]


def _meeting(stage: Stage, n: int, act: str) -> list[Pore]:
    """`n` pores that meet at mid-series; a split is a merger in reverse."""
    place = stage.claim(11.0)
    if place is None:
        return []
    areas = [float(stage.rng.uniform(3.5, 8.0)) for _ in range(n)]
    touch = 0.62 * sum(math.sqrt(area / math.pi) for area in areas) / n * (2 if n == 2 else 2.3) / 2
    start, meet = touch + 6.0, float(stage.rng.uniform(0.4, 0.7)) * stage.hours
    approach = min(6.0 / (0.45 * KM_S), meet)
    first = float(stage.rng.uniform(0, 2 * math.pi))
    pores = []
    polarity, (vx, vy) = stage.polarity(place[0]), stage.rng.normal(0, 0.05 * KM_S, 2)
    for i, area in enumerate(areas):
        angle = first + 2 * math.pi * i / n
        stops = ((0.0, start), (meet - approach, start), (meet, touch), (stage.hours, touch))
        if act == "split":
            stops = (
                (0.0, touch),
                (meet, touch),
                (meet + approach, start),
                (max(stage.hours, meet + approach), start),
            )
        path = tuple(
            (
                t,
                place[0] + r * math.cos(angle) + vx * (t - meet),
                place[1] + r * math.sin(angle) + vy * (t - meet),
            )
            for t, r in stops
        )
        pores.append(cast(stage, act, ((-1.0, area), (stage.hours + 1, 0.8 * area)), path, polarity=polarity))
    return pores
