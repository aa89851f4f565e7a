"""Exports: every answer JSOC may give, every fault of a download, and runs after broken ones."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pores.errors import InputError, PorelakeError, UnreachableError
from storage.archive import TarSource, open_source
from storage.jsoc_client import Jsoc
from storage.record_sets import RecordSet, TimeRange
from tests.integration.conftest import HARP, N_FRAMES
from tests.jsoc.handle import REPOSITORY
from tests.jsoc.handle import Jsoc as Server

SERIES = "hmi.sharp_cea_720s"
SEGMENTS = ("continuum", "Br", "Bp", "Bt")
WHOLE = RecordSet(SERIES, HARP, segments=SEGMENTS)
N_FILES = 4 * N_FRAMES - 1
START = np.datetime64("2014-06-10T00:00:00", "ms")
STEP = np.timedelta64(12, "m")
TWO = RecordSet(SERIES, HARP, (TimeRange(START, START + STEP),), segments=("continuum", "Br"))
SCRIPT = """
import sys
from pathlib import Path
from storage.jsoc_client import Jsoc
from storage.record_sets import RecordSet
from storage.settings import settings
jsoc, what = Jsoc(settings(), "a@b.c"), RecordSet.parse(sys.argv[1])
print(len(jsoc.export(what, int(sys.argv[2]), Path(sys.argv[3]))))
"""
Archive = Callable[..., Jsoc]


def same_files(found: list[Path], expected: Path) -> set[str]:
    """Names of files (in tars too), each equal to the archive's byte for byte."""
    names = set()
    for path in found:
        if path.suffix == ".tar":
            members = {file.name: file.read() for file in TarSource(path).listing.files}
        else:
            members = {file.name: file.read() for file in open_source(str(path.parent)).files(None, SERIES)}
            members = {name: content for name, content in members.items() if str(name) == path.name}
        for name, content in members.items():
            assert content == (expected / str(name)).read_bytes(), name
            names.add(str(name))
    return names


def names_of(what: RecordSet, root: Path) -> set[str]:
    every = open_source(str(root)).files(None, SERIES)
    names = [file.name for file in every if _in(what, file.name.t_rec)]
    return {str(name) for name in names if name.segment in what.segments}


def _in(what: RecordSet, t_rec: np.datetime64) -> bool:
    return not what.times or any(t_rec in time for time in what.times)


def state(into: Path) -> dict[str, object]:
    rows = json.loads((into / "request.json").read_text())["requests"]
    assert len(rows) == 1
    return dict(rows[0])


def test_few_files_come_one_by_one(
    archive: Archive, server: Server, sharp_files: Path, tmp_path: Path
) -> None:
    told: list[tuple[int, int | None]] = []
    found = archive().export(TWO, 4, tmp_path / "e", lambda done, total: told.append((done, total)))
    assert {path.suffix for path in found} == {".fits"}
    assert same_files(found, sharp_files) == names_of(TWO, sharp_files)
    assert server.max_connections() == 1
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1][0] == sum(path.stat().st_size for path in found)
    assert not list((tmp_path / "e").glob("*.part*"))


