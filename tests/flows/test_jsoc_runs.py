"""`porelake run --from jsoc` against the loopback JSOC: the tables of the files, and no request too many."""

import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from catalog.check import verify
from catalog.query import connect
from flows.cli import main
from flows.outcome import RunError
from flows.pipeline import run_request
from pores.errors import InputError
from storage.lake import Lake
from storage.runs import current_run
from tests.flows.jsoc_lakes import (
    NRT,
    SERIES,
    asking,
    assert_nothing_left,
    assert_polite,
    assert_right_pixels,
    images,
    point_to,
    series_copy,
    variables,
)
from tests.flows.runs import (
    BUSY,
    QUIET,
    UNUSABLE,
    assert_same_tables,
    files,
    porelake,
    request,
    tables,
    write_other_start,
)
from tests.jsoc.handle import Jsoc

Says = Callable[..., tuple[int, str, str]]
WORDS = "bad 3 times at the archive: "  # what a run tells of a damaged file more where it could ask again
CUT = f"{SERIES}.{BUSY}.20140610_112400_TAI.continuum.fits"


@pytest.fixture
def server(small_series: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jsoc]:
    """A server over the small series, at which runs of this process are pointed."""
    with Jsoc.start(small_series) as running:
        point_to(monkeypatch, running)
        yield running


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Says:
    """The command line in this process: exit status, stdout, stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["porelake", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capsys.readouterr()

    return run


def options(lake: Path, *more: object, harp: int = QUIET) -> tuple[object, ...]:
    return ("--harp", harp, "--from", "jsoc", "--email", "a@b.c", "--lake", lake, *more)


def rows(lake: Path, statement: str) -> list[tuple[object, ...]]:
    with connect(Lake.at(lake)) as connection:
        return connection.execute(statement).fetchall()


def of_harp(lake: Path, harpnum: int) -> dict[str, object]:
    """Rows of a HARP by table, whatever its run is called and wherever its files came from."""
    own = ("run_id", "source", "label_run_id", "config_hash")
    found = {}
    for name, table in tables(lake).items():
        _, kind, harp, _ = name.split("/")
        if harp == f"harpnum={harpnum}":
            found[kind] = table.drop_columns([c for c in table.column_names if c in own]).to_pylist()
    assert found["frames"]
    return found


def n_images(lake: Path, series: str = SERIES) -> int:
    return len(images(lake, series))


def test_the_command_makes_the_tables_of_the_directory(
    server: Jsoc, small_series: Path, small_lake: Path, tmp_path: Path
) -> None:
    lake = tmp_path / "lake"
    asked = ("run", "--harp", BUSY, *options(lake))
    first = porelake(*asked, **variables(server))
    assert (first.returncode, first.stderr.count("\n")) == (1, 1), "a file is damaged at the archive, too"
    assert f"HARP {BUSY}: 1 file not to be had: {CUT}" in first.stderr
    assert_same_tables(lake, small_lake, but=("source", "detail"))
    assert rows(lake, "SELECT DISTINCT source FROM runs") == [("jsoc",)]
    told = "SELECT replace(detail, ?, '') FROM frames ORDER BY harpnum, t_rec"
    with connect(Lake.at(lake)) as mine, connect(Lake.at(small_lake)) as theirs:
        assert mine.execute(told, [WORDS]).fetchall() == theirs.execute(told, [WORDS]).fetchall()
    assert verify(Lake.at(lake)) == []
    # One of the 49 files is cut short.
    assert len(assert_right_pixels(lake, small_series)) == 48
    assert_nothing_left(lake)
    assert_polite(server, CUT)

    before, exports = files(lake), server.exports()
    n_downloads = len(server.log("download"))
    again = porelake(*asked, **variables(server))
    assert again.returncode == 1
    assert "--again asks anew" in again.stderr
    assert f"HARP {QUIET}: up to date" in again.stdout
    assert files(lake) == before
    assert (server.exports(), len(server.log("download"))) == (exports, n_downloads)


@pytest.mark.parametrize(
    "settings",
    [{"REQUEST_RECORDS": 5}, {"TAR_FROM": 1000}, {"TAR_FROM": 1, "REQUEST_BYTES": 60_000}],
    ids=["five records a request", "files", "small tars"],
)
def test_however_it_is_asked_for(
    server: Jsoc,
    small_series: Path,
    small_lake: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, int],
) -> None:
    point_to(monkeypatch, server, **settings)
    with pytest.raises(RunError, match="not to be had"):
        run_request(asking(tmp_path / "lake", BUSY, QUIET))
    assert_same_tables(tmp_path / "lake", small_lake, but=("source", "detail"))
    assert len(assert_right_pixels(tmp_path / "lake", small_series)) == 48
    assert_polite(server, CUT)


def test_bare_files_make_the_same_pores(
    server: Jsoc, small_series: Path, small_lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_to(monkeypatch, server, PROTOCOL="as-is")
    with pytest.raises(RunError, match="1 file not to be had"):
        run_request(asking(tmp_path / "lake", BUSY, QUIET))
    assert {row["arguments"]["protocol"] for row in server.log("exp_request")} == {"as-is"}
    assert len(assert_right_pixels(tmp_path / "lake", small_series)) == 48
    for harpnum in (BUSY, QUIET):
        mine, theirs = of_harp(tmp_path / "lake", harpnum), of_harp(small_lake, harpnum)
        for kind in ("pores", "tracks", "links", "events"):
            assert mine[kind] == theirs[kind], kind
    columns = "t_rec, usable, reason, quality, n_pores, crlt_obs, quiet_sun"
    frames = f"SELECT {columns} FROM frames ORDER BY harpnum, t_rec"
    assert rows(tmp_path / "lake", frames) == rows(small_lake, frames)
    assert verify(Lake.at(tmp_path / "lake")) == []


def test_one_harp_twice_fetches_nothing(server: Jsoc, small_lake: Path, tmp_path: Path, says: Says) -> None:
    code, out, err = says("run", *options(tmp_path))
    assert (code, err) == (0, "")
    assert out.startswith(f"HARP {QUIET}: 8 files added; 4 frames prepared;")
    assert of_harp(tmp_path, QUIET) == of_harp(small_lake, QUIET)
    before = files(tmp_path)
    server.clear_log()
    assert f"HARP {QUIET}: up to date" in says("run", *options(tmp_path))[1]
    assert files(tmp_path) == before
    assert {row["op"] for row in server.log()} <= {"rs_list", "series_struct"}
    server.stop()
    assert says("run", "--harp", QUIET, "--from", "lake", "--lake", tmp_path)[0] == 0
    code, _, err = says("run", *options(tmp_path))
    assert (code, err.count("\n")) == (1, 1)
    assert "does not answer" in err
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("selection", "times"),
    [
        (("--cadence", "24m"), ("113600", "120000")),
        (("--since", "2014-06-10T11:48:00"), ("114800", "120000", "121200")),
        (("--until", "2014-06-10T11:48:00"), ("113600", "114800")),
        (("--since", "2014-06-10T11:48:00", "--until", "2014-06-10T12:00:00"), ("114800", "120000")),
        (("--where", "CRVAL1 > 0", "--where", "QUALITY >= 0"), ("113600", "114800", "120000", "121200")),
        (("--since", "2014-06-10T11:48:00", "--cadence", "24m"), ("114800", "121200")),
    ],
    ids=["cadence", "since", "until", "between", "where", "cadence since"],
)
def test_a_selection_brings_what_it_says(
    server: Jsoc,
    small_series: Path,
    tmp_path: Path,
    says: Says,
    selection: tuple[str, ...],
    times: tuple[str],
) -> None:
    asked = ("ingest", *options(tmp_path, *selection))
    dry = says(*asked, "--dry-run")[1]
    assert server.log("exp_request") == []
    assert not list(tmp_path.iterdir())
    assert f"{len(times)} records, {2 * len(times)} files" in dry
    code, _, err = says(*asked)
    assert (code, err) == (0, "")
    names = assert_right_pixels(tmp_path, small_series)
    assert names == sorted(
        f"{SERIES}.{QUIET}.20140610_{time}_TAI.{segment}.fits"
        for time in times
        for segment in ("Br", "continuum")
    )
    asked_for = {Path(row["path"]).name for row in server.log("download")}
    assert asked_for == set(names), "nothing that was not wanted"


def test_where_leaves_out_what_the_condition_does(server: Jsoc, tmp_path: Path, says: Says) -> None:
    harp = {"harp": BUSY}
    good = rows_of_quality(server)
    code, _, _ = says("ingest", *options(tmp_path, "--where", "QUALITY = 0", "--segments", "Br", **harp))
    assert code == 0
    assert len(good) == 13
    assert sorted(images(tmp_path)) == [f"{SERIES}.{BUSY}.{t}.Br.fits" for t in good]


def rows_of_quality(server: Jsoc) -> list[str]:
    """Times of the busy HARP's records of good quality, as file names have them."""
    bad = next(frame for frame, reason in UNUSABLE.items() if reason == "bad quality")
    minutes = [10 * 60 + 36 + 12 * i for i in range(14) if i != bad]
    return [f"20140610_{m // 60:02d}{m % 60:02d}00_TAI" for m in minutes]


