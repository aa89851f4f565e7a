"""NOAA regions to HARPs: where the table is from, and what happens when JSOC has none or a bad one."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pores.errors import InputError, PorelakeError
from storage import noaa_list
from storage.noaa import hint_for_harp, look_up, regions_of_series, resolve
from storage.noaa_list import shipped
from storage.settings import settings
from tests.jsoc.handle import Jsoc

SERIES, NRT = "hmi.sharp_cea_720s", "hmi.sharp_cea_720s_nrt"
NEW_HARP, NEW_REGION = 13500, 14400
TODAY = f"{datetime.now(UTC):%Y-%m-%d}"


def list_text(extra: str = "") -> str:
    """A list as JSOC writes it: the one shipped, and rows more."""
    rows = [f"{harp} {','.join(map(str, held))}\n" for harp, held in sorted(shipped().regions_of.items())]
    return "HARPNUM NOAA_ARS\n" + "".join(rows) + extra


def row(harpnum: int, noaa_ars: str, t_rec: str, series: str = SERIES) -> dict[str, object]:
    return {"series": series, "HARPNUM": harpnum, "T_REC": t_rec, "NOAA_ARS": noaa_ars}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jsoc]:
    with Jsoc.start(tmp_path_factory.mktemp("empty")) as running:
        running.add(
            row(NEW_HARP, f"{NEW_REGION},{NEW_REGION + 1}", "2026.01.01_00:00:00_TAI"),
            row(NEW_HARP + 1, str(NEW_REGION), "2026.01.01_00:00:00_TAI"),
            row(12540, "13958", "2025.02.01_00:00:00_TAI"),
            row(NEW_HARP + 2, "MISSING", "2026.01.01_00:00:00_TAI"),
            row(377, "11158", "2011.02.15_00:00:00_TAI"),
            row(9000, "11158", "2011.02.15_00:00:00_TAI", NRT),
        )
        yield running


@pytest.fixture
def jsoc(server: Jsoc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Jsoc:
    """The server without faults, with a list that has one HARP more than the copy shipped; nothing cached."""
    (tmp_path / "list").write_text(list_text("12600 13961\n"))
    server.set_faults()
    server.set_options(noaa_list=str(tmp_path / "list"))
    server.clear_log()
    configure(monkeypatch, server.url)
    return server


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of no server."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/cgi-bin/ajax/"
    configure(monkeypatch, url)
    return url


def configure(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PORELAKE_JSOC_URL", url)
    monkeypatch.setenv("PORELAKE_JSOC_BACKOFF_S", "0.01")
    monkeypatch.setattr(noaa_list, "_failures", {})


def fetches(jsoc: Jsoc) -> int:
    return len(jsoc.log("list"))


def cache_file() -> Path:
    (path,) = settings().cache_dir.glob("harps_noaa*")
    return path


def let_pass(age: timedelta) -> None:
    """Make the cached list older."""
    content = json.loads(cache_file().read_text())
    content["fetched"] = (datetime.fromisoformat(content["fetched"]) - age).isoformat()
    cache_file().write_text(json.dumps(content))


def test_the_list_is_fetched_once_and_cached(jsoc: Jsoc) -> None:
    first = resolve([13961, 11923], SERIES)
    assert first.found == {13961: (12600,), 11923: (3481,)}
    assert first.regions.origin == f"JSOC, fetched {TODAY}"
    again = resolve([13961], SERIES)
    assert again.regions.origin == f"JSOC, cached {TODAY}"
    assert again.regions.pairs == first.regions.pairs
    assert (first.notes, again.notes, again.regions.date) == ((), (), TODAY)
    assert fetches(jsoc) == 1


def test_a_list_of_a_week_is_fetched_again(jsoc: Jsoc) -> None:
    resolve([11158], SERIES)
    let_pass(timedelta(days=6, hours=23))
    assert resolve([11158], SERIES).regions.origin.startswith("JSOC, cached ")
    assert fetches(jsoc) == 1
    let_pass(timedelta(hours=2))
    assert resolve([11158], SERIES).regions.origin == f"JSOC, fetched {TODAY}"
    assert fetches(jsoc) == 2
    let_pass(timedelta(days=-2))  # the clock was set back
    assert resolve([11158], SERIES).regions.origin == f"JSOC, fetched {TODAY}"


def test_refresh_fetches_whatever_is_cached(jsoc: Jsoc, tmp_path: Path) -> None:
    resolve([11158], SERIES)
    (tmp_path / "list").write_text(list_text("12601 13962\n"))
    assert resolve([13962], SERIES, refresh=True).harpnums == (12601,)
    assert resolve([13962], SERIES).harpnums == (12601,)


def test_refresh_fails_where_nothing_can_be_fetched(jsoc: Jsoc) -> None:
    resolve([11158], SERIES)
    kept = cache_file().read_bytes()
    jsoc.set_faults({"kind": "http", "where": "list"})
    with pytest.raises(PorelakeError, match=r"--refresh: no list from JSOC: .*503"):
        resolve([11158], SERIES, refresh=True)
    assert cache_file().read_bytes() == kept


def test_an_older_cache_is_used_where_jsoc_is_down(jsoc: Jsoc) -> None:
    resolve([11158], SERIES)
    let_pass(timedelta(days=30, hours=1))
    jsoc.set_faults({"kind": "close", "where": "list"})
    found = resolve([13961], SERIES)
    assert found.harpnums == (12600,)
    day = f"{datetime.now(UTC) - timedelta(days=30, hours=1):%Y-%m-%d}"
    assert found.regions.origin == f"JSOC, cached {day}, 30 days old"
    assert len(found.notes) == 1
    assert found.notes[0].startswith("no list of HARPs and NOAA regions from JSOC (")
    assert found.notes[0].endswith(f"); used: {found.regions.origin}")


def test_the_copy_shipped_is_used_where_there_is_nothing_else(offline: str) -> None:
    began = time.monotonic()
    found = resolve([11158, 11133, 11134], SERIES)
    assert time.monotonic() - began < 5
    assert found.harpnums == (284, 377)
    said = "no list of HARPs and NOAA regions from JSOC (Connection refused)"
    assert found.notes[0] == f"{said}; used: {shipped().origin}"
    assert found.notes[1:] == (
        "HARP 284 of NOAA 11133 also holds NOAA 11134",
        "HARP 284 of NOAA 11134 also holds NOAA 11133",
    )
    assert not list(settings().cache_dir.glob("harps_noaa*"))


def test_a_server_that_stalls_is_not_waited_for_and_not_asked_again_at_once(
    jsoc: Jsoc, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noaa_list, "TRY_S", 0.5)
    jsoc.set_faults({"kind": "stall_first", "where": "list", "seconds": 20})
    began = time.monotonic()
    for _ in range(3):
        assert resolve([11158], SERIES).harpnums == (377,)
    assert time.monotonic() - began < 5
    assert sum(fault["seen"] for fault in jsoc.fault_state()) == 1
    monkeypatch.setattr(noaa_list, "PAUSE_S", 0.0)
    jsoc.set_faults()
    assert resolve([11158], SERIES).regions.origin == f"JSOC, fetched {TODAY}"


BAD_PAGES: dict[str, Callable[[], str]] = {
    "an error page": lambda: "<html><body>\n<h1>Service unavailable</h1></body></html>\n",
    "nothing": str,
    "half of the list": lambda: list_text()[: len(list_text()) // 2],
    "rows of something else": lambda: list_text().replace(" ", " x"),
}


@pytest.mark.parametrize("page", BAD_PAGES.values(), ids=BAD_PAGES.keys())
def test_a_page_that_is_not_the_list_is_neither_used_nor_cached(
    page: Callable[[], str], jsoc: Jsoc, tmp_path: Path
) -> None:
    (tmp_path / "list").write_text(page())
    found = resolve([11158], SERIES)
    assert found.regions.origin == shipped().origin
    assert "is not the whole list" in found.notes[0]
    assert not list(settings().cache_dir.glob("harps_noaa*"))
    with pytest.raises(PorelakeError, match="is not the whole list"):
        resolve([11158], SERIES, refresh=True)


def test_a_reply_that_ends_early_is_not_the_list(jsoc: Jsoc) -> None:
    jsoc.set_faults({"kind": "truncate_unknown", "where": "list"})
    assert resolve([11158], SERIES).regions.origin == shipped().origin


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"fetched": "2026-11-22", "text": "x"}', '{"fetched": 3, "text": 4}']
)
def test_a_damaged_cache_is_as_good_as_none(content: str, jsoc: Jsoc) -> None:
    resolve([11158], SERIES)
    cache_file().write_text(content)
    assert resolve([11158], SERIES).regions.origin == f"JSOC, fetched {TODAY}"


def test_rows_of_the_list_that_cannot_be_read_are_told_each_time(jsoc: Jsoc, tmp_path: Path) -> None:
    (tmp_path / "list").write_text(list_text("12601 1396x\n"))
    for _ in range(2):
        found = resolve([11158], SERIES)
        assert found.notes == (
            "JSOC's list: rows that can't be read were left out: line 2219: '12601 1396x'",
        )
    assert fetches(jsoc) == 1


def test_another_server_has_another_cache(jsoc: Jsoc, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve([11158], SERIES)
    configure(monkeypatch, jsoc.url.replace("127.0.0.1", "localhost"))
    assert resolve([11158], SERIES).regions.origin == f"JSOC, fetched {TODAY}"
    assert fetches(jsoc) == 2


def test_a_list_that_cannot_be_cached_is_used(jsoc: Jsoc, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(cached: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(noaa_list, "_write", full)
    found = resolve([13961], SERIES)
    assert found.harpnums == (12600,)
    assert "No space left on device" in found.notes[0]


def test_newer_regions_by_keyword(jsoc: Jsoc) -> None:
    found = resolve([NEW_REGION, 11158, NEW_REGION + 1], SERIES)
    assert found.found == {
        NEW_REGION: (NEW_HARP, NEW_HARP + 1),
        11158: (377,),
        NEW_REGION + 1: (NEW_HARP,),
    }
    assert found.harpnums == (377, NEW_HARP, NEW_HARP + 1)
    assert found.regions.beside(NEW_REGION) == {NEW_HARP: (NEW_REGION + 1,)}


def test_the_end_of_the_list_is_ragged(jsoc: Jsoc) -> None:
    assert 13958 not in shipped().harps_of
    assert max(shipped().harps_of) > 13958
    assert resolve([13958], SERIES).harpnums == (12540,)


def test_newer_regions_that_nothing_holds_are_unknown(jsoc: Jsoc) -> None:
    with pytest.raises(InputError, match=f"AR 14402, 14440: in no HARP of {SERIES} by JSOC, fetched"):
        resolve([14402, NEW_REGION, 14440], SERIES)


def test_newer_regions_need_jsoc(offline: str) -> None:
    with pytest.raises(PorelakeError) as failed:
        resolve([11158, NEW_REGION], SERIES)
    assert not isinstance(failed.value, InputError)
    said = f"AR {NEW_REGION} is newer than the list of 2025-02 and JSOC does not answer: "
    assert str(failed.value) == f"{said}Connection refused; try later"


def test_a_series_that_jsoc_does_not_have_is_wrong_input(jsoc: Jsoc) -> None:
    with pytest.raises(InputError, match=r"hmi\.nothing"):
        resolve([NEW_REGION], "hmi.nothing")


def test_newer_regions_are_left_where_nobody_is_to_be_asked(jsoc: Jsoc) -> None:
    found = resolve([NEW_REGION, 11158], SERIES, ask=False)
    assert (found.found, found.newer) == ({11158: (377,)}, (NEW_REGION,))
    assert not jsoc.log("rs_list")


@pytest.mark.parametrize("wrong", [[99999], [11979], [99999, 11158, 11979]])
def test_unknown_regions_are_all_named_and_not_asked_for(wrong: list[int], jsoc: Jsoc) -> None:
    assert 11979 not in shipped().harps_of
    named = ", ".join(str(noaa) for noaa in wrong if noaa != 11158)
    with pytest.raises(InputError, match=f"^AR {named}: in no HARP"):
        resolve(wrong, SERIES)
    assert not jsoc.log("rs_list")


@pytest.mark.parametrize("number", [1923, 0, -11158, 9999, 100000])
def test_other_numbers_are_refused(number: int, offline: str) -> None:
    with pytest.raises(InputError, match=f"AR {number}: a NOAA number has five digits"):
        resolve([11158, number], SERIES)


def test_near_real_time_harps_are_not_those_of_the_list(jsoc: Jsoc) -> None:
    assert resolve([11158], NRT).harpnums == (9000,)
    assert fetches(jsoc) == 0
    with pytest.raises(InputError, match=f"AR 11159: in no HARP of {NRT} by the keyword NOAA_ARS"):
        resolve([11159], NRT)
    with pytest.raises(InputError, match="--refresh"):
        regions_of_series(NRT, refresh=True)


def test_near_real_time_harps_need_jsoc(offline: str) -> None:
    with pytest.raises(
        PorelakeError, match=f"AR 11158 needs the keyword NOAA_ARS of {NRT} and JSOC does not"
    ):
        resolve([11158], NRT)


def test_other_series_of_definitive_harps_share_the_list(jsoc: Jsoc) -> None:
    assert resolve([11158], "hmi.sharp_cea_720s_dconS").harpnums == (377,)


def test_a_table_of_the_users_is_the_only_one(offline: str, tmp_path: Path) -> None:
    table = tmp_path / "table"
    table.write_text("HARPNUM NOAA_ARS\n5 11158\n6 11158,11159\n")
    found = resolve([11158], SERIES, table=table)
    assert found.harpnums == (5, 6)
    assert found.regions.origin == f"--table {table}"
    assert found.notes == ("HARP 6 of NOAA 11158 also holds NOAA 11159",)
    with pytest.raises(
        InputError, match=f"AR 11923, {NEW_REGION}: in no HARP of {SERIES} by --table {table}"
    ):
        resolve([11923, NEW_REGION], SERIES, table=table)
    with pytest.raises(InputError, match="--refresh"):
        resolve([11158], SERIES, table=table, refresh=True)


def test_a_wrong_table_is_refused_with_its_lines(tmp_path: Path) -> None:
    table = tmp_path / "table"
    table.write_text("HARPNUM NOAA_ARS\n5 11158\n11158 6\n7 x\n")
    with pytest.raises(InputError, match=f"--table {table}: .*: line 3: '11158 6'; line 4: '7 x'$"):
        resolve([11158], SERIES, table=table)
    table.write_text("# nothing\n")
    with pytest.raises(InputError, match=f"--table {table}: no row"):
        resolve([11158], SERIES, table=table)


def test_what_is_known_is_found_beside_what_is_not(jsoc: Jsoc) -> None:
    found = look_up([11158, 99999, NEW_REGION, 1158], SERIES)
    assert found.found == {11158: (377,), NEW_REGION: (NEW_HARP, NEW_HARP + 1)}
    assert found.unknown == (99999, 1158)
    assert isinstance(found.error, InputError)
    assert "AR 1158: a NOAA number has five digits" in str(found.error)
    assert "; did you mean 11158?; AR 99999: in no HARP of" in str(found.error)


def test_without_jsoc_a_newer_region_is_not_called_unknown(offline: str) -> None:
    found = look_up([11158, NEW_REGION], SERIES)
    assert (found.found, found.unknown) == ({11158: (377,)}, ())
    assert "JSOC does not answer" in str(found.error)


def test_a_region_given_as_a_harp_is_hinted_at_without_a_question(jsoc: Jsoc) -> None:
    assert hint_for_harp(11158) == "; NOAA 11158 is HARP 377: --noaa 11158"
    assert hint_for_harp(11253) == "; NOAA 11253 is HARP 700, 705, 734: --noaa 11253"
    assert hint_for_harp(377) == hint_for_harp(11158, NRT) == ""
    assert fetches(jsoc) == 0
