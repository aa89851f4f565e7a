"""Whether figures have drifted from the stored ones: ratios and sizes, which hold on other machines too."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.report import Cells, Table
from benchmarks.timing import Sample

RATIO_DRIFT, SIZE_DRIFT = 0.30, 0.05
_ROUNDS = 3
_RATIO = re.compile(r"(^|[._])over_|_share$|\.linearity$")

# What the names of figures mean that are compared, for who reads the table.
NAMES = """\
`group.this_over_that` is a time, or a number of bytes, divided by another of the tables of its group: below 1
`this` is the smaller. `usual`: the usual way. `fits`, `cube`: porelake from FITS files, and from its cube.
`floor`: reading them and nothing else. `bytes_of_11_segments`: their cube. `writing`, `reading`, `stage`:
ingest less reading, reading, all of ingest, of a series or, `new_cube`, of a record; `decoding`: astropy's.
In `short` tracking, in `lake` answers, by porelake over those by another program: `headline`, lifetime
against Br; `survival`, the survival curve; `one_harp`, `one_pore`, six columns of the features of a HARP, and
of a feature. `bytes_per_pore_row`: of a row of `pores`."""


@dataclass(frozen=True)
class Drift:
    """A figure as stored and as measured; one of them is missing where it was only in the other."""

    name: str
    stored: Sample | None
    measured: Sample | None

    @property
    def change(self) -> float:
        """Median measured / median stored - 1."""
        return (
            self.measured.median / self.stored.median - 1 if self.measured and self.stored else float("nan")
        )

    @property
    def too_few(self) -> bool:
        """Whether the rounds that were stored don't tell how far a ratio goes by itself."""
        return self.stored is not None and not is_size(self.name) and len(self.stored.values) < _ROUNDS

    @property
    def seems(self) -> bool:
        """Whether every round lies beyond what is allowed, and beyond every round that was stored."""
        if self.measured is None or self.stored is None or self.too_few:
            return False
        allowed, least, most = 1 + allowance(self.name), min(self.measured.values), max(self.measured.values)
        higher = least > max(allowed * self.stored.median, *self.stored.values)
        return higher or most < min(self.stored.median / allowed, *self.stored.values)

    @property
    def verdict(self) -> str:
        """In words."""
        if self.measured is None:
            return "not measured"
        if self.stored is None:
            return "not stored yet"
        if self.too_few:
            return "too few rounds stored"
        return f"**drift beyond {allowance(self.name):.0%}**" if self.seems else "holds"

    def said(self, figure: Sample | None) -> str:
        """A figure in words; of sizes all digits that count."""
        if figure is None:
            return ""
        return f"{figure.median:.4g}" if is_size(self.name) else str(figure)

    def with_more(self, rounds: Sample | None) -> "Drift":
        """With the rounds of a second measurement beside those of the first."""
        if self.measured is None or rounds is None:
            return self
        return replace(self, measured=Sample(self.measured.values + rounds.values))


def is_size(name: str) -> bool:
    """Whether a figure is a number of bytes or a ratio of such: exact, where the software is the same."""
    return "bytes" in name


def compared(name: str) -> bool:
    """Whether a figure means the same on every machine."""
    return is_size(name) or _RATIO.search(name) is not None


def allowance(name: str) -> float:
    """Relative change that is no drift."""
    return SIZE_DRIFT if is_size(name) else RATIO_DRIFT


def drifts(stored: Mapping[str, Sample], measured: Mapping[str, Sample]) -> list[Drift]:
    """Compare all figures that mean the same on every machine."""
    names = [name for name in {**stored, **measured} if compared(name)]
    return [Drift(name, stored.get(name), measured.get(name)) for name in names]


def drift_table(found: Sequence[Drift]) -> Table:
    """All of them, what drifts first."""
    rows: list[Cells] = [
        (f"`{each.name}`", *map(each.said, (each.stored, each.measured)), _percent(each.change), each.verdict)
        for each in sorted(found, key=lambda each: not each.seems)
    ]
    return Table(
        "Quick figures measured again",
        ("figure", "stored", "measured", "change", ""),
        rows,
        f"{NAMES}\n\nRatios may drift by {RATIO_DRIFT:.0%}, sizes by {SIZE_DRIFT:.0%}. More is drift only"
        " where every round of two measurements lies beyond it, and beyond every round that was stored.",
        {"guard.drifting": Sample((sum(each.seems for each in found),))},
    )


def _percent(change: float) -> str:
    return "" if change != change else f"{round(change, 2) + 0:+.0%}"
