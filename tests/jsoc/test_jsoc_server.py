"""The loopback JSOC does by the real client what the archive does."""

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import drms
import numpy as np
import pytest
from drms.exceptions import DrmsExportError, DrmsQueryError

from storage.fits_files import parse_name, read_segment
from tests.jsoc.handle import Jsoc

SERIES = "hmi.sharp_cea_720s"
FIRST = "2014.06.10_10:00:00_TAI"
KEYS = "HARPNUM,T_REC,*recnum*,*size*,CALVER64,QUALITY,NOAA_ARS,R_VALUE"


def t_rec(frame: int) -> str:
    return f"2014.06.10_{10 + frame // 5}:{frame % 5 * 12:02d}:00_TAI"


def frames(client: drms.Client, ds: str) -> list[int]:
    """Which of the six records a record set means."""
    found = client.query(f"{SERIES}{ds}", key="T_REC")
    every = [t_rec(i) for i in range(6)]
    return [] if found.empty else [every.index(t) for t in found.T_REC]


def test_series_and_its_structure(client: drms.Client) -> None:
    assert client.series("sharp") == [SERIES]
    info = client.info(SERIES)
    assert info.primekeys == ["HARPNUM", "T_REC"]
    types = info.keywords.type
    assert [types[k] for k in ("T_REC", "HARPNUM", "CRVAL1", "NOAA_ARS", "R_VALUE")] == [
        "time",
        "int",
        "double",
        "string",
        "double",
    ]
    assert {"continuum", "Br", "Bp", "Bt", "bitmap"} <= set(info.segments.index)
    with pytest.raises(DrmsQueryError, match="Cannot find series"):
        client.info("hmi.nothing_720s")


def test_query_gives_keywords_and_segments_of_each_record(client: drms.Client, tiny_series: Path) -> None:
    keys, segments = client.query(f"{SERIES}[377][]", key=KEYS, seg="continuum,Br,nothing", rec_index=True)
    assert list(keys.T_REC) == [t_rec(i) for i in range(6)]
    assert keys.index[0] == f"{SERIES}[377][{FIRST}]"
    assert list(keys.QUALITY) == [0, 0, 0, 0x40000000, 0x80000000, 0]
    assert keys.NOAA_ARS.eq("11158,11160").all()
    assert keys.R_VALUE.isna().all()
    assert keys["*recnum*"].is_unique
    sizes = [p.stat().st_size for p in tiny_series.glob("*20140610_100000_TAI*.fits")]
    assert keys["*size*"].iloc[0] == sum(sizes)
    assert [path.endswith(".fits") for path in segments.continuum] == [True, False, True, True, True, True]
    assert segments.nothing.eq("InvalidSegName").all()
    every = client.query(f"{SERIES}[377][{FIRST}]", key="**ALL**")
    assert {"T_REC", "DATE__OBS", "CRLN_OBS", "DATAMEAN[3]", "DATAMEAN[6]"} <= set(every.columns)


@pytest.mark.parametrize(
    ("ds", "expected"),
    [
        ("[377]", [0, 1, 2, 3, 4, 5]),
        ("[]", [0, 1, 2, 3, 4, 5]),
        ("[376]", []),
        ("[300-377]", [0, 1, 2, 3, 4, 5]),
        ("[12,377][$]", [5]),
        (f"[377][{t_rec(2)}]", [2]),
        (f"[377][{t_rec(1)}-{t_rec(3)}]", [1, 2, 3]),
        (f"[377][{t_rec(3)}-]", [3, 4, 5]),
        (f"[377][-{t_rec(1)}]", [0, 1]),
        (f"[377][{FIRST}/36m]", [0, 1, 2]),
        (f"[377][{t_rec(1)}-{t_rec(5)}@24m]", [1, 3, 5]),
        ("[377][@1h]", [0, 5]),
        (f"[377][{t_rec(0)},{t_rec(4)}-{t_rec(5)}]", [0, 4, 5]),
        ("[377][2014.06.10_09:59:25Z]", [0]),  # 35 s, to the nearest slot
        ("[][? QUALITY >= 0 ?]", [0, 1, 2, 3, 5]),
        ("[][? QUALITY < 65536 ?]", [0, 1, 2, 4, 5]),
        ("[][? HARPNUM > 376 AND NOAA_ARS LIKE '%11160%' ?]", [0, 1, 2, 3, 4, 5]),
        ("[][? HARPNUM > 377 AND NOAA_ARS LIKE '%11160%' ?]", []),
        ("[377][? QUALITY = 0 ?][? CRLT_OBS IS NOT NULL ?]{continuum,Br}", [0, 1, 2, 5]),
    ],
)
def test_record_sets(client: drms.Client, ds: str, expected: list[int]) -> None:
    assert frames(client, ds) == expected


@pytest.mark.parametrize(
    "ds", ["[377", "[x]", "[377][soon]", "[377][? NOT A WORD ?]", "[377][2014.13.40_TAI]"]
)
def test_bad_record_sets_are_refused(client: drms.Client, ds: str) -> None:
    with pytest.raises(DrmsQueryError, match=r"status=1"):
        client.query(f"{SERIES}{ds}", key="T_REC")


def test_more_than_ten_times_are_refused(client: drms.Client) -> None:
    times = ",".join([FIRST] * 11)
    with pytest.raises(DrmsExportError, match=r"at most 10.*status=4"):
        client.export(f"{SERIES}[377][{times}]", method="url", protocol="fits", email="a@b.c").wait()