def test_segments_that_are_named(server: Jsoc, tmp_path: Path, says: Says) -> None:
    assert says("ingest", *options(tmp_path, "--segments", "continuum"))[0] == 0
    assert {name.split(".")[-2] for name in images(tmp_path)} == {"continuum"}
    assert len(server.log("download")) == 4
    assert says("run", *options(tmp_path))[0] == 0
    assert sorted(name.split(".")[-2] for name in server.downloads()) == ["Br"] * 4 + ["continuum"] * 4
    code, _, err = says("ingest", *options(tmp_path, "--segments", "Brr"))
    assert (code, err.count("\n")) == (2, 1)
    assert "no segment Brr" in err


def test_a_dry_run_agrees_with_what_comes(server: Jsoc, tmp_path: Path, says: Says) -> None:
    server.add({"HARPNUM": BUSY, "T_REC": "2014.06.10_14:00:00_TAI", "QUALITY": -(2**31)})
    code, out, err = says("run", *options(tmp_path / "lake", harp=BUSY), "--harp", QUIET, "--dry-run")
    assert (code, err) == (0, "")
    found = re.findall(r"(\S+\[(\d+)\]\S*)\n +(\d+) records, (\d+) files, (\S+) kB", out)
    assert [(int(harp), int(n), int(m)) for _, harp, n, m, _ in found] == [(BUSY, 15, 41), (QUIET, 4, 8)]
    assert f"{SERIES}[{BUSY}]{{" in out
    assert not (tmp_path / "lake").exists()
    says("ingest", *options(tmp_path / "lake", harp=BUSY), "--harp", QUIET)
    sizes = [
        sum(path.stat().st_size for path in server_files(server) if f".{harp}." in path.name) / 1000
        for harp in (BUSY, QUIET)
    ]
    for size, (*_, told) in zip(sizes, found, strict=True):
        assert size / 3 < float(told) < size * 3
    assert n_images(tmp_path / "lake") == 48


