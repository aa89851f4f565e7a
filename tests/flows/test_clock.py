"""Rounds of the clock without a scheduler: what is new is run, nothing else, and no HARP stops another."""

import shutil
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.chain import PLAIN, Chain
from flows.commands import clock
from flows.commands.clock import duration
from flows.followed import watched
from flows.ingest import first_of_interest
from flows.outcome import Outcome, RunError, WrongRequestError
from flows.request import Request, Selection
from flows.stages import Done
from flows.watch import LOOK_BACK, Clockwork, backfill, news, watch_round
from pores.errors import InputError, PorelakeError
from storage.following import Followed, follow
from storage.lake import Lake
from storage.runs import current_runs
from tests.flows.runs import BUSY, PORELAKE, QUIET, environment, porelake, request, tables
from tests.jsoc.handle import Jsoc

SERIES = "hmi.sharp_cea_720s"

UNEQUAL = defaultdict[str, list[str]](list, runs=["source"])  # columns that tell where files came from


class Counted:
    """The plain clockwork, and what was asked of it."""

    def __init__(self, failing: int | None = None) -> None:
        self.calls: list[tuple[str, int]] = []
        self.published = 0
        self.failing = failing

    @property
    def clockwork(self) -> Clockwork:
        return Clockwork(Chain({name: self._stage(name) for name in PLAIN.stages}, self._publish), news)

    def _stage(self, name: str) -> Any:
        def stage(request: Request, harpnum: int) -> Any:
            self.calls.append((name, harpnum))
            if (name, harpnum) == ("detect", self.failing):
                raise PorelakeError("as the test wants it")
            return PLAIN.stages[name](request, harpnum)

        return stage

    def _publish(self, request: Request) -> str:
        self.published += 1
        return PLAIN.publish(request)

    @property
    def harps(self) -> set[int]:
        return {harpnum for _, harpnum in self.calls}


@pytest.fixture
def source(small_series: Path, tmp_path: Path) -> Path:
    """A directory into which files are delivered: so far the first frames of both HARPs."""
    return deliver(small_series, tmp_path / "source", f"*.{BUSY}.20140610_1[01]*", f"*.{QUIET}.*_11*")


def deliver(series: Path, into: Path, *patterns: str) -> Path:
    into.mkdir(exist_ok=True)
    for pattern in patterns:
        for path in series.glob(pattern):
            shutil.copy2(path, into / path.name)
    return into


@pytest.fixture
def followed(source: Path, tmp_path: Path) -> Request:
    """A lake that follows both HARPs, from the directory."""
    asked = request(source, tmp_path / "lake")
    follow(Lake.at(asked.lake), [Followed(harpnum=harp, series=SERIES) for harp in (BUSY, QUIET)])
    return asked


def test_only_what_is_new_is_run(
    followed: Request, small_series: Path, source: Path, small_lake: Path
) -> None:
    first = Counted()
    assert watch_round(followed, clockwork=first.clockwork).published
    assert first.harps == {BUSY, QUIET}
    assert first.published == 1
    second = Counted()
    outcome = watch_round(followed, clockwork=second.clockwork)
    assert (second.calls, second.published, str(outcome)) == ([], 0, "")
    deliver(small_series, source, f"*.{QUIET}.*")
    third = Counted()
    outcome = watch_round(followed, clockwork=third.clockwork)
    assert third.harps == {QUIET}
    assert third.published == 1
    assert "files added" in outcome.said(QUIET)
    deliver(small_series, source, "*")
    watch_round(followed)
    assert current_runs(Lake.at(followed.lake)) == current_runs(Lake.at(small_lake))
    mine, theirs = tables(Path(followed.lake)), tables(small_lake)
    for name in theirs:  # those of the runs that are current; mine has earlier ones, too
        differing = UNEQUAL[name.split("/")[1]]
        assert mine[name].drop_columns(differing).equals(theirs[name].drop_columns(differing)), name


