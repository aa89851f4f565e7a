"""The science plots: each the answer of a named query, or of two."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.rows import Answer
from flows.report import life_figures, population_figures
from flows.report.figures import Drawn

MOST_ROWS = 200  # of the table beneath a plot; its CSV has all


@dataclass(frozen=True)
class Subject:
    """What is plotted: heading, meaning, queries, and what draws their answers."""

    name: str
    title: str
    meaning: str
    queries: tuple[str, ...]
    draw: Callable[[Sequence[Answer]], Drawn]


@dataclass(frozen=True, eq=False)
class Plot:
    """A subject with the answers of a lake, drawn."""

    subject: Subject
    answers: tuple[Answer, ...]
    drawn: Drawn

    def records(self, answer: Answer) -> list[dict[str, Any]]:
        """Rows for a table beneath the plot."""
        return answer.records()[:MOST_ROWS]


SUBJECTS = (
    Subject(
        "lifetime-br",
        "Lifetime against mean Br",
        "How long pores live against the modulus of their radial field, mean over the life. Filled: the"
        " survival median, which counts lives cut short as lower bounds. Open: the median of the lives seen"
        " whole, in which short ones are favoured. Where no bar leads upwards, that limit is not reached.",
        ("lifetime_vs_br",),
        life_figures.lifetimes("br_from", "br_to", "|mean Br| (G)"),
    ),
    Subject(
        "survival",
        "Survival",
        "The fraction of pores that live longer than a time, by Kaplan and Meier (1958), of lives whose birth"
        " was seen.",
        ("survival",),
        life_figures.survival,
    ),
    Subject(
        "naive",
        "How wrong the histogram of lifetimes is",
        "Long lives are seldom seen whole: survival by Kaplan and Meier of the lives whose birth was seen,"
        " beside the histogram of those seen from birth to death.",
        ("naive_lifetimes",),
        life_figures.naive,
    ),
    Subject(
        "boundary",
        "Lifetime against the field at the boundary",
        "The Jurčák criterion: what has more than a critical vertical field at its boundary is stable.",
        ("boundary_field_vs_lifetime",),
        life_figures.lifetimes("br_from", "br_to", "|Br| on the outline, mean over the life (G)"),
    ),
    Subject(
        "lifetime-area",
        "Lifetime against largest area",
        "The largest area is known at the end of a life only: of a life cut short it was perhaps still to"
        " come.",
        ("lifetime_vs_area",),
        life_figures.lifetimes("area_from", "area_to", "Largest area (Mm²)", log=True),
    ),
    Subject(
        "areas",
        "Areas",
        "The largest area of each pore, and the log-normal law by maximum likelihood. What is below the limit"
        " of detection is missing.",
        ("area_distribution", "area_lognormal"),
        population_figures.areas,
    ),
    Subject(
        "growth",
        "Growth and decay",
        "Rates of change of the area of pores that were seen to emerge (growth) and to decay, against their"
        " largest area.",
        ("growth_and_decay", "growth_law"),
        population_figures.growth,
    ),
    Subject(
        "interactions",
        "Merges and splits",
        "How often a pore merges or splits in an hour of being watched, with Poisson limits of 95 %.",
        ("merge_split_rates",),
        population_figures.interactions,
    ),
    Subject(
        "occurrence",
        "Occurrence",
        "Pores of a region in time since its first one, or since the first that was seen where others may"
        " have been before.",
        ("occurrence",),
        population_figures.occurrence,
    ),
)


def plots(ask: Callable[[str], Answer]) -> list[Plot]:
    """Ask for the rows of every plot; those without anything to draw are left out."""
    found = []
    for subject in SUBJECTS:
        answers = tuple(ask(query) for query in subject.queries)
        if answers[0].rows and (drawn := subject.draw(answers)).figure["data"]:
            found.append(Plot(subject, answers, drawn))
    return found