def test_a_dry_run_says_what_the_lake_lacks(server: Jsoc, tmp_path: Path, says: Says) -> None:
    dry = ("ingest", *options(tmp_path), "--dry-run")
    assert "4 records, 8 files" in (said := says(*dry)[1])
    assert " at JSOC; the lake lacks 4 of 4 records\n" in said
    assert says("ingest", *options(tmp_path))[0] == 0
    assert " at JSOC; the lake lacks nothing\n" in says(*dry)[1]
    server.add({"HARPNUM": QUIET, "T_REC": "2014.06.10_14:00:00_TAI", "QUALITY": -(2**31)})
    assert " at JSOC; the lake lacks 1 of 5 records\n" in says(*dry)[1]


def test_a_dry_run_of_harps_that_jsoc_does_not_have(server: Jsoc, tmp_path: Path, says: Says) -> None:
    code, out, _ = says("run", *options(tmp_path), "--harp", 11158, "--dry-run")
    assert code == 0
    assert "\n  JSOC has no record; NOAA 11158 is HARP 377: --noaa 11158\n" in out
    code, out, err = says("run", *options(tmp_path, harp=11158), "--harp", 5, "--dry-run")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert f"JSOC has no record of {SERIES}[5], nor of {SERIES}[11158]; NOAA 11158 is HARP 377" in err


