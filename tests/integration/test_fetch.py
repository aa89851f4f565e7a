"""Fetching from a loopback JSOC by the real client: what is missing, once, whole, as the archive has it."""

import multiprocessing
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pores.chain import detect_frame, prepare_frame
from pores.errors import InputError, PorelakeError
from pores.parameters import Parameters, PrepareParameters
from pores.record_time import format_t_rec
from storage.archive import DirectorySource
from storage.cube_log import reading
from storage.cube_writer import held
from storage.cubes import Cube, append
from storage.fetch import Fetched, fetch
from storage.fits_files import FileName
from storage.jsoc_client import Jsoc
from storage.record_sets import RecordSet, TimeRange
from storage.settings import Settings
from tests.jsoc.handle import Jsoc as Server
from tests.waiting import wait_for

SERIES, HARP = "hmi.sharp_cea_720s", 377
SEGMENTS = ("continuum", "Br", "Bp", "Bt")
T0, STEP = np.datetime64("2011-02-15T02:00:00", "ms"), np.timedelta64(12, "m")
WHAT = RecordSet(SERIES, HARP, segments=SEGMENTS)
N = 6


def t_rec(frame: int) -> str:
    return format_t_rec(T0 + frame * STEP)


def file_name(frame: int, segment: str) -> str:
    return str(FileName(SERIES, HARP, T0 + frame * STEP, segment))


WriteFile = Callable[..., Path]


@pytest.fixture
def write_file(fits_bytes: Callable[..., bytes]) -> WriteFile:
    """Write a SHARP file: `write_file(directory, frame, segment, seed=0, **cards)`."""

    def write(directory: Path, frame: int, segment: str, seed: int = 0, **cards: Any) -> Path:
        rng = np.random.default_rng([seed, frame, SEGMENTS.index(segment)])
        image = rng.normal(0, 20_000, (40, 60)).astype(np.int32)
        more = {"HARPNUM": HARP, "T_REC": t_rec(frame), "QUALITY": 0, "SEGMENT": segment}
        more |= {"CRLT_OBS": -7.0, "NOAA_ARS": "11158", **cards}
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / file_name(frame, segment)
        path.write_bytes(fits_bytes(image, list(more.items())))
        return path

    return write


@pytest.fixture
def files(tmp_path: Path, write_file: WriteFile) -> Path:
    """Six records of four segments, the last but one without continuum."""
    for frame in range(N):
        for segment in SEGMENTS:
            if (frame, segment) != (4, "continuum"):
                write_file(tmp_path / "files", frame, segment)
    return tmp_path / "files"


@pytest.fixture
def server(files: Path) -> Iterator[Server]:
    with Server.start(files) as running:
        yield running


class Bench:
    """A fetch's places, and what to ask with."""

    def __init__(self, root: Path, url: str) -> None:
        self.root, self.url = root, url
        self.cube, self.staging = root / "cube" / "377.h5", root / "incoming" / "377"

    def settings(self, **values: Any) -> Settings:
        quick = {"jsoc_poll_s": 0.02, "jsoc_backoff_s": 0.02, "jsoc_timeout_s": 10, "jsoc_lost_limit_s": 0.2}
        where = {"jsoc_url": self.url, "jsoc_email": "a@b.c", "cache_dir": self.root / "cache"}
        return Settings(**{**quick, **where, **values})

    def fetch(self, what: RecordSet = WHAT, again: bool = False, **values: Any) -> Fetched:
        return fetch(Jsoc(self.settings(**values)), self.cube, self.staging, what, again=again)


@pytest.fixture
def bench(tmp_path: Path, server: Server) -> Bench:
    return Bench(tmp_path, server.url)


def content(path: Path) -> dict[tuple[str, str], tuple[bytes, bytes]]:
    """Pixels and cards of all images in use, and the keys of the frames."""
    cube = Cube(path)
    found = {
        (str(t), name): (cube.stored(t, name).tobytes(), cube.cards(t, name))
        for t in cube.t_rec
        for name in cube.segments(t)
    }
    return found | {(str(t), "key"): (cube.frame_key(t).encode(), b"") for t in cube.t_rec}


