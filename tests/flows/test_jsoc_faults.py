"""JSOC fails in each way, alone and all at once: right tables, or an error that names what is missing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from catalog.check import verify
from catalog.formats import arrow_schema
from catalog.query import connect
from catalog.schema import TABLES
from flows.outcome import RunError
from flows.pipeline import run_request
from flows.request import Request
from pores.errors import PorelakeError
from pores.simulate.parameters import SimulationParameters
from storage.lake import Lake
from storage.runs import current_run
from storage.simulated import write_series
from tests.flows.jsoc_lakes import (
    SERIES,
    asking,
    assert_nothing_left,
    assert_polite,
    assert_right_pixels,
    point_to,
)
from tests.flows.runs import assert_same_tables, request, tables
from tests.jsoc.handle import Jsoc

pytestmark = pytest.mark.timeout(60)  # nothing hangs
HARP, SMALL = 7, 8  # of six records with four segments, and of four with two
N_FILES = {HARP: 24, SMALL: 8}
FILES, TAR = {"TAR_FROM": 1000}, {"TAR_FROM": 1}
BAD = f"{SERIES}.{SMALL}.20140610_112400_TAI.continuum.fits"
Rule = dict[str, Any]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of both HARPs."""
    out = tmp_path_factory.mktemp("tiny")
    for harpnum, n, segments in ((HARP, 6, ("continuum", "Br", "Bp", "Bt")), (SMALL, 4, ("continuum", "Br"))):
        parameters = SimulationParameters.of(
            "clean",
            seed=harpnum,
            harpnum=harpnum,
            n_frames=n,
            shape=(80, 110),
            t_start=datetime(2014, 6, 10, 11),
            segments=segments,
        )
        write_series(out, parameters, {name: arrow_schema(table) for name, table in TABLES.items()})
    return out


