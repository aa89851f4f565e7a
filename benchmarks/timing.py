"""Times of several ways to do something, taken in turns so that they can be compared."""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

Work = Callable[[], object]
_SMALL = 0.01  # below it two decimals would hide how large a figure is


@dataclass(frozen=True)
class Sample:
    """One figure, measured several times; samples of one `in_turns` can be divided round by round."""

    values: tuple[float, ...]

    def __truediv__(self, other: "Sample") -> "Sample":
        """Ratio of two times, each of the same round."""
        return Sample(tuple(a / b for a, b in zip(self.values, other.values, strict=True)))

    def __sub__(self, other: "Sample") -> "Sample":
        """Difference of two times, each of the same round."""
        return Sample(tuple(a - b for a, b in zip(self.values, other.values, strict=True)))

    def scaled(self, factor: float) -> "Sample":
        """The same in another unit."""
        return Sample(tuple(factor * value for value in self.values))

    def per(self, amount: float) -> "Sample":
        """An amount over these times: a rate."""
        return Sample(tuple(amount / value for value in self.values))

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return median(self.values)

    def __str__(self) -> str:
        low, middle, high = (_digits(value) for value in (min(self.values), self.median, max(self.values)))
        return f"{middle} ({low}-{high})" if len(self.values) > 1 else middle


def seconds(work: Work) -> float:
    """Time of one call, s."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turns(works: Mapping[str, Work], rounds: int) -> dict[str, Sample]:
    """Times in s of each piece of work, one after the other in every round, a first round not counting.

    What else goes on on the machine then meets all of them alike, so that ratios mean more than times.
    """
    for work in works.values():
        work()
    rows = [[seconds(work) for work in works.values()] for _ in range(rounds)]
    return {name: Sample(values) for name, values in zip(works, zip(*rows, strict=True), strict=True)}


def _digits(value: float) -> str:
    """A figure with three digits that count, or two decimals where those are enough."""
    size = abs(value)
    if size >= _SMALL or size == 0:
        decimals = 0 if size >= 100 or size == 0 else 1 if size >= 10 else 2
    else:
        decimals = 2 - math.floor(math.log10(size))
    return f"{value:.{decimals}f}"
