"""A lake in an object store, a real S3 server: what travels, who may replace what, and questions to it."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from catalog import build
from catalog.build import publish
from catalog.check import verify
from catalog.query import connect
from catalog.schema import TABLES
from pores.errors import InputError, PorelakeError
from storage.lake import Lake
from storage.pack_plan import Sizes
from storage.remote import mirrored, pull, push
from storage.remote_files import pull_catalog
from storage.runs import CurrentRun, current_runs, set_current, set_member
from storage.s3_upload import PART, ChangedError
from storage.store import Store
from tests.s3_server import S3Server, s3_server
from tests.sql.conftest import LIVES_2, SERIES, Run, good_runs, make_run

Machine = Callable[[str], Lake]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as started:
        yield started


@pytest.fixture
def machine(
    server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Machine:
    """The test's lake as a machine of that name sees it; all machines are this one with other mirrors."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    bucket = f"test-{abs(hash(request.node.name))}"
    server.make_bucket(bucket)

    def on(name: str) -> Lake:
        monkeypatch.setenv("PORELAKE_CACHE_DIR", str(tmp_path / name))
        return Lake.at(f"s3://{bucket}/some/lake")

    return on


@pytest.fixture
def lake(machine: Machine, server: S3Server) -> Lake:
    """A published lake of two HARPs, made by the machine `first`."""
    made = machine("first")
    for run in good_runs():
        keep(made, run, cube=b"cube of %d" % run.harpnum)
    publish(made)
    server.forget()
    return made


def keep(lake: Lake, run: Run, cube: bytes = b"") -> None:
    """Make a run of a HARP the current one."""
    with mirrored(lake, SERIES, run.harpnum):
        run.write(lake)
        if cube:
            with lake.cube(SERIES, run.harpnum).open("ab") as file:
                file.write(cube)
        set_current(lake, CurrentRun(SERIES, run.harpnum, run.run_id))


def harps(lake: Lake) -> list[int]:
    with connect(lake) as connection:
        return [harp for (harp,) in connection.execute("SELECT harpnum FROM harps ORDER BY 1").fetchall()]


def names(server: S3Server, *methods: str) -> list[str]:
    """Names of the lake's files in the requests since the last `forget`."""
    return [what.partition("/some/lake/")[2].replace("%3D", "=") for what in server.requests(*methods)]


def test_an_empty_mirror_answers(lake: Lake, machine: Machine) -> None:
    other = machine("other")
    assert harps(other) == [1, 2]
    assert not list(other.root.glob("tables/**/*.parquet"))


