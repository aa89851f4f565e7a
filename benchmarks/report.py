"""The page: tables as markdown, the machine and the versions they are from."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.timing import Sample

_PACKAGES = ("numpy", "scipy", "scikit-image", "astropy", "sunpy", "h5py", "hdf5plugin", "pyarrow", "duckdb")


@dataclass(frozen=True)
class Table:
    """Rows with a title and a sentence on how they came about.

    `figures` are those of them that the aims and the guard know, by name (`benchmarks.aims`).
    """

    title: str
    head: tuple[str, ...]
    rows: Sequence[tuple[object, ...]]
    note: str = ""
    figures: Mapping[str, Sample] = field(default_factory=dict)

    def __str__(self) -> str:
        lines = [self.head, ("---", *["---:"] * (len(self.head) - 1)), *self.rows]
        table = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)
        return "\n\n".join(filter(None, (f"## {self.title}", self.note, table)))


def in_ms(times: Mapping[str, Sample]) -> list[tuple[object, ...]]:
    """Rows of name and time in ms."""
    return [(name, time.scaled(1e3)) for name, time in times.items()]


def page(record: str, tables: Sequence[Table], load: float) -> str:
    """The whole page."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    head = f"""# Performance

Written by `make bench` on {datetime.now(UTC):%Y-%m-%d}; every figure is measured anew by it.

Figures are medians (least-greatest) of several rounds. What is compared was measured in turns, in one
process, and a ratio is taken within each round, so that it holds on other machines better than the times
do. One core and one thread, unless a table says otherwise. Load of the machine at the start: {load:.1f}.

- Record: {record}.
- Machine: {_processor()}, {len(os.sched_getaffinity(0))} cores, {_memory_gb():.0f} GB,
  {platform.system()} {platform.machine()}.
- Python {platform.python_version()}; {packages}."""
    return "\n\n".join([head, *map(str, tables)]) + "\n"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "processor"
    )


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
