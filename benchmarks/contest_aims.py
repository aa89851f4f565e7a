"""What is asked of tracking, and figures of several series taken together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from benchmarks.contest import Result
from flows.challenge import CADENCES


@dataclass(frozen=True)
class Figure:
    """One figure of a score: its name in `Scores.rows`, what it is, and whether more is better."""

    name: str
    text: str
    more: bool = True

    def weight(self, score: dict[str, float]) -> float:
        """How much a series counts: an F1, or a part of what was found, by the number of things."""
        kind = self.name.partition("_f1")[0]
        if kind != self.name:
            return score[f"{kind}_true"] + score[f"{kind}_found"]
        if self.name in ("merge_arity_right", "split_arity_right"):
            kind = f"{self.name[:5]}s"
            return score[f"{kind}_f1_1"] * (score[f"{kind}_true"] + score[f"{kind}_found"])
        return score["merge3_true"] if self.name == "merge3_arity_right" else 1.0


FIGURES = (
    Figure("links_f1", "Links, F1"),
    Figure("births_f1_1", "Births within a frame, F1"),
    Figure("deaths_f1_1", "Deaths within a frame, F1"),
    Figure("merges_f1_1", "Merges within a frame, F1"),
    Figure("splits_f1_1", "Splits within a frame, F1"),
    Figure("merge_arity_right", "Merges found: part of right arity"),
    Figure("split_arity_right", "Splits found: part of right arity"),
    Figure("merge3_arity_right", "Merges of three and more found: part of right arity"),
    Figure("lifetimes_right", "Lifetimes right within a frame, part"),
    Figure("lifetime_ks", "Distribution of lifetimes: Kolmogorov-Smirnov distance", more=False),
    Figure("censoring_right", "Censoring right, part"),
    Figure("identity_switches_per_100", "Identity switches per 100 true tracks", more=False),
    Figure("opposite_links", "Links between opposite polarities, per series", more=False),
    Figure("long_links", "Links over longer gaps than allowed, per series", more=False),
    Figure("idf1", "IDF1"),
    Figure("tra", "TRA"),
    Figure("lnk", "LNK"),
    Figure("chota", "CHOTA"),
)
BY_NAME = {figure.name: figure for figure in FIGURES}


@dataclass(frozen=True)
class Aim:
    """What is asked of a figure: of which series (scenario, cadence; None: all), and the limit."""

    figure: str
    limit: float
    scenario: str | None = None
    every: int = 1

    def concerns(self, kind: tuple[str, int]) -> bool:
        """Whether it is asked of series of a scenario at a cadence."""
        return kind[1] == self.every and self.scenario in (None, kind[0])

    def met(self, value: float) -> bool:
        """Whether a value is as asked; what there is nothing of can't be missed."""
        if math.isnan(value):
            return True
        return value >= self.limit if BY_NAME[self.figure].more else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if BY_NAME[self.figure].more else '≤'} {self.limit:g}"


AIMS = (
    Aim("links_f1", 0.998, "clean"),
    Aim("links_f1", 0.99, "crowd"),
    Aim("births_f1_1", 0.97),
    Aim("deaths_f1_1", 0.97),
    Aim("merges_f1_1", 0.95),
    Aim("splits_f1_1", 0.95),
    Aim("merge_arity_right", 0.98),
    Aim("split_arity_right", 0.98),
    Aim("merge3_arity_right", 0.98),
    Aim("opposite_links", 0),
    Aim("long_links", 0),
    Aim("identity_switches_per_100", 0.1, "clean"),
    Aim("lifetimes_right", 0.97),
    Aim("censoring_right", 0.99),
    Aim("links_f1", 0.98, every=5),
    Aim("links_f1", 0.95, every=10),
)


Kind = tuple[str, int]  # scenario, cadence as in CADENCES


def kind_of(one: Result) -> Kind:
    """Scenario and cadence of a result."""
    return one.series.scenario, one.series.every


def kind_name(kind: Kind) -> str:
    """As the page says it."""
    return kind[0] + CADENCES[kind[1]].replace("-", ", ").replace("h", " h")


def pooled(results: Sequence[Result], figure: Figure) -> float:
    """A figure of several series: of all their things together, or else the mean over series."""
    scores = [one.figures for one in results if one.figures]
    known = [score for score in scores if not math.isnan(score[figure.name])]
    if not known:
        return math.nan
    weights = [figure.weight(score) for score in known]
    total = sum(n * score[figure.name] for n, score in zip(weights, known, strict=True) if n)
    return total / sum(weights) if sum(weights) else math.nan


class Together:
    """Results of all series, by scenario, cadence and tracker; failed ones have no part in any figure."""

    def __init__(self, every: Sequence[Result]) -> None:
        right = [one for one in every if one.figures is not None]
        self.kinds: list[Kind] = list(dict.fromkeys(map(kind_of, every)))
        self.trackers = list(dict.fromkeys(one.tracker for one in right))
        self._failed = {(kind_of(one), one.tracker) for one in every if one.figures is None}
        order = sorted(right, key=lambda one: (self.kinds.index(kind_of(one)), one.tracker))
        by_key = groupby(order, lambda one: (kind_of(one), one.tracker))
        self._results = {key: list(group) for key, group in by_key}

    def of(self, kind: Kind, tracker: str) -> list[Result]:
        """The results of a tracker on the series of a kind."""
        return self._results.get((kind, tracker), [])

    def failed(self, kind: Kind, tracker: str) -> bool:
        """Whether a tracker failed on any series of a kind."""
        return (kind, tracker) in self._failed

    def value(self, kind: Kind, tracker: str, figure: Figure) -> float:
        """A figure of all series of a kind."""
        return pooled(self.of(kind, tracker), figure)

    def overall(self, every: int, tracker: str, figure: Figure) -> float:
        """A figure of the series of all scenarios at a cadence."""
        kinds = [kind for kind in self.kinds if kind[1] == every]
        return pooled([one for kind in kinds for one in self.of(kind, tracker)], figure)

    def worst(self, kind: Kind, tracker: str, figure: Figure) -> float:
        """The worst series of a kind."""
        scores = [one.figures for one in self.of(kind, tracker) if one.figures]
        known = [score[figure.name] for score in scores if not math.isnan(score[figure.name])]
        return (min if figure.more else max)(known, default=math.nan)

    def best_other(self, kind: Kind, figure: Figure, own: str) -> tuple[float, str]:
        """The best value of the other trackers, and whose it is."""
        others = [(self.value(kind, name, figure), name) for name in self.trackers if name != own]
        known = [pair for pair in others if not math.isnan(pair[0])]
        sign = 1 if figure.more else -1
        return max(known, key=lambda pair: sign * pair[0], default=(math.nan, ""))
