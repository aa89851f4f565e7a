"""Commands about active regions."""

import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.cli import main
from storage.noaa_list import shipped
from tests.flows.runs import porelake
from tests.jsoc.handle import Jsoc

SERIES = "hmi.sharp_cea_720s"
NEW = 14400


@pytest.fixture(scope="module")
def jsoc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jsoc]:
    """A server with a list of one HARP more than the copy shipped has, and a region newer than that."""
    rows = [f"{harp} {','.join(map(str, held))}" for harp, held in sorted(shipped().regions_of.items())]
    path = tmp_path_factory.mktemp("list") / "list"
    path.write_text("\n".join(["HARPNUM NOAA_ARS", *rows, "12600 13961,13962\n"]))
    with Jsoc.start(tmp_path_factory.mktemp("empty"), noaa_list=path) as server:
        server.add({"HARPNUM": 13500, "T_REC": "2026.01.01_00:00:00_TAI", "NOAA_ARS": str(NEW)})
        yield server


Says = Callable[..., tuple[int, str, str]]


@pytest.fixture
def says(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Says:
    """The command line in this process, with a JSOC: exit status, stdout, stderr."""

    def run(url: str, *arguments: object) -> tuple[int, str, str]:
        monkeypatch.setenv("PORELAKE_JSOC_URL", url)
        monkeypatch.setenv("PORELAKE_JSOC_BACKOFF_S", "0.01")
        monkeypatch.setattr(sys, "argv", ["porelake", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capsys.readouterr()

    return run


class Machine:
    """The command on a machine that has, or has not, a JSOC."""

    def __init__(self, says: Says, url: str) -> None:
        self._says, self.url = says, url

    def says(self, *arguments: object) -> tuple[int, str, str]:
        """Exit status, stdout, stderr."""
        return self._says(self.url, *arguments)

    def refuses(self, *arguments: object, status: int = 2) -> str:
        """What one line on stderr says."""
        code, out, err = self.says(*arguments)
        assert (code, out, err.count("\n")) == (status, "", 1), (code, out, err)
        return err


@pytest.fixture
def online(jsoc: Jsoc, says: Says) -> Machine:
    return Machine(says, jsoc.url)


@pytest.fixture
def offline(says: Says) -> Machine:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return Machine(says, f"http://127.0.0.1:{taken.getsockname()[1]}/cgi-bin/ajax/")


def test_regions_to_harps(online: Machine) -> None:
    asked = (11923, 11133, 11158, 11253, 13962, NEW)
    assert online.says("resolve", *asked) == (
        0,
        "NOAA 11923  HARP 3481\n"
        "NOAA 11133  HARP 284  (HARP 284 also holds NOAA 11134)\n"
        "NOAA 11158  HARP 377\n"
        "NOAA 11253  HARP 700, 705, 734"
        "  (HARP 700 also holds NOAA 11245; HARP 705 also holds NOAA 11248, 11257)\n"
        "NOAA 13962  HARP 12600  (HARP 12600 also holds NOAA 13961)\n"
        f"NOAA {NEW}  HARP 13500\n",
        "",
    )


def test_the_real_command(jsoc: Jsoc) -> None:
    done = porelake("resolve", "AR11158", 1, PORELAKE_JSOC_URL=jsoc.url)
    said = "porelake: AR 1: a NOAA number has five digits here, above 10000, as in 11923\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "NOAA 11158  HARP 377\n", said)
    done = porelake("resolve", 11158, NEW, PORELAKE_JSOC_URL=jsoc.url)
    assert (done.returncode, done.stdout) == (0, f"NOAA 11158  HARP 377\nNOAA {NEW}  HARP 13500\n")
    assert done.stderr == ""


def test_for_machines(online: Machine) -> None:
    _, fetched, _ = online.says("resolve", 11133, "--json")
    code, cached, err = online.says("resolve", 11133, "--json")
    assert (code, err) == (0, "")
    first, second = json.loads(fetched)[0], json.loads(cached)[0]
    assert first["origin"] == f"JSOC, fetched {first['date']}"
    assert second == {
        "noaa_ar": 11133,
        "harpnums": [284],
        "shared_with": {"284": [11134]},
        "origin": f"JSOC, cached {first['date']}",
        "date": first["date"],
    }


def test_offline_it_says_how_old_its_copy_is(offline: Machine) -> None:
    code, out, err = offline.says("resolve", 11158)
    assert (code, out) == (0, "NOAA 11158  HARP 377\n")
    assert err.count("\n") == 1
    assert err.startswith("porelake: no list of HARPs and NOAA regions from JSOC (")
    assert err.endswith(f"; used: {shipped().origin}\n")


def test_harps_to_regions(online: Machine) -> None:
    assert online.says("resolve", "--harp", 284, "--harp", 377) == (
        0,
        "HARP 284  NOAA 11133, 11134\nHARP 377  NOAA 11158\n",
        "",
    )
    assert json.loads(online.says("resolve", "--harp", 284, "--json")[1])[0]["noaa_ars"] == [11133, 11134]
    assert "HARP 3, 99999: no NOAA region by JSOC, cached" in online.refuses(
        "resolve", "--harp", 3, "--harp", 99999
    )
    assert "_nrt" in online.refuses("resolve", "--harp", 284, "--series", f"{SERIES}_nrt")


def test_what_is_unknown_or_wrong(online: Machine, offline: Machine, tmp_path: Path) -> None:
    assert "AR 99999, 99998: in no HARP" in online.refuses("resolve", 99999, 99998)
    assert online.refuses("resolve", 1923).endswith("; did you mean 11923?\n")
    assert "AR 11158x: not a NOAA number" in online.refuses("resolve", "11158x")
    assert "name NOAA regions" in online.refuses("resolve")
    assert "--harp" in online.refuses("resolve", 11158, "--harp", 377)
    assert str(tmp_path / "no") in online.refuses("resolve", 11158, "--table", tmp_path / "no")
    code, out, err = offline.says("resolve", NEW)
    assert (code, out) == (1, "")
    assert f"AR {NEW} is newer than the list of 2025-02 and JSOC does not answer" in err
    assert "--refresh: no list from JSOC" in offline.refuses("resolve", 11158, "--refresh", status=1)


def test_what_is_known_is_answered_before_what_is_not(online: Machine, offline: Machine) -> None:
    code, out, err = online.says("resolve", "11158,99999", 11923)
    assert (code, out) == (2, "NOAA 11158  HARP 377\nNOAA 11923  HARP 3481\n")
    assert (err.count("\n"), "AR 99999: in no HARP" in err) == (1, True)
    code, out, _ = online.says("resolve", 99999, 11158, "--json")
    assert code == 2
    assert {each["noaa_ar"]: each["harpnums"] for each in json.loads(out)} == {11158: [377], 99999: []}
    code, out, _ = offline.says("resolve", 11158, NEW, "--json")
    assert code == 1
    assert [each["noaa_ar"] for each in json.loads(out)] == [11158], "of a newer one nothing is known"


def test_a_table_of_regions(online: Machine, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("noaa,date\n11158,2011-02-13\n")
    code, out, err = online.says("resolve", "--list", path)
    assert (code, out) == (0, "NOAA 11158  HARP 377\n")
    assert err == f"porelake: --list {path} line 1: taken for names of columns\n"


def test_a_list_of_regions(online: Machine, tmp_path: Path) -> None:
    path = tmp_path / "AR_LIST"
    path.write_text("#AR  HARPs\n11132  5.12.2010  0285\n\n11134  13.12.2010  0283\n")
    code, out, err = online.says("resolve", "--list", path, 11158)
    assert code == 0
    assert [line.split()[:4] for line in out.splitlines()] == [
        ["NOAA", "11158", "HARP", "377"],
        ["NOAA", "11132", "HARP", "285"],
        ["NOAA", "11134", "HARP", "284"],
    ]
    assert err.startswith(f"porelake: --list {path} line 4: AR 11134 is HARP 284 by JSOC, ")
    lake = ("--lake", tmp_path / "lake")
    _, _, err = online.says("prepare", "--list", path, *lake)  # which has no file of them, either
    assert f"--list {path} line 4: AR 11134 is HARP 284" in err
    assert f"--list {path} line 4: AR 11134 is HARP 284" in online.says("follow", "--list", path, *lake)[2]
    path.write_text("11132\nx\n1113\n")
    assert "line 2: 'x'; line 3: '1113'" in online.refuses("resolve", "--list", path)


def test_following(online: Machine, tmp_path: Path) -> None:
    lake = ("--lake", tmp_path / "lake")
    assert online.says("following", *lake)[:2] == (
        0,
        "nothing is followed; `porelake follow 11923` adds a region\n",
    )
    assert online.says("following", "--json", *lake)[1] == "[]\n"
    path = tmp_path / "AR_LIST"
    path.write_text("11923\n11158\n")
    options = ("--list", path, "--harp", 11158, "--since", "2011-02-12", *lake)
    assert online.says("follow", 11158, *options) == (
        0,
        "NOAA 11158: followed\nNOAA 11923: followed\nHARP 11158: followed\n",
        "",
    )
    assert online.says("follow", 11158, *lake)[1] == "NOAA 11158: followed already\n"
    assert online.says("follow", "AR11923,11158", *lake)[1].count("followed already") == 2
    assert online.says("unfollow", "NOAA11923", *lake)[1] == "NOAA 11923: no longer followed\n"
    _, out, _ = online.says("following", *lake)
    assert [line.rpartition("  added ")[0] for line in out.splitlines()] == [
        f"HARP 11158  {SERIES}  since 2011-02-12T00:00:00 TAI",
        f"NOAA 11158  {SERIES}  since 2011-02-12T00:00:00 TAI",
    ]
    listed = json.loads(online.says("following", "--json", *lake)[1])
    assert [(entry["noaa"], entry["harpnum"]) for entry in listed] == [(None, 11158), (11158, None)]


def test_a_typing_error_is_told_before_anything_is_followed(online: Machine, tmp_path: Path) -> None:
    lake = ("--lake", tmp_path / "lake")
    assert "AR 91158: in no HARP" in online.refuses("follow", 11923, 91158, *lake)
    assert "AR 1158" in online.refuses("follow", 1158, *lake)
    assert "name a NOAA region" in online.refuses("follow", *lake)
    assert "--since now: no time" in online.refuses("follow", 11923, "--since", "now", *lake)
    assert "--lake /proc/x: can't be written (" in online.refuses("follow", 11923, "--lake", "/proc/x")
    assert "-3: no number" in online.refuses("follow", "--harp", -3, *lake)
    assert "not followed: NOAA 11923" in online.refuses("unfollow", 11923, *lake)
    assert not (tmp_path / "lake" / "following.json").exists()


def test_a_region_newer_than_the_list_can_be_followed_offline(offline: Machine, tmp_path: Path) -> None:
    lake = ("--lake", tmp_path / "lake")
    code, out, err = offline.says("follow", NEW, *lake)
    assert (code, out) == (0, f"NOAA {NEW}: followed\n")
    assert f"AR {NEW}: newer than the list ({shipped().origin})" in err.splitlines()[-1]
