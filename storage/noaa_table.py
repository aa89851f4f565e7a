"""NOAA regions and HARPs, n to m: the table that says which HARP holds which regions, read by its columns."""

import codecs
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pores.errors import InputError

FIRST_NOAA, LAST_NOAA = 10000, 99999  # five digits; SDO has seen none below 11000
_FIRST_TOO_LONG = 10_000_000  # no HARPNUM: HARPs come at some 850 a year
_TOLD = 50  # wrong rows named in one message


@dataclass(frozen=True)
class Regions:
    """Which HARP holds which NOAA regions, as one source has it.

    Parameters
    ----------
    pairs : frozenset of (HARPNUM, NOAA number)
    origin : str
        The source, for people: "JSOC, fetched 2026-11-22".
    date : str
        Of what day, or month, the source is: "2026-11-22", "2025-02"; empty where that is not known.
    notes : tuple of str
        What people should hear of it: rows that can't be read, a copy that had to do.
    """

    pairs: frozenset[tuple[int, int]]
    origin: str
    date: str = ""
    notes: tuple[str, ...] = ()

    @cached_property
    def harps_of(self) -> Mapping[int, tuple[int, ...]]:
        """NOAA number to the HARPs that hold the region."""
        return _grouped((noaa, harpnum) for harpnum, noaa in self.pairs)

    @cached_property
    def regions_of(self) -> Mapping[int, tuple[int, ...]]:
        """HARPNUM to the NOAA regions it holds."""
        return _grouped(self.pairs)

    def beside(self, noaa: int) -> dict[int, tuple[int, ...]]:
        """HARPNUM to the other regions, for each HARP of a region that holds more than it."""
        found = {
            harpnum: tuple(other for other in self.regions_of[harpnum] if other != noaa)
            for harpnum in self.harps_of.get(noaa, ())
        }
        return {harpnum: others for harpnum, others in found.items() if others}


def parse(text: str) -> tuple[frozenset[tuple[int, int]], tuple[str, ...]]:
    r"""Pairs (HARPNUM, NOAA number) of a table, and its wrong rows, each as `line 3: 'x 11158'`.

    A row is a HARPNUM and the NOAA numbers of its regions, apart by blanks or commas, as in JSOC's list
    (`284 11133,11134`) or with one pair a row (`284,11133`). Empty lines, `#` comments and the row of column
    names are passed over.

    Examples
    --------
    >>> pairs, wrong = parse("HARPNUM NOAA_ARS\n284 11133,11134\n11158 377\n")
    >>> sorted(pairs), wrong
    ([(284, 11133), (284, 11134)], ("line 3: '11158 377'",))
    """
    pairs: set[tuple[int, int]] = set()
    wrong = []
    for number, line in enumerate(text.split("\n"), start=1):
        words = re.split(r"[\s,]+", line.partition("#")[0].strip(" \t\r,"))
        if words == [""] or words[0].upper() == "HARPNUM":
            continue
        harpnum, regions = harp_number(words[0]), [noaa_number(word) for word in words[1:]]
        if harpnum is None or not regions or None in regions:
            wrong.append(f"line {number}: {_shown(line)}")
        else:
            pairs.update((harpnum, noaa) for noaa in regions if noaa is not None)
    return frozenset(pairs), tuple(wrong)


def noaa_number(word: str) -> int | None:
    """The number, None where a word is no NOAA number of five digits."""
    return int(word) if re.fullmatch("[1-9][0-9]{4}", word) else None


def harp_number(word: str) -> int | None:
    """The number, None where a word is no HARPNUM; zeros may lead, as in `0284`."""
    number = int(word) if re.fullmatch("[0-9]{1,9}", word) else 0
    return number if 0 < number < _FIRST_TOO_LONG else None


def read_text(path: Path, option: str) -> str:
    """Text of a file that a user gives: any end of line, any byte order mark.

    Raises
    ------
    InputError
        If there is no such file, or it can't be read; it names the option.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{option} {path}: {(error.strerror or 'cannot be read').lower()}") from error
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16" if wide else "utf-8-sig", errors="replace")  # only comments hold letters
    return text.replace("\r\n", "\n").replace("\r", "\n")


def told(wrong: Iterable[str]) -> str:
    """Wrong rows in one line; of very many, as in a file that is no table, the first ones."""
    rows = list(wrong)
    more = f"; and {len(rows) - _TOLD} more" if len(rows) > _TOLD else ""
    return "; ".join(rows[:_TOLD]) + more


def listed(numbers: Iterable[int]) -> str:
    """Numbers for people.

    Examples
    --------
    >>> listed((11133, 11134))
    '11133, 11134'
    """
    return ", ".join(map(str, numbers))


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for one, other in sorted(pairs):
        found[one] = (*found.get(one, ()), other)
    return found


def _shown(line: str) -> str:
    text = line.strip()
    return repr(text if len(text) <= 40 else f"{text[:40]}...")
