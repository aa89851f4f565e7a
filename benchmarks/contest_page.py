"""The page on tracking: what trackers made of the challenge, beside what is asked; all of it computed."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from benchmarks.contest import Result
from benchmarks.contest_aims import AIMS, BY_NAME, FIGURES, Aim, Figure, Kind, Together, kind_name, kind_of

OWN = "porelake"
_SAME = 5e-4  # differences below what is printed are none
_MOST = 6  # mistakes that are listed of one series
_BRIEF = {
    "links": "links_f1",
    "births": "births_f1_1",
    "deaths": "deaths_f1_1",
    "merges": "merges_f1_1",
    "splits": "splits_f1_1",
    "lives": "lifetimes_right",
}


def summary(done: Sequence[Result]) -> str:
    """One line on a series."""
    parts = []
    for one in done:
        if one.figures is None:
            parts.append(f"{one.tracker} failed ({one.error})")
            continue
        figures = ((name, one.figures[key]) for name, key in _BRIEF.items())
        said = [f"{name} {value:.3f}" for name, value in figures if not math.isnan(value)]
        parts.append(f"{one.tracker} {', '.join(said)}, {len(one.mistakes)} mistakes, {one.seconds:.2f} s")
    return "; ".join(parts)


def page(every: Sequence[Result], made_s: float, ran_s: float) -> str:
    """The page as Markdown.

    Parameters
    ----------
    every : sequence of Result
    made_s, ran_s : float
        Time of making the series, and of running and scoring all trackers, s.
    """
    together = Together(every)
    seeds = sorted({one.series.seed for one in every})
    series = len({one.series.name for one in every})
    head = _HEAD.format(
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        version=version("porelake"),
        series=series,
        seeds=f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"{seeds[0]}",
        made=made_s / 60,
        ran=ran_s / 60,
    )
    parts = [head, *_aims(together), *_ahead(together)]
    parts += [table for figure in FIGURES if (table := _table_of(together, figure))]
    parts += ["## Time", _times(together), *_missed(every, together), *_failed(every)]
    return "\n\n".join(parts) + "\n"


def _aims(together: Together) -> Iterator[str]:
    """What is asked beside what is reached."""
    yield "## What is asked"
    asked = [(aim, [kind for kind in together.kinds if aim.concerns(kind)]) for aim in AIMS]
    n_missed = sum(not aim.met(_own(together, kind, aim)) for aim, kinds in asked for kind in kinds)
    n = sum(len(kinds) for _, kinds in asked)
    yield _ASKED.format(missed=n_missed, n=n)
    rows = [("figure", "asked", "least reached", "in", "missed in")]
    for aim, kinds in asked:
        known = [(_own(together, kind, aim), kind) for kind in kinds]
        known = [pair for pair in known if not math.isnan(pair[0])]
        if not known:
            continue
        sign = 1 if BY_NAME[aim.figure].more else -1
        worst = min(known, key=lambda pair: sign * pair[0])
        missed = [f"{kind_name(kind)} ({_number(value)})" for value, kind in known if not aim.met(value)]
        what = BY_NAME[aim.figure].text + ("" if aim.every == 1 else ", thinned")
        rows.append(
            (what, str(aim), _number(worst[0]), kind_name(worst[1]), ", ".join(missed) or "none: **met**")
        )
    yield _markdown(rows)


def _own(together: Together, kind: Kind, aim: Aim) -> float:
    return together.value(kind, OWN, BY_NAME[aim.figure])


def _ahead(together: Together) -> Iterator[str]:
    """Who is ahead on each figure."""
    if len(together.trackers) < 2 or OWN not in together.trackers:
        return
    yield "## Who is ahead"
    yield _AHEAD
    rows = [("figure", "ahead", "level", "behind", "behind in")]
    for figure in FIGURES:
        states: Counter[str] = Counter()
        lost = []
        for kind in together.kinds:
            own, (other, name) = together.value(kind, OWN, figure), together.best_other(kind, figure, OWN)
            if math.isnan(own) or math.isnan(other):
                continue
            lead = (own - other) * (1 if figure.more else -1)
            state = "level" if abs(lead) < _SAME else "ahead" if lead > 0 else "behind"
            states[state] += 1
            if state == "behind":
                lost.append(f"{kind_name(kind)} ({_number(own)}, {name} {_number(other)})")
        counts = [str(states[state]) for state in ("ahead", "level", "behind")]
        rows.append((figure.text, *counts, ", ".join(lost) or "none"))
    yield _markdown(rows)


def _table_of(together: Together, figure: Figure) -> str:
    """One figure of all trackers; nothing where there is nothing to tell it from."""
    rows = [("series", *together.trackers)]
    for kind in together.kinds:
        values = [together.value(kind, name, figure) for name in together.trackers]
        if all(map(math.isnan, values)):
            continue
        known = [value for value in values if not math.isnan(value)]
        best = (max if figure.more else min)(known)
        cells = []
        for name, value in zip(together.trackers, values, strict=True):
            text = f"{_number(value)} ({_number(together.worst(kind, name, figure))})"
            cells.append(f"**{text}**" if abs(value - best) < _SAME else text)
        rows.append((kind_name(kind), *cells))
    return f"## {figure.text}\n\n{_markdown(rows)}" if len(rows) > 1 else ""


def _times(together: Together) -> str:
    rows = [("series", "features each", *together.trackers)]
    for kind in together.kinds:
        groups = [together.of(kind, name) for name in together.trackers]
        features = next((group for group in groups if group), [])
        n = sum(one.features for one in features) / max(len(features), 1)
        cells = [f"{sum(r.seconds for r in g) / len(g):.2f}" if g else "-" for g in groups]
        rows.append((kind_name(kind), f"{n:.0f}", *cells))
    return f"{_TIME}\n\n{_markdown(rows)}"


def _missed(every: Sequence[Result], together: Together) -> Iterator[str]:
    """The mistakes behind aims that were missed."""
    yield "## Where aims are missed"
    lost = {
        kind
        for aim in AIMS
        for kind in together.kinds
        if aim.concerns(kind) and not aim.met(_own(together, kind, aim))
    }
    lines = []
    for one in every:
        if one.tracker != OWN or kind_of(one) not in lost or not one.mistakes:
            continue
        counts = ", ".join(f"{n} {what}" for what, n in sorted(Counter(m.what for m in one.mistakes).items()))
        lines.append(f"- {kind_name(kind_of(one))}, seed {one.series.seed}: {counts}")
        lines += [f"  - `{' '.join(str(wrong).split())}`" for wrong in one.mistakes[:_MOST]]
    yield _MISSED if lines else "Nowhere."
    if lines:
        yield "\n".join(lines)


def _failed(every: Sequence[Result]) -> Iterator[str]:
    lines = [f"- {one.series.name}, {one.tracker}: {one.error}" for one in every if one.error]
    if lines:
        yield "## Runs that failed"
        yield "\n".join(lines)


def _number(value: float) -> str:
    if math.isnan(value):
        return "-"
    if value == round(value) and value != 1:
        return f"{value + 0.0:.0f}"  # + 0.0: no -0
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3f}"


def _markdown(rows: Sequence[tuple[str, ...]]) -> str:
    lines = [rows[0], ("---", *["---:"] * (len(rows[0]) - 1)), *rows[1:]]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


_HEAD = """# Tracking

