"""What a score is made of: precision, recall, and other figures, as numbers and as a table to read."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

PARTS = ("precision", "recall", "f1")
_SECTIONS = (
    {
        "merge_arity_right": "merges found within a frame: part with the right numbers of features",
        "merge3_arity_right": "the same of merges of three and more",
        "merge3_true": "number of true merges of three and more",
        "split_arity_right": "splits found within a frame: part with the right numbers of features",
        "split3_arity_right": "the same of splits into three and more",
        "split3_true": "number of true splits into three and more",
    },
    {
        "opposite_links": "found links between opposite polarities",
        "long_links": "found links over a longer time than a feature may be unseen",
    },
    {
        "idf1": "F1 of identities",
        "identity_switches_per_100": "changes of track per 100 true tracks",
    },
    {
        "tra": "graph, nodes and links: 1 for no error (cell tracking)",
        "det": "graph, nodes only",
        "lnk": "graph, links only",
        "aogm": "weighted number of errors of the graph",
        "chota": "higher order accuracy: mean of the next two",
        "chota_forward": "CHOTA of the graph",
        "chota_backward": "CHOTA of the graph reversed in time",
    },
    {
        "lifetimes_right": "complete true lives: part right within a frame",
        "lifetimes_compared": "number of lives complete in both",
        "lifetime_h": "lifetime, median error, h",
        "lifetime_absolute_h": "lifetime, median modulus of the error, h",
        "lifetime_mean_h": "lifetime, mean error, h",
        "lifetime_ks": "complete lifetimes: Kolmogorov-Smirnov distance, found against true",
        "censoring_right": "matched tracks: part whose both ends are rightly censored or not",
        "mean_br_bias_g": "mean Br of tracks: mean excess of strength, G",
    },
    {
        "centroid_px": "centroid, median distance, native pixels",
        "area_relative": "area, median relative error",
        "area_sum_relative": "sum of areas, relative error",
        "mean_br_g": "mean Br of features, median error, G",
        "mean_br_relative": "mean Br of features, median relative error",
    },
)
FIGURES = {name: meaning for section in _SECTIONS for name, meaning in section.items()}


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


@dataclass(frozen=True)
class Scores:
    """The score of a catalogue; errors are found minus true.

    Attributes
    ----------
    rates : dict of str to Rates
        `features`, `links` and `tracks`.
    events : dict of str to dict of int to Rates
        `births`, `deaths`, `merges` and `splits`, each within 0, 1 and 2 frames.
    figures : dict of str to float
        All else, by the names of `FIGURES`; NaN where there is nothing to tell it from.
    """

    rates: Mapping[str, Rates]
    events: Mapping[str, Mapping[int, Rates]]
    figures: Mapping[str, float]

    def rows(self) -> dict[str, float]:
        """Every number by name; the names stay.

        For features, links and tracks: `links_precision`, `links_recall`, `links_f1`. For births, deaths,
        merges and splits the same within 0, 1 and 2 frames: `merges_f1_0`, `merges_f1_1`, `merges_f1_2`. For
        all these how many there are: `merges_true`, `merges_found`. And the figures that `FIGURES` names and
        explains, such as `idf1`, `tra`, `lnk`, `chota`, `lifetimes_right`, `merge3_arity_right`.
        """
        return dict(self._rows())

    def _rows(self) -> Iterator[tuple[str, float]]:
        for name, rates in self.rates.items():
            yield from ((f"{name}_{part}", getattr(rates, part)) for part in PARTS)
        for name, within in self.events.items():
            for n, rates in within.items():
                yield from ((f"{name}_{part}_{n}", getattr(rates, part)) for part in PARTS)
        for name, rates in (*self.rates.items(), *((k, v[0]) for k, v in self.events.items())):
            yield f"{name}_true", float(rates.true)
            yield f"{name}_found", float(rates.found)
        yield from self.figures.items()

    def __str__(self) -> str:
        head = f"{'':<10}{'true':>8}{'found':>8}{'precision':>11}{'recall':>8}{'F1':>8}"
        lines = [
            f"{name:<10}{r.true:>8}{r.found:>8}{_part(r.precision, 11)}{_part(r.recall)}{_part(r.f1)}"
            for name, r in self.rates.items()
        ]
        return "\n".join([head, *lines, "", *self._event_lines(), *self._figure_lines(), "", _CAPTION])

    def _event_lines(self) -> Iterator[str]:
        tolerances = list(next(iter(self.events.values())))
        frames = "".join(f"{n:>8}" for n in tolerances)
        yield f"{'':<26}{'F1 within ... frames':>{8 * len(tolerances)}}"
        yield f"{'':<10}{'true':>8}{'found':>8}{frames}"
        for name, within in self.events.items():
            f1 = "".join(_part(rates.f1) for rates in within.values())
            yield f"{name:<10}{within[tolerances[0]].true:>8}{within[tolerances[0]].found:>8}{f1}"

    def _figure_lines(self) -> Iterator[str]:
        for section in _SECTIONS:
            yield ""
            for name, meaning in section.items():
                yield f"{name:<26}{_number(self.figures[name]):>10}  {meaning}"


_CAPTION = """features: true ones well above the size limit must be found; smaller ones may be missed.
births and deaths are those seen (emerged, decayed). Errors are found minus true. -: nothing to tell from."""


def _part(value: float, width: int = 8) -> str:
    return f"{'-' if math.isnan(value) else f'{value:.3f}':>{width}}"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{round(value, 9) + 0.0:.4g}"  # + 0.0: no -0
