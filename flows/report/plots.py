"""The science plots: each the answer of a named query."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalog.rows import Answer
from flows.report import places
from flows.report.figures import Figure

MOST_ROWS = 200  # of the table beneath a plot; its CSV has all


@dataclass(frozen=True, eq=False)
class Plot:
    """One plot.

    Attributes
    ----------
    title, meaning, summary : str
        Heading, what it shows, and what it shows here.
    answer : Answer
    figure : dict
        Data and layout for plotly.
    """

    title: str
    meaning: str
    summary: str
    answer: Answer
    figure: Figure

    @property
    def name(self) -> str:
        """Of the query."""
        return self.answer.name

    @property
    def csv(self) -> str:
        """File of the rows."""
        return places.rows_file(self.name)

    @property
    def records(self) -> list[dict[str, Any]]:
        """Rows for the table beneath it."""
        return self.answer.records()[:MOST_ROWS]


def plots(ask: Callable[..., Answer]) -> list[Plot]:
    """Ask for the rows of every plot; those without rows are left out."""
    return []
