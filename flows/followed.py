"""Which HARPs a round of the clock looks at: those of what the lake follows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flows.outcome import Outcome
from flows.request import Request
from pores.errors import InputError, PorelakeError
from storage.following import Followed, following
from storage.lake import Lake
from storage.noaa import resolve


@dataclass
class Watched:
    """HARPs that a round looks at, each with the first T_REC of interest, and what became of the regions."""

    harps: dict[int, datetime | None] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)

    def add(self, harpnums: Iterable[int], since: datetime | None) -> None:
        """Add HARPs; one that is there for two reasons is of interest from the earlier time on."""
        for harpnum in harpnums:
            before = self.harps.get(harpnum, since)
            self.harps[harpnum] = min(before, since) if before and since else None


def watched(request: Request) -> Watched:
    """Return the HARPs of what the lake follows in the request's series, and of what the request names.

    Raises
    ------
    InputError
        If there is nothing to look at because nothing is followed or named.
    """
    seen = Watched()
    entries = [entry for entry in following(Lake.at(request.lake)) if entry.series == request.series]
    entries += [Followed(noaa=noaa, series=request.series) for noaa in request.noaa]
    entries += [Followed(harpnum=harpnum, series=request.series) for harpnum in request.harpnums]
    if not entries:
        raise InputError(
            f"the lake {request.lake} follows nothing of {request.series}; `porelake follow 11158` adds some"
        )
    notes: list[str] = []
    for entry in entries:
        if entry.noaa is None:
            seen.add([entry.harpnum or 0], entry.since)
        else:
            notes += _add_region(seen, entry.noaa, entry)
    seen.outcome.notes = "\n".join(dict.fromkeys(notes))
    return seen


def _add_region(seen: Watched, noaa: int, entry: Followed) -> Sequence[str]:
    """Add the HARPs of a region, and return notes; one that can't be told must not stop the others."""
    try:
        resolution = resolve((noaa,), entry.series)
    except InputError as error:  # too new to be in any HARP, perhaps
        return [str(error)]
    except PorelakeError as error:
        seen.outcome.also_failed[str(entry)] = str(error)
        return []
    seen.add(resolution.harpnums, entry.since)
    return resolution.notes