def of_directory(directory: Path, cube: Path) -> dict[tuple[str, str], tuple[bytes, bytes]]:
    append(cube, DirectorySource(directory).files([HARP], SERIES))
    return content(cube)


def n_rows(path: Path) -> tuple[int, int]:
    """Rows of the log and images of Br."""
    with reading(path) as file:
        return len(file["entries"]), sum(len(images) for images in file["segments/Br"].values())


@pytest.mark.parametrize(
    "settings",
    [{}, {"jsoc_tar_from": 1000}, {"jsoc_request_records": 2}, {"jsoc_request_bytes": 1}],
    ids=["tar", "files", "two records a request", "one record a request"],
)
def test_as_from_the_directory(
    bench: Bench, server: Server, files: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    assert bench.fetch(**settings) == Fetched(added=23, n_records=6)
    assert content(bench.cube) == of_directory(files, tmp_path / "other.h5")
    assert not list(bench.staging.parent.glob("[!.]*")), "nothing is left in staging"
    assert server.max_connections() == 1
    exports, before = server.exports(), bench.cube.read_bytes()
    assert set(server.whole_downloads().values()) == {1}
    assert bench.fetch(**settings) == Fetched(unchanged=23, n_records=6)
    assert server.exports() == exports
    assert bench.cube.read_bytes() == before


def test_versions_are_the_archives(bench: Bench) -> None:
    bench.fetch()
    records = Jsoc(bench.settings()).records(WHAT)
    standings = Cube(bench.cube).standings()
    for record in records:
        for segment in record.segments:
            standing = standings[int(record.t_rec.astype("datetime64[ms]").astype(int)), segment]
            assert (standing.version, standing.reason) == (record.version, "")


def test_what_a_directory_gave_is_labelled_and_stored_once(bench: Bench, files: Path) -> None:
    append(bench.cube, DirectorySource(files).files([HARP], SERIES))
    before, (rows, images) = content(bench.cube), n_rows(bench.cube)
    assert bench.fetch().added == 23
    assert content(bench.cube) == before
    assert n_rows(bench.cube) == (rows + 23, images)
    assert bench.fetch().added == 0


def test_records_appear_later(bench: Bench, server: Server) -> None:
    server.hide(last=2)
    assert bench.fetch() == Fetched(added=16, n_records=4)
    server.clear_log()
    server.reveal()
    assert bench.fetch() == Fetched(added=7, unchanged=16, n_records=6)
    assert len(server.exports()) == 1


def test_records_that_vanish_stay(bench: Bench, server: Server) -> None:
    bench.fetch()
    before = content(bench.cube)
    server.hide(last=2)
    assert bench.fetch() == Fetched(unchanged=16, n_records=4)
    assert content(bench.cube) == before


def test_a_reprocessed_record_takes_the_place(
    bench: Bench, server: Server, files: Path, tmp_path: Path, write_file: WriteFile
) -> None:
    bench.fetch()
    for segment in SEGMENTS:
        write_file(tmp_path / "new", 2, segment, seed=1)
    assert server.reprocess(overlay=tmp_path / "new", calver64="17") == 1
    server.clear_log()
    assert bench.fetch() == Fetched(added=4, unchanged=19, n_records=6)
    assert sorted(server.downloads()) == sorted(file_name(2, segment) for segment in SEGMENTS)
    for path in (tmp_path / "new").iterdir():
        shutil.copy(path, files / path.name)
    assert content(bench.cube) == of_directory(files, tmp_path / "other.h5")
    assert bench.fetch().added == 0


def test_reprocessed_without_a_segment(bench: Bench, server: Server) -> None:
    bench.fetch()
    server.reprocess(t_rec=[t_rec(1)], without=["continuum"])
    result = bench.fetch()
    assert result.unusable == (f"{file_name(1, 'continuum')}: the archive has no file of it",)
    assert result.missing == ()
    frame = Cube(bench.cube).frame(T0 + STEP)
    assert set(frame.segments) == {"Br", "Bp", "Bt"}
    assert prepare_frame(frame, PrepareParameters())["reason"] == "missing segment"
    assert bench.fetch() == Fetched(unchanged=22, n_records=6)


def test_a_header_that_names_the_earlier_record_is_not_believed(
    tmp_path: Path, write_file: WriteFile
) -> None:
    """As from an export that the archive kept; once any image of the record is new, all of it is."""
    for segment in SEGMENTS:
        write_file(tmp_path / "files", 0, segment, RECNUM=123)
    write_file(tmp_path / "new", 0, "Br", seed=1, RECNUM=123)
    with Server.start(tmp_path / "files") as server:
        bench = Bench(tmp_path, server.url)
        bench.fetch()
        server.reprocess()
        assert bench.fetch() == Fetched(unchanged=4, n_records=1)
        assert {s.version for s in Cube(bench.cube).standings().values()} == {"123/16"}
        server.reprocess(overlay=tmp_path / "new")
        assert bench.fetch() == Fetched(added=4, n_records=1)
        assert bench.fetch() == Fetched(unchanged=4, n_records=1)


def test_files_of_records_of_negative_quality_come_too(tmp_path: Path, write_file: WriteFile) -> None:
    """The archive leaves such records out of exports that do not speak of QUALITY."""
    for frame, quality in enumerate((0, -(2**31), 2**16)):
        write_file(tmp_path / "files", frame, "Br", QUALITY=quality)
    with Server.start(tmp_path / "files") as server:
        bench = Bench(tmp_path, server.url)
        some = TimeRange(T0, T0 + N * STEP)
        assert bench.fetch(RecordSet(SERIES, HARP, (some,), segments=("Br",))).added == 3
        assert len(server.exports()) == 1


def test_a_record_without_files_keeps_its_keywords(bench: Bench, server: Server) -> None:
    at = "2011.02.15_03:12:00_TAI"
    server.add({"HARPNUM": HARP, "T_REC": at, "QUALITY": -(2**31), "CRLT_OBS": -6.5, "NOAA_ARS": "11158"})
    server.add({"HARPNUM": HARP, "T_REC": "2011.02.15_03:24:00_TAI", "QUALITY": 0})
    result = bench.fetch()
    assert (result.added, len(result.unusable), result.missing, result.n_records) == (31, 8, (), 8)
    cube, parameters = Cube(bench.cube), PrepareParameters()
    bad, plain = (prepare_frame(cube.frame(t), parameters) for t in cube.t_rec[-2:])
    assert (bad["usable"], bad["reason"], bad["quality"]) == (False, "bad quality", 2**31)
    assert (plain["usable"], plain["reason"], plain["quality"]) == (False, "missing segment", 0)
    assert bad["missing_segments"] == list(SEGMENTS)
    assert bad["crlt_obs"] == -6.5
    assert '"NOAA_ARS": "11158"' in bad["keywords"]
    assert cube.damaged() == []
    assert bench.fetch() == Fetched(unchanged=23, n_records=8)


def test_a_file_that_is_bad_once_is_asked_for_again(
    bench: Bench, server: Server, files: Path, tmp_path: Path
) -> None:
    server.set_faults({"kind": "flip", "where": "*.Br.fits*", "times": 1, "bytes": 20})
    assert bench.fetch(jsoc_tar_from=1000) == Fetched(added=23, n_records=6)
    assert sum(server.downloads().values()) == 24
    assert content(bench.cube) == of_directory(files, tmp_path / "other.h5")


def test_a_file_that_stays_bad_is_given_up(bench: Bench, server: Server, files: Path) -> None:
    bad = files / file_name(3, "Br")
    good = bad.read_bytes()
    bad.write_bytes(good[:-2880])
    server.scan()
    result = bench.fetch()
    assert (result.added, result.n_records) == (23, 6)
    (line,) = result.missing
    assert line.startswith(f"{bad.name}: bad 3 times at the archive: truncated")
    assert result.unusable == result.missing
    assert len(server.exports()) == 3
    assert Cube(bench.cube).frame(T0 + 3 * STEP).problems["Br"].reason == "unreadable file"
    bad.write_bytes(good)
    assert len(bench.fetch().missing) == 1, "the same version is not asked for again"
    assert len(server.exports()) == 3
    assert bench.fetch(again=True) == Fetched(added=1, unchanged=22, n_records=6)
    assert bench.fetch().missing == ()


def test_only_what_was_asked_for_gets_in(
    bench: Bench, server: Server, files: Path, write_file: WriteFile
) -> None:
    other = write_file(files, 1, "Br", T_REC=t_rec(2))  # a header of another record
    server.scan()
    some = RecordSet(SERIES, HARP, (TimeRange(T0 + STEP, T0 + 2 * STEP),), segments=("continuum", "Br"))
    result = bench.fetch(some)
    assert [line.partition(":")[0] for line in result.missing] == [other.name]
    cube = Cube(bench.cube)
    assert [cube.segments(t) for t in cube.t_rec] == [["continuum"], ["continuum", "Br"]]


def test_files_that_nobody_asked_for_stay_out(bench: Bench, files: Path) -> None:
    class Generous(Jsoc):
        def export(self, what: RecordSet, n_files: int, into: Path, progress: Any = None) -> list[Path]:
            more = [into / file_name(5, "Br"), into / file_name(0, "Bt")]
            for path in more:
                shutil.copy(files / path.name, path)
            return [*super().export(what, n_files, into, progress), *more]

    what = RecordSet(SERIES, HARP, (TimeRange(T0, T0),), segments=("Br",))
    archive = Generous(bench.settings())
    assert fetch(archive, bench.cube, bench.staging, what) == Fetched(added=1, n_records=1)
    assert [Cube(bench.cube).segments(t) for t in Cube(bench.cube).t_rec] == [["Br"]]


def test_a_cadence_brings_no_record_between(bench: Bench, server: Server) -> None:
    times = (TimeRange(T0, T0 + 9 * STEP),)
    what = RecordSet(SERIES, HARP, times, "24m", segments=SEGMENTS)
    assert bench.fetch(what) == Fetched(added=11, n_records=3)
    assert sum(server.downloads().values()) <= 11
    assert Cube(bench.cube).t_rec.tolist() == [(T0 + i * STEP).item() for i in (0, 2, 4)]


@pytest.mark.parametrize("op", ["exp_status", "download"])
def test_killed_and_resumed(bench: Bench, server: Server, files: Path, tmp_path: Path, op: str) -> None:
    """The same request goes on; of the files only what is missing is fetched."""
    server.set_options(pending_polls=10 if op == "download" else 60, rate=40_000)
    context = multiprocessing.get_context("forkserver")
    settings = bench.settings(jsoc_tar_from=1000)
    process = context.Process(target=_fetch, args=(settings, bench.cube, bench.staging))
    process.start()
    wait_for(lambda: len(server.log(op)) >= 3)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len(list(bench.staging.iterdir())) == 1
    server.set_options(pending_polls=0, rate=None)
    result = bench.fetch(jsoc_tar_from=1000)
    assert (result.added + result.unchanged, result.missing) == (23, ())
    assert len(server.exports()) == 1
    assert max(server.whole_downloads().values()) == 1
    assert content(bench.cube) == of_directory(files, tmp_path / "other.h5")


def test_killed_while_bad_files_are_asked_for_again(bench: Bench, server: Server, files: Path) -> None:
    bad = files / file_name(3, "Br")
    bad.write_bytes(b"")
    server.scan()
    server.set_options(pending_polls=25)
    process = multiprocessing.get_context("forkserver").Process(
        target=_fetch, args=(bench.settings(), bench.cube, bench.staging)
    )
    process.start()
    wait_for(lambda: len(server.exports()) == 2 and server.log()[-1]["op"] == "exp_status")
    process.kill()
    process.join()
    server.set_options(pending_polls=0)
    assert len(bench.fetch().missing) == 1
    assert len(server.exports()) == 3, "the attempts of both runs count"


def test_two_fetches_of_a_harp_at_once_are_refused(bench: Bench) -> None:
    with held(bench.staging, "held"), pytest.raises(PorelakeError, match="another process is fetching"):
        bench.fetch()


def test_a_harp_and_segments_are_named(bench: Bench) -> None:
    for what in (RecordSet(SERIES, None, segments=SEGMENTS), RecordSet(SERIES, HARP)):
        with pytest.raises(InputError, match="one HARP"):
            bench.fetch(what)


def test_progress_counts_bytes(bench: Bench) -> None:
    seen: list[tuple[int, int | None]] = []
    archive = Jsoc(bench.settings(jsoc_request_records=3))
    fetch(archive, bench.cube, bench.staging, WHAT, lambda done, total: seen.append((done, total)))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert all(total is not None and done <= total for done, total in seen)


def test_bare_files_get_the_keywords_of_the_query(tmp_path: Path) -> None:
    """The same pores as from files with headers."""
    from catalog.formats import arrow_schema
    from catalog.schema import TABLES
    from pores.simulate.parameters import SimulationParameters
    from storage.simulated import write_series

    parameters = SimulationParameters.of("clean", seed=4, harpnum=HARP, n_frames=2, shape=(80, 110))
    schemas = {name: arrow_schema(table) for name, table in TABLES.items()}
    write_series(tmp_path / "files", parameters, schemas)
    rows = {}
    with Server.start(tmp_path / "files") as server:
        for protocol in ("fits", "as-is"):
            bench = Bench(tmp_path / protocol, server.url)
            assert bench.fetch(jsoc_protocol=protocol).added == 8
            assert bench.fetch(jsoc_protocol=protocol).added == 0
            cube = Cube(bench.cube)
            rows[protocol] = [_pores(cube, t) for t in cube.t_rec]
    for (fits_row, fits_pores), (bare_row, bare_pores) in zip(rows["fits"], rows["as-is"], strict=True):
        assert len(fits_pores["label"]) > 0
        same = {
            name: value for name, value in fits_row.items() if not name.startswith(("oracle_", "keywords"))
        }
        assert {name: bare_row[name] for name in same} == same  # DATAMIN and its like are not joined
        for name, values in fits_pores.items():
            np.testing.assert_array_equal(bare_pores[name], values, err_msg=name)


def test_bare_files_of_records_without_keywords_do_not_count(bench: Bench) -> None:
    """As if the records had vanished between two questions."""

    class Forgetful(Jsoc):
        def keywords(self, what: RecordSet) -> dict[np.datetime64, dict[str, Any]]:
            return dict(list(super().keywords(what).items())[1:])

    archive = Forgetful(bench.settings(jsoc_protocol="as-is"))
    what = RecordSet(SERIES, HARP, (TimeRange(T0, T0 + STEP),), segments=("Br",))
    result = fetch(archive, bench.cube, bench.staging, what)
    assert [line.partition(":")[0] for line in result.missing] == [file_name(0, "Br")]
    cube = Cube(bench.cube)
    assert [cube.segments(t) for t in cube.t_rec] == [[], ["Br"]]


def _pores(cube: Cube, t: np.datetime64) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    frame, parameters = cube.frame(t), Parameters(enhance="spline")
    row = prepare_frame(frame, parameters.prepare)
    return row, detect_frame(frame, parameters, row["quiet_sun"]).pores


def _fetch(settings: Settings, cube: Path, staging: Path) -> None:
    fetch(Jsoc(settings), cube, staging, WHAT)