def test_a_harp_that_fails_stops_no_other_and_is_tried_again(followed: Request) -> None:
    broken = Counted(failing=BUSY)
    with pytest.raises(RunError, match=f"HARP {BUSY}: as the test wants it") as caught:
        watch_round(followed, clockwork=broken.clockwork)
    assert "track" in {name for name, harp in broken.calls if harp == QUIET}
    assert caught.value.outcome.published
    assert [run.harpnum for run in current_runs(Lake.at(followed.lake))] == [QUIET]
    mended = Counted()  # nothing is new at the source, but the tables of one HARP are not made
    watch_round(followed, clockwork=mended.clockwork)
    assert mended.harps == {BUSY}
    assert len(current_runs(Lake.at(followed.lake))) == 2


def test_a_round_that_was_cut_short_before_it_published(followed: Request) -> None:
    watch_round(followed)
    catalog = Lake.at(followed.lake).catalog
    catalog.unlink()
    cut = Counted()
    watch_round(followed, clockwork=cut.clockwork)
    assert (cut.calls, cut.published) == ([], 1)
    assert catalog.exists()


def test_nothing_followed_is_wrong_input(source: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="porelake follow"):
        watch_round(request(source, tmp_path / "lake"))


def test_a_backfill_passes_over_what_is_done(followed: Request) -> None:
    watch_round(followed.model_copy(update={"harpnums": (QUIET,)}))
    asked = followed.model_copy(update={"harpnums": (QUIET, BUSY)})
    work = Counted()
    assert backfill(asked, work.clockwork).done == []
    shutil.rmtree(Lake.at(followed.lake).root / "current")
    backfill(asked, work.clockwork)
    assert [harp for name, harp in work.calls if name == "track"] == [BUSY, QUIET]


def test_a_backfill_of_what_is_not_there_fails(followed: Request) -> None:
    asked = request(Path("jsoc"), Path(followed.lake), harpnums=(5,), email="a@b.c")
    with pytest.raises(WrongRequestError, match="HARP 5: jsoc has no record of it"):
        backfill(asked, Clockwork(PLAIN, lambda *_: ""))


def test_the_window_is_the_newest_record_less_the_look_back(lake: Path) -> None:
    def first(harpnum: int, since: datetime | None = None) -> datetime | None:
        selection = Selection(since=since, look_back=timedelta(hours=1))
        return first_of_interest(request(Path("jsoc"), lake, selection=selection), harpnum)

    assert first(QUIET) == datetime(2014, 6, 10, 11, 12)
    assert first(12345) is None
    since = datetime(2014, 6, 10, 12)
    assert first(QUIET, since) == since
    assert first(QUIET, datetime(2014, 6, 10, 11)) == first(QUIET)
    assert first(12345, since) == since


