"""Record sets: their text and back, what they refuse; requests that hold what is wanted and no more."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pores.errors import InputError
from storage.jsoc_journal import Journal, read
from storage.jsoc_replies import export_file, fits_name, noaa_numbers, records_of, typed
from storage.record_sets import RecordSet, TimeRange, cadence_s, requests
from storage.record_times import runs

SERIES = "hmi.sharp_cea_720s"
START = np.datetime64("2014-01-01T00:00:00", "ms")
STEP = np.timedelta64(12, "m")
BASE = RecordSet(SERIES, 3604, segments=("continuum", "Br"))
slots = st.integers(0, 80)


def at(slot: int) -> np.datetime64:
    return START + slot * STEP


def held(what: RecordSet, known: set[int]) -> list[int]:
    return [slot for slot in sorted(known) if any(at(slot) in time for time in what.times)]


@given(known=st.sets(slots), extra=st.sets(slots), limits=st.tuples(st.integers(1, 30), st.integers(1, 500)))
def test_requests_hold_exactly_what_is_wanted(
    known: set[int], extra: set[int], limits: tuple[int, int]
) -> None:
    wanted = known & extra
    sizes = {at(slot): 1 + slot for slot in wanted}
    made = requests(BASE, sizes, [at(slot) for slot in known], *limits)
    found = [held(what, known) for what in made]
    assert [slot for slots_ in found for slot in slots_] == sorted(wanted)
    for what, slots_ in zip(made, found, strict=True):
        assert 1 <= len(what.times) <= 10
        assert len(slots_) <= limits[0]
        assert sum(1 + slot for slot in slots_) <= limits[1] or len(slots_) == 1
        assert (what.series, what.harpnum, what.segments) == (SERIES, 3604, BASE.segments)


@given(known=st.sets(slots), extra=st.sets(slots))
def test_runs_are_the_fewest(known: set[int], extra: set[int]) -> None:
    found = runs([at(slot) for slot in known & extra], [at(slot) for slot in known])
    order = sorted(known)
    begins = [s for i, s in enumerate(order) if s in extra and (i == 0 or order[i - 1] not in extra)]
    assert [run[0] for run in found] == [at(slot) for slot in begins]


@given(st.sets(slots, min_size=2), st.data())
def test_halves_hold_the_same_records(known: set[int], data: st.DataObject) -> None:
    wanted = data.draw(st.sets(st.sampled_from(sorted(known)), min_size=2))
    sizes = {at(slot): 1 for slot in wanted}
    for what in requests(BASE, sizes, [at(slot) for slot in known], 1000, 1000):
        here = held(what, known)
        halves = what.halves([at(slot) for slot in here])
        if halves is None:
            assert len(here) == 1
        else:
            assert [slot for half in halves for slot in held(half, known)] == here
            assert abs(len(held(halves[0], known)) - len(held(halves[1], known))) <= 1


def test_halves_of_a_whole_life_keep_the_cadence() -> None:
    whole = RecordSet(SERIES, 1, cadence="1h")
    halves = whole.halves([at(slot) for slot in (0, 5, 10, 15)])
    assert halves is not None
    assert [str(half).partition("]")[2] for half in halves] == [
        "[2014.01.01_00:00:00_TAI-2014.01.01_01:00:00_TAI@1h]",
        "[2014.01.01_02:00:00_TAI-2014.01.01_03:00:00_TAI@1h]",
    ]


def test_halves_of_one_record_are_spans_where_there_is_a_cadence() -> None:
    two = RecordSet(SERIES, 1, (TimeRange(at(0), at(5)),), "1h")
    halves = two.halves([at(0), at(5)])
    assert halves is not None
    assert [str(half).partition("]")[2] for half in halves] == [
        "[2014.01.01_00:00:00_TAI-2014.01.01_00:59:59_TAI@1h]",
        "[2014.01.01_01:00:00_TAI-2014.01.01_01:59:59_TAI@1h]",
    ]


times = st.builds(lambda a, b: TimeRange(at(min(a, b)), at(max(a, b))), slots, slots)
sets = st.builds(
    RecordSet,
    st.sampled_from([SERIES, "hmi.sharp_cea_720s_dconS"]),
    st.integers(1, 99999),
    st.lists(times, min_size=1, max_size=10).map(tuple),
    st.sampled_from([None, "12m", "1h", "2d"]),
    st.lists(st.sampled_from(["QUALITY >= 0", "NOAA_ARS LIKE '%1%'", "A < 1 AND B > 2"]), max_size=2).map(
        tuple
    ),
    st.lists(st.sampled_from(["continuum", "Br", "conf_disambig"]), max_size=3).map(tuple),
)


@given(sets)
def test_texts_read_back(what: RecordSet) -> None:
    assert RecordSet.parse(str(what)) == what


@pytest.mark.parametrize(
    ("what", "text"),
    [
        (RecordSet(SERIES, None), SERIES),
        (RecordSet(SERIES, 377), f"{SERIES}[377]"),
        (RecordSet(SERIES, None, conditions=("HARPNUM > 5",)), f"{SERIES}[? HARPNUM > 5 ?]"),
        (RecordSet(SERIES, None, (TimeRange(START, START),)), f"{SERIES}[][2014.01.01_00:00:00_TAI]"),
        (
            RecordSet(SERIES, 377, cadence="1d"),
            f"{SERIES}[377][2010.04.01_00:00:00_TAI-2100.01.01_00:00:00_TAI@1d]",
        ),
    ],
)
def test_texts(what: RecordSet, text: str) -> None:
    assert str(what) == text


@pytest.mark.parametrize(
    "condition",
    ["", " ", "A > 1 ?][? 1", "A > 1; DROP", "A ] B", "A { B", "A\n> 1", "A > 'x", "A -- B", "1 ?"],
)
def test_conditions_that_would_escape_are_refused(condition: str) -> None:
    with pytest.raises(InputError, match="--where"):
        RecordSet(SERIES, 1, conditions=(condition,))


def test_what_can_not_be_written_is_refused() -> None:
    for series in ("", "hmi", "hmi.x[1]", "hmi.x?", "1.x", "hmi.sharp cea"):
        with pytest.raises(InputError, match="--series"):
            RecordSet(series, 1)
    for cadence in ("", "0h", "1", "h", "1w", "1h@2h"):
        with pytest.raises(InputError, match="--cadence"):
            cadence_s(cadence)
    with pytest.raises(InputError, match="no name of a segment"):
        RecordSet(SERIES, 1, segments=("Br}",))
    with pytest.raises(InputError, match=r"--since .* is after --until"):
        TimeRange(START + STEP, START)
    with pytest.raises(InputError, match="11 times"):
        RecordSet(SERIES, 1, (TimeRange(START, START),) * 11)
    with pytest.raises(InputError, match="--harp -1"):
        RecordSet(SERIES, -1)
    with pytest.raises(InputError, match="no record set"):
        RecordSet.parse("hmi.sharp_cea_720s[377][? unfinished")


def test_values_of_a_reply() -> None:
    reply = {
        "keywords": [
            {"name": "HARPNUM", "values": ["6314", "6314"]},
            {"name": "T_REC", "values": ["2021.05.01_05:24:00_TAI", "2021.05.01_05:12:00_TAI"]},
            {"name": "QUALITY", "values": ["0x80000000", "0x00010000"]},
            {"name": "NOAA_ARS", "values": ["12818,12820,12821", "MISSING"]},
            {"name": "CALVER64", "values": ["16", "16"]},
            {"name": "*recnum*", "values": ["12", "11"]},
            {"name": "*size*", "values": ["1000", ""]},
        ],
        "segments": [
            {"name": "Br", "values": ["/SUM1/D1/S00000/Br.fits", ""], "dims": ["10x20", ""]},
            {"name": "Bp", "values": ["InvalidSegName", "NoDataFile"], "dims": ["NA", "NA"]},
        ],
    }
    first, second = records_of(reply)
    assert (first.quality, first.noaa_ars, first.version, first.segments) == (0x10000, (), "11/16", ())
    assert (second.quality, second.noaa_ars) == (0x80000000, (12818, 12820, 12821))
    assert (second.segments, second.pixels, second.size, second.expected_bytes) == (("Br",), 200, 1000, 348)
    assert noaa_numbers("11133,11134") == (11133, 11134)
    assert fits_name("DATE__OBS") == "DATE-OBS"


@pytest.mark.parametrize(
    ("path", "axes", "n_files"),
    [
        ("/SUM1/D1/S00000/Br.fits", "10x20", 1),
        ("/SUM1/D1/S00000/Br.fits", "", 1),
        ("/SUM1/D1/S00000/Br.fits", "0x0", 0),
        ("/SUM1/D1/S00000/", "0x0", 0),
        ("/SUM1/D1/S00000/", "10x20", 0),
        ("NoDataDirectory", "10x20", 0),
        ("BadSegLink", "NA", 0),
        ("InvalidSegName", "NA", 0),
        ("NoDataFile", "10x20", 0),
    ],
)
def test_files_that_are_not_there(path: str, axes: str, n_files: int) -> None:
    """As `jsoc_info` has them; `*size*` is `NA` where there is no file."""
    texts = {
        "HARPNUM": "6314",
        "T_REC": "2021.05.01_05:24:00_TAI",
        "QUALITY": "0x00000000",
        "*recnum*": "12",
        "*size*": "1000" if n_files else "NA",
    }
    columns = [{"name": name, "values": [text]} for name, text in texts.items()]
    segments = [{"name": "Br", "values": [path], "dims": [axes]}]
    (record,) = records_of({"keywords": columns, "segments": segments})
    assert len(record.segments) == n_files
    assert record.size == 1000 * n_files


@pytest.mark.parametrize(
    ("name", "kind", "text", "value"),
    [
        ("QUALITY", "int", "-2147483648", 0x80000000),
        ("NACR", "int", "-2147483648", None),
        ("NACR", "int", "MISSING", None),
        ("NACR", "int", "0x10", 16),
        ("USFLUX", "double", "1.5e22", 1.5e22),
        ("USFLUX", "float", "nan", None),
        ("USFLUX", "double", "Invalid KeyLink", None),
        ("NOAA_ARS", "string", "MISSING", None),
        ("ORIGIN", "string", "SDO/JSOC-SDP", "SDO/JSOC-SDP"),
        ("T_OBS", "time", "2011.02.15_02:00:04_TAI", "2011.02.15_02:00:04_TAI"),
    ],
)
def test_keywords_are_typed_as_declared(name: str, kind: str, text: str, value: object) -> None:
    assert typed(name, kind, text) == value
    assert type(typed(name, kind, text)) is type(value)


def test_bare_files_are_named_after_their_record() -> None:
    record = "hmi.sharp_cea_720s_dconS[377][2011.02.15_02:00:00_TAI]{continuum}"
    file = export_file(record, "continuum.fits", "http://j/SUM1/D1/S00000/continuum.fits")
    assert file.name == "hmi.sharp_cea_720s_dconS.377.20110215_020000_TAI.continuum.fits"
    assert export_file(None, "JSOC_1.tar", "u").name == "JSOC_1.tar"
    for evil in ("../x.fits", "/etc/passwd.fits", ".x.fits", "..", "request.json"):
        with pytest.raises(ValueError, match="no name of a file"):
            export_file(None, evil, "u")


def test_journals_of_other_records_are_not_gone_on_with(tmp_path: Path) -> None:
    journal = Journal.open(tmp_path / "a", BASE, "url", "fits")
    journal.requests[0].request_id = "JSOC_1"
    journal.save()
    assert Journal.open(tmp_path / "a", BASE, "url", "fits").requests[0].request_id == "JSOC_1"
    other = RecordSet(SERIES, 3605)
    assert Journal.open(tmp_path / "a", other, "url", "fits").requests[0].request_id is None
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "request.json").write_text('{"record_set": ')
    assert read(tmp_path / "b") is None
