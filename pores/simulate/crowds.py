"""A crowd: every encounter there is, close together, and runners that meet whom they meet."""

import math
from collections.abc import Iterable
from functools import partial

from pores.simulate.acts import KM_S, Path, cast, lives
from pores.simulate.encounters import Act, contact, merger, separation, slide
from pores.simulate.script import Pore
from pores.simulate.stage import Stage

DWELLER_MM = 3.2  # room for one that dwells at its place
LIFETIME_H, GENERATIONS = 4.0, 4  # as pores live elsewhere
STEP_H, STEP_MM = 2.0, 0.35
RUNNER_KM_S = (0.35, 0.7)


def crowd(plenty: float) -> Iterable[Act]:
    """Acts of a crowd: those that need most room first, the smallest fill what is left."""
    n = max(1, round(8 * plenty))
    yield from [partial(merger, n=3)] * n
    yield from [partial(separation, n=3)] * max(1, n // 3)
    yield from [partial(slide, opposite=False, aside=1.6), partial(slide)] * n
    yield from [partial(contact, lengths=(1, 2)), *[partial(merger)] * 3, partial(separation)] * n
    yield from [partial(dweller)] * max(2, round(40 * plenty))
    yield from [partial(runner)] * max(1, round(6 * plenty))


def dweller(stage: Stage) -> list[Pore]:
    """Pores that live at a place one after the other and move about it."""
    place = stage.room(DWELLER_MM)
    return [] if place is None else lives(stage, LIFETIME_H, GENERATIONS, partial(_about, stage, place), 0.2)


def runner(stage: Stage) -> list[Pore]:
    """A pore that crosses the crowd and meets whom it meets."""
    start = float(stage.rng.uniform(0.1, 0.6)) * stage.hours
    angle = float(stage.rng.uniform(0, 2 * math.pi))
    speed, life = float(stage.rng.uniform(*RUNNER_KM_S)) * KM_S, float(stage.rng.uniform(3.0, 6.0))
    x, y = (float(stage.rng.uniform(-0.6, 0.6)) * half for half in stage.half)
    end = start + life
    path = ((start, x, y), (end, x + speed * life * math.cos(angle), y + speed * life * math.sin(angle)))
    area = float(stage.rng.uniform(1.5, 3.0))
    knots = ((start, -2.0), (start + 0.3, area), (end - 0.3, area), (end, -2.0))
    return [cast(stage, "runner", knots, path)]


def _about(stage: Stage, place: tuple[float, float]) -> Path:
    """A wavering path about a place."""
    n = math.ceil(stage.hours / STEP_H) + 1
    steps = stage.rng.normal(0, STEP_MM, (n, 2)).clip(-0.9, 0.9)
    return tuple((STEP_H * i, place[0] + float(dx), place[1] + float(dy)) for i, (dx, dy) in enumerate(steps))
