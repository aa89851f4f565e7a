"""NOAA active regions to HARPs: by the table of regions, and by keyword for regions newer than it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from pores.errors import InputError, PorelakeError
from storage.noaa_list import at_hand
from storage.noaa_list import regions as known_regions
from storage.noaa_table import FIRST_NOAA, LAST_NOAA, Regions, listed

# The end of a list is ragged: that of 2025-02 ends with AR 13960 in HARP 12515 and AR 13957 in HARP 12546,
# and has neither AR 13958 nor AR 13959. JSOC is asked about regions and HARPs of the last two months again.
_RAGGED_REGIONS, _RAGGED_HARPS = 50, 200
_NEWEST, _NEWEST_AT = 13960, datetime(2025, 2, 1, tzinfo=UTC)
_PER_YEAR, _SPARE = 800, 100  # of new regions; no year had 600 of them
_KEYWORD_RETRIES = 2
_FIRST_OF_SDO = 11000  # an older number is none that a user of HARPs can mean


@dataclass(frozen=True)
class Resolution:
    """NOAA regions and their HARPs.

    Parameters
    ----------
    found : dict
        NOAA number to its HARPs, in the order asked.
    regions : Regions
        What they were looked up in.
    newer : tuple of int
        Regions newer than the table that JSOC was not asked about.
    unknown : tuple of int
        Regions that are in no HARP, and numbers that are none of a region.
    error : PorelakeError, optional
        Why not every region is in `found`.
    """

    found: dict[int, tuple[int, ...]]
    regions: Regions
    newer: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()
    error: PorelakeError | None = None

    @property
    def harpnums(self) -> tuple[int, ...]:
        """Every HARP, once, in order."""
        return tuple(sorted({harpnum for harps in self.found.values() for harpnum in harps}))

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines for people: what there is to say of the table, and which HARPs hold other regions, too."""
        shared = [
            f"HARP {harpnum} of NOAA {noaa} also holds NOAA {listed(others)}"
            for noaa in self.found
            for harpnum, others in self.regions.beside(noaa).items()
        ]
        return (*self.regions.notes, *shared)


def resolve(
    noaa: Sequence[int], series: str, table: Path | None = None, refresh: bool = False, ask: bool = True
) -> Resolution:
    """HARPs of NOAA regions, n to m.

    Parameters
    ----------
    noaa : sequence of int
        NOAA numbers, five digits.
    series : str
        DRMS series. Near-real-time series (`..._nrt`) number their HARPs otherwise, so that JSOC's list
        says nothing of them; their keywords do.
    table : Path, optional
        A file in the form of JSOC's list to be used alone, and JSOC not asked.
    refresh : bool
        Fetch JSOC's list anew.
    ask : bool
        Ask JSOC's keywords about regions newer than the list; else they are in `newer`.

    Raises
    ------
    InputError
        If a region is unknown; all such are named.
    PorelakeError
        If a region is newer than the list and JSOC can't be asked.
    """
    if wrong := _of_other_numbers(noaa):
        raise wrong
    resolution = look_up(noaa, series, table, refresh, ask)
    if resolution.error:
        raise resolution.error
    return resolution


def look_up(
    noaa: Sequence[int], series: str, table: Path | None = None, refresh: bool = False, ask: bool = True
) -> Resolution:
    """Do what `resolve` does, and tell in `error` what it raises: the other regions are found anyhow."""
    asked = list(dict.fromkeys(noaa))
    error: PorelakeError | None = _of_other_numbers(asked)
    known = regions_of_series(series, table, refresh)
    missing = [number for number in asked if number not in known.harps_of]
    newer = [number for number in missing if table is None and _may_be_newer(number, known)]
    unknown = [number for number in missing if number not in newer]
    if ask and newer:
        try:
            known = _with_newer(known, newer, series)
            unknown += [number for number in newer if number not in known.harps_of]
        except PorelakeError as failure:
            error = failure
    if in_none := [number for number in unknown if FIRST_NOAA <= number <= LAST_NOAA]:
        text = f"AR {listed(in_none)}: in no HARP of {series} by {known.origin}"
        error = InputError("; ".join(map(str, filter(None, [error, text]))))
    found = {number: known.harps_of[number] for number in asked if number in known.harps_of}
    return Resolution(found, known, () if ask else tuple(newer), tuple(unknown), error)


def hint_for_harp(harpnum: int, series: str = "") -> str:
    """What to add to the news that there is no such HARP: it may be the number of a region.

    Nothing is fetched for it; "" if the list at hand has no such region, or is not of the series.
    """
    if near_real_time(series):
        return ""
    harps = at_hand().harps_of.get(harpnum, ())
    return f"; NOAA {harpnum} is HARP {listed(harps)}: --noaa {harpnum}" if harps else ""


def regions_of_series(series: str, table: Path | None = None, refresh: bool = False) -> Regions:
    """The table of a series' HARPs and regions; none but a user's for a near-real-time series.

    Raises
    ------
    InputError
        If the user's table can't be read, or `refresh` is asked for a series that has no list.
    """
    if table is None and near_real_time(series):
        if refresh:
            raise InputError(f"--refresh: JSOC's list has no HARPs of {series}, its keywords have")
        return Regions(frozenset(), f"the keyword NOAA_ARS of {series}")
    return known_regions(table, refresh)


def near_real_time(series: str) -> bool:
    """Whether a series has HARP numbers of its own, which JSOC's list does not know."""
    return series.endswith("_nrt")


def _of_other_numbers(asked: Sequence[int]) -> InputError | None:
    """What to say of numbers that are none of a region, as SDO saw them; of 1158 that it may be 11158."""
    wrong = [number for number in asked if not FIRST_NOAA <= number <= LAST_NOAA]
    if not wrong:
        return None
    meant = [FIRST_NOAA + n for n in wrong if _FIRST_OF_SDO <= FIRST_NOAA + n < 2 * FIRST_NOAA]
    hint = f"; did you mean {listed(meant)}?" if meant else ""
    text = f"AR {listed(wrong)}: a NOAA number has five digits here, above {FIRST_NOAA}, as in 11923"
    return InputError(text + hint)


def _may_be_newer(noaa: int, known: Regions) -> bool:
    """Whether a region that a table lacks may have come after it, and can exist at all by now."""
    years = (datetime.now(UTC) - _NEWEST_AT).days / 365.25
    firm_end = max(known.harps_of, default=0) - _RAGGED_REGIONS
    return firm_end < noaa <= _NEWEST + _SPARE + max(years, 0) * _PER_YEAR


def _with_newer(known: Regions, newer: list[int], series: str) -> Regions:
    """The table with what JSOC's keywords say of newer regions."""
    from storage.jsoc_client import Jsoc
    from storage.settings import settings

    now = settings()
    jsoc = Jsoc(now.model_copy(update={"jsoc_retries": min(_KEYWORD_RETRIES, now.jsoc_retries)}))
    after = max(0, max(known.regions_of, default=0) - _RAGGED_HARPS)
    pairs = set(known.pairs)
    for number in newer:
        try:
            harps = jsoc.harps_of_noaa(number, after, series)
        except InputError:  # what JSOC refuses, such as a series it does not have
            raise
        except PorelakeError as error:
            place = f"is newer than the list of {known.date}" if known.date else f"needs {known.origin}"
            why = getattr(error, "why", "") or error
            raise PorelakeError(f"AR {number} {place} and JSOC does not answer: {why}; try later") from error
        pairs.update((harpnum, noaa) for harpnum, held in harps.items() if number in held for noaa in held)
    return replace(known, pairs=frozenset(pairs))
