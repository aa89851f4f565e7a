"""Lists of active regions: files with NOAA numbers in the first column, and numbers as people write them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pores.errors import InputError
from storage.noaa_table import Regions, harp_number, listed, noaa_number, read_text, told

_PREFIX = re.compile("(?:AR|NOAA)(?=[0-9])", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """A row of a list: its line, its region, and the HARP in its last column where there is one."""

    line: int
    noaa: int
    harpnum: int | None


def region_numbers(words: Iterable[str], option: str = "AR") -> list[int]:
    """NOAA numbers as people write them, each word one or several: 11158, AR11158, NOAA11158, 11158,11133.

    Raises
    ------
    InputError
        If one is no number; it names the option. Whether there is such a region is not looked at.

    Examples
    --------
    >>> region_numbers(["AR11158", "11133,11134"])
    [11158, 11133, 11134]
    """
    found = []
    for text in (text for word in words for text in re.split(r"[\s,;]+", word) if text):
        digits = _PREFIX.sub("", text, count=1)
        if not re.fullmatch("[0-9]{1,9}", digits):
            raise InputError(f"{option} {digits[:40]}: not a NOAA number; write 11158 or AR11158")
        found.append(int(digits))
    return found


def ar_list(path: Path) -> list[int]:
    """NOAA numbers of a list, each once, in its order.

    Raises
    ------
    InputError
        As `rows` does.
    """
    return list(dict.fromkeys(row.noaa for row in rows(path)))


def rows(path: Path) -> list[Row]:
    """Every row of a list; its columns are apart by blanks, commas or semicolons.

    Raises
    ------
    InputError
        If the file can't be read, has no row, or has rows that begin with no NOAA number: all are named.
    """
    lines = _lines(path)
    found, wrong = [], []
    for number, words in lines[1:] if _names_columns(lines) else lines:
        noaa = noaa_number(_PREFIX.sub("", words[0], count=1))
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


def notes(path: Path, regions: Regions) -> list[str]:
    """What people should hear of a list: the row that was passed over, and `disagreements`."""
    lines = _lines(path)
    names = [f"line {lines[0][0]}: taken for names of columns"] if _names_columns(lines) else []
    return [*names, *disagreements(rows(path), regions)]


def disagreements(rows_listed: Iterable[Row], regions: Regions) -> list[str]:
    """Where a list names another HARP than those that hold the region: lines for people."""
    return [
        f"line {row.line}: AR {row.noaa} is HARP {listed(harps)} by {regions.origin}, not HARP {row.harpnum}"
        for row in rows_listed
        if (harps := regions.harps_of.get(row.noaa, ())) and row.harpnum is not None
        if row.harpnum not in harps
    ]


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Number and words of every line that has words."""
    lines = enumerate(read_text(path, "--list").split("\n"), start=1)
    split = ((number, re.split(r"[\s,;]+", line.partition("#")[0])) for number, line in lines)
    stripped = ((number, [word.strip("\"'") for word in words]) for number, words in split)
    return [(number, kept) for number, words in stripped if (kept := list(filter(None, words)))]


def _names_columns(lines: list[tuple[int, list[str]]]) -> bool:
    """Whether the first line is a table's head: it begins with no number, and has no NOAA number at all."""
    words = lines[0][1] if lines else []
    return bool(words) and not any(map(str.isdigit, words[0])) and not any(map(noaa_number, words))
