"""Commands about active regions: which HARPs hold them, and which of them a lake follows."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.option_values import moment, require_writable_lake
from flows.options import HarpOption, JsonOption, LakeOption, ListOption, SeriesOption, SinceOption
from flows.request import SERIES
from pores.errors import InputError, PorelakeError
from storage.ar_lists import region_numbers
from storage.lake import Lake
from storage.noaa_table import Regions, listed

if TYPE_CHECKING:
    from storage.following import Followed


RegionsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="AR", help="NOAA numbers of active regions, as 11923, AR11923 or 11923,11158."),
]
TableOption = Annotated[
    Path | None, typer.Option("--table", help="File in the form of JSOC's list, to be used in its place.")
]
RefreshOption = Annotated[
    bool, typer.Option("--refresh", help="Fetch JSOC's list now; else one younger than a week will do.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    for command in (resolve, follow, unfollow, following):
        app.command()(command)


def resolve(
    regions: RegionsArgument = None,
    harp: HarpOption = None,
    ar_list: ListOption = None,
    table: TableOption = None,
    refresh: RefreshOption = False,
    series: SeriesOption = SERIES,
    as_json: JsonOption = False,
) -> None:
    """Say which HARPs hold NOAA active regions or, with --harp, which regions a HARP holds."""
    from storage.noaa import look_up, near_real_time, regions_of_series

    asked = [*region_numbers(regions or ()), *listed_regions(ar_list)]
    error: PorelakeError | None = None
    if bool(asked) == bool(harp):
        raise InputError("name NOAA regions, as `porelake resolve 11923` does, or --list FILE, or --harp N")
    if harp:
        if table is None and near_real_time(series):
            raise InputError(
                f"--harp: JSOC's list has no HARPs of {series}; name NOAA regions, or --table FILE"
            )
        known = regions_of_series(series, table, refresh)
        answers, lines = _regions_of(harp, known)
    else:
        resolution = look_up(asked, series, table, refresh)
        known, error = resolution.regions, resolution.error
        in_none = dict.fromkeys(resolution.unknown if as_json else (), ())
        answers, lines = _harps_of(resolution.found | in_none, known)
    tell((*known.notes, *disagreeing(ar_list, known)))
    if answers:
        print(json.dumps(answers, indent=1) if as_json else "\n".join(lines))
    if error:
        raise error


def follow(
    regions: RegionsArgument = None,
    harp: HarpOption = None,
    since: SinceOption = None,
    ar_list: ListOption = None,
    series: SeriesOption = SERIES,
    lake: LakeOption = "lake",
) -> None:
    """Put regions or HARPs on the lake's list of what is watched for news."""
    from storage.following import follow as put
    from storage.noaa import resolve as harps_of

    place = Lake.at(lake)
    asked = list(dict.fromkeys([*region_numbers(regions or ()), *listed_regions(ar_list)]))
    entries = _entries(asked, harp, series, moment("--since", since))
    require_writable_lake(lake)
    if asked:
        resolution = harps_of(asked, series, ask=False)
        newer = f"newer than the list ({resolution.regions.origin}); looked up whenever news are looked for"
        unlisted = (f"AR {number}: {newer}" for number in resolution.newer)
        tell((*resolution.notes, *disagreeing(ar_list, resolution.regions), *unlisted))
    new = put(place, entries)
    for entry in entries:
        print(f"{entry}: {'followed' if entry in new else 'followed already'}")


def unfollow(
    regions: RegionsArgument = None,
    harp: HarpOption = None,
    series: SeriesOption = SERIES,
    lake: LakeOption = "lake",
) -> None:
    """Take regions or HARPs off that list; what the lake has of them stays."""
    from storage.following import unfollow as take

    entries = _entries(region_numbers(regions or ()), harp, series)
    take(Lake.at(lake), entries)
    for entry in entries:
        print(f"{entry}: no longer followed")


def following(as_json: JsonOption = False, lake: LakeOption = "lake") -> None:
    """List what the lake follows."""
    from storage.following import following as followed

    entries = followed(Lake.at(lake))
    if as_json:
        print(json.dumps([entry.model_dump(mode="json") for entry in entries], indent=1))
    elif not entries:
        print("nothing is followed; `porelake follow 11923` adds a region")
    for entry in entries if not as_json else ():
        since = f"  since {entry.since:%Y-%m-%dT%H:%M:%S} TAI" if entry.since else ""
        print(f"{entry}  {entry.series}{since}  added {entry.added}")


def _entries(
    regions: Sequence[int], harps: Sequence[int] | None, series: str, since: datetime | None = None
) -> "list[Followed]":
    from storage.following import Followed

    if wrong := [number for number in (*regions, *(harps or ())) if number <= 0]:
        raise InputError(f"{wrong[0]}: no number of a region or HARP")
    entries = [
        *(Followed(noaa=number, series=series, since=since) for number in dict.fromkeys(regions)),
        *(Followed(harpnum=number, series=series, since=since) for number in dict.fromkeys(harps or ())),
    ]
    if not entries:
        raise InputError("name a NOAA region, as 11923, or --harp N")
    return entries


def _harps_of(found: dict[int, tuple[int, ...]], known: Regions) -> tuple[list[dict[str, object]], list[str]]:
    """Answers for machines and for people: the HARPs of each region."""
    answers, lines = [], []
    for noaa, harps in found.items():
        beside = known.beside(noaa)
        answer = {"noaa_ar": noaa, "harpnums": harps, "shared_with": beside}
        answers.append(answer | {"origin": known.origin, "date": known.date})
        also = "; ".join(f"HARP {harp} also holds NOAA {listed(others)}" for harp, others in beside.items())
        lines.append(f"NOAA {noaa}  HARP {listed(harps)}" + (f"  ({also})" if also else ""))
    return answers, lines


def _regions_of(harps: Sequence[int], known: Regions) -> tuple[list[dict[str, object]], list[str]]:
    """Answers for machines and for people: the regions of each HARP."""
    asked = list(dict.fromkeys(harps))
    if absent := [harp for harp in asked if harp not in known.regions_of]:
        last = max(known.regions_of, default=0)
        ends = f", which ends with HARP {last}" if max(absent) > last else ""
        raise InputError(f"HARP {listed(absent)}: no NOAA region by {known.origin}{ends}")
    origin = {"origin": known.origin, "date": known.date}
    answers = [{"harpnum": harp, "noaa_ars": known.regions_of[harp]} | origin for harp in asked]
    return answers, [f"HARP {harp}  NOAA {listed(known.regions_of[harp])}" for harp in asked]


def listed_regions(ar_list: Path | None) -> list[int]:
    """NOAA numbers of `--list`; none without it."""
    from storage.ar_lists import ar_list as numbers

    return numbers(ar_list) if ar_list else []


def disagreeing(ar_list: Path | None, known: Regions) -> list[str]:
    """Lines on `--list`: on rows that name another HARP than those that hold the region, and on its head."""
    from storage.ar_lists import notes

    return [f"--list {ar_list} {line}" for line in notes(ar_list, known)] if ar_list else []


def tell(notes: Iterable[str]) -> None:
    """Write notes to stderr: what they say is no part of the answer."""
    for note in notes:
        print(f"porelake: {note}", file=sys.stderr)
