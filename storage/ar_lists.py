"""Lists of active regions as files: NOAA numbers in the first column, `#` comments, whatever else beside."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pores.errors import InputError
from storage.noaa_table import Regions, harp_number, listed, noaa_number, read_text, told


@dataclass(frozen=True)
class Row:
    """A row of a list: its line, its region, and the HARP in its last column where there is one."""

    line: int
    noaa: int
    harpnum: int | None


def ar_list(path: Path) -> list[int]:
    """NOAA numbers of a list, each once, in its order.

    Raises
    ------
    InputError
        As `rows` does.
    """
    return list(dict.fromkeys(row.noaa for row in rows(path)))


def rows(path: Path) -> list[Row]:
    """Every row of a list.

    Raises
    ------
    InputError
        If the file can't be read, has no row, or has rows that begin with no NOAA number: all are named.
    """
    found, wrong = [], []
    for number, line in enumerate(read_text(path, "--list").split("\n"), start=1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        noaa = noaa_number(words[0])
        if noaa is None:
            wrong.append(f"line {number}: {words[0][:40]!r}")
        else:
            found.append(Row(number, noaa, harp_number(words[-1]) if len(words) > 1 else None))
    if wrong:
        text = f"--list {path}: rows that begin with no NOAA number of five digits: {told(wrong)}"
        raise InputError(text)
    if not found:
        raise InputError(f"--list {path}: no region in it; a row begins with a NOAA number, as 11923")
    return found


def disagreements(rows_listed: Iterable[Row], regions: Regions) -> list[str]:
    """Where a list names another HARP than those that hold the region: lines for people."""
    return [
        f"line {row.line}: AR {row.noaa} is HARP {listed(harps)} by {regions.origin}, not HARP {row.harpnum}"
        for row in rows_listed
        if (harps := regions.harps_of.get(row.noaa, ())) and row.harpnum is not None
        if row.harpnum not in harps
    ]
