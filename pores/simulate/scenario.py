"""The acts of a series: which pores a scenario has and what happens to them.

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

from pores.simulate.parameters import SimulationParameters
from pores.simulate.script import INVISIBLE_MM2, Knots, Pore, outline
from pores.simulate.stage import Stage

MEDIAN_AREA_MM2, AREA_SIGMA = 3.0, 1.0
AREA_POWER, STRENGTH_POWER, LIFETIME_SCATTER = 0.5, 4.0, 0.2
PAUSE_H = 1.6  # between two pores at one place: longer than the gap over which a track goes on
STRENGTHS = (0.8, 1.2)
DRIFT_KM_S = 0.12  # of a pore relative to its surroundings, along each axis
DIVERGENCE_KM_S = 0.08  # leading polarity westward, following eastward
KM_S = 3.6  # Mm per hour in a km/s
IRREGULARITY, COMPANIONS = 0.22, 0.67
Path = tuple[tuple[float, float, float], ...]
Act = Callable[[Stage], list[Pore]]


def script(parameters: SimulationParameters) -> tuple[Pore, ...]:
    """The pores of a series, numbered."""
    stage = Stage.of(parameters)
    pores: list[Pore] = []
    for act in _programme(parameters, stage):
        pores += act(stage)
    return tuple(_renumbered(pore, number) for number, pore in enumerate(pores, 1))


def _programme(parameters: SimulationParameters, stage: Stage) -> list[Act]:
    """Acts in the order in which they choose their places: those that need most room first."""
    plenty = stage.area_mm2 / 20_000  # 1 for the standard patch
    alone = partial(single, scale_h=parameters.lifetime_h, generations=parameters.generations)
    singles: list[Act] = [alone for _ in range(max(2, round(22 * plenty)))]
    singles += [grey for _ in range(max(1, round(12 * plenty)))]
    if parameters.scenario in ("clean", "faults"):
        return singles
    together: list[Act] = [triple, merge, merge, split, split, flicker, flicker, flicker]
    if parameters.scenario == "interactions":
        return together + singles
    return [spot, edge, edge, edge, *together, *singles]


def single(stage: Stage, scale_h: float, generations: int) -> list[Pore]:
    """A pore that is born, grows, decays and dies alone, often with a grey knot beside it; then another."""
    place = stage.claim(4.5)
    if place is None:
        return []
    pores: list[Pore] = []
    free = -math.inf  # the hour from which the place is
    for generation in range(1, generations + 1):
        if free > stage.hours:
            break
        strength = _strength(stage)
        largest = float(np.clip(MEDIAN_AREA_MM2 * math.exp(AREA_SIGMA * stage.rng.normal()), 1.2, 30))
        life = lifetime(largest, strength, scale_h) * math.exp(LIFETIME_SCATTER * stage.rng.normal())
        earliest, latest = max(free, -0.6 * life), 0.85 * stage.hours * generation / generations
        birth = float(stage.rng.uniform(earliest, max(earliest, latest)))
        area = _fading(((birth, 0.0), (birth + 0.4 * life, largest), (birth + life, 0.0)))
        alone = _pore(stage, "single", area, _drifting(stage, place), strength=strength)
        pores += [alone, *_companion(stage, alone, math.sqrt(largest / math.pi))]
        free = birth + life + PAUSE_H
    return pores


def _companion(stage: Stage, pore: Pore, radius: float) -> list[Pore]:
    """A grey knot that goes beside a pore as long as it is there, with two pores in three."""
    if stage.rng.random() > COMPANIONS:
        return []
    away, angle = radius + float(stage.rng.uniform(1.1, 2.0)), float(stage.rng.uniform(0, 2 * math.pi))
    path = tuple((t, x + away * math.cos(angle), y + away * math.sin(angle)) for t, x, y in pore.path)
    area = float(stage.rng.uniform(-1.3, -0.6))
    span = ((pore.area[0][0], area), (pore.area[-1][0], area))
    return [_pore(stage, "grey", span, path, polarity=pore.polarity)]


def grey(stage: Stage) -> list[Pore]:
    """A magnetic knot that never gets dark enough to count."""
    place = stage.claim(2.5)
    if place is None:
        return []
    area = float(stage.rng.uniform(-1.1, -0.35))
    return [_pore(stage, "grey", ((-1.0, area), (stage.hours + 1, area)), _drifting(stage, place))]


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
        knots += [(dim - 0.05, area), (dim, -0.9), (dim + wide, -0.9), (dim + wide + 0.05, area)]
    return [_pore(stage, "flicker", (*knots, (stage.hours + 1, area)), _drifting(stage, place))]


def edge(stage: Stage) -> list[Pore]:
    """A pore that crosses the east or west edge of the patch, outward or inward."""
    side, inward = (int(sign) for sign in stage.rng.choice([-1, 1], 2))
    y = float(stage.rng.uniform(-0.8, 0.8)) * (stage.half[1] - 5)
    area, speed = float(stage.rng.uniform(4, 9)), 0.3 * KM_S
    middle = stage.hours * float(stage.rng.uniform(0.35, 0.65))
    ends = [(t, side * stage.half[0] - inward * side * speed * (middle - t), y) for t in (0.0, stage.hours)]
    stage.taken += [(x, y, 5.0) for _, x, _ in ends]
    return [_pore(stage, "edge", ((-1.0, area), (stage.hours + 1, area)), tuple(ends))]


def spot(stage: Stage) -> list[Pore]:
    """A sunspot with a penumbra, leading the group."""
    radius = min(12.0, 0.3 * min(stage.half))
    x, y = 0.45 * stage.half[0], float(stage.rng.uniform(-0.2, 0.2)) * stage.half[1]
    stage.taken.append((x, y, 2.2 * radius))
    area = math.pi * (0.45 * radius) ** 2
    knots = ((-1.0, 0.9 * area), (stage.hours + 1, area))
    return [
        _pore(
            stage, "spot", knots, ((0.0, x, y), (stage.hours, x + 0.05 * KM_S * stage.hours, y)), kind="spot"
        )
    ]


def lifetime(largest_mm2: float, strength: float, scale_h: float) -> float:
    """Median lifetime, h, of a pore with that largest area and relative strength."""
    return float(scale_h * (largest_mm2 / MEDIAN_AREA_MM2) ** AREA_POWER * strength**STRENGTH_POWER)


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
        pores.append(
            _pore(stage, act, ((-1.0, area), (stage.hours + 1, 0.8 * area)), path, polarity=polarity)
        )
    return pores


def _pore(stage: Stage, act: str, area: Knots, path: Path, **given: object) -> Pore:
    values: dict[str, object] = {
        "kind": "pore",
        "polarity": stage.polarity(path[0][1]),
        "strength": _strength(stage),
        "outline": outline(stage.rng, 0.12 if act == "spot" else IRREGULARITY),
        **given,
    }
    return Pore(number=0, act=act, area=area, path=path, **values)  # type: ignore[arg-type]


def _renumbered(pore: Pore, number: int) -> Pore:
    return Pore(**{**pore.__dict__, "number": number})


def _strength(stage: Stage) -> float:
    return float(stage.rng.uniform(*STRENGTHS))


def _fading(knots: Knots) -> Knots:
    """Before the first and after the last knot the pore is grey for a while: its area goes on falling."""
    (t0, a0), (t1, a1) = knots[:2]
    (u0, b0), (u1, b1) = knots[-2:]
    rise, fall = (a1 - a0) / (t1 - t0), (b0 - b1) / (u1 - u0)
    return ((t0 + INVISIBLE_MM2 / rise, INVISIBLE_MM2), *knots, (u1 - INVISIBLE_MM2 / fall, INVISIBLE_MM2))


def _drifting(stage: Stage, place: tuple[float, float]) -> Path:
    """A straight path through the place at mid-series."""
    vx, vy = stage.rng.normal(0, DRIFT_KM_S, 2)
    vx += DIVERGENCE_KM_S * math.copysign(1, place[0])
    half = stage.hours / 2
    step = np.clip(np.array([vx, vy]) * KM_S * half, -3.0, 3.0)  # stays within its claim
    x, y = place
    return (
        (0.0, float(x - step[0]), float(y - step[1])),
        (stage.hours, float(x + step[0]), float(y + step[1])),
    )