def server_files(server: Jsoc) -> list[Path]:
    root = server.process.args[server.process.args.index("--root") + 1]  # type: ignore[union-attr, index, arg-type]
    return list(Path(str(root)).glob("*.fits"))


def test_records_without_files_are_told(server: Jsoc, tmp_path: Path) -> None:
    for at, quality in (("12:24", -(2**31)), ("12:36", 0)):
        cards = {"NOAA_ARS": "12080", "CRLT_OBS": 1.25, "OBS_VR": -700.5}
        server.add({"HARPNUM": QUIET, "T_REC": f"2014.06.10_{at}:00_TAI", "QUALITY": quality, **cards})
    run_request(asking(tmp_path, QUIET))
    found = rows(
        tmp_path, "SELECT usable, reason, quality, crlt_obs, obs_vr, n_pores FROM frames ORDER BY t_rec"
    )
    assert found[4:] == [
        (False, "bad quality", 2**31, 1.25, -700.5, None),
        (False, "missing segment", 0, 1.25, -700.5, None),
    ]
    assert [row[0] for row in found[:4]] == [True] * 4
    keywords = rows(tmp_path, "SELECT keywords FROM frames ORDER BY t_rec DESC LIMIT 1")
    assert '"NOAA_ARS": "12080"' in str(keywords)
    assert verify(Lake.at(tmp_path)) == []
    n_requests = len(server.exports())
    assert "up to date" in str(run_request(asking(tmp_path, QUIET)))
    assert len(server.exports()) == n_requests


def test_series_are_never_mixed(
    small_series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: Says
) -> None:
    both = tmp_path / "both"
    series_copy(small_series, both / "nrt", NRT)
    series_copy(small_series, both / "definitive", SERIES)
    lake, other = tmp_path / "lake", tmp_path / "other"
    with Jsoc.start(both) as server:
        point_to(monkeypatch, server)
        assert says("run", *options(lake))[0] == 0
        before, n = files(lake), len(server.log())
        code, _, err = says("run", *options(lake, "--series", NRT))
        assert (code, err.count("\n")) == (2, 1)
        assert "two series must not mix" in err
        assert files(lake) == before
        assert len(server.log()) == n, "nothing was asked of JSOC"
        assert says("run", *options(other, "--series", NRT))[0] == 0
    assert list(images(other, SERIES)) == []
    assert len(images(other, NRT)) == 8
    assert rows(other, "SELECT DISTINCT series FROM runs") == [(NRT,)]
    area = "SELECT t_rec, label, area_px, mean_br FROM pores ORDER BY ALL"
    assert rows(other, area) == rows(lake, area) != []


def test_images_of_the_ccd_are_downloaded_only(
    small_series: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: Says
) -> None:
    ccd = "hmi.sharp_720s"
    with Jsoc.start(series_copy(small_series, tmp_path / "ccd", ccd)) as server:
        point_to(monkeypatch, server)
        code, out, err = says("ingest", *options(tmp_path / "lake", "--series", ccd))
        assert (code, err) == (0, "")
        assert "8 files added" in out
        assert len(images(tmp_path / "lake", ccd)) == 8
        code, _, err = says("run", *options(tmp_path / "lake", "--series", ccd))
        assert code == 2
        assert "porelake ingest" in err