def test_only_a_lake_is_published(machine: Machine, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--lake s3://.*/some/lake: there is no lake; `porelake run` makes"):
        publish(machine("first"))
    (tmp_path / "following.json").write_text("[]")  # of a lake that follows a region, and has nothing yet
    Store(machine("first").location).put({"following.json": tmp_path / "following.json"})
    assert publish(machine("first")).n_harps == 0


def test_nothing_travels_twice(lake: Lake, server: S3Server) -> None:
    for run in good_runs():
        with mirrored(lake, SERIES, run.harpnum):
            pass
    assert set(server.requests()) == set(server.requests("GET"))
    assert not [name for name in names(server) if name and "?" not in name]  # listings only
    server.forget()
    publish(lake)
    assert names(server, "PUT") == ["catalog.duckdb"]
    assert not [name for name in names(server, "GET") if name.startswith("current/")]


def test_only_the_files_of_the_harps_asked_for_are_opened(lake: Lake, server: S3Server) -> None:
    with connect(lake) as connection:
        server.forget()
        sql = "SELECT count(*), max(area_mm2) FROM pores WHERE harpnum = 2"
        assert connection.execute(sql).fetchone()[0] == 2
    asked = names(server)
    first, second = (f"tables/pores/harpnum={n}/{key}.parquet" for n, key in ((1, "aaaa"), (2, "bbbb")))
    assert set(asked) == {first, second}  # of the first file DuckDB reads the columns' names
    assert asked.count(first) == asked.count(second) == 2


def test_packs_are_made_once_and_read_in_place(lake: Lake, machine: Machine, server: S3Server) -> None:
    keep(lake, make_run(3, "eeee", 4, LIVES_2, {}))
    publish(lake, Sizes(least=3, large=3))
    packed = [name for name in names(server, "PUT") if name.startswith("packs/")]
    assert len(packed) == len(TABLES) + 1
    assert packed[-1].startswith("packs/manifests/")
    other = machine("other")
    server.forget()
    assert harps(other) == [1, 2, 3]
    assert not [name for name in names(server) if name.startswith("tables/") and "?" not in name]
    keep(other, make_run(4, "ffff", 4, LIVES_2, {}))
    server.forget()
    publish(other, Sizes(least=3, large=3))
    assert names(server, "PUT") == ["catalog.duckdb"]
    assert harps(other) == [1, 2, 3, 4]
    assert verify_rows(other) == []


def test_a_question_writes_nothing(lake: Lake, machine: Machine, server: S3Server) -> None:
    other = machine("other")
    assert harps(other) == [1, 2]
    assert verify_rows(other) == []
    assert set(server.requests()) == set(server.requests("GET", "HEAD"))


def verify_rows(lake: Lake) -> list[str]:
    """Findings but those of the cubes, which are none."""
    return [str(finding) for finding in verify(lake) if finding.check != "cubes"]


@pytest.mark.parametrize(
    "sql",
    [
        "FROM read_parquet('{url}/current/**')",
        "FROM read_text('{url}/current/hmi.sharp_cea_720s/1.json')",
        "FROM read_text('{url}/tables/../current/hmi.sharp_cea_720s/1.json')",
        "FROM read_parquet('s3://another/tables/x.parquet')",
        "COPY (SELECT 1) TO '{url}/tables/pores/harpnum=1/aaaa.parquet' (FORMAT parquet)",
        "COPY (SELECT 1) TO '{url}/tables/new.csv'",
    ],
)
def test_the_connection_reads_tables_only(lake: Lake, server: S3Server, sql: str) -> None:
    with connect(lake) as connection:
        server.forget()
        with pytest.raises(Exception, match=r"Permission|only|has no .*new.csv"):
            connection.execute(sql.format(url=lake.url)).fetchall()
    assert server.requests("PUT", "POST", "DELETE") == []
    assert not [name for name in names(server, "GET") if name.startswith("current")]


def test_a_fresh_mirror_goes_on(lake: Lake, machine: Machine, server: S3Server) -> None:
    other = machine("other")
    pull(other, SERIES, 1)
    assert other.cube(SERIES, 1).read_bytes() == b"cube of 1"
    server.forget()
    keep(other, make_run(1, "cccc", 10, LIVES_2, {}), cube=b", longer")
    sent = names(server, "PUT")
    assert sent[0] == f"cubes/{SERIES}/1.h5"
    assert sent[-1] == f"current/{SERIES}/1.json"
    assert set(sent[1:-1]) == {f"tables/{table}/harpnum=1/cccc.parquet" for table in TABLES}
    publish(other)
    pull(lake, SERIES, 1)
    assert lake.cube(SERIES, 1).read_bytes() == b"cube of 1, longer"
    for where in (lake, other):
        with connect(where) as connection:
            assert connection.execute("SELECT run_id FROM runs ORDER BY ALL").fetchall() == [
                ("bbbb",),
                ("cccc",),
            ]
            assert connection.execute("SELECT count(*) FROM all_runs").fetchone() == (3,)


def test_two_machines_on_one_harp(lake: Lake, machine: Machine) -> None:
    other = machine("other")
    pull(other, SERIES, 1)
    keep(lake, make_run(1, "cccc", 10, LIVES_2, {}), cube=b" and mine")
    other.cube(SERIES, 1).write_bytes(b"theirs")
    make_run(1, "dddd", 10, LIVES_2, {}).write(other)
    set_current(other, CurrentRun(SERIES, 1, "dddd"))
    with pytest.raises(PorelakeError, match=r"HARP 1: .*/1\.h5 has changed since .* remove /.* run again"):
        push(other, SERIES, 1)
    store = Store(str(lake.url))
    assert [run.run_id for run in current_runs(lake)] == ["cccc", "bbbb"]
    assert not [name for name in store.listed("tables/") if "dddd" in name]
    with pytest.raises(
        PorelakeError, match=r"HARP 1: another machine changed .*; remove /.*1\.h5 and run again"
    ):
        pull(other, SERIES, 1)
    other.cube(SERIES, 1).unlink()
    pull(other, SERIES, 1)
    assert other.cube(SERIES, 1).read_bytes() == b"cube of 1 and mine"


def test_two_machines_move_one_pointer(lake: Lake, machine: Machine) -> None:
    other = machine("other")
    pull(other, SERIES, 2)
    keep(lake, make_run(2, "cccc", 4, LIVES_2, {}))
    make_run(2, "dddd", 4, LIVES_2, {}).write(other)
    set_current(other, CurrentRun(SERIES, 2, "dddd"))
    with pytest.raises(PorelakeError, match=r"HARP 2: .*current/.*2\.json has changed"):
        push(other, SERIES, 2)
    assert [run.run_id for run in current_runs(lake)] == ["aaaa", "cccc"]
    pull(other, SERIES, 2)  # what is there counts
    assert other.pointer(SERIES, 2).read_text() == lake.pointer(SERIES, 2).read_text()


def test_an_ensemble_travels(lake: Lake, machine: Machine, server: S3Server) -> None:
    """Members go after their tables, are shown by whoever publishes, and come to who works on the HARP."""
    other = machine("other")
    with mirrored(other, SERIES, 1):
        make_run(1, "cccc", 10, LIVES_2, {}).write(other)
        for name in ("aaaa", "cccc"):
            set_member(other, CurrentRun(SERIES, 1, name, "spline", "frames"), f"of-{name}")
    sent = names(server, "PUT")
    assert sent[-1] == f"ensembles/{SERIES}/1/of-cccc.json"
    assert "tables/pores/harpnum=1/cccc.parquet" in sent[:-1]
    publish(other)
    server.forget()
    with connect(lake) as connection:
        sql = "SELECT run_id, is_current, stale FROM ensemble_runs ORDER BY 1"
        assert connection.execute(sql).fetchall() == [("aaaa", True, False), ("cccc", False, False)]
        assert connection.execute("SELECT DISTINCT run_id FROM tracks WHERE harpnum = 1").fetchall() == [
            ("aaaa",)
        ]
    assert not lake.member(SERIES, 1, "of-cccc").exists()
    pull(lake, SERIES, 1)
    assert lake.member(SERIES, 1, "of-cccc").read_text() == other.member(SERIES, 1, "of-cccc").read_text()
    server.forget()
    publish(lake)
    assert names(server, "PUT") == ["catalog.duckdb"]
    set_member(lake, CurrentRun(SERIES, 1, "mine"), "of-cccc")
    set_member(other, CurrentRun(SERIES, 1, "theirs"), "of-cccc")
    push(lake, SERIES, 1)
    with pytest.raises(PorelakeError, match=r"HARP 1: .*ensembles/.*of-cccc\.json has changed"):
        push(other, SERIES, 1)


def test_two_machines_make_one_result(lake: Lake, machine: Machine) -> None:
    """Both did the same at the same time: nothing is in conflict."""
    other = machine("other")
    with mirrored(other, SERIES, 1):
        keep(lake, make_run(1, "cccc", 10, LIVES_2, {}), cube=b"!")
        with other.cube(SERIES, 1).open("ab") as file:
            file.write(b"!")
        make_run(1, "cccc", 10, LIVES_2, {}).write(other)
        set_current(other, CurrentRun(SERIES, 1, "cccc"))
    publish(other)
    assert harps(lake) == [1, 2]


def test_a_machine_that_publishes_meanwhile(
    lake: Lake, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slower one has not seen the pointer that the other moved; it builds again."""
    other, push_catalog, late = machine("other"), build.push_catalog, []

    def slow(where: Lake) -> None:
        if where == lake and not late:
            late.append(True)
            keep(other, make_run(3, "eeee", 4, LIVES_2, {}))
            publish(other)
        push_catalog(where)

    monkeypatch.setattr(build, "push_catalog", slow)
    assert publish(lake).n_harps == 3
    assert harps(machine("third")) == [1, 2, 3]


KILLED = """
import os, sys
from catalog.build import publish
from storage.lake import Lake
from storage.store import Store
from tests.integration.test_remote import LIVES_2, keep, make_run

url, action, calls = sys.argv[1], sys.argv[2], int(sys.argv[3])
undisturbed = getattr(Store, action)

def put(*arguments):
    global calls
    calls -= 1
    if not calls:
        os.kill(os.getpid(), 9)
    return undisturbed(*arguments)

setattr(Store, action, put)
lake = Lake.at(url)
keep(lake, make_run(3, "eeee", 4, LIVES_2, {}))
publish(lake)
"""


@pytest.mark.parametrize(
    ("action", "call"),
    [("put", 1), ("put_version", 1), ("put_version", 2)],
    ids=["tables", "pointer", "catalogue"],
)
def test_a_killed_push_leaves_the_old_catalogue(lake: Lake, machine: Machine, action: str, call: int) -> None:
    killed = machine("killed")  # its cache is now that of processes started here
    command = [sys.executable, "-c", KILLED, str(lake.url), action, str(call)]
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run(command, cwd=root, check=False, timeout=60).returncode == -9
    assert harps(machine("reader")) == [1, 2]
    keep(killed, make_run(3, "eeee", 4, LIVES_2, {}))  # goes on with what is in the mirror
    publish(killed)
    assert harps(machine("reader")) == [1, 2, 3]


def test_readers_during_publication(lake: Lake, machine: Machine) -> None:
    reader = machine("reader")
    with ThreadPoolExecutor(1) as pool:
        published = pool.submit(lambda: [publish(lake) for _ in range(5)])
        while not published.done():
            assert harps(reader) == [1, 2]
        published.result()


def test_what_was_removed_here_is_made_anew_but_the_cube(lake: Lake, server: S3Server) -> None:
    gone = lake.table("pores", 1, "aaaa")
    gone.unlink()
    lake.cube(SERIES, 1).unlink()
    with mirrored(lake, SERIES, 1):
        assert not gone.exists()
        assert lake.cube(SERIES, 1).read_bytes() == b"cube of 1"
        good_runs()[0].write(lake)
    assert "tables/pores/harpnum=1/aaaa.parquet" in names(server, "PUT")
    assert f"cubes/{SERIES}/1.h5" not in names(server, "PUT")


def test_what_was_removed_there_is_put_again(lake: Lake, server: S3Server) -> None:
    store = Store(str(lake.url))
    for name in (f"cubes/{SERIES}/1.h5", "tables/pores/harpnum=1/aaaa.parquet"):
        store.fs.rm(f"{store.base}/{name}")
    with pytest.raises(PorelakeError, match=r"s3://.*pores/harpnum=1/aaaa.parquet is missing; .*--harp 1"):
        publish(lake)
    with mirrored(lake, SERIES, 1):
        pass
    publish(lake)
    assert harps(lake) == [1, 2]
    assert store.entry(f"cubes/{SERIES}/1.h5") is not None


def test_a_failure_is_told_and_its_results_are_kept(lake: Lake) -> None:
    def fail() -> None:
        with mirrored(lake, SERIES, 3):
            make_run(3, "eeee", 4, LIVES_2, {}).write(lake)
            raise ValueError("in between")

    with pytest.raises(ValueError, match="in between"):
        fail()
    assert lake.table("pores", 3, "eeee") in lake.table_files("pores")


def test_a_cube_in_many_parts(lake: Lake, server: S3Server, tmp_path: Path) -> None:
    store, path = Store(str(lake.url)), tmp_path / "large"
    path.write_bytes(bytes(range(256)) * (2 * PART // 256) + b"end")
    version = store.put_version("large", path, None)
    assert [what.partition(" ")[0] for what in server.requests()] == ["POST", *3 * ["PUT"], "GET", "POST"]
    entry = store.get_version("large", tmp_path / "copy")
    assert entry.version == version
    assert (tmp_path / "copy").read_bytes() == path.read_bytes()
    path.write_bytes(b"x" + path.read_bytes())
    with pytest.raises(ChangedError):
        store.put_version("large", path, None)
    with pytest.raises(ChangedError):
        store.put_version("large", path, '"another"')
    assert store.entry("large") == entry
    assert store.put_version("large", path, version) != version


def test_verify_reads_what_is_there(lake: Lake, machine: Machine) -> None:
    store = Store(str(lake.url))
    store.fs.pipe_file(f"{store.base}/tables/events/harpnum=2/bbbb.parquet", b"nothing")
    for where in (lake, machine("other")):
        assert [line for line in verify_rows(where) if "events" in line]


def test_no_catalogue(machine: Machine) -> None:
    from pores.errors import InputError

    with pytest.raises(InputError, match="no catalogue in the lake s3://"):
        connect(machine("first"))
    lake = machine("first")
    pull_catalog(lake)
    assert not lake.catalog.exists()
    push(lake, SERIES, 1)
