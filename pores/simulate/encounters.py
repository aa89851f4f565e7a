"""Pores that meet by the clock: what happens to them happens between two records, with room to spare.

Of two round pores the dark areas are one where the gap between their outlines is less than about 0.85 Mm, on
disk centre. Each of these acts crosses that gap within one record, by half a megametre on either side, so
that what is scripted is what is there; irregular outlines move it by less.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from pores.simulate.acts import KM_S, cast, drifting
from pores.simulate.parameters import SLOT_H
from pores.simulate.script import Knots, Pore, outline
from pores.simulate.stage import Stage

ONE_GAP_MM, MARGIN_MM = 0.85, 0.5  # dark areas are one below the first; kept away from it by the second
JOINED, PARTED = ONE_GAP_MM - MARGIN_MM, ONE_GAP_MM + MARGIN_MM
APART = 3.5  # before and after a meeting, Mm
RAMP = 6  # records for the way from there to the brink of a meeting
SMOOTH = 0.06  # irregularity of outlines
DRIFT_KM_S, DRIFT_MM = 0.04, 1.5
AREAS = (2.5, 7.0)
Act = Callable[[Stage], list[Pore]]


def flickering(plenty: float) -> Iterable[Act]:
    """Acts of pores that cross the threshold, and of dark areas that part and join for a moment."""
    n = max(1, round(10 * plenty))
    yield from [partial(bridge, lengths=(1, 2)), partial(bridge, lengths=(1, 2, 6))] * n
    yield from [partial(contact, lengths=(1, 2))] * n
    yield from [partial(blink, neighbour=True), partial(blink, neighbour=False)] * (2 * n)


def opposites(plenty: float) -> Iterable[Act]:
    """Acts of pairs of opposite polarity."""
    n = max(1, round(10 * plenty))
    own: list[Act] = [partial(contact, lengths=(1, 2)), merger, merger]
    pairs: list[Act] = [touch_and_part, slide, slide]
    return pairs * n + own * max(1, n // 3)


def mixed(plenty: float) -> Iterable[Act]:
    """Acts of mergers and splits of two and three, and contacts."""
    n = max(1, round(5 * plenty))
    meetings: list[Act] = [partial(merger, n=3), merger, merger, separation, partial(contact, lengths=(1, 2))]
    return meetings * n


def contact(stage: Stage, lengths: Sequence[int]) -> list[Pore]:
    """Two pores that touch now and then, for so many records each time, and part."""
    return _pair(stage, "contact", _visits(stage, lengths, (APART, PARTED, JOINED)))


def bridge(stage: Stage, lengths: Sequence[int]) -> list[Pore]:
    """A dark feature with a light bridge, which comes for so many records each time."""
    return _pair(stage, "bridge", _visits(stage, lengths, (JOINED, JOINED, PARTED)))


def merger(stage: Stage, n: int = 2, areas: tuple[float, float] = AREAS) -> list[Pore]:
    """So many pores that become one between two records."""
    return _pair(stage, "merge", _crossing(stage, forward=True), sizes=_sizes(stage, n, areas))


def separation(stage: Stage, n: int = 2, areas: tuple[float, float] = AREAS) -> list[Pore]:
    """One dark feature that becomes so many between two records."""
    return _pair(stage, "split", _crossing(stage, forward=False), sizes=_sizes(stage, n, areas))


def touch_and_part(stage: Stage) -> list[Pore]:
    """Two pores of opposite polarity whose dark areas meet for hours, or twice for a while."""
    lengths = [int(stage.rng.integers(3, 8)) for _ in range(2)]
    if stage.rng.random() < 0.5:
        lengths = [int(stage.rng.integers(10, 20))]
    return _pair(stage, "opposite", _visits(stage, lengths, (APART, PARTED, 0.0)), opposite=True)


def slide(stage: Stage, opposite: bool = True, aside: float = 0.1) -> list[Pore]:
    """Two pores that pass each other, at a closest gap of `aside` Mm."""
    middle = SLOT_H * round(stage.frames * float(stage.rng.uniform(0.35, 0.65)))
    half = min(middle, stage.hours - middle, 5.0 / (float(stage.rng.uniform(0.2, 0.5)) * KM_S))
    along = ((0.0, -5.0), (middle - half, -5.0), (middle + half, 5.0), (stage.hours, 5.0))
    act = "opposite" if opposite else "pass"
    return _pair(stage, act, along, opposite=opposite, aside=aside)


def blink(stage: Stage, neighbour: bool) -> list[Pore]:
    """A pore that turns grey for one to five records, or for so long that it counts as another one after."""
    place = stage.room(6.0 if neighbour else 3.8)
    if place is None:
        return []
    area = float(stage.rng.uniform(1.8, 4.5))
    knots, path = _spells(stage, area), drifting(stage, place, 1.5)
    shape = outline(stage.rng, SMOOTH)
    pore = cast(stage, "flicker", knots, path, outline=shape)
    if not neighbour:
        return [pore]
    other = float(stage.rng.uniform(2.0, 5.0))
    away = sum(math.sqrt(one / math.pi) for one in (area, other)) + PARTED + float(stage.rng.uniform(0, 1.0))
    angle = float(stage.rng.uniform(0, 2 * math.pi))
    beside = tuple((t, x + away * math.cos(angle), y + away * math.sin(angle)) for t, x, y in path)
    there = ((-1.0, other), (stage.hours + 1, other))
    return [
        pore,
        cast(stage, "beside", there, beside, polarity=pore.polarity, outline=outline(stage.rng, SMOOTH)),
    ]


def _spells(stage: Stage, area: float) -> Knots:
    """Area of a pore that is grey now and then: for one to five records, seldom for eight to ten."""
    knots = [(-1.0, area)]
    frame = int(stage.rng.integers(2, 9))
    while frame < stage.frames - 3:
        n = int(stage.rng.integers(1, 6)) if stage.rng.random() < 0.8 else int(stage.rng.integers(8, 11))
        grey = float(stage.rng.choice([-0.3, -0.9]))
        dark = ((frame - 0.6, area), (frame - 0.4, grey), (frame + n - 0.6, grey), (frame + n - 0.4, area))
        knots += [(SLOT_H * at, value) for at, value in dark]
        frame += n + int(stage.rng.integers(6, 16))
    return (*knots, (knots[-1][0] + stage.hours + 5, area))


def _visits(stage: Stage, lengths: Sequence[int], gaps: tuple[float, float, float]) -> Knots:
    """Gap between two pores by hours: at rest, on the brink a record before and after, in between there."""
    rest, brink, there = gaps
    part = stage.frames / len(lengths)
    knots = {0.0: rest}
    for i, length in enumerate(stage.rng.permutation(lengths)):
        spare = max(1.0, part - length - 2 * RAMP - 2)
        start = round(i * part + RAMP + 1 + float(stage.rng.uniform(0, spare)))
        end = start + int(length) - 1
        stops = [(start - 1 - RAMP, rest), (start - 1, brink), (start, there)]
        stops += [(end, there), (end + 1, brink), (end + 1 + RAMP, rest)]
        knots |= {SLOT_H * frame: gap for frame, gap in stops}
    return tuple(sorted(knots.items()))


def _crossing(stage: Stage, *, forward: bool) -> Knots:
    """Gap by hours of pores that come together for good; backward, of such that come apart."""
    frame = round(stage.frames * float(stage.rng.uniform(0.25, 0.75)))
    stops = [(frame - 8, APART), (frame - 1, PARTED), (frame, JOINED), (frame + 6, -0.3)]
    if not forward:
        stops = [(2 * frame - 1 - at, gap) for at, gap in reversed(stops)]
    return tuple((SLOT_H * at, gap) for at, gap in stops)


def _sizes(stage: Stage, n: int, areas: tuple[float, float]) -> list[float]:
    return [float(stage.rng.uniform(*areas)) for _ in range(n)]


def _pair(
    stage: Stage,
    act: str,
    gaps: Knots,
    *,
    sizes: Sequence[float] = (),
    opposite: bool = False,
    aside: float | None = None,
) -> list[Pore]:
    """Two pores or three whose outlines are so far from each other, about a place that drifts.

    With `aside` the knots are how far along a line they are from each other, and `aside` is the gap when they
    pass.
    """
    areas = sizes or _sizes(stage, 2, AREAS)
    radii = [math.sqrt(area / math.pi) for area in areas]
    widest = max(gap for _, gap in gaps)
    place = stage.room((0.5 if len(areas) == 2 else 0.6) * (2 * max(radii) + widest) + max(radii) + 1.5)
    if place is None:
        return []
    turn = np.exp(1j * stage.rng.uniform(0, 2 * math.pi))
    most = DRIFT_MM / stage.hours
    drift = complex(*np.clip(stage.rng.normal(0, DRIFT_KM_S * KM_S, 2), -most, most))
    if aside is None:
        spots = [_spots(radii, gap) for _, gap in gaps]
    else:
        spots = [np.array([0.5, -0.5]) * complex(along, sum(radii) + aside) for _, along in gaps]
    sign = stage.polarity(place[0])
    pores = []
    for i, area in enumerate(areas):
        stops = [
            complex(*place) + drift * (t - stage.hours / 2) + turn * at[i]
            for (t, _), at in zip(gaps, spots, strict=True)
        ]
        path = tuple((t, z.real, z.imag) for (t, _), z in zip(gaps, stops, strict=True))
        polarity = -sign if opposite and i else sign
        shape = outline(stage.rng, SMOOTH)
        there = ((-1.0, area), (stage.hours + 1, area))
        pores.append(cast(stage, act, there, path, polarity=polarity, outline=shape))
    return pores


def _spots(radii: Sequence[float], gap: float) -> NDArray[np.complex128]:
    """Centres of two or three circles that keep a gap from each other, about their mean."""
    one = radii[0] + radii[1] + gap
    spots = [0j, complex(one)]
    if len(radii) == 3:
        two, three = radii[0] + radii[2] + gap, radii[1] + radii[2] + gap
        x = (one**2 + two**2 - three**2) / (2 * one)
        spots.append(complex(x, math.sqrt(max(two**2 - x**2, 0.0))))
    centres = np.array(spots)
    return np.asarray(centres - centres.mean())
