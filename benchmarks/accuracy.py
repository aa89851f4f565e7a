"""How right porelake is: simulated series with known truth taken through the chain and scored.

`python -m benchmarks.accuracy` writes docs/accuracy.md; seeds are fixed: anyone gets the same figures.
"""

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

from flows.pipeline import run_request
from flows.request import Request
from flows.scoring import score_lake
from flows.simulated import simulate_series
from pores.parameters import Parameters
from pores.score import Scores

PAGE = Path(__file__).resolve().parents[1] / "docs" / "accuracy.md"
SCENARIOS = ("clean", "interactions", "demo")
SEEDS = (101, 202, 303)
FRAMES = 40


@dataclass(frozen=True)
class Aim:
    """One figure of the page: its name in the scores, what it is, and what is asked of its modulus."""

    name: str
    text: str
    limit: str

    def met(self, value: float) -> bool:
        """Whether a value is as asked."""
        sign, number = self.limit.split()
        return value >= float(number) if sign == ">=" else abs(value) <= float(number)


AIMS = (
    Aim("features_f1", "Detection F1, features 35 % above the size limit", ">= 0.99"),
    Aim("centroid_px", "Centroid error, median, native px", "<= 0.06"),
    Aim("area_relative", "Area, median relative error", "<= 0.02"),
    Aim("area_sum_relative", "Area, relative error of the sum", "<= 0.02"),
    Aim("mean_br_relative", "Mean Br, median relative error", "<= 0.005"),
    Aim("links_f1", "Link F1", ">= 0.99"),
)
ALSO = (
    *("births_f1_1", "deaths_f1_1", "merges_f1_1", "splits_f1_1", "merge_arity_right", "split_arity_right"),
    *("idf1", "identity_switches_per_100", "tra", "chota", "lifetimes_right", "censoring_right"),
)


def main() -> None:
    """Simulate, run and score every scenario and seed; write the page; fail if an aim is missed."""
    scores = {(scenario, seed): scored(scenario, seed) for scenario in SCENARIOS for seed in SEEDS}
    PAGE.write_text(page(scores))
    missed = [
        f"{key} {aim.name}" for key, s in scores.items() for aim in AIMS if not aim.met(s.rows()[aim.name])
    ]
    print(f"{PAGE.name} written; {len(missed)} aims missed", *missed, sep="\n  ")
    raise SystemExit(bool(missed))


def scored(scenario: str, seed: int) -> Scores:
    """Scores of one simulated series."""
    with tempfile.TemporaryDirectory() as directory:
        fits, lake = Path(directory) / "fits", str(Path(directory) / "lake")
        simulate_series(fits, scenario, {"seed": seed, "n_frames": FRAMES})
        run_request(Request(lake=lake, source=str(fits), parameters=Parameters(enhance="spline")))
        return score_lake(lake, fits / "truth")


def page(scores: dict[tuple[str, int], Scores]) -> str:
    """The page as Markdown."""
    head = ["figure", "asked", *(f"{scenario} {seed}" for scenario, seed in scores)]
    lines = [_row(head), _row(["---"] * len(head))]
    lines += [
        _row([aim.text, aim.limit, *(_number(s.rows()[aim.name]) for s in scores.values())]) for aim in AIMS
    ]
    lines += [_row([f"`{name}`", "", *(_number(s.rows()[name]) for s in scores.values())]) for name in ALSO]
    n = sum(s.rates["features"].true for s in scores.values())
    return _TEXT.format(table="\n".join(lines), n=n, frames=FRAMES)


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.4g}"


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


_TEXT = """# Accuracy

Simulated SHARP series of {frames} frames with known truth ([what is simulated](simulation.md)), taken
through the chain with `--enhance spline` and scored with `porelake score`: {n} true features in all. Made
by `make accuracy`. The number behind the name of a scenario is the seed of the series.

A true feature is a region where the noise-free scene at HMI's resolution (optics, CCD pixel and remapping),
on samples four times finer than the pixels, is below half of the quiet Sun; its area, centroid and mean
field are those of that scene. So the figures say what sampling, noise, normalisation, doubling, detection
and measurement do. They do not say how a pore would look without HMI's point spread function.

{table}

Signs: found minus true. Births and deaths count those that were seen (`emerged`, `decayed`), merges and
splits all; an event counts as found within one frame and ten native pixels. A blank: the series has no
such event. What each name means: [scoring](scoring.md).
"""


if __name__ == "__main__":
    main()
