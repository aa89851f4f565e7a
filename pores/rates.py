"""What a score is made of: precision, recall, and errors, as numbers and as a table to read."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rates:
    """How many of the true things were found, and how many of the found things are true."""

    true: int
    recovered: int
    found: int
    right: int

    @property
    def recall(self) -> float:
        """Part of the true things that was found; NaN where there is none."""
        return self.recovered / self.true if self.true else np.nan

    @property
    def precision(self) -> float:
        """Part of the found things that is true; NaN where nothing was found."""
        return self.right / self.found if self.found else np.nan

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; NaN where there is nothing at all."""
        if not self.true and not self.found:
            return np.nan
        both = (self.precision, self.recall)
        return 0.0 if not all(part > 0 for part in both) else 2 / sum(1 / part for part in both)


_CAPTION = """features: true ones well above the size limit must be found; smaller ones do not count.
Errors are found minus true, medians over what was matched."""


@dataclass(frozen=True)
class Scores:
    """The score of a catalogue; errors are found minus true.

    Attributes
    ----------
    rates : dict of str to Rates
        `features`, `links`, `births`, `deaths`, `merges` and `splits`.
    errors : dict of str to float
        Medians over what was matched; NaN where nothing was.
    """

    rates: Mapping[str, Rates]
    errors: Mapping[str, float]

    def rows(self) -> dict[str, float]:
        """Every number by name, as `features_recall` or `centroid_px`."""
        parts = ("precision", "recall", "f1")
        return {
            f"{name}_{part}": getattr(rates, part) for name, rates in self.rates.items() for part in parts
        } | dict(self.errors)

    def __str__(self) -> str:
        head = f"{'':<10}{'true':>8}{'found':>8}{'precision':>11}{'recall':>8}{'F1':>8}"
        lines = [
            f"{name:<10}{r.true:>8}{r.found:>8}{r.precision:>11.3f}{r.recall:>8.3f}{r.f1:>8.3f}"
            for name, r in self.rates.items()
        ]
        errors = [f"{name:<32}{_number(value):>12}" for name, value in self.errors.items()]
        return "\n".join([head, *lines, "", _CAPTION, "", *errors])


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{round(value, 9) + 0.0:.4g}"  # + 0.0: no -0