def test_addresses(client: drms.Client) -> None:
    assert client.check_email("a@b.c")
    assert not client.check_email("x@y.z")
    with pytest.raises(DrmsExportError, match=r"not registered.*status=4"):
        client.export(f"{SERIES}[377]", method="url", protocol="fits", email="x@y.z").wait()


@pytest.mark.parametrize("method", ["url", "url-tar"])
def test_export_gives_the_files_as_they_are(
    jsoc: Jsoc, export: Callable[..., Any], method: str, tiny_series: Path, tmp_path: Path
) -> None:
    downloaded = export(f"{SERIES}[377][? QUALITY > -3000000000 ?]{{continuum,Br}}", method).download(
        tmp_path
    )
    if method == "url-tar":
        with tarfile.open(downloaded.download.iloc[0], "r:") as tar:
            assert any(name.endswith(".keywords.txt") for name in tar.getnames())
            tar.extractall(tmp_path, filter="data")
    names = {path.name for path in tmp_path.glob("*.fits")}
    assert names == {p.name for p in tiny_series.glob("*.fits") if ".bitmap." not in p.name}
    for name in names:
        assert (tmp_path / name).read_bytes() == (tiny_series / name).read_bytes()
    assert jsoc.exports() == [row["requestid"] for row in jsoc.log("exp_request")]
    assert jsoc.max_connections() == 1


@pytest.mark.parametrize("method", ["url_quick", "url"])
def test_as_is_files_have_no_keywords_and_right_sums(
    export: Callable[..., Any], method: str, tiny_series: Path, tmp_path: Path
) -> None:
    request = export(f"{SERIES}[377][{FIRST}]", method, "as-is")
    assert (request.id is None) == (method == "url_quick")
    for row in request.download(tmp_path, fname_from_rec=True).itertuples():
        path = Path(row.download)
        name = parse_name(path.name)
        assert name is not None
        stored = read_segment(name, path.read_bytes())  # checks the sums
        original = read_segment(name, (tiny_series / path.name).read_bytes())
        assert np.array_equal(stored.physical(), original.physical(), equal_nan=True)
        assert b"T_REC" not in path.read_bytes()
        assert b"T_REC" in (tiny_series / path.name).read_bytes()
    assert len(list(tmp_path.iterdir())) == 3


def test_states_of_an_export(jsoc: Jsoc, client: drms.Client) -> None:
    jsoc.set_options(unknown_polls=1, pending_polls=3)
    request = client.export(f"{SERIES}[377]", method="url", protocol="fits", email="a@b.c")
    states = [request.status]
    for _ in range(5):
        request.has_finished()
        states.append(request.status)
    assert states == [2, 6, 2, 2, 1, 0]
    assert client.export_from_id(request.id).status == 0
    jsoc.expire()
    assert client.export_from_id(request.id).status == 6
    with pytest.raises(HTTPError, match="404"):
        urlopen(request.urls.url.iloc[0])


def test_one_pending_export_a_user(jsoc: Jsoc, client: drms.Client) -> None:
    ask = {"method": "url", "protocol": "fits", "email": "a@b.c"}
    first = client.export(f"{SERIES}[377]", **ask)
    second = client.export(f"{SERIES}[377]", **ask)
    assert (first.status, second.status) == (2, 7)
    assert client.export(f"{SERIES}[377]", **ask).status == 2  # a refusal counts as a poll


def test_too_large(jsoc: Jsoc, client: drms.Client) -> None:
    jsoc.set_options(max_bytes=1000)
    with pytest.raises(DrmsExportError, match=r"exceeds max byte limit.*status=3"):
        client.export(f"{SERIES}[377]", method="url", protocol="fits", email="a@b.c").wait()


def test_offline_files_pend(jsoc: Jsoc, export: Callable[..., Any], tmp_path: Path) -> None:
    jsoc.set_options(offline=True)
    request = export(f"{SERIES}[377][{FIRST}]", "url_quick", "as-is")
    assert request.id is not None
    assert len(request.download(tmp_path)) == 3


def test_a_range_of_a_file(export: Callable[..., Any]) -> None:
    url = export(f"{SERIES}[377][{FIRST}]{{Br}}").urls.url.iloc[0]
    with urlopen(url) as reply:
        whole = reply.read()
    with urlopen(Request(url, headers={"Range": "bytes=1000-1999"})) as reply:
        assert (reply.status, reply.headers["Content-Range"]) == (206, f"bytes 1000-1999/{len(whole)}")
        assert reply.read() == whole[1000:2000]


def test_noaa_list(tiny_series: Path, tmp_path: Path) -> None:
    there = tmp_path / "list.txt"
    there.write_text("HARPNUM NOAA_ARS\n377 11158\n")
    with Jsoc.start(tiny_series, noaa_list=there) as jsoc:
        url = jsoc.url.replace("cgi-bin/ajax/", "doc/data/hmi/harpnum_to_noaa/all_harps_with_noaa_ars.txt")
        with urlopen(url) as reply:
            assert reply.read() == there.read_bytes()
            assert reply.headers["Last-Modified"]
        jsoc.set_options(noaa_list=None)
        with pytest.raises(HTTPError, match="404"):
            urlopen(url)
