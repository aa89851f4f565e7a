"""The page: tables as markdown, the machine and the versions they are from."""

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.timing import Sample

_PACKAGES = ("numpy", "scipy", "scikit-image", "astropy", "sunpy", "h5py", "hdf5plugin", "pyarrow", "duckdb")
Cells = tuple[object, ...]


@dataclass(frozen=True)
class Table:
    """Rows with a title and a sentence on how they came about.

    `figures` are those of them that the aims and the guard know, by name (`benchmarks.aims`).
    """

    title: str
    head: tuple[str, ...]
    rows: Sequence[Cells]
    note: str = ""
    figures: Mapping[str, Sample] = field(default_factory=dict)

    def __str__(self) -> str:
        table = markdown([self.head, *self.rows])
        return "\n\n".join(filter(None, (f"## {self.title}", self.note, table)))


@dataclass(frozen=True)
class Machine:
    """When and where figures were measured."""

    day: str
    processor: str
    versions: str
    load: float  # of the machine at the start

    @classmethod
    def here(cls) -> "Machine":
        """The one we are on, now."""
        cores, memory_gb = len(os.sched_getaffinity(0)), os.sysconf("SC_PAGE_SIZE") * _pages() / 1e9
        return cls(
            f"{datetime.now(UTC):%Y-%m-%d}",
            f"{_processor()}, {cores} cores, {memory_gb:.0f} GB, {platform.system()} {platform.machine()}",
            f"Python {platform.python_version()}; "
            + ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
            round(os.getloadavg()[0], 1),
        )


@dataclass(frozen=True)
class Group:
    """Tables that are measured together; `record` is what most of them worked on."""

    name: str
    machine: Machine
    tables: Sequence[Table]
    record: str = ""

    @property
    def figures(self) -> dict[str, Sample]:
        """All named figures of its tables."""
        return {name: sample for table in self.tables for name, sample in table.figures.items()}


def in_ms(times: Mapping[str, Sample]) -> list[Cells]:
    """Rows of name and time in ms."""
    return [(name, time.scaled(1e3)) for name, time in times.items()]


def markdown(lines: Iterable[Cells], left: int = 1) -> str:
    """A table of its head and rows, the first columns flush left."""
    head, *rows = lines
    rule = ["---"] * left + ["---:"] * (len(head) - left)
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in (head, rule, *rows))


def page(aims: str, groups: Sequence[Group]) -> str:
    """The whole page: the table of the aims, when and where each group was measured, then all tables."""
    latest = max((group.machine for group in groups), key=lambda machine: machine.day)
    record = next((group.record for group in groups if group.record), "none")
    head = f"""# Performance

{aims}

## How it was measured

Written by `make bench`; `make bench ONLY=GROUP` measures a group of tables anew.

Figures are medians (least-greatest) of several rounds. What is compared was measured in turns, in one
process, and a ratio is taken within each round, so that it holds on other machines better than the times
do. One core and one thread, unless a table says otherwise. The load is that of the machine when the
measuring of a group began: near the number of cores or above it, others used them, too.

{markdown([_GROUP, *(_measured(group, latest) for group in groups)], left=1)}

- Record: {record}.
- Machine: {latest.processor}.
- {latest.versions}."""
    return "\n\n".join([head, *(_section(group, latest) for group in groups)]) + "\n"


_GROUP = ("group", "day", "load", "other machine or versions")


def _measured(group: Group, latest: Machine) -> Cells:
    """When a group was measured, on how busy a machine, and on which if not on that of the page."""
    own = group.machine
    usual = latest.versions.split(", ")
    other = [own.processor] if own.processor != latest.processor else []
    other += [each for each in own.versions.split(", ") if each not in usual]
    return f"`{group.name}`", own.day, f"{own.load:.1f}", ", ".join(other)


def _section(group: Group, latest: Machine) -> str:
    own = group.machine
    if (own.day, own.processor) == (latest.day, latest.processor):
        return "\n\n".join(map(str, group.tables))
    where = "" if own.processor == latest.processor else f", {own.processor}"
    said = f"Measured on {own.day}{where}."
    return "\n\n".join(str(table).replace("\n\n", f"\n\n{said}\n\n", 1) for table in group.tables)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "processor"
    )


def _pages() -> int:
    return os.sysconf("SC_PHYS_PAGES")
