"""`porelake shell`: statements and commands from a file and at a real terminal."""

import io
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from catalog.answers import FORMATS
from catalog.build import publish
from catalog.session import Session
from flows.shell import HELP, complete
from flows.shell_words import Words
from storage.lake import Lake
from storage.runs import CurrentRun, set_current
from tests.flows.runs import PORELAKE, environment
from tests.sql.conftest import SERIES, good_runs, snapshot

KEYS = {"ctrl_c": "\x03", "ctrl_d": "\x04", "tab": "\t", "enter": "\r"}


@pytest.fixture(scope="session")
def asked(tmp_path_factory) -> Path:
    """A lake of rows written by hand: ten tracks in two HARPs."""
    lake = Lake.at(tmp_path_factory.mktemp("asked"))
    for run in good_runs():
        run.write(lake)
        set_current(lake, CurrentRun(SERIES, run.harpnum, run.run_id, run.product))
    publish(lake)
    return lake.root


@pytest.fixture
def read(asked, command, monkeypatch):
    """What the shell says to a text on stdin."""

    def read(text: str):
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        return command("shell", "--lake", asked)

    return read


def test_statements_of_a_file(read) -> None:
    ended = read("-- ; not an end\nSELECT count(*) AS n\nFROM tracks; SELECT ';' AS s;\n\nSELECT 3 AS last")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines() == ["n", "10", "s", ";", "last", "3"]


def test_the_first_that_is_wrong_ends_a_file(read) -> None:
    ended = read("SELECT 1 AS a;\nSELECT nope FROM tracks;\nSELECT 2 AS b;")
    assert ended.status == 2
    assert ended.out.splitlines() == ["a", "1"]
    assert ended.err.count("\n") == 1
    assert '"nope" not found' in ended.err


@pytest.mark.parametrize(
    "statement",
    [
        "DROP VIEW pores",
        "COPY pores TO 'x.csv'",
        "SET threads = 1",
        "FROM read_text('/etc/hosts')",
        "SELECT 1 +",
    ],
)
def test_what_does_more_than_read_is_refused(read, asked, tmp_path, monkeypatch, statement) -> None:
    monkeypatch.chdir(tmp_path)
    before = snapshot(asked)
    ended = read(f"{statement};")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("porelake: sql: ")
    assert snapshot(asked) == before
    assert list(tmp_path.iterdir()) == []


