"""What a run does when something fails half way."""

import gzip
import shutil
import socket
from pathlib import Path

import pytest

from catalog.check import verify
from flows.harp import Harp
from flows.pipeline import run_request
from flows.request import SERIES
from flows.tracking import track
from pores.errors import InputError
from storage.lake import Lake
from storage.runs import current_run
from tests.damage import change_values, cut_short
from tests.flows.runs import BUSY, QUIET, assert_same_tables, porelake, request, tables


def test_a_harp_that_fails_does_not_stop_the_others(
    small_series: Path, small_lake: Path, tmp_path: Path
) -> None:
    lake = Lake.at(tmp_path / "lake")
    cube = lake.cube("hmi.sharp_cea_720s", BUSY)
    cube.parent.mkdir(parents=True)
    cube.write_bytes(b"no HDF5 file")
    ended = porelake("run", "--from", small_series, "--lake", lake.root, "--workers", 1)
    assert ended.returncode == 1
    assert f"HARP {BUSY}" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert f"HARP {BUSY}: failed" in ended.stdout
    assert cube.read_bytes() == b"no HDF5 file", "what was there is not touched"
    quiet = {name: rows for name, rows in tables(small_lake).items() if f"/harpnum={QUIET}/" in name}
    made = tables(lake.root)
    assert made.keys() == quiet.keys()
    for name, rows in made.items():
        own = ["source"] if "runs/" in name else []
        assert rows.drop_columns(own).equals(quiet[name].drop_columns(own)), name


def test_stages_that_are_damaged_are_made_again(
    small_series: Path, small_lake: Path, lake: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = request(small_series, lake)
    harp = Harp(asked, BUSY)
    prepared = harp.prepare_blocks()
    detected = harp.detect_blocks(prepared)
    damaged = {
        harp.stage("prepare", prepared[0]): change_values,
        harp.stage("detect", detected[0]): change_values,
        harp.stage("faint", detected[1]): cut_short,
        harp.stage("flow", harp.flow_blocks(detected)[1]): change_values,
    }
    for path, damage in damaged.items():
        damage(path)
    found = {finding.record for finding in verify(Lake.at(lake)) if finding.check == "stages"}
    assert found == {str(path.relative_to(lake)) for path in damaged}
    shutil.rmtree(lake / "tables")
    run_request(asked)
    told = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[2] for line in told] == [str(path) for path in damaged]
    assert all(line.endswith("; making it again") for line in told)
    assert_same_tables(lake, small_lake)
    assert not verify(Lake.at(lake))


def test_harps_with_equal_content_have_runs_of_their_own(small_series: Path, tmp_path: Path) -> None:
    source, lake = tmp_path / "source", tmp_path / "lake"
    source.mkdir()
    for harp in (7, 8):
        name = f"hmi.sharp_cea_720s.{harp}.20140610_000000_TAI.Br.fits"
        (source / name).write_bytes(b"")
    run_request(request(source, lake))
    assert not verify(Lake.at(lake))
    wanted = request(source, lake)
    assert not track(wanted, 7).said
    assert not track(wanted, 8).said


def test_a_prefect_server_that_does_not_answer_is_one_line(small_series: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:  # bound, not listening: nobody else gets the port
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/api"
        ended = porelake("run", "--from", small_series, "--lake", tmp_path, PREFECT_API_URL=address)
    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1
    assert f"no Prefect server answers at {address}" in ended.stderr


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("one.fits", b"SIMPLE  =                    T".ljust(2880), "name the directory that holds it"),
        ("series.tar.gz", gzip.compress(b"tar", mtime=0), "unpack it first"),
        ("series.tar", b"<html>not found</html>", "fetch it again"),
    ],
)
def test_a_source_that_is_none_says_what_to_do(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=says):
        run_request(request(tmp_path / name, tmp_path / "lake"))


def test_names_that_are_not_jsocs_are_told(tmp_path: Path) -> None:
    (tmp_path / "my_continuum.fits").write_bytes(b"")
    with pytest.raises(InputError, match=r"1 file of other names .* SHARP files are named like"):
        run_request(request(tmp_path, tmp_path / "lake"))


def test_files_passed_over_are_counted(small_series: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "notes.txt").write_text("mine")
    (source / "truth").mkdir()  # porelake's own, beside a simulated series
    (source / "truth" / "script.json").write_text("[]")
    (source / "hmi.sharp_cea_720s.7.20140610_000000_TAI.Br.fits").write_bytes(b"")
    (source / "hmi.sharp_cea_720s_nrt.7.20140610_000000_TAI.Br.fits").write_bytes(b"")
    outcome = run_request(request(source, tmp_path / "lake"))
    assert "2 files of another kind or series passed over" in str(outcome)
    other = porelake(
        "run", "--from", source, "--series", "hmi.sharp_cea_720s_dconS", "--lake", tmp_path / "l"
    )
    assert other.returncode == 2
    assert "it has files of hmi.sharp_cea_720s, hmi.sharp_cea_720s_nrt" in other.stderr


def test_a_catalogue_that_fails_does_not_hide_what_was_done(small_series: Path, tmp_path: Path) -> None:
    (tmp_path / "lake" / "catalog.duckdb").mkdir(parents=True)
    ended = porelake("run", "--from", small_series, "--lake", tmp_path / "lake", "--workers", 1)
    assert ended.returncode == 1
    assert f"HARP {BUSY}: " in ended.stdout
    assert ended.stderr.startswith("porelake: the catalogue:")


def test_an_archive_that_is_down_is_not_asked_for_every_harp(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        down = {
            "PORELAKE_JSOC_URL": f"http://127.0.0.1:{closed.getsockname()[1]}/",
            "PORELAKE_JSOC_RETRIES": "0",
        }
        harps = [part for harpnum in range(1, 7) for part in ("--harp", harpnum)]
        ended = porelake("run", *harps, "--email", "a@b.c", "--lake", tmp_path / "lake", **down)
    assert ended.returncode == 1
    assert ended.stdout == "HARP 1: failed\nHARP 2: failed\nHARP 3: failed\n"
    assert ended.stderr.startswith("porelake: HARP 1, 2, 3: JSOC at http://127.0.0.1:")
    assert ended.stderr.endswith("; 3 more HARPs: not tried\n")


def test_what_became_of_a_harp_is_told_when_it_ends(small_series: Path, tmp_path: Path) -> None:
    told: list[str] = []
    lake = tmp_path / "lake"

    def tell(text: str) -> None:
        told.append(text)
        if text.startswith(f"HARP {BUSY}: "):
            assert current_run(Lake.at(lake), SERIES, BUSY) is not None
            assert current_run(Lake.at(lake), SERIES, QUIET) is None

    outcome = run_request(request(small_series, lake), tell)
    assert "\n".join(filter(None, told)) == str(outcome)
    assert f"HARP {BUSY}: " in str(outcome)
