"""The list of what a lake follows."""

import json
import multiprocessing
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pores.errors import InputError
from storage.following import Followed, follow, following, unfollow
from storage.lake import PARTIAL, Lake

SERIES, NRT = "hmi.sharp_cea_720s", "hmi.sharp_cea_720s_nrt"
DAY = date(2026, 11, 1)
ENTRIES = st.builds(
    lambda number, is_harp, series, since: Followed(
        **{"harpnum" if is_harp else "noaa": number}, series=series, since=since, added=DAY
    ),
    st.integers(1, 30),
    st.booleans(),
    st.sampled_from([SERIES, NRT]),
    st.none() | st.datetimes(datetime(2010, 5, 1), datetime(2030, 1, 1)),
)


def region(noaa: int, series: str = SERIES, since: datetime | None = None) -> Followed:
    return Followed(noaa=noaa, series=series, since=since, added=DAY)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.at(tmp_path / "lake")


def test_nothing_is_followed_at_first(lake: Lake) -> None:
    assert following(lake) == []
    assert not lake.root.exists()


def test_regions_harps_and_series_are_apart_and_in_order(lake: Lake) -> None:
    harp = Followed(harpnum=11158, series=SERIES, added=DAY)
    entries = [region(11923), region(11158), region(11158, NRT), harp]
    assert follow(lake, entries) == entries
    assert following(lake) == [harp, region(11158), region(11923), region(11158, NRT)]


def test_again_changes_only_the_first_time_of_interest(lake: Lake) -> None:
    since = datetime(2011, 2, 12)
    follow(lake, [region(11158)])
    again = Followed(noaa=11158, series=SERIES, since=since, added=date(2027, 1, 1))
    assert follow(lake, [again]) == []
    assert following(lake) == [region(11158, since=since)]
    follow(lake, [region(11158)])
    assert following(lake) == [region(11158, since=since)]


def test_what_is_not_followed_cannot_be_taken_off(lake: Lake) -> None:
    follow(lake, [region(11158)])
    with pytest.raises(InputError, match=f"not followed: NOAA 11159 of {SERIES}, HARP 377 of {NRT};"):
        unfollow(lake, [region(11158), region(11159), Followed(harpnum=377, series=NRT)])
    assert following(lake) == [region(11158)]
    unfollow(lake, [region(11158, since=datetime(2012, 1, 1)), region(11158)])
    assert following(lake) == []


@given(put=st.lists(ENTRIES, max_size=8), taken=st.lists(ENTRIES, max_size=8))
def test_the_file_holds_what_was_put_less_what_was_taken(
    put: list[Followed], taken: list[Followed], tmp_path_factory: pytest.TempPathFactory
) -> None:
    lake = Lake.at(tmp_path_factory.mktemp("lake"))
    follow(lake, put)
    there = {entry.key for entry in put}
    unfollow(lake, [entry for entry in taken if entry.key in there])
    expected = sorted(there - {entry.key for entry in taken})
    assert [entry.key for entry in following(lake)] == expected
    for entry in following(lake):
        named = [other.since for other in put if other.key == entry.key and other.since]
        assert entry.since == (named[-1] if named else None)


@pytest.mark.parametrize(
    "content",
    [
        "[",
        "{}",
        '[{"noaa": 11158}]',
        '[{"series": "s", "added": "2026-11-01"}]',
        '[{"noaa": 11158, "harpnum": 377, "series": "s", "added": "2026-11-01"}]',
        '[{"noaa": -1, "series": "s", "added": "2026-11-01"}]',
    ],
)
def test_a_file_edited_into_something_else_is_named_and_kept(content: str, lake: Lake) -> None:
    lake.root.mkdir()
    path = lake.root / "following.json"
    path.write_text(content)
    with pytest.raises(InputError, match=str(path)):
        following(lake)
    with pytest.raises(InputError, match=str(path)):
        follow(lake, [region(11158)])
    assert path.read_text() == content


def test_the_file_is_for_people_too(lake: Lake) -> None:
    follow(lake, [region(11158, since=datetime(2011, 2, 12))])
    assert json.loads((lake.root / "following.json").read_text()) == [
        {
            "noaa": 11158,
            "harpnum": None,
            "series": SERIES,
            "since": "2011-02-12T00:00:00",
            "added": "2026-11-01",
        }
    ]


def follow_many(root: Path, first: int, start: "multiprocessing.synchronize.Barrier") -> None:  # type: ignore[name-defined]
    start.wait(30)
    for noaa in range(first, first + 25):
        follow(Lake.at(root), [region(noaa)])


def test_processes_at_once_lose_no_entry(lake: Lake) -> None:
    spawn = multiprocessing.get_context("spawn")
    start = spawn.Barrier(3)
    firsts = (11000, 12000, 13000)
    processes = [spawn.Process(target=follow_many, args=(lake.root, first, start)) for first in firsts]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [entry.noaa for entry in following(lake)] == [n for f in firsts for n in range(f, f + 25)]
    assert not list(lake.root.glob(f"*{PARTIAL}*"))