def test_commands(read, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = read(
        ".format json\nSELECT 1 AS a;\n.format table\n.query longest_lives rows=1\n"
        ".out rows.csv\nSELECT 2 AS b;\nSELECT 3 AS c;\n.quit\nSELECT 4 AS d;\n"
    )
    assert ended.status == 0, ended
    assert '"a":1' in ended.out
    assert "[Mm2]" in ended.out
    assert (tmp_path / "rows.csv").read_text() == "b\n2\n"
    assert ended.out.splitlines()[-5:] == [str(tmp_path / "rows.csv"), "c", "-", "3", "(1 row)"]


@pytest.mark.parametrize("word", ["help", "exit", "QUIT "])
def test_words_that_people_try_need_no_dot(read, word) -> None:
    assert complete(word)
    ended = read(f"{word}\nSELECT 4 AS d;\n")
    assert ended.status == 0, ended
    assert (".tables" if word == "help" else "") in ended.out
    assert ("d" in ended.out.splitlines()) == (word == "help")


def test_commands_that_tell(read) -> None:
    ended = read(".help\n.tables\n.queries\n.describe tracks\n.describe\n")
    assert ended.status == 0
    assert all(name in ended.out for name in (*HELP, "pores_near", "longest_lives", "One row per life"))


WRONG = [
    (".tabels", "no such command; did you mean .tables?"),
    (".format xml", "the formats are table, csv, json, parquet"),
    (".query", ".queries lists them"),
    (".query longest_live", "did you mean longest_lives?"),
    (".query longest_lives rows", "write PARAMETER=VALUE"),
    (".query longest_lives rows=x", "not a value of type INTEGER"),
    (".describe trcks", "did you mean tracks?"),
    (".out", "name one file"),
    (".out 'a", "no closing quotation"),
    (".format parquet\nSELECT 1;", "parquet is for files"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_commands_that_are_wrong(read, text, said) -> None:
    ended = read(text)
    assert (ended.status, ended.err.count("\n")) == (2, 1)
    assert said in ended.err


def test_no_lake(command, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    ended = command("shell", "--lake", tmp_path / "none")
    assert ended.status == 2
    assert "no catalogue in the lake" in ended.err


WHOLE = ["", " ", "-- said", ".help", "SELECT 1;", "SELECT 1; -- done", "SELECT 'a' ; "]
PARTS = ["SELECT 1", "SELECT 'a;", 'SELECT "a;', "SELECT 1; SELECT 2", "SELECT 1 -- ;", "/* ; */ SELECT 1"]


def test_enter_ends_what_is_complete() -> None:
    assert [text for text in [*WHOLE, *PARTS] if complete(text)] == WHOLE


COMPLETIONS = [
    ("SELECT mean_b| FROM tracks", {"mean_br"}, {"mean_bp", "mean_b"}),
    ("SELECT t.life| FROM tracks AS t JOIN pores p USING (track_id)", {"t.lifetime_h"}, {"p.lifetime_h"}),
    ("SELECT p.area_| FROM tracks t JOIN pores p USING (track_id)", {"p.area_mm2"}, {"p.max_area_mm2"}),
    ("SELECT tracks.n_| FROM tracks", {"tracks.n_obs"}, set()),
    ("FROM pore|", {"pores", "pore_life", "pore_lifetime"}, {"mean_br"}),
    ("SELE|", {"SELECT"}, set()),
    (".d|", {".describe"}, {".tables"}),
    (".query longest|", {"longest_lives"}, {"tracks"}),
    (".query longest_lives r|", {"rows="}, {"longest_lives"}),
    (".describe trac|", {"tracks", "tracks_of_noaa"}, {"SELECT"}),
    (".format p|", {"parquet"}, {"csv"}),
]


@pytest.mark.parametrize(("typed", "proposed", "never"), COMPLETIONS)
def test_tab(asked, typed, proposed, never) -> None:
    before, _, after = typed.partition("|")
    with Session(Lake.at(asked)) as session:
        words = Words(session.names, HELP, FORMATS)
        found = words.get_completions(Document(before + after, len(before)), CompleteEvent())
        names = {completion.text for completion in found}
    assert proposed <= names
    assert not never & names


@pytest.fixture
def terminal(asked, tmp_path):
    """The shell at a terminal of its own."""
    child = pexpect.spawn(
        str(PORELAKE),
        ["shell", "--lake", str(asked)],
        env=environment(XDG_STATE_HOME=str(tmp_path / "state"), TERM="xterm", PROMPT_TOOLKIT_NO_CPR="1"),
        dimensions=(40, 150),
        encoding="utf-8",
        timeout=20,
    )
    yield child
    child.close(force=True)


def test_at_a_terminal(terminal, tmp_path) -> None:
    terminal.expect("Ctrl-D ends")
    terminal.expect("porelake>")
    terminal.send("SELECT count(*) AS n" + KEYS["enter"])
    terminal.expect(r"\.\.\.>")
    terminal.send("FROM tracks;" + KEYS["enter"])
    terminal.expect("10")
    terminal.expect(r"\(1 row\)")
    terminal.send("SELECT nope FROM tracks;" + KEYS["enter"])
    terminal.expect('porelake: sql: .*"nope" not found')
    terminal.send("SELECT count(*) FROM range(1000000000000);" + KEYS["enter"])
    time.sleep(1)  # it runs by then
    terminal.send(KEYS["ctrl_c"])
    terminal.expect("stopped", timeout=10)
    terminal.send("SELECT 'go' || 'es on' AS x;" + KEYS["enter"])
    terminal.expect("goes on")
    terminal.send("SELECT 1" + KEYS["ctrl_c"])
    terminal.expect("porelake>")
    terminal.send(KEYS["ctrl_d"])
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    history = tmp_path / "state" / "porelake" / "history"
    assert stat.S_IMODE(history.stat().st_mode) == 0o600
    assert stat.S_IMODE(history.parent.stat().st_mode) == 0o700
    assert "SELECT count(*) AS n" in history.read_text()


def test_duckdbs_own_command_line(asked, tmp_path) -> None:
    path = tmp_path / "duckdb"
    path.write_text('#!/bin/sh\necho "$@"\n')
    path.chmod(0o755)
    command = [str(PORELAKE), "shell", "--duckdb", "--lake", str(asked)]
    for places, status, said in (
        (f"{tmp_path}{os.pathsep}{os.environ['PATH']}", 0, f"-readonly {asked / 'catalog.duckdb'}"),
        (str(tmp_path / "nothing"), 2, ""),
    ):
        ended = subprocess.run(
            command, env=environment(PATH=places), capture_output=True, text=True, check=False
        )
        assert (ended.returncode, ended.stdout.strip()) == (status, said), ended.stderr
    assert "no `duckdb` on the PATH" in ended.stderr


def test_ctrl_c_ends_a_question_at_once(asked) -> None:
    command = [str(PORELAKE), "sql", "--lake", str(asked), "SELECT count(*) FROM range(1000000000000)"]
    running = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True)
    with pytest.raises(subprocess.TimeoutExpired):
        running.wait(4)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=20)
    assert running.returncode == 130
    assert said.count("\n") == 1, said