def test_the_harps_of_a_round_are_spread_together(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of which the lake has records of other times, too; but not what is followed from another time."""
    late = Followed(harpnum=12345, series=SERIES, since=datetime(2020, 1, 1))
    follow(Lake.at(lake), [late, *(Followed(harpnum=harp, series=SERIES) for harp in (BUSY, QUIET))])
    runs: list[Request] = []

    def process(asked: Request, chain: Chain) -> Outcome:
        runs.append(asked)
        return Outcome([Done("track", harpnum) for harpnum in asked.harpnums])

    monkeypatch.setattr("flows.watch.process", process)
    watch_round(request(Path("jsoc"), lake, email="a@b.c"), clockwork=Clockwork(PLAIN, lambda *_: "new"))
    assert [run.harpnums for run in runs] == [(12345,), (BUSY, QUIET)]
    assert [run.selection.since for run in runs] == [late.since, None]
    assert {run.selection.look_back for run in runs} == {LOOK_BACK}


def test_of_two_reasons_to_follow_a_harp_the_earlier_time_counts(tmp_path: Path) -> None:
    asked = request(None, tmp_path, harpnums=(7,))
    since = datetime(2020, 1, 1)
    follow(Lake.at(tmp_path), [Followed(harpnum=n, series=SERIES, since=since) for n in (7, 8)])
    assert watched(asked).harps == {7: None, 8: since}


def test_an_unknown_region_stops_no_other(tmp_path: Path) -> None:
    follow(Lake.at(tmp_path), [Followed(noaa=noaa, series=SERIES) for noaa in (11158, 10001)])
    seen = watched(request(None, tmp_path))
    assert set(seen.harps) == {377}
    assert "10001" in seen.outcome.notes


@pytest.mark.parametrize("text", ["3", "0h", "h", "1.5h", "-2d", "3w", ""])
def test_durations_that_are_none(text: str) -> None:
    with pytest.raises(InputError, match="--every"):
        duration("--every", text)


def test_durations() -> None:
    assert duration("--every", "90m") == timedelta(minutes=90)
    assert duration("--every", "2d") == timedelta(days=2)


def test_exit_codes(followed: Request, source: Path, tmp_path: Path) -> None:
    where = ("--lake", followed.lake, "--from", source, "--workers", 1)
    done = porelake("watch", "--once", *where)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"HARP {BUSY}: " in done.stdout
    assert porelake("watch", "--once", *where).stdout == "nothing new\n"
    for wrong in (
        ("watch", *where),
        ("watch", "--once", "--every", "3h", *where),
        ("watch", "--once", "--lake", tmp_path / "none", "--from", source),
        ("watch", "--once", "--lake", followed.lake, "--from", tmp_path / "none"),
        ("watch", "--once", "--lake", followed.lake),  # JSOC, without an address
    ):
        ended = porelake(*wrong)
        assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1), ended.stderr
    assert "JSOC_EMAIL" in ended.stderr


def test_a_round_that_fails_is_not_the_last(followed: Request, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even where all that failed is wrong input, such as a file that was delivered damaged."""
    rounds = []

    def one(request: Request, look_back: timedelta) -> None:
        rounds.append(request)
        if len(rounds) == 1:
            raise WrongRequestError(Outcome().fail(BUSY, "as the test wants it", wrong_input=True))
        raise InputError("nothing is followed")

    monkeypatch.setattr(clock, "_round", one)
    with pytest.raises(InputError, match="nothing is followed"):
        clock._rounds(followed, timedelta(days=1), timedelta(0))
    assert len(rounds) == 2


def test_a_round_without_a_source_makes_the_tables_that_are_missing(followed: Request) -> None:
    watch_round(followed)
    where = ("--lake", followed.lake, "--from", "lake", "--workers", 1)
    assert porelake("watch", "--once", *where).stdout == "nothing new\n"
    shutil.rmtree(Lake.at(followed.lake).root / "current")
    assert f"HARP {BUSY}: " in porelake("watch", "--once", *where).stdout


def test_rounds_until_ctrl_c(followed: Request, source: Path) -> None:
    command = [PORELAKE, "watch", "--every", "1h", "--lake", followed.lake, "--from", source]
    run = subprocess.Popen(
        command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert run.stdout is not None
    lines = iter(run.stdout.readline, "")
    assert any("views of" in line for line in lines)
    time.sleep(0.2)
    run.send_signal(2)
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Traceback" not in errors


@pytest.fixture
def jsoc(small_series: Path) -> Iterator[Jsoc]:
    with Jsoc.start(small_series) as server:
        yield server


def test_rounds_at_jsoc(jsoc: Jsoc, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    world = {
        "PORELAKE_JSOC_URL": jsoc.url,
        "PORELAKE_CACHE_DIR": str(tmp_path / "cache"),
        "PORELAKE_JSOC_POLL_S": "0.05",
        "PORELAKE_JSOC_BACKOFF_S": "0.01",
        "JSOC_EMAIL": "a@b.c",
    }

    def round_(code: int = 0) -> str:
        done = porelake("watch", "--once", "--lake", lake, "--workers", 1, **world)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    porelake("follow", "--harp", QUIET, "--harp", 5, "--lake", lake, **world)
    jsoc.hide(last=1)
    assert "3 frames prepared" in round_()
    jsoc.clear_log()
    assert round_() == f"HARP 5: jsoc has no record of it in {SERIES} yet\nnothing new\n"
    assert not jsoc.exports()
    # three days before the newest record
    assert any(f"[{QUIET}][2014.06.07" in str(row["arguments"]) for row in jsoc.log("rs_list"))
    jsoc.reveal()
    assert "2 files added" in round_()
    assert jsoc.reprocess(harpnum=QUIET, last=1) == 1
    said = round_()
    assert f"HARP {QUIET}" in said
    assert jsoc.max_connections() == 1
    jsoc.stop()
    assert "does not answer" in round_(1)
    assert porelake("sql", "SELECT count(*) FROM frames", "--lake", lake).stdout.split()[-1] == "4"
