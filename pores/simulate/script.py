"""Who lives when and where: the pores of a series, before any of them is drawn."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["pore", "spot"]
Knots = tuple[tuple[float, float], ...]

INVISIBLE_MM2 = -2.0  # a scripted area from which nothing is left of a pore
HARMONICS = (2, 3, 4, 5)  # of a pore's outline


@dataclass(frozen=True)
class Pore:
    """One scripted pore, or one sunspot.

    Attributes
    ----------
    number : int
        Its name in the series.
    act : str
        The part it plays: `single`, `grey`, `merge`, `split`, `flicker`, `edge` or `spot`.
    kind : str
        `pore`, or `spot`: with a penumbra.
    polarity : int
        Sign of its radial field.
    strength : float
        Its field and darkness relative to what pores of its size have on average.
    area : tuple of (hours, Mm^2)
        Area below half the quiet Sun, linear between knots; below zero the pore is grey, too bright to be
        seen as a dark feature, and at -2 it is gone. Outside the knots it does not exist.
    path : tuple of (hours, Mm west, Mm north)
        Place relative to the rotating surface, linear between knots and held outside them.
    outline : tuple of (amplitude, phase, rate)
        Relative modulation of the radius by the harmonics 2, 3, 4, 5; rates in rad per hour.
    """

    number: int
    act: str
    kind: Kind
    polarity: int
    strength: float
    area: Knots
    path: tuple[tuple[float, float, float], ...]
    outline: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True)
class Presence:
    """A scripted pore at one time: area in Mm^2, place in Mm west and north of the first patch centre."""

    pore: Pore
    area_mm2: float
    x_mm: float
    y_mm: float
    hours: float


def presences(script: tuple[Pore, ...], hours: float) -> list[Presence]:
    """The pores that exist at a time, in the order of the script."""
    return [presence for pore in script if (presence := _presence(pore, hours)) is not None]


def position(pore: Pore, hours: float) -> tuple[float, float]:
    """Place of a pore, Mm west and north, at any time: also when it is not there yet, or no longer."""
    times, x, y = zip(*pore.path, strict=True)
    return float(np.interp(hours, times, x)), float(np.interp(hours, times, y))


def outline(rng: np.random.Generator, irregularity: float) -> tuple[tuple[float, float, float], ...]:
    """A random outline, changing over hours."""
    return tuple(
        (
            irregularity * float(rng.normal()) / m**0.7,
            float(rng.uniform(0, 2 * np.pi)),
            float(rng.normal(0, 0.25)),
        )
        for m in HARMONICS
    )


def radius_factor(presence: Presence, angle: NDArray[np.float32]) -> NDArray[np.float32]:
    """Radius over mean radius in the directions `angle`, rad; the area stays that of the circle."""
    amplitudes = np.array([amplitude for amplitude, _, _ in presence.pore.outline])
    factor = np.full_like(angle, 1.0)
    for m, (amplitude, phase, rate) in zip(HARMONICS, presence.pore.outline, strict=True):
        factor += np.float32(amplitude) * np.cos(m * angle + np.float32(phase + rate * presence.hours))
    return np.clip(factor, 0.5, 1.6) / np.float32(np.sqrt(1 + (amplitudes**2).sum() / 2))


def _presence(pore: Pore, hours: float) -> Presence | None:
    when = [knot[0] for knot in pore.area]
    if not when[0] <= hours <= when[-1]:
        return None
    area = float(np.interp(hours, when, [knot[1] for knot in pore.area]))
    if area <= INVISIBLE_MM2:
        return None
    return Presence(pore, area, *position(pore, hours), hours)
