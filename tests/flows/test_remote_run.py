"""The whole chain into an object store, a real S3 server: the same tables, nothing twice, clear words."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.movie import MovieLook, write_movie
from flows.outcome import Outcome
from flows.pipeline import run_request
from flows.request import Request
from flows.run_report import harp_rows, picture, runs_of
from flows.stages import Done
from porelake import connect as open_lake
from storage.lake import Lake
from storage.store import Store
from tests.flows.runs import BUSY, QUIET, UNUSABLE, porelake, request, scenes_of, tables
from tests.s3_server import S3Server, s3_server

BUCKET = "pores"
URL = f"s3://{BUCKET}/sdo/lake"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as started:
        started.make_bucket(BUCKET)
        yield started


@pytest.fixture(autouse=True)
def here(
    server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_prefect_configured: None
) -> Path:
    """Cache of this test, which is a machine that knows nothing of the lake yet."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PORELAKE_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def made(server: S3Server, small_series: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The lake of the small series in the store, made from one cache."""
    cache = tmp_path_factory.mktemp("maker")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**server.environment, "PORELAKE_CACHE_DIR": str(cache)}.items():
            patch.setenv(name, value)
        run_request(wanted(small_series, URL))
    return URL


def wanted(source: Path, url: str, **values: object) -> Request:
    """A request for a run into an object store."""
    return request(source, Path(), **values).model_copy(update={"lake": url})


def as_directory(url: str, into: Path) -> Path:
    """Every object below a URL as a file."""
    store = Store(url)
    rooms = ("cubes", "stages", "labels", "tables", "current", "catalog")
    names = [name for room in rooms for name in store.listed(room)]
    store.get({name: into / name for name in names})
    return into


def test_the_tables_are_those_of_a_directory(made: str, small_lake: Path, tmp_path: Path) -> None:
    mine, theirs = tables(as_directory(made, tmp_path / "copy")), tables(small_lake)
    assert mine.keys() == theirs.keys()
    for name in mine:
        assert mine[name].equals(theirs[name]), name
    there = {str(path.relative_to(small_lake)) for path in small_lake.glob("[clst]*/**/*.*5")}
    assert {name for name in there if (tmp_path / "copy" / name).exists()} == there


def test_a_second_run_from_another_machine_puts_nothing(
    made: str, server: S3Server, small_series: Path, here: Path
) -> None:
    server.forget()
    outcome = run_request(wanted(small_series, made))
    assert [done.said for done in outcome.done if done.said] == []
    sent = [what.partition("?")[0] for what in server.requests("PUT", "POST", "DELETE")]
    assert sent == [f"PUT /{BUCKET}/sdo/lake/catalog.duckdb"]


def test_another_machine_goes_on(made: str, small_series: Path, tmp_path: Path, here: Path) -> None:
    """Half of a HARP's files come first, the rest to a machine that has none of them."""
    half, url = tmp_path / "half", f"s3://{BUCKET}/halves"
    half.mkdir()
    files = sorted(small_series.glob(f"*.{QUIET}.*.fits"))
    for file in files[: len(files) // 2]:
        shutil.copy2(file, half)
    run_request(wanted(half, url))
    shutil.rmtree(here)
    run_request(wanted(small_series, url, harpnums=[QUIET]))
    pointer = Lake.at(url).pointer("hmi.sharp_cea_720s", QUIET)
    assert (
        pointer.read_text()
        == as_directory(made, tmp_path / "copy")
        .joinpath(*pointer.relative_to(Lake.at(url).root).parts)
        .read_text()
    )


def test_a_report_of_what_other_machines_made(made: str, here: Path) -> None:
    lake, series = Lake.at(made), "hmi.sharp_cea_720s"
    outcome = Outcome([Done("track", BUSY), Done("track", QUIET)])
    runs = runs_of(lake, series, outcome)
    busy, quiet = harp_rows(lake, runs, outcome)
    assert (busy.frames, quiet.frames) == (14, 4)
    assert sum(busy.unusable.values()) == len(UNUSABLE)
    assert busy.features > 0
    assert not lake.cube(series, BUSY).exists()
    assert picture(lake, runs.values()) is not None


def test_the_commands_work_on_it(made: str, server: S3Server, tmp_path: Path) -> None:
    """Each from a machine that knows nothing of the lake yet; none of them writes there."""

    def ask(*arguments: object, code: int = 0) -> str:
        cache = {"PORELAKE_CACHE_DIR": str(tmp_path / str(len(list(tmp_path.iterdir()))))}
        Path(cache["PORELAKE_CACHE_DIR"]).mkdir()
        ended = porelake(*arguments, "--lake", made, **server.environment, **cache)
        assert (ended.returncode, ended.stderr) == (code, ""), ended.stderr
        return ended.stdout

    server.forget()
    sql = f"SELECT count(*) AS n FROM frames WHERE harpnum = {BUSY} AND NOT usable"
    assert ask("sql", sql, "--format", "csv").split() == ["n", str(len(UNUSABLE))]
    assert "nothing wrong" in ask("verify")
    assert "harp_summary" in ask("describe")
    assert ask("query", "unusable_by_reason", "--format", "csv").startswith("harpnum,reason")
    out = tmp_path / "tracks.parquet"
    ask("export", "tracks", "--format", "parquet", "--out", out)
    assert pq.read_table(out).num_rows > 0
    pore = ask(
        "sql", f"SELECT min(pore_id) AS id FROM pores WHERE harpnum = {QUIET}", "--format", "csv"
    ).split()[1]
    assert "pixels" in ask("mask", pore, "--out", tmp_path / "mask.fits")
    assert server.requests("PUT", "POST", "DELETE") == []


def test_it_opens_in_python(made: str, server: S3Server) -> None:
    largest = "SELECT pore_id, area_px FROM pores WHERE harpnum = $harp ORDER BY area_px DESC LIMIT 1"
    server.forget()
    with open_lake(made) as lake:
        ((pore, area_px),) = lake.sql(largest, harp=QUIET).rows()
        assert lake.table("pores").qtable()["area_mm2"].unit == "Mm2"
        assert lake.mask(pore).sum() == area_px
        assert lake.cutout(pore, margin=5).data.shape == (11, 11)
    assert server.requests("PUT", "POST", "DELETE") == []


def test_a_movie_of_what_another_machine_made(made: str, tmp_path: Path) -> None:
    said = write_movie(scenes_of(made, BUSY), tmp_path / "busy.mp4", MovieLook(width_px=640))
    assert said.startswith(f"{tmp_path / 'busy.mp4'}: 14 pictures, 11 of them of usable frames, ")


def test_a_bucket_that_is_not_there(server: S3Server, small_series: Path) -> None:
    for arguments in (["sql", "SELECT 1"], ["run", "--from", small_series]):
        ended = porelake(*arguments, "--lake", "s3://no-such-bucket/lake", **server.environment)
        assert ended.returncode == 2
        assert ended.stderr.splitlines() == [
            "porelake: --lake s3://no-such-bucket/lake: there is no bucket no-such-bucket; make it first"
        ]


def test_a_store_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    ended = porelake("publish", "--lake", URL)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith(f"porelake: {URL}: the object store fails: Could not connect")


def test_missing_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    ended = porelake("publish", "--lake", URL)
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [
        f"porelake: --lake {URL}: Unable to locate credentials;"
        " set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    ]
