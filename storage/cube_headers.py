"""The headers of a record: read together, and parsed when a keyword is asked for.

A record has ten headers of 200 cards that agree in nearly all; most work on it asks for a few keywords of the
first.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pores.frame import Keyword
from storage.cube_standing import Row
from storage.fits_cards import keywords

Header = Mapping[str, Keyword]
Reader = Callable[[str, Any], NDArray[Any]]

_APART = 4  # headers are read in one go if no more than so many rows for each lie between them


class Headers(Mapping[str, Header]):
    """Headers by segment, in the order in which they count; each parsed once, when it is asked for."""

    def __init__(self, cards: Mapping[str, bytes]) -> None:
        self._cards = cards
        self._parsed: dict[str, Header] = {}

    def __getitem__(self, segment: str) -> Header:
        if segment not in self._parsed:
            self._parsed[segment] = keywords(self._cards[segment])
        return self._parsed[segment]

    def __iter__(self) -> Iterator[str]:
        return iter(self._cards)

    def __len__(self) -> int:
        return len(self._cards)

    def of(self, segments: Mapping[str, object]) -> "Headers":
        """Those of some segments."""
        some = Headers({name: self._cards[name] for name in segments})
        some._parsed = self._parsed  # what one of them has parsed, the other has too
        return some


class Merged(Mapping[str, Keyword]):
    """One value of each keyword: the first header's that has one; None if those that have it know none."""

    def __init__(self, headers: Headers) -> None:
        self._headers = headers

    def __getitem__(self, name: str) -> Keyword:
        named = False
        for header in self._headers.values():
            if (value := header.get(name)) is not None:
                return value
            named = named or name in header
        if named:
            return None
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @cached_property
    def _names(self) -> list[str]:
        """In the order of the last header, then of those before it."""
        return list({name: None for header in reversed(list(self._headers.values())) for name in header})


def headers_of(record: Mapping[str, Row], read: Reader) -> Headers:
    """The headers of a record's segments that have one."""
    there = {name: row for name, row in record.items() if int(row["header_row"]) >= 0}
    if not there:
        return Headers({})
    at = np.array([int(row["header_row"]) for row in there.values()])
    first, last = int(at.min()), int(at.max())
    if last - first >= _APART * len(at):
        cards = [read("headers", int(row)) for row in at]
    else:
        cards = list(read("headers", slice(first, last + 1))[at - first])
    return Headers(
        {
            name: card.tobytes()[: int(row["header_size"])]
            for (name, row), card in zip(there.items(), cards, strict=True)
        }
    )