def test_a_reprocessed_record_is_done_again(
    server: Jsoc, small_series: Path, tmp_path: Path, says: Says
) -> None:
    lake, truth, new = tmp_path / "lake", tmp_path / "truth", tmp_path / "new"
    segments = ("--segments", "continuum,Br,Bt")
    assert says("run", *options(lake, *segments, harp=BUSY))[0] == 1
    old = current_run(Lake.at(lake), SERIES, BUSY)
    assert old is not None
    before = {name: pq.read_table(lake / name).to_pylist() for name in tables(lake)}
    write_other_start(new)
    shutil.rmtree(new / "truth")
    for path in new.glob("*_104800_*"):
        path.unlink()
    made_anew = {path.name for path in new.iterdir()}
    assert server.reprocess(overlay=new) == 1
    server.clear_log()
    assert says("run", *options(lake, *segments, harp=BUSY))[0] == 1

    assert set(server.downloads()) == made_anew
    assert set(server.downloads().values()) == {1}
    expected = tmp_path / "files"
    shutil.copytree(small_series, expected)
    shutil.copytree(new, expected, dirs_exist_ok=True)
    run_request(request(expected, truth, harpnums=[BUSY]))
    now = current_run(Lake.at(lake), SERIES, BUSY)
    assert now == current_run(Lake.at(truth), SERIES, BUSY)
    assert now is not None
    assert now.run_id != old.run_id
    for name, table in tables(truth).items():
        but = [c for c in ("source", "detail") if c in table.column_names]
        assert tables(lake)[name].drop_columns(but).equals(table.drop_columns(but)), name
    assert_right_pixels(lake, expected)

    assert {name: pq.read_table(lake / name).to_pylist() for name in before} == before, "old rows stay"
    assert rows(lake, "SELECT DISTINCT run_id FROM pores") == [(now.run_id,)]
    runs = rows(lake, "SELECT run_id FROM all_runs ORDER BY started")
    assert runs == [(old.run_id,), (now.run_id,)]
    areas = [
        [p["area_px"] for p in before[f"tables/pores/harpnum={BUSY}/{old.run_id}.parquet"]],
        [area for (area,) in rows(lake, "SELECT area_px FROM pores")],
    ]
    assert sorted(areas[0]) != sorted(areas[1])
    assert verify(Lake.at(lake)) == []


def test_a_record_made_anew_without_continuum_is_used_no_more(server: Jsoc, tmp_path: Path) -> None:
    run_request(asking(tmp_path, QUIET))
    server.reprocess(harpnum=QUIET, t_rec=["2014.06.10_11:48:00_TAI"], without=["continuum"])
    run_request(asking(tmp_path, QUIET))
    found = rows(tmp_path, "SELECT reason, n_pores IS NULL FROM frames ORDER BY t_rec")
    assert found == [(None, False), ("missing segment", True), (None, False), (None, False)]
    assert rows(tmp_path, "SELECT count(*) FROM pores WHERE t_rec = '2014-06-10 11:48:00'") == [(0,)]
    assert verify(Lake.at(tmp_path)) == []


def test_records_that_appear_later(
    server: Jsoc, small_series: Path, small_lake: Path, tmp_path: Path
) -> None:
    server.hide(harpnum=QUIET, last=2)
    run_request(asking(tmp_path, QUIET))
    assert rows(tmp_path, "SELECT count(*) FROM frames") == [(2,)]
    server.clear_log()
    server.reveal(harpnum=QUIET)
    run_request(asking(tmp_path, QUIET))
    late = {p.name for p in small_series.glob(f"*.{QUIET}.*_12*")}
    assert set(server.downloads()) == late
    assert len(late) == 4
    run = current_run(Lake.at(small_lake), SERIES, QUIET)
    assert current_run(Lake.at(tmp_path), SERIES, QUIET) == run
    for name, table in tables(small_lake).items():
        if f"harpnum={QUIET}/" in name and "/runs/" not in name:
            assert tables(tmp_path)[name].equals(table), name
    assert len(assert_right_pixels(tmp_path, small_series)) == 8


@pytest.mark.parametrize(
    ("values", "says_"),
    [
        ({"email": None}, "--email or JSOC_EMAIL"),
        ({"email": "x@y.z"}, "JSOC does not know this address"),
        ({"harpnums": (424242,)}, "JSOC has no record of"),
        ({"selection": {"where": ("QUALITY >= 0 ?] [? 1=1",)}}, "--where"),
        ({"selection": {"cadence": "1h", "since": "2030-01-01"}}, "JSOC has no record of"),
    ],
    ids=["no address", "unknown address", "no such HARP", "where", "no such time"],
)
def test_what_can_not_be_asked(server: Jsoc, tmp_path: Path, values: dict[str, object], says_: str) -> None:
    with pytest.raises(InputError, match=re.escape(says_)):
        run_request(asking(tmp_path / "lake", QUIET, **values))
    assert server.exports() == []
    assert not list((tmp_path / "lake").glob("**/*.parquet"))
