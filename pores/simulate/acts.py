"""Pores alone: how one is cast, the laws of its life, and the acts in which it meets no other.

Laws, true by construction and therefore to be found again by whoever asks for them:

- the largest area is log-normal, median 3 Mm^2, two thirds below 5 Mm^2 (Verma & Denker 2014);
- area grows linearly over the first 0.4 of a pore's life and shrinks linearly over the rest (Tlatov 2025);
- lifetime = lifetime_h * (largest area / 3 Mm^2)^0.5 * strength^4 * a log-normal factor of 20 %, so that at
  equal area a pore with a stronger field lives longer; the parameter lifetime_h is 4 h unless said otherwise.
"""

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from pores.simulate.script import INVISIBLE_MM2, Knots, Pore, outline
from pores.simulate.stage import Stage

MEDIAN_AREA_MM2, AREA_SIGMA = 3.0, 1.0
AREA_POWER, STRENGTH_POWER, LIFETIME_SCATTER = 0.5, 4.0, 0.2
PAUSE_H = 1.6  # between two pores at one place: longer than the gap over which a track goes on
STRENGTHS = (0.8, 1.2)
DRIFT_KM_S = 0.12  # of a pore relative to its surroundings, along each axis
DRIFT_MM = 3.0  # at most, from the middle of the path
DIVERGENCE_KM_S = 0.08  # leading polarity westward, following eastward
KM_S = 3.6  # Mm per hour in a km/s
IRREGULARITY, COMPANIONS = 0.22, 0.67
Path = tuple[tuple[float, float, float], ...]


def single(stage: Stage, scale_h: float, generations: int) -> list[Pore]:
    """A pore that is born, grows, decays and dies alone, often with a grey knot beside it; then another."""
    place = stage.claim(4.5)
    return [] if place is None else lives(stage, scale_h, generations, partial(drifting, stage, place))


def lives(
    stage: Stage, scale_h: float, generations: int, path: Callable[[], Path], companions: float = COMPANIONS
) -> list[Pore]:
    """Pores that live at a place one after the other, each on a path of its own; some with a grey knot."""
    pores: list[Pore] = []
    free = -math.inf  # the hour from which the place is
    for generation in range(1, generations + 1):
        if free > stage.hours:
            break
        strength = strength_of(stage)
        largest = float(np.clip(MEDIAN_AREA_MM2 * math.exp(AREA_SIGMA * stage.rng.normal()), 1.2, 30))
        life = lifetime(largest, strength, scale_h) * math.exp(LIFETIME_SCATTER * stage.rng.normal())
        earliest, latest = max(free, -0.6 * life), 0.85 * stage.hours * generation / generations
        birth = float(stage.rng.uniform(earliest, max(earliest, latest)))
        area = fading(((birth, 0.0), (birth + 0.4 * life, largest), (birth + life, 0.0)))
        alone = cast(stage, "single", area, path(), strength=strength)
        pores += [alone, *_companion(stage, alone, companions)]
        free = birth + life + PAUSE_H
    return pores


def _companion(stage: Stage, pore: Pore, share: float) -> list[Pore]:
    """A grey knot that goes beside a pore as long as it is there, with that share of them."""
    if stage.rng.random() > share:
        return []
    radius = math.sqrt(max(area for _, area in pore.area) / math.pi)
    away, angle = radius + float(stage.rng.uniform(1.1, 2.0)), float(stage.rng.uniform(0, 2 * math.pi))
    path = tuple((t, x + away * math.cos(angle), y + away * math.sin(angle)) for t, x, y in pore.path)
    area = float(stage.rng.uniform(-1.3, -0.6))
    span = ((pore.area[0][0], area), (pore.area[-1][0], area))
    return [cast(stage, "grey", span, path, polarity=pore.polarity)]


def grey(stage: Stage) -> list[Pore]:
    """A magnetic knot that never gets dark enough to count."""
    place = stage.claim(2.5)
    if place is None:
        return []
    area = float(stage.rng.uniform(-1.1, -0.35))
    return [cast(stage, "grey", ((-1.0, area), (stage.hours + 1, area)), drifting(stage, place))]


def spot(stage: Stage) -> list[Pore]:
    """A sunspot with a penumbra, leading the group."""
    radius = min(12.0, 0.3 * min(stage.half))
    x, y = 0.45 * stage.half[0], float(stage.rng.uniform(-0.2, 0.2)) * stage.half[1]
    stage.taken.append((x, y, 2.2 * radius))
    area = math.pi * (0.45 * radius) ** 2
    knots = ((-1.0, 0.9 * area), (stage.hours + 1, area))
    return [
        cast(
            stage, "spot", knots, ((0.0, x, y), (stage.hours, x + 0.05 * KM_S * stage.hours, y)), kind="spot"
        )
    ]


def lifetime(largest_mm2: float, strength: float, scale_h: float) -> float:
    """Median lifetime, h, of a pore with that largest area and relative strength."""
    return float(scale_h * (largest_mm2 / MEDIAN_AREA_MM2) ** AREA_POWER * strength**STRENGTH_POWER)


def cast(stage: Stage, act: str, area: Knots, path: Path, **given: object) -> Pore:
    """A pore for an act; what is not given is as pores have it there, by chance."""
    values: dict[str, object] = {
        "kind": "pore",
        "polarity": stage.polarity(path[0][1]),
        "strength": strength_of(stage),
        "outline": outline(stage.rng, 0.12 if act == "spot" else IRREGULARITY),
        **given,
    }
    return Pore(number=0, act=act, area=area, path=path, **values)  # type: ignore[arg-type]


def strength_of(stage: Stage) -> float:
    """A relative strength."""
    return float(stage.rng.uniform(*STRENGTHS))


def fading(knots: Knots) -> Knots:
    """Before the first and after the last knot the pore is grey for a while: its area goes on falling."""
    (t0, a0), (t1, a1) = knots[:2]
    (u0, b0), (u1, b1) = knots[-2:]
    rise, fall = (a1 - a0) / (t1 - t0), (b0 - b1) / (u1 - u0)
    return ((t0 + INVISIBLE_MM2 / rise, INVISIBLE_MM2), *knots, (u1 - INVISIBLE_MM2 / fall, INVISIBLE_MM2))


def drifting(stage: Stage, place: tuple[float, float], reach: float = DRIFT_MM) -> Path:
    """A straight path through the place at mid-series, that goes so far from it."""
    vx, vy = stage.rng.normal(0, DRIFT_KM_S, 2)
    vx += DIVERGENCE_KM_S * math.copysign(1, place[0])
    half = stage.hours / 2
    step = np.clip(np.array([vx, vy]) * KM_S * half, -reach, reach)  # stays within its claim
    x, y = place
    return (
        (0.0, float(x - step[0]), float(y - step[1])),
        (stage.hours, float(x + step[0]), float(y + step[1])),
    )