def test_many_files_come_as_a_tar(archive: Archive, sharp_files: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    found = archive().export(WHOLE, N_FILES, tmp_path / "e", lambda done, total: told.append((done, total)))
    assert [path.suffix for path in found] == [".tar"]
    assert same_files(found, sharp_files) == names_of(WHOLE, sharp_files)
    assert told[-1] == (found[0].stat().st_size,) * 2


@pytest.mark.parametrize("offline", [False, True])
def test_bare_files_get_the_names_of_others(
    archive: Archive, server: Server, tmp_path: Path, sharp_files: Path, offline: bool
) -> None:
    server.set_options(offline=offline)
    found = archive(PROTOCOL="as-is").export(TWO, 4, tmp_path / "e")
    assert {path.name for path in found} == names_of(TWO, sharp_files)
    assert all(path.stat().st_size % 2880 == 0 for path in found)


def test_an_export_is_waited_for(archive: Archive, server: Server, tmp_path: Path) -> None:
    server.set_options(pending_polls=5, unknown_polls=2, wait=0.05)
    assert len(archive().export(TWO, 4, tmp_path / "e")) == 4
    assert [row["status"] for row in server.log("exp_status")] == [6, 6, *[2] * 3, *[1] * 2, 0]
    assert len(server.exports()) == 1


def test_one_that_pends_too_long_is_gone_on_with_by_the_next_run(
    archive: Archive, server: Server, tmp_path: Path
) -> None:
    server.set_faults({"kind": "pending"})
    with pytest.raises(PorelakeError, match=r"JSOC's export JSOC_\d+_\d+ still pends.*run again later"):
        archive(PENDING_LIMIT_S=0.2).export(TWO, 4, tmp_path / "lake" / "e")
    kept = state(tmp_path / "lake" / "e")
    server.set_faults()
    assert len(archive(PENDING_LIMIT_S=20).export(TWO, 4, tmp_path / "lake" / "e")) == 4
    assert server.exports() == [kept["request_id"]]


def test_another_request_of_the_user_is_waited_for(archive: Archive, server: Server, tmp_path: Path) -> None:
    server.set_faults({"kind": "busy", "times": 3})
    assert len(archive().export(TWO, 4, tmp_path / "e")) == 4
    assert [row["status"] for row in server.log("exp_request")] == [7, 7, 7, 2]
    server.set_faults({"kind": "busy"})
    with pytest.raises(PorelakeError, match=r"pending request of a@b\.c .* run again later to ask again"):
        archive(PENDING_LIMIT_S=0.2).export(TWO, 4, tmp_path / "f")


def test_a_lost_request_is_asked_for_again(archive: Archive, server: Server, tmp_path: Path) -> None:
    server.set_options(unknown_polls=10**6)
    with pytest.raises(PorelakeError, match=r"JSOC lost it 3 times .*not known"):
        archive(LOST_LIMIT_S=0.1).export(TWO, 4, tmp_path / "e")
    server.set_options(unknown_polls=0)
    n = len(server.exports())
    assert n >= 1
    assert len(archive().export(TWO, 4, tmp_path / "e")) == 4


def test_an_expired_export_is_asked_for_again(archive: Archive, server: Server, tmp_path: Path) -> None:
    found = archive().export(TWO, 4, tmp_path / "e")
    found[0].unlink()
    server.expire()
    assert len(archive().export(TWO, 4, tmp_path / "e")) == 4
    assert len(server.exports()) == 2
    assert [row["status"] for row in server.log("exp_status")].count(6) == 1


def test_files_that_are_gone_are_asked_for_again(archive: Archive, server: Server, tmp_path: Path) -> None:
    server.set_faults({"kind": "http", "code": 404, "where": "download", "times": 1, "after": 2})
    assert len(archive().export(TWO, 4, tmp_path / "e")) == 4
    assert len(server.exports()) == 2
    server.set_faults({"kind": "http", "code": 410, "where": "download"})
    with pytest.raises(PorelakeError, match="JSOC lost it 3 times"):
        archive().export(TWO, 4, tmp_path / "f")


def test_a_request_that_is_too_large_is_halved(
    archive: Archive, server: Server, sharp_files: Path, tmp_path: Path
) -> None:
    server.set_options(max_bytes=300_000)  # about two records
    found = archive().export(WHOLE, N_FILES, tmp_path / "e")
    assert len(found) == 4
    assert same_files(found, sharp_files) == names_of(WHOLE, sharp_files)
    n = len(server.exports())
    assert archive().export(WHOLE, N_FILES, tmp_path / "e") == found
    assert len(server.exports()) == n
    server.set_options(max_bytes=1000)
    with pytest.raises(PorelakeError, match=r"Request exceeds max byte limit.*single record"):
        archive().export(TWO, 4, tmp_path / "f")


def test_a_refusal_is_told_in_jsocs_words(archive: Archive, server: Server, tmp_path: Path) -> None:
    with pytest.raises(PorelakeError, match=r"sharp_cea_720s\[999\].*No records with data.*\[status=4\]"):
        archive().export(RecordSet(SERIES, 999), 4, tmp_path / "e")
    server.set_faults({"kind": "newline", "where": "exp_status"})
    with pytest.raises(PorelakeError, match=r"Invalid argument on entry, 'sunum=no'\. \[status=4\]"):
        archive().export(TWO, 4, tmp_path / "f")
    server.set_faults()
    assert len(archive().export(TWO, 4, tmp_path / "f")) == 4


@pytest.mark.parametrize("where", ["exp_request", "exp_status", "download"])
@pytest.mark.parametrize(
    "kind",
    [
        "http",
        "close",
        "close_after",
        "truncate",
        "truncate_unknown",
        "garbage",
        "newline",
        "stall",
        "stall_first",
    ],
)
def test_an_export_gets_over_a_fault(
    archive: Archive, server: Server, sharp_files: Path, tmp_path: Path, kind: str, where: str
) -> None:
    server.set_faults({"kind": kind, "where": where, "times": 2})
    found = archive(TIMEOUT_S=0.4).export(WHOLE, N_FILES, tmp_path / "e")
    assert same_files(found, sharp_files) == names_of(WHOLE, sharp_files)
    assert server.max_connections() == 1
    never = where == "download" and kind in ("garbage", "newline")
    assert [rule["struck"] for rule in server.fault_state()] == [0 if never else 2]


def test_a_broken_download_goes_on_where_it_stopped(
    archive: Archive, server: Server, sharp_files: Path, tmp_path: Path
) -> None:
    server.set_faults({"kind": "truncate", "where": "download", "times": 3})
    found = archive().export(WHOLE, N_FILES, tmp_path / "e")
    rows = server.log("download")
    assert [row["range"] is None for row in rows] == [True, False, False, False]
    assert sum(row["sent"] for row in rows) == found[0].stat().st_size
    assert same_files(found, sharp_files) == names_of(WHOLE, sharp_files)


def test_downloads_are_given_up_but_not_thrown_away(archive: Archive, server: Server, tmp_path: Path) -> None:
    server.set_faults({"kind": "truncate", "where": "download"})
    with pytest.raises(UnreachableError, match=r"peer closed connection.* after 3 tries"):
        archive(RETRIES=2).export(WHOLE, N_FILES, tmp_path / "e")
    had = next((tmp_path / "e").glob("*.tar.part")).stat().st_size
    assert had > 0
    server.set_faults()
    server.clear_log()
    found = archive().export(WHOLE, N_FILES, tmp_path / "e")
    assert server.log("exp_request") == []
    assert [row["range"] for row in server.log("download")] == [f"bytes={had}-"]
    assert len(TarSource(found[0]).listing.files) == N_FILES


def test_a_part_killed_before_its_renaming_is_not_fetched_again(
    archive: Archive, server: Server, tmp_path: Path
) -> None:
    found = archive().export(TWO, 4, tmp_path / "e")
    content = found[0].read_bytes()
    found[0].rename(f"{found[0]}.part")
    server.clear_log()
    assert archive().export(TWO, 4, tmp_path / "e") == found
    assert found[0].read_bytes() == content
    assert len(server.log("download")) == 1


def test_only_the_file_that_was_removed_is_fetched_again(
    archive: Archive, server: Server, tmp_path: Path
) -> None:
    found = archive().export(TWO, 4, tmp_path / "e")
    found[2].unlink()
    server.clear_log()
    assert archive().export(TWO, 4, tmp_path / "e") == found
    assert server.downloads() == {found[2].name: 1}
    assert server.log("exp_request") == []


def test_files_of_another_version_are_not_taken_for_this_one(
    archive: Archive, server: Server, tmp_path: Path
) -> None:
    found = archive(PROTOCOL="as-is").export(TWO, 4, tmp_path / "e")
    found[0].unlink()
    server.reprocess(harpnum=HARP, last=N_FRAMES)
    server.clear_log()
    assert archive().export(TWO, 4, tmp_path / "e") == found
    assert len(server.log("download")) == 4


def test_files_of_the_other_protocol_are_not_taken_for_these(
    archive: Archive, server: Server, sharp_files: Path, tmp_path: Path
) -> None:
    """Bare files have no keywords: as files of the `fits` protocol they would be of nowhere."""
    archive(PROTOCOL="as-is").export(TWO, 4, tmp_path / "e")
    found = archive(PROTOCOL="fits").export(TWO, 4, tmp_path / "e")
    assert same_files(found, sharp_files) == names_of(TWO, sharp_files)


def test_exports_need_an_address(archive: Archive, server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--email or JSOC_EMAIL"):
        archive(None).export(TWO, 4, tmp_path / "e")
    with pytest.raises(InputError, match=r"--email x@y\.z: JSOC does not know.*register_email\.html"):
        archive("x@y.z").export(TWO, 4, tmp_path / "e")
    assert server.log("exp_request") == []
    assert not (tmp_path / "e").exists()


def run_script(what: RecordSet, n_files: int, into: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", SCRIPT, str(what), str(n_files), str(into)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, env=os.environ.copy())


def test_sigkill_in_mid_download(archive: Archive, server: Server, sharp_files: Path, tmp_path: Path) -> None:
    jsoc, into = archive(), tmp_path / "e"
    server.set_options(rate=200_000)
    with run_script(WHOLE, N_FILES, into) as process:
        deadline = time.monotonic() + 30
        while not any(part.stat().st_size for part in into.glob("*.tar.part")):
            assert time.monotonic() < deadline, "no download began"
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
    server.set_options(rate=None)
    found = jsoc.export(WHOLE, N_FILES, into)
    assert same_files(found, sharp_files) == names_of(WHOLE, sharp_files)
    assert len(server.exports()) == 1
    assert server.log("download")[-1]["range"] is not None


def test_sigkill_while_an_export_pends(archive: Archive, server: Server, tmp_path: Path) -> None:
    jsoc, into = archive(), tmp_path / "e"
    server.set_faults({"kind": "pending"})
    with run_script(TWO, 4, into) as process:
        deadline = time.monotonic() + 30
        while not server.log("exp_status"):
            assert time.monotonic() < deadline, "nothing was asked for"
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
    server.set_faults()
    assert len(jsoc.export(TWO, 4, into)) == 4
    assert len(server.exports()) == 1


def test_two_processes_share_one_connection(archive: Archive, server: Server, tmp_path: Path) -> None:
    archive()
    server.set_options(delay_s=0.1, pending_polls=0)
    one, other = (
        RecordSet(SERIES, HARP, (TimeRange(first, first + 2 * STEP),), segments=SEGMENTS)
        for first in (START, START + 4 * STEP)
    )
    with run_script(one, 12, tmp_path / "1") as first, run_script(other, 12, tmp_path / "2") as second:
        assert first.communicate(timeout=60)[0].strip() == "12"
        assert second.communicate(timeout=60)[0].strip() == "12"
    rows = sorted(server.log(), key=lambda row: row["start"])
    assert server.max_connections() == 1
    assert set(server.whole_downloads().values()) == {1}
    places = [row["path"].split("/")[1] for row in rows if row["op"] == "download"]
    assert places != sorted(places), "they took turns"


@pytest.mark.parametrize("seed", range(6))
def test_all_faults_at_once(
    archive: Archive, server: Server, sharp_files: Path, tmp_path: Path, seed: int
) -> None:
    kinds = (
        *("http", "close", "close_after", "truncate", "truncate_unknown", "garbage", "newline"),
        *("stall", "stall_first", "busy", "pending", "lost"),
    )
    server.set_faults(*({"kind": kind, "probability": 0.03} for kind in kinds), seed=seed)
    server.set_options(pending_polls=2, max_bytes=600_000)
    jsoc = archive(TIMEOUT_S=0.3, LOST_LIMIT_S=0.1)
    for _ in range(3):  # the user's next runs
        try:
            found = jsoc.export(WHOLE, N_FILES, tmp_path / "e")
            break
        except PorelakeError:
            continue
    assert same_files(found, sharp_files) == names_of(WHOLE, sharp_files)
    assert server.max_connections() == 1
    assert not list((tmp_path / "e").glob("*.part*"))
