"""The base install is small and is enough to ask: only its packages are there, and no others."""

import json
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from benchmarks.packages import closure, pins
from storage.lake import Lake

ROOT = Path(__file__).resolve().parents[2]
BASE = {"duckdb", "numpy", "prompt-toolkit", "pyarrow", "pydantic", "rich", "typer"}
ASKING = {
    "publish": "",
    "sql SELECT count(*) AS n FROM pores": "n",
    "query lifetime_vs_br --format csv": "survival_median_h",
    "describe tracks": "lifetime_h",
    "export tracks --format csv --out tracks.csv": "tracks.csv",
    "export tracks --format parquet --out tracks.parquet": "tracks.parquet",
    "export tracks --format votable --out tracks.vot": "tracks.vot",
    "shell": "27",
    "following": "nothing is followed",
    "parameters": "detect.threshold",
    "run --help": "Usage",
}
MAKING = {
    **{
        command: f"`porelake {command.split()[0]}`"
        for command in (
            "run --harp 1",
            "clock",
            "watch --once",
            "resolve 11158",
            "follow 11158",
            "weights list",
            "movie --harp 1 --out a.mp4",
            "mask x",
            "serve",
            "demo",
        )
    },
    "verify": "`porelake verify` of a lake",
    "publish --harp 1": "`porelake publish` of more than what the lake has",
    "export tracks --format fits --out tracks.fits": "--format fits",
    "export --bundle bundle": "--bundle",
}
FAULT = "{} needs more than the base install: pip install 'porelake[chain]'"
PROGRAM = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from flows.cli import main

said = {}
for line in json.loads(sys.argv[1]):
    sys.argv = ["porelake", *line.split(maxsplit=1 if line.startswith("sql") else -1)]
    sys.stdin, out, err = io.StringIO("SELECT 20 + 7 AS n;"), io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            said[line] = end.code or 0, out.getvalue(), err.getvalue()
print(json.dumps(said))
"""
FROM_PYTHON = """
import porelake

lake = porelake.connect()
print(len(lake.table("tracks").rows()))
for ask in (lambda: lake.cube(1), lambda: lake.mask("x"), lambda: lake.cutout("x")):
    try:
        ask()
    except porelake.PorelakeError as error:
        print(error)
"""


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Links to the packages that the base install brings."""
    place = tmp_path_factory.mktemp("base")
    for package in map(distribution, (*closure(), "porelake")):
        tops = {file.parts[0] for file in package.files or []} - {".."}
        for top in tops:
            (place / top).unlink(missing_ok=True)
            (place / top).symlink_to(Path(str(package.locate_file(top))))
    return place


def done(packages: Path, lake: Lake, *program: str) -> str:
    """What a program prints that finds this checkout and the packages, and nothing else."""
    found = {"PYTHONPATH": f"{packages}:{ROOT}", "PORELAKE_LAKE": str(lake.root), "HOME": str(lake.root)}
    command = [sys.executable, "-S", "-P", "-c", *program]
    return subprocess.run(
        command, env=found, cwd=lake.root, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


@pytest.fixture(scope="session")
def said(
    packages: Path, lake: Lake, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[int, str, str]]:
    """Exit code, standard output and error of each command, on a lake that was copied."""
    copy = shutil.copytree(lake.root, tmp_path_factory.mktemp("copied") / "lake")
    answers: dict[str, tuple[int, str, str]] = json.loads(
        done(packages, Lake.at(copy), PROGRAM, json.dumps([*ASKING, *MAKING]))
    )
    return answers


@pytest.mark.parametrize("command", ASKING)
def test_asking_needs_no_more(said: dict[str, tuple[int, str, str]], command: str) -> None:
    code, out, err = said[command]
    assert (code, err) == (0, "")
    assert ASKING[command] in out


@pytest.mark.parametrize("command", MAKING)
def test_what_needs_more_says_so_in_a_line(said: dict[str, tuple[int, str, str]], command: str) -> None:
    code, out, err = said[command]
    assert (code, out, err) == (1, "", f"porelake: {FAULT.format(MAKING[command])}\n")


def test_asking_from_python(packages: Path, lake: Lake) -> None:
    rows, *images = done(packages, lake, FROM_PYTHON).splitlines()
    assert rows == "10"
    assert images == [FAULT.format(call) for call in ("cube()", "mask()", "cutout()")]


def test_the_base_does_not_grow() -> None:
    names = closure()
    assert names >= BASE
    assert len(names) <= 17  # what the seven bring with them
    chain = closure(["chain"])
    assert names < chain
    assert {"astropy", "h5py", "prefect", "scipy"} <= chain - names


def test_pins_are_those_of_the_lock(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("a-b==1 ; x < 2 \\\n    --hash=s:1\na_b==2 \\\n    --hash=s:2 \\\n    --hash=s:3\nc==3\n")
    assert pins({"a-b"}, lock) == lock.read_text().removesuffix("c==3\n")
    assert pins({"c"}, lock) == "c==3\n"
    assert pins({"pyarrow"}).startswith("pyarrow==")