@pytest.fixture(scope="module")
def truth(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """The lake of the files of each HARP."""
    root = tmp_path_factory.mktemp("truth")
    for harpnum in N_FILES:
        run_request(request(tiny, root / str(harpnum), harpnums=[harpnum]))
        assert sum(table.num_rows for name, table in tables(root / str(harpnum)).items() if "/pores/" in name)
    return {harpnum: root / str(harpnum) for harpnum in N_FILES}


@pytest.fixture(scope="module")
def running(tiny: Path) -> Iterator[Jsoc]:
    with Jsoc.start(tiny) as server:
        yield server


@pytest.fixture
def server(running: Jsoc, monkeypatch: pytest.MonkeyPatch) -> Jsoc:
    """A server that knows of no export yet and behaves."""
    running.set_faults()
    running.set_options(pending_polls=1, pending_s=0, rate=None)
    running.expire()
    running.clear_log()
    point_to(monkeypatch, running)
    return running


Check = Callable[[Path, int], None]


@pytest.fixture
def assert_right(server: Jsoc, tiny: Path, truth: dict[int, Path]) -> Check:
    """Fail unless a lake is that of the files, with nothing left over and nothing asked for in vain."""

    def check(lake: Path, harpnum: int) -> None:
        assert_current(lake, truth[harpnum], harpnum)
        assert verify(Lake.at(lake)) == []
        assert len(assert_right_pixels(lake, tiny)) == N_FILES[harpnum]
        assert_nothing_left(lake)
        assert_polite(server)

    return check


def assert_current(lake: Path, truth: Path, harpnum: int) -> None:
    """Fail unless the run that a lake shows is the one of the files, in each row."""
    assert current_run(Lake.at(lake), SERIES, harpnum) == current_run(Lake.at(truth), SERIES, harpnum)
    mine, theirs = tables(lake), tables(truth)
    for name, rows in theirs.items():
        own = [c for c in ("source",) if c in rows.column_names]
        assert mine[name].drop_columns(own).equals(rows.drop_columns(own), check_metadata=True), name


def frames(lake: Path) -> list[tuple[object, ...]]:
    with connect(Lake.at(lake)) as connection:
        return connection.execute("SELECT usable, reason, detail FROM frames ORDER BY t_rec").fetchall()


ANSWERS = {
    "503": {"kind": "http", "times": 3},
    "503 to an export": {"kind": "http", "where": "exp_request", "times": 3},
    "closed": {"kind": "close", "times": 3},
    "export made, reply lost": {"kind": "close_after", "where": "exp_request", "times": 1},
    "list cut": {"kind": "truncate", "where": "rs_list", "times": 2},
    "list cut, no length": {"kind": "truncate_unknown", "where": "rs_list", "times": 2},
    "stall": {"kind": "stall_first", "where": "exp_status", "times": 2},
    "stall of an export": {"kind": "stall", "where": "exp_request", "times": 1},
    "pending long": {"kind": "pending", "times": 30},
    "another request pends": {"kind": "busy", "times": 3},
    "not known yet": {"kind": "lost", "times": 3},
    "newline": {"kind": "newline", "where": "rs_list", "times": 2},
    "newline in an export": {"kind": "newline", "where": "exp_request", "times": 2},
    "newline in a status": {"kind": "newline", "where": "exp_status", "times": 2},
    "page": {"kind": "garbage", "times": 3},
}
DOWNLOADS = {
    "503": {"kind": "http", "times": 3},
    "closed": {"kind": "close", "times": 3},
    "cut": {"kind": "truncate", "times": 3},
    "cut, no length": {"kind": "truncate_unknown", "times": 2},
    "flipped": {"kind": "flip", "times": 1, "bytes": 50},
    "stall": {"kind": "stall", "times": 2},
    "page": {"kind": "http", "code": 200, "times": 1},
    "expired": {"kind": "http", "code": 404, "times": 1},
    "gone": {"kind": "http", "code": 410, "times": 1},
}
FORMS = {"files": FILES, "tar": TAR}
ALONE = {name: (rule, FILES) for name, rule in ANSWERS.items()} | {
    f"{name}, {form}": ({**rule, "where": "download"}, settings)
    for name, rule in DOWNLOADS.items()
    for form, settings in FORMS.items()
}


@pytest.mark.parametrize(("rule", "form"), ALONE.values(), ids=ALONE)
def test_a_fault_that_passes_is_not_seen_in_the_tables(
    server: Jsoc,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    assert_right: Check,
    rule: Rule,
    form: dict[str, int],
) -> None:
    point_to(monkeypatch, server, TIMEOUT_S=0.4 if "stall" in rule["kind"] else 5, **form)
    server.set_faults(rule)
    run_request(asking(tmp_path / "lake", SMALL))
    assert [state["struck"] for state in server.fault_state()] == [rule["times"]]
    assert_right(tmp_path / "lake", SMALL)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_download_that_is_cut_goes_on_where_it_stopped(
    server: Jsoc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: dict[str, int]
) -> None:
    point_to(monkeypatch, server, **form)
    server.set_faults({"kind": "truncate", "where": "download", "times": 3})
    run_request(asking(tmp_path, SMALL))
    by_path: dict[str, list[dict[str, Any]]] = {}
    for row in server.log("download"):
        by_path.setdefault(row["path"], []).append(row)
    first = next(iter(by_path.values()))
    assert [row["range"] is None for row in first] == [True, False, False, False]
    assert all(sum(row["sent"] for row in tries) == tries[0]["size"] for tries in by_path.values())


LASTING = {
    "down": ({"kind": "http"}, "does not answer"),
    "closed": ({"kind": "close"}, "does not answer"),
    "closed at downloads": ({"kind": "close", "where": "download"}, "does not answer"),
    "cut": ({"kind": "truncate", "where": "download", "keep": 0}, "does not answer"),
    "list cut": ({"kind": "truncate_unknown", "where": "rs_list"}, "does not answer"),
    "stall": ({"kind": "stall", "where": "download"}, "does not answer"),
    "stall of an answer": ({"kind": "stall_first", "where": "exp_status"}, "does not answer"),
    "pending": ({"kind": "pending"}, "still pends after"),
    "another request pends": ({"kind": "busy"}, "JSOC has a pending request of a@b.c"),
    "lost": ({"kind": "lost"}, "JSOC lost it 3 times"),
    "newline": ({"kind": "newline", "where": "rs_list"}, r"Invalid argument on entry, 'sunum=no'\."),
    "newline in an export": ({"kind": "newline", "where": "exp_request"}, "JSOC does not export it"),
    "page": ({"kind": "garbage"}, "reply is no JSON"),
    "expired": ({"kind": "http", "code": 404, "where": "download"}, "JSOC lost it 3 times"),
}


@pytest.mark.parametrize(("rule", "says"), LASTING.values(), ids=LASTING)
def test_a_fault_that_lasts_is_told_and_gone_over_by_the_next_run(
    server: Jsoc,
    tmp_path: Path,
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    assert_right: Check,
    rule: Rule,
    says: str,
) -> None:
    lake = tmp_path / "lake"
    stalls = "stall" in rule["kind"]
    point_to(monkeypatch, server, TIMEOUT_S=0.2 if stalls else 5, RETRIES=2, PENDING_LIMIT_S=0.4)
    server.set_faults(rule)
    with pytest.raises(RunError, match=says) as told:
        run_request(asking(lake, SMALL))
    assert "\n" not in str(told.value)
    assert f"HARP {SMALL}" in str(told.value)
    assert not list(lake.glob("tables/**/*.parquet"))
    assert assert_right_pixels(lake, tiny) == []
    n_exports = len(server.exports())
    server.set_faults()
    point_to(monkeypatch, server)
    run_request(asking(lake, SMALL))
    assert_right(lake, SMALL)
    goes_on = rule["kind"] in ("pending", "stall", "stall_first", "truncate") or says == "closed at downloads"
    assert not goes_on or len(server.exports()) == n_exports == 1, "the same request goes on"


@contextmanager
def spoilt(path: Path, kind: str) -> Iterator[None]:
    """A file that is no good, for as long as this lasts."""
    content = path.read_bytes()
    cut = content[:9000]
    path.write_bytes({"flip": cut + b"\x55" * 9 + content[9009:], "page": b"<html>"}.get(kind, cut))
    try:
        yield
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("kind", ["flip", "truncate_unknown", "page"])
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_file_that_never_comes_whole_is_marked(
    server: Jsoc,
    tmp_path: Path,
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    assert_right: Check,
    kind: str,
    form: dict[str, int],
) -> None:
    """Its frame is not usable, the others are; asked for anew it is put right."""
    lake = tmp_path / "lake"
    point_to(monkeypatch, server, **form)
    damage = nullcontext()
    if form is TAR:  # what is in a tar has no address of its own: it is bad at the archive
        damage = spoilt(tiny / BAD, kind)
    else:
        rule: Rule = {"kind": "http", "code": 200} if kind == "page" else {"kind": kind, "bytes": 200}
        server.set_faults({**rule, "where": f"*{BAD}*"})
    with damage, pytest.raises(RunError, match=f"1 file not to be had: {BAD}: bad 3 times at the archive"):
        run_request(asking(lake, SMALL))
    good = (True, None)
    assert [row[:2] for row in frames(lake)] == [good, good, (False, "unreadable file"), good]
    assert BAD in str(frames(lake)[2][2])
    assert verify(Lake.at(lake)) == []
    assert BAD not in assert_right_pixels(lake, tiny)
    assert_polite(server, BAD)
    server.set_faults()
    with pytest.raises(RunError, match="--again asks anew"):
        run_request(asking(lake, SMALL))
    assert len(server.exports()) == 3
    run_request(asking(lake, SMALL, again=True))
    assert len(server.exports()) == 4
    server.clear_log()
    assert_right(lake, SMALL)


def test_when_every_file_is_damaged_nothing_is_believed(
    server: Jsoc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_to(monkeypatch, server, **FILES)
    server.set_faults({"kind": "flip", "where": "download", "bytes": 3000})
    with pytest.raises(RunError, match="8 files not to be had"):
        run_request(asking(tmp_path, SMALL))
    assert [row[0] for row in frames(tmp_path)] == [False] * 4
    assert len(server.exports()) == 3
    server.set_faults({"kind": "flip", "where": "download", "bytes": 3000})
    point_to(monkeypatch, server, **TAR)
    with pytest.raises(RunError, match="no complete uncompressed tar"):
        run_request(asking(tmp_path / "tar", SMALL))


def test_a_harp_that_can_not_be_had_does_not_stop_the_other(
    server: Jsoc, truth: dict[int, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    point_to(monkeypatch, server, RETRIES=1, **FILES)
    server.set_faults({"kind": "close", "where": f"*.{HARP}.*"})
    with pytest.raises(RunError, match=f"^HARP {HARP}: JSOC .* does not answer"):
        run_request(asking(tmp_path, HARP, SMALL))
    assert current_run(Lake.at(tmp_path), SERIES, HARP) is None
    assert_same_tables(tmp_path, truth[SMALL], but=("source",))


def test_exports_that_expire_between_two_runs(
    server: Jsoc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, assert_right: Check
) -> None:
    """What came before stays, but where the export has gone its files are fetched from another."""
    point_to(monkeypatch, server, RETRIES=1, **FILES)
    server.set_faults({"kind": "close", "where": "download", "after": 5})
    with pytest.raises(RunError, match="does not answer"):
        run_request(asking(tmp_path / "lake", SMALL))
    server.set_faults()
    server.expire()
    server.clear_log()
    run_request(asking(tmp_path / "lake", SMALL))
    assert len(server.exports()) == 1
    assert_right(tmp_path / "lake", SMALL)


KINDS = (
    *("http", "close", "close_after", "truncate", "truncate_unknown", "flip", "stall", "stall_first"),
    *("newline", "garbage", "busy", "pending", "lost"),
)


@pytest.mark.parametrize("seed", range(20))
def test_all_faults_at_once(
    server: Jsoc,
    tmp_path: Path,
    tiny: Path,
    monkeypatch: pytest.MonkeyPatch,
    assert_right: Check,
    seed: int,
) -> None:
    lake = tmp_path / "lake"
    form = (FILES, {**TAR, "REQUEST_RECORDS": 2}, {"REQUEST_RECORDS": 2})[seed % 3]
    share = 0.02 + 0.0015 * seed  # of requests that each kind strikes
    patience = 1 if seed % 4 == 0 else 3  # most runs get through
    point_to(monkeypatch, server, TIMEOUT_S=0.25, PENDING_LIMIT_S=3, RETRIES=patience, **form)
    server.set_faults(*({"kind": kind, "probability": share} for kind in KINDS), seed=seed)
    said = failure_of(asking(lake, HARP))
    if said:
        assert said.startswith(f"HARP {HARP}: ")
        assert "Error: " not in said, "a failure that nobody thought of"
        assert set(assert_right_pixels(lake, tiny)) <= {path.name for path in tiny.glob(f"*.{HARP}.*")}
        server.set_faults()
        point_to(monkeypatch, server, **form)
        run_request(asking(lake, HARP, again=True))
    assert_right(lake, HARP)


def failure_of(asked: Request) -> str:
    """How a run failed; nothing if it did not."""
    try:
        run_request(asked)
    except PorelakeError as error:
        return str(error)
    return ""
