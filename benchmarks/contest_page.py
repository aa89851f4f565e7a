"""The page on tracking: what trackers made of the challenge, beside what is asked; all of it computed."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from benchmarks.contest import Result
from benchmarks.contest_aims import AIMS, BY_NAME, FIGURES, Aim, Figure, Kind, Together, kind_name, kind_of
from benchmarks.contest_text import AHEAD, ASKED, HEAD, LIMIT, MISSED, OVERALL
from benchmarks.mistakes import AT_LIMIT

OWN = "porelake"
_SAME = 5e-4  # differences below what is printed are none
_MOST = 6  # mistakes that are listed of one series
_OFF_TIME = ("birth early", "birth late", "death early", "death late")
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


def page(every: Sequence[Result]) -> str:
    """The page as Markdown."""
    together = Together(every)
    seeds = sorted({one.series.seed for one in every})
    series = len({one.series.name for one in every})
    head = HEAD.format(
        day=f"{datetime.now(UTC):%Y-%m-%d}",
        version=version("porelake"),
        series=series,
        seeds=f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"{seeds[0]}",
    )
    parts = [head, *_aims(together), *_overall(together), *_ahead(together)]
    parts += [table for figure in FIGURES if (table := _table_of(together, figure))]
    parts += ["## Features", _features(together), *_missed(every, together), *_failed(every)]
    return "\n\n".join(parts) + "\n"


def _aims(together: Together) -> Iterator[str]:
    """What is asked beside what is reached."""
    yield "## What is asked"
    asked = [(aim, [kind for kind in together.kinds if _is_asked(together, aim, kind)]) for aim in AIMS]
    n_missed = sum(_is_missed(together, aim, kind) for aim, kinds in asked for kind in kinds)
    yield ASKED.format(missed=n_missed, n=sum(len(kinds) for _, kinds in asked))
    rows = [("figure", "asked", "least reached", "in", "missed in")]
    for aim, kinds in asked:
        if not kinds:
            continue
        values = {kind: _own(together, kind, aim) for kind in kinds}
        sign = 1 if BY_NAME[aim.figure].more else -1
        worst = min(kinds, key=lambda kind: -math.inf if math.isnan(values[kind]) else sign * values[kind])
        missed = [
            f"{kind_name(kind)} ({_number(value)}{', a run failed' * together.failed(kind, OWN)})"
            for kind, value in values.items()
            if _is_missed(together, aim, kind)
        ]
        what = BY_NAME[aim.figure].text + ("" if aim.every == 1 else ", thinned")
        reached = _number(values[worst]), kind_name(worst)
        rows.append((what, str(aim), *reached, ", ".join(missed) or "none: **met**"))
    yield _markdown(rows)


def _is_asked(together: Together, aim: Aim, kind: Kind) -> bool:
    """Whether a kind of series has what is asked, or should: a run that failed does not excuse."""
    if not aim.concerns(kind):
        return False
    return together.failed(kind, OWN) or not math.isnan(_own(together, kind, aim))


def _is_missed(together: Together, aim: Aim, kind: Kind) -> bool:
    return together.failed(kind, OWN) or not aim.met(_own(together, kind, aim))


def _own(together: Together, kind: Kind, aim: Aim) -> float:
    return together.value(kind, OWN, BY_NAME[aim.figure])


def _overall(together: Together) -> Iterator[str]:
    """All trackers on all scenarios, at each cadence."""
    yield "## All scenarios together"
    yield OVERALL
    for every in sorted({kind[1] for kind in together.kinds}):
        rows = [(f"at {0.2 * every:g} h", *together.trackers)]
        for figure in FIGURES:
            values = [together.overall(every, name, figure) for name in together.trackers]
            if not all(map(math.isnan, values)):
                rows.append((figure.text, *_with_best(values, [_number(value) for value in values], figure)))
        yield _markdown(rows)


def _with_best(values: Sequence[float], texts: Sequence[str], figure: Figure) -> list[str]:
    """The texts of values, that of the best, or of several as good, in bold."""
    best = (max if figure.more else min)(value for value in values if not math.isnan(value))
    return [
        f"**{text}**" if abs(value - best) < _SAME else text
        for value, text in zip(values, texts, strict=True)
    ]


def _ahead(together: Together) -> Iterator[str]:
    """Who is ahead on each figure."""
    if len(together.trackers) < 2 or OWN not in together.trackers:
        return
    yield "## Who is ahead"
    yield AHEAD
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
        worst = [together.worst(kind, name, figure) for name in together.trackers]
        texts = [f"{_number(v)} ({_number(w)})" for v, w in zip(values, worst, strict=True)]
        cells = _with_best(values, texts, figure)
        rows.append((kind_name(kind), *cells))
    return f"## {figure.text}\n\n{_markdown(rows)}" if len(rows) > 1 else ""


def _features(together: Together) -> str:
    """How many features a series has."""
    rows = [("series", "features each")]
    for kind in together.kinds:
        groups = [together.of(kind, name) for name in together.trackers]
        features = next((group for group in groups if group), [])
        n = sum(one.features for one in features) / max(len(features), 1)
        rows.append((kind_name(kind), f"{n:.0f}"))
    return _markdown(rows)


def _missed(every: Sequence[Result], together: Together) -> Iterator[str]:
    """The mistakes behind aims that were missed."""
    yield "## Where aims are missed"
    lost = {
        kind
        for aim in AIMS
        for kind in together.kinds
        if aim.concerns(kind) and _is_missed(together, aim, kind)
    }
    lines = []
    for one in every:
        if one.tracker != OWN or kind_of(one) not in lost or not one.mistakes:
            continue
        counts = ", ".join(f"{n} {what}" for what, n in sorted(Counter(m.what for m in one.mistakes).items()))
        lines.append(f"- {kind_name(kind_of(one))}, seed {one.series.seed}: {counts}")
        lines += [f"  - `{' '.join(str(wrong).split())}`" for wrong in one.mistakes[:_MOST]]
    yield MISSED if lines else "Nowhere."
    if lines:
        yield _at_the_limit(every)
        yield "\n".join(lines)


def _at_the_limit(every: Sequence[Result]) -> str:
    """How many births and deaths are told at the wrong time, and how many of them at the limit of size."""
    told = [wrong for one in every if one.tracker == OWN for wrong in one.mistakes]
    off = [
        wrong for wrong in told if wrong.what in ("birth early", "birth late", "death early", "death late")
    ]
    return LIMIT.format(n=len(off), small=sum(AT_LIMIT in wrong.detail for wrong in off))


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