Made by `make challenge` on {day} with porelake {version}; no figure is typed by hand. All trackers follow the
same detections of the same {series} simulated series, seeds {seeds} of every scenario, and are scored with
`porelake score` against the known truth. What happens in the scenarios is told in
[Simulation](simulation.md); `porelake challenge --out DIR` makes the same series for any other tracker, with
the rules. How ours works is in [decision 6](decisions/0006-tracking.md), how the others were chosen and tuned
(on other seeds) in [decision 11](decisions/0011-other-trackers.md). Making the series took {made:.1f} min,
running and scoring all trackers {ran:.1f} min, on two cores.

What the figures mean. A *link* says that two features in different frames are the same one, or that one came
out of the other; *F1* is the harmonic mean of the part of the true ones that was found and the part of those
found that are true. Features that only one side has are no fault of the links beside them. *Births* and
*deaths* are those that were seen, not those at the edge of what was observed; an event counts as found within
a frame and ten native pixels. *Arity*: of the merges (splits) that were found, those with the true number of
partners. *Lifetimes right*: of the true lives that are complete, those whose length is right within a frame.
*Censoring right*: of matched tracks those whose two ends are rightly said to be seen or not. *Identity
switches*: how often a true track changes over from one found track to another. IDF1, TRA, LNK and CHOTA are
measures of the literature on tracking: of identities, of nodes and links, of links, and of whole
trajectories. At 1 h and 2 h only every fifth or tenth frame of the series is left, and true is what can be
known at that cadence. More on each figure is in [Scores](scoring.md).

Figures of F1 and arity are of all seeds of a scenario together, others means over seeds; in brackets the
worst seed."""

_ASKED = """For porelake: {missed} of {n} figures of scenarios are short of what is asked."""

_AHEAD = """In how many scenarios and cadences porelake is ahead of the best of the others, level with it, or
behind."""

_TIME = """Tracking alone, s for one series, label images read from files included; two series at a time,
on two cores."""

_MISSED = """What porelake gets wrong in the scenarios in which a figure is short of what is asked, seed by
seed: how many mistakes of each kind, and the first of them with its step of the series (from 0) and native
pixel."""
