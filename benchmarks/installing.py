"""Installation: seconds and megabytes of what asking a catalogue needs, and of what making one needs more."""

import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.packages import closure, pins, sizes_mb
from benchmarks.report import Cells, Table
from benchmarks.timing import Sample, seconds

ROOT = Path(__file__).resolve().parents[1]
INSTALLS = {"base": "porelake", "chain": "porelake[chain]", "tensorflow": "porelake[chain,tensorflow]"}
_LARGEST = 10
_LEFT_OUT = shutil.ignore_patterns(".*", "docs", "tests", "benchmarks", "__pycache__", "*.egg-info", "build")


@dataclass(frozen=True)
class Installed:
    """An install: how long it took, and its packages, MB."""

    time: Sample
    sizes: Mapping[str, float]

    @property
    def mb(self) -> float:
        """All of them."""
        return sum(self.sizes.values())


def install_tables(scratch: Path, rounds: int) -> list[Table]:
    """Install into empty environments, from wheels as the lock file has them."""
    wheels = _wheels(scratch)
    found = {
        name: _installed(what, scratch / name, wheels, rounds if name == "base" else 1)
        for name, what in INSTALLS.items()
    }
    return [_installs(found), _largest(found["tensorflow"].sizes)]


def _installs(found: Mapping[str, Installed]) -> Table:
    rows: list[Cells] = [
        (f"`{INSTALLS[name]}`", len(each.sizes), f"{each.mb:.0f}", each.time) for name, each in found.items()
    ]
    figures = {f"install.{name}_mb": Sample((each.mb,)) for name, each in found.items()}
    figures |= {f"install.{name}_s": each.time for name, each in found.items()}
    return Table(
        "Installation",
        ("", "packages", "MB", "s"),
        rows,
        "`pip install` into an empty environment, of wheels that were downloaded before, versions as in"
        " `requirements.lock`. MB are of all files in `site-packages`, with what pip compiled of them."
        " `porelake` is what asking a catalogue needs, `chain` makes one; `tensorflow` is for the"
        " published network and for training.",
        figures,
    )


def _largest(sizes: Mapping[str, float]) -> Table:
    rows = [(f"`{name}`", f"{mb:.0f}") for name, mb in list(sizes.items())[:_LARGEST]]
    return Table(f"The {_LARGEST} largest packages of them", ("", "MB"), rows)


def _wheels(scratch: Path) -> Path:
    """A directory of all wheels: what the lock file pins, downloaded, and this checkout's."""
    wheels, tree, lock = scratch / "wheels", scratch / "tree", scratch / "pins.lock"
    lock.write_text(pins(closure(["chain", "tensorflow"])))
    _pip("download", "--no-deps", "--require-hashes", "--requirement", lock, "--dest", wheels)
    shutil.copytree(ROOT, tree, ignore=_LEFT_OUT)  # setuptools builds in the directory
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, tree)
    return wheels


def _installed(what: str, place: Path, wheels: Path, rounds: int) -> Installed:
    times, sizes = [], {}
    for _ in range(rounds):
        shutil.rmtree(place, ignore_errors=True)
        venv.create(place)
        python = place / "bin" / "python"
        install = ("--isolated", "--python", python, "install", "--no-index", "--find-links", wheels, what)
        times.append(seconds(partial(_pip, *install)))
        sizes = sizes_mb(next((place / "lib").glob("python*")) / "site-packages")
    shutil.rmtree(place)  # gigabytes
    return Installed(Sample(tuple(times)), sizes)


def _pip(*arguments: object) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *map(str, arguments)]
    subprocess.run(command, check=True)
