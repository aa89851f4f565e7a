"""Pores that go far: small fast ones on lanes, and such that cross the edges of the patch."""

import math

from pores.simulate.acts import KM_S, cast
from pores.simulate.encounters import SMOOTH
from pores.simulate.parameters import SLOT_H
from pores.simulate.script import Pore, outline
from pores.simulate.stage import EDGE_MM, Stage

FAST_KM_S, FAST_MM2 = (1.35, 2.0), (1.05, 1.35)
LANE_MM, BESIDE_MM, BEHIND_MM = 5.5, 3.8, 6.0
CROSS_KM_S, CROSS_MM2, CROSS_MM = (0.25, 0.6), (3.0, 8.0), 9.0
LEAST_H = 1.0  # on a lane; a patch that is too narrow for that has none
PAUSE = 9  # records between two that take the same lane


def lanes(stage: Stage) -> list[Pore]:
    """Small fast pores on lanes that share the patch from north to south: alone, abreast, or in streams."""
    pores: list[Pore] = []
    if _lane(stage) < FAST_KM_S[1] * KM_S * LEAST_H:
        return pores
    y = -stage.half[1] + EDGE_MM + 1.0
    while y < stage.half[1] - EDGE_MM:
        pair = stage.rng.random() < 0.4
        heading, frame = int(stage.rng.choice([-1, 1])), int(stage.rng.integers(-4, 12))
        while frame < stage.frames - 8:
            rows = (y, y + BESIDE_MM) if pair else (y,)
            many = 1 if pair else int(stage.rng.choice([1, 1, 3, 4]))
            run, frame = _run(stage, rows, (heading, frame, many))
            pores += run
        y += LANE_MM + (BESIDE_MM if pair else 0.0)
    return pores


def _lane(stage: Stage) -> float:
    """Length of a lane, Mm."""
    return 2 * (stage.half[0] - EDGE_MM - 3.0)


def _run(stage: Stage, rows: tuple[float, ...], plan: tuple[int, int, int]) -> tuple[list[Pore], int]:
    """Pores that go along a lane, abreast or one behind the other, and when the lane is free again."""
    heading, frame, many = plan
    speed = float(stage.rng.uniform(*FAST_KM_S)) * KM_S
    length = _lane(stage)
    hours = min(float(stage.rng.uniform(2.4, 6.0)), length / speed)
    x = -heading * (length / 2) + heading * float(stage.rng.uniform(0, max(0.0, length - speed * hours)))
    slope = float(stage.rng.uniform(-1.0, 1.0)) / max(1.0, speed * hours)
    pores, start, sign = [], SLOT_H * frame, int(stage.rng.choice([-1, 1]))
    for k in range(many):
        start = SLOT_H * frame + k * BEHIND_MM / speed
        for y in rows:
            area = float(stage.rng.uniform(*FAST_MM2))
            path = ((start, x, y), (start + hours, x + heading * speed * hours, y + slope * speed * hours))
            knots = ((start, -1.5), (start + 0.25, area), (start + hours - 0.25, area), (start + hours, -1.5))
            shape = outline(stage.rng, SMOOTH)
            pores.append(cast(stage, "fast", knots, path, polarity=sign, outline=shape))
    return pores, round((start + hours) / SLOT_H) + PAUSE


def crossings(stage: Stage) -> list[Pore]:
    """Pores that cross the four edges, inward and outward, at places of their own."""
    pores: list[Pore] = []
    for axis in (0, 1):
        reach = stage.half[1 - axis] - CROSS_MM
        n = max(1, math.floor(2 * reach / CROSS_MM))
        for side in (-1, 1):
            for i in range(n):
                along = -reach + (i + 0.5) * 2 * reach / n + float(stage.rng.uniform(-1.0, 1.0))
                pores.append(_crosser(stage, axis, side, along))
    stage.taken += [
        (pores_x, pores_y, 2.0)
        for pore in pores
        for _, pores_x, pores_y in pore.path
        if abs(pores_x) < stage.half[0] and abs(pores_y) < stage.half[1]
    ]
    return pores


def _crosser(stage: Stage, axis: int, side: int, along: float) -> Pore:
    """A pore that crosses one edge once, straight."""
    inward = int(stage.rng.choice([-1, 1]))
    speed, area = float(stage.rng.uniform(*CROSS_KM_S)) * KM_S, float(stage.rng.uniform(*CROSS_MM2))
    middle = stage.hours * float(stage.rng.uniform(0.3, 0.7))
    depth = min(10.0, 0.4 * stage.half[axis])  # into the patch
    inside, outside = depth / speed, 8.0 / speed
    times = (middle - outside, middle + inside) if inward > 0 else (middle - inside, middle + outside)
    path = []
    for t in times:
        across = side * (stage.half[axis] - inward * speed * (t - middle))
        path.append((t, across, along) if axis == 0 else (t, along, across))
    return cast(stage, "edge", ((-1.0, area), (stage.hours + 1, area)), tuple(path))
