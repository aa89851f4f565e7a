"""The command line: what it answers, and what it says of wrong input."""

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from typer.main import get_command

from flows.cli import MODULES, command_line
from flows.lake_options import INTO
from tests.flows.runs import (
    BUSY,
    QUIET,
    Command,
    Refuses,
    assert_same_tables,
    environment,
    porelake,
    tables,
)

NRT = "hmi.sharp_cea_720s_nrt"


@pytest.fixture(scope="session")
def tar(small_series: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tar") / "export.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(small_series, "S00000")
    return path


def test_wrong_input_of_the_real_command(tmp_path: Path) -> None:
    done = porelake("run", "--from", tmp_path / "absent", "--lake", tmp_path / "lake")
    assert done.returncode == 2
    assert done.stderr == f"porelake: --from {tmp_path / 'absent'}: no such file or directory\n"


def test_stages_one_by_one_from_a_tar_make_what_a_run_makes(
    tar: Path, small_lake: Path, tmp_path: Path, command: Command
) -> None:
    lake = tmp_path / "lake"
    said = []
    for stage in ("ingest", "prepare", "detect", "track"):
        ended = command(stage, "--from", tar, "--lake", lake, "--workers", 1)
        assert (ended.status, ended.err) == (0, "")
        said.append(ended.out.splitlines()[0])
    assert [line.split()[3] for line in said] == ["files", "frames", "frames", "frames"]
    assert " features in " in said[-1]
    assert not (lake / "catalog.duckdb").exists()
    assert command("publish", "--lake", lake).status == 0
    assert_same_tables(lake, small_lake, but=("source",))
    assert command("verify", "--lake", lake).status == 0


def test_one_harp_of_several(small_series: Path, small_lake: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    options = ("--from", small_series, "--harp", QUIET)
    assert porelake("run", *options, "--enhance", "spline", PORELAKE_LAKE=str(lake)).returncode == 0
    mine, whole = tables(lake), tables(small_lake)
    assert mine.keys() == {name for name in whole if f"/harpnum={QUIET}/" in name}
    assert all(mine[name].equals(whole[name]) for name in mine)


def test_wrong_sources(
    small_series: Path, tmp_path: Path, command: Command, refuses: Callable[..., None]
) -> None:
    lake = ("--lake", tmp_path / "lake")
    (tmp_path / "empty").mkdir()
    (tmp_path / "no.tar").write_bytes(b"no tar at all" * 1000)
    for source, says in (
        (tmp_path / "absent", f"--from {tmp_path / 'absent'}: no such file or directory"),
        (tmp_path / "empty", f"{tmp_path / 'empty'} has no file of series hmi.sharp_cea_720s"),
        (tmp_path / "no.tar", f"{tmp_path / 'no.tar'}: no complete uncompressed tar"),
        ("jsoc", "--email or JSOC_EMAIL"),
    ):
        refuses("run", "--from", source, *lake, says=says)
    there = f" for HARP 7; it has HARPs {min(BUSY, QUIET)}, {max(BUSY, QUIET)}\n"
    refuses("run", "--from", small_series, "--harp", 7, *lake, says=there)
    refuses("run", "--from", small_series, "--series", NRT, *lake, says=NRT)
    refuses("run", *lake, says="lake")
    assert not (tmp_path / "lake").exists()


def test_wrong_options(
    small_series: Path, small_lake: Path, tmp_path: Path, command: Command, refuses: Callable[..., None]
) -> None:
    run = ("run", "--from", small_series, "--lake", tmp_path / "lake")
    set_ = "--set detect.threshold"
    refuses(*run, "--set", "detect.threshold=2", says=f"{set_}=2: should be less than 1\n")
    refuses(*run, "--set", "detect.threshold=4x", says=f"{set_}=4x: should be a valid number\n")
    for wrong in ("detect.treshold", "detct.threshold"):
        meant = f"--set {wrong}: no such parameter; did you mean detect.threshold?\n"
        refuses(*run, "--set", f"{wrong}=0.4", says=meant)
    refuses(*run, "--set", "track.x=1", says="--set track.x: no such parameter; `porelake parameters`")
    refuses(*run, "--set", "threshold=0.4", says="write stage.name=value")
    refuses(*run, "--set", "detect.threshold", says="write stage.name=value")
    refuses(*run, "--weights", tmp_path / "none.h5", says="--weights")
    refuses(*run, "--enhance", "network", "--weights", tmp_path / "none.h5", says="none.h5: no such file")
    refuses(*run, "--store", "--enhance", "none", says="--store")
    refuses(*run, "--again", says="--again")
    refuses(*run, "--since", "2014-06-10", says="--since")
    jsoc = ("run", "--harp", 377)
    for wrong in ("0h", "abc"):
        refuses(*jsoc, "--cadence", wrong, says=f"--cadence {wrong}: write e.g. 1h, 96m\n")
    for wrong in ("yesterday", "2011-02-31", "2011.02.31_00:00:00_TAI", "2011-W07-1", "2011-02-13T12:00Z"):
        refuses(*jsoc, "--since", wrong, says=f"--since {wrong}: no time; write e.g. 2011-02-13 or")
    late = ("--since", "2011.02.14_00:00:00_TAI", "--until", "2011-02-13T12:00")
    refuses(*jsoc, *late, says="--since 2011-02-14T00:00: after --until 2011-02-13T12:00\n")
    refuses("run", "--noaa", "11158x", says="--noaa 11158x: not a NOAA number")
    refuses("publish", "--segments", "Br", says="--segments")
    refuses(*run, "--lake", "gopher://bucket/lake", says="--lake gopher://bucket/lake")
    refuses(*run, "--lake", "s3:/bucket/lake", says="--lake s3:/bucket/lake: a URL has two slashes")
    refuses(*run, "--lake", "/proc/x/y", says="--lake /proc/x/y: can't be written (/proc: ")
    refuses(*run, "--lake", __file__, says=f"--lake {__file__}: can't be written (Not a directory)")
    refuses(*run, "--format", "xls", says="--format")
    refuses("sql", "SELECT 1", "--format", "xls", says="'--format': 'xls' is not one of 'table', 'csv'")
    for option in (("--enhance", "magic"), ("--workers", "0"), ("--harp", "x"), ("--no-such", "1")):
        refuses(*run, *option, says=option[0])
    refuses("simulate", says="--out")
    refuses("runn", says="runn")
    assert not (tmp_path / "lake").exists()


def test_whole_numbers_are_read_as_such(small_series: Path, tmp_path: Path, command: Command) -> None:
    settings = ("--set", "detect.connectivity=8", "--set", "prepare.bad_quality_mask=0x80000000")
    ended = command("run", "--from", small_series, "--lake", tmp_path / "lake", "--workers", 1, *settings)
    assert ended.status == 0
    config = json.loads(
        pq.read_table(next((tmp_path / "lake" / "tables" / "runs").glob("*/*")))["config"][0].as_py()
    )
    assert config["detect"]["connectivity"] == 8
    assert config["prepare"]["bad_quality_mask"] == 0x80000000


def test_wrong_questions(
    small_lake: Path, tmp_path: Path, command: Command, refuses: Callable[..., None]
) -> None:
    lake = ("--lake", small_lake)
    refuses("sql", "SELECT 1", "--lake", tmp_path / "none", says=str(tmp_path / "none"))
    refuses("sql", "SELECT no_such FROM pores", *lake, says="no_such")
    refuses("sql", "DROP VIEW pores", *lake, says="SELECT")
    for ask in (("sql", "SELECT 1"), ("query", "longest_lives")):
        forms = f"--out {tmp_path / 'x.xyz'}: the name tells no format; add --format csv|json|parquet|table\n"
        refuses(*ask, "--out", tmp_path / "x.xyz", *lake, says=forms)
    refuses("query", "no_such", *lake, says="no_such")
    refuses("query", "longest_lives", "--param", "x", *lake, says="--param x")
    refuses("export", "no_such", "--format", "csv", "--out", tmp_path / "x.csv", *lake, says="no_such")
    refuses("export", "pores", "--format", "xls", "--out", tmp_path / "x", *lake, says="xls")
    refuses("score", tmp_path, *lake, says="no such table")
    refuses("mask", "no_such", *lake, says="no pore_id")
    refuses("mask", f"{BUSY}_20140610_103600_099", *lake, says="no such feature")
    refuses("enhance", tmp_path / "x.fits", "--out", tmp_path / "y.fits", says="x.fits")
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_an_answer_is_named(small_lake: Path, tmp_path: Path, command: Command) -> None:
    lake = ("--lake", small_lake)
    for asked in (("sql", "SELECT 1"), ("query", "longest_lives"), ("export", "pores", "--format", "csv")):
        out = tmp_path / f"{asked[0]}.csv"
        ended = command(*asked, "--out", out, *lake)
        assert (ended.status, ended.out.splitlines()[0], ended.err) == (0, str(out), "")


@pytest.mark.parametrize("form", ["table", "csv"])
def test_what_was_asked_is_told_where_there_are_no_rows(
    small_lake: Path, tmp_path: Path, command: Command, form: str
) -> None:
    asked = ("query", "lifetime_vs_br", "--param", "min_obs=1000", "--format", form, "--lake", small_lake)
    said = (
        "no rows of lifetime_vs_br with bin_g=200, kind=pore, min_obs=1000, min_mu=0, births=seen;"
        " `porelake query lifetime_vs_br --describe` says what that asks for\n"
    )
    for more in ((), ("--out", tmp_path / "x")):
        ended = command(*asked, *more)
        assert (ended.status, ended.err) == (0, said)
    assert command("query", "lifetime_vs_br", "--lake", small_lake).err == ""


FILES = {
    "lineage": ("--harp", BUSY, "--out", "new/x.png"),
    "movie": ("--harp", BUSY, "--out", "new/x.mp4"),
    "mask": (f"{BUSY}_20140610_103600_001", "--out", "new/x.fits"),
    "enhance": ("x.fits", "--method", "spline", "--out", "new/x.fits"),
    "train-enhance": ("--data", "nowhere", "--out", "new/x.h5"),
    "export": ("pores", "--format", "csv", "--out", "new/x.csv"),
    "query": ("longest_lives", "--out", "new/x.csv"),
    "sql": ("SELECT 1", "--out", "new/x.csv"),
}


@pytest.mark.parametrize("name", FILES)
def test_no_command_makes_the_directory_of_its_file(
    name: str,
    small_lake: Path,
    tmp_path: Path,
    command: Command,
    refuses: Refuses,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORELAKE_LAKE", str(small_lake))
    refuses(name, *FILES[name], says=f"there is no directory {tmp_path / 'new'}; make it first")
    assert list(tmp_path.iterdir()) == []
    assert INTO in " ".join(command(name, "--help").out.replace("│", " ").split())


FOLDERS = {
    "report": ("--out", "/proc/x"),
    "simulate": ("--out", "/proc/x"),
    "demo": ("--out", "/proc/x"),
    "challenge": ("--out", "/proc/x"),
    "export": ("--bundle", "/proc/x"),
}


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *(
            (name, [str(word).replace("new/", "/proc/") for word in options])
            for name, options in FILES.items()
        ),
        *FOLDERS.items(),
    ],
)
def test_a_place_that_can_not_be_written_is_named_as_it_was(
    name: str, options: list[object], small_lake: Path, refuses: Refuses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORELAKE_LAKE", str(small_lake))
    refuses(name, *options, says=f"{options[-2]} {options[-1]}: can't be written (")


@pytest.mark.parametrize("out", ["~nosuchuser/x.csv", f"{300 * 'x'}.csv"])
def test_what_can_be_no_path_is_refused(out: str, small_lake: Path, refuses: Refuses) -> None:
    for option, command in (("--out", ["query", "longest_lives"]), ("--bundle", ["export"])):
        refuses(*command, option, out, "--lake", small_lake, says=f"{option} {out}: can't be written (")


def test_verify_tells_what_is_wrong(lake: Path, command: Command) -> None:
    victim = next((lake / "tables" / "tracks").glob(f"harpnum={BUSY}/*"))
    victim.write_bytes(victim.read_bytes()[:-100])
    ended = command("verify", "--lake", lake)
    assert ended.status == 1
    assert victim.name in ended.out
    assert ended.err.count("\n") == 1


@pytest.mark.filterwarnings("ignore:.datfix. made the change")  # MJD-OBS from DATE-OBS
def test_a_mask_is_the_pixels_of_the_feature(
    small_lake: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "SELECT pore_id, area_px, x_px, y_px, lon, lat FROM pores"
    asked += f" WHERE harpnum = {BUSY} ORDER BY area_px DESC LIMIT 1"
    answer = command("sql", asked, "--lake", small_lake, "--format", "csv").out.splitlines()[1].split(",")
    pore_id, (area, x, y, lon, lat) = answer[0], map(float, answer[1:])
    monkeypatch.chdir(tmp_path)
    assert command("mask", pore_id, "--lake", small_lake).out == f"{pore_id}.fits: {area:.0f} pixels\n"
    with fits.open(tmp_path / f"{pore_id}.fits") as hdus:
        mask, header = hdus[0].data, hdus[0].header
    assert mask.shape == (160, 240)
    assert set(np.unique(mask)) == {0, 1}
    assert mask.sum() == area
    rows, columns = np.nonzero(mask)
    assert (columns.mean() - 0.5) / 2 == pytest.approx(x, abs=1e-9)
    assert (rows.mean() - 0.5) / 2 == pytest.approx(y, abs=1e-9)
    here = WCS(header).wcs_pix2world(columns.mean(), rows.mean(), 0)
    assert np.allclose(here, [lon, lat], atol=1e-6)
    assert header["PORE_ID"] == pore_id


def test_sql_imports_nothing_heavy(small_lake: Path) -> None:
    program = (
        "import sys; sys.argv = ['porelake', *sys.argv[1:]]\n"
        "from flows.cli import main\n"
        "try: main()\n"
        "finally: print(sorted({name.split('.')[0] for name in sys.modules}))"
    )
    command = [sys.executable, "-c", program, "sql", "SELECT 1", "--lake", str(small_lake)]
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(command, env=environment(), cwd=root, capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()[-1]
    assert "'duckdb'" in loaded
    chain = ("prefect", "tensorflow", "sunpy", "astropy", "scipy", "h5py", "matplotlib", "pandas")
    for heavy in (*chain, "numpy", "pyarrow", "prompt_toolkit"):
        assert f"'{heavy}'" not in loaded, heavy


def test_help_names_every_command(command: Command) -> None:
    commands = (
        "run ingest prepare detect track publish sql query describe export verify simulate score mask demo"
    )
    ended = command("--help")
    assert ended.status == 0
    assert all(name in ended.out for name in commands.split())


def test_simulate_writes_a_series_that_runs(
    tmp_path: Path, command: Command, refuses: Callable[..., None]
) -> None:
    options = ("--seed", 3, "--frames", 2, "--shape", 60, 80, "--harp", 5)
    for out in ("a", "b"):
        assert command("simulate", "--out", tmp_path / out, *options).status == 0
    names = sorted(path.name for path in (tmp_path / "a").glob("*.fits"))
    assert len(names) == 14
    assert all((tmp_path / "a" / n).read_bytes() == (tmp_path / "b" / n).read_bytes() for n in names)
    shutil.rmtree(tmp_path / "b")
    refuses("simulate", "--out", tmp_path / "c", "--shape", 8, 8, says="shape")


@pytest.mark.parametrize("module", MODULES)
def test_each_command_is_known_by_its_module(module: str) -> None:
    assert list(get_command(command_line(MODULES[module][0])).commands) == list(MODULES[module])
    assert set(MODULES[module]) <= set(get_command(command_line()).commands)
