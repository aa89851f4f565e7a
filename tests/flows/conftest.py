"""A small series, and the lake that an undisturbed run makes of it."""

import os
import shutil
import sys
from pathlib import Path

import pytest

from catalog.build import publish
from flows.cli import main
from flows.pipeline import run_request
from flows.simulated import simulate_series
from storage.lake import Lake
from tests.flows.runs import CACHE, Command, Ended, Refuses, request, write_small_series


@pytest.fixture(scope="session")
def small_series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of FITS files; read only."""
    out = tmp_path_factory.mktemp("series")
    write_small_series(out)
    shutil.rmtree(out / "truth")
    return out


@pytest.fixture(scope="session")
def small_lake(small_series: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake of `small_series`; read only."""
    lake = tmp_path_factory.mktemp("undisturbed") / "lake"
    with pytest.MonkeyPatch.context() as patch:
        _without_prefect(patch, tmp_path_factory.mktemp("home"))
        run_request(request(small_series, lake))
    return lake


@pytest.fixture(scope="session")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A series with mergers, splits, flicker and faults, its truth and its lake; read only."""
    out = tmp_path_factory.mktemp("truth")
    values = {"seed": 77, "n_frames": 14, "harpnum": 4, "no_continuum_frames": (5,), "corrupt_frames": (9,)}
    simulate_series(out / "fits", "interactions", values)
    with pytest.MonkeyPatch.context() as patch:
        _without_prefect(patch, tmp_path_factory.mktemp("home"))
        run_request(request(out / "fits", out / "lake"))
    return out


@pytest.fixture
def lake(small_lake: Path, tmp_path: Path) -> Path:
    """A copy of the lake of `small_series`, to be changed."""
    copy = Path(shutil.copytree(small_lake, tmp_path / "lake"))
    publish(Lake.at(copy))
    return copy


@pytest.fixture(autouse=True)
def no_prefect_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Runs stay in this process, whatever this machine's Prefect profile says."""
    _without_prefect(monkeypatch, tmp_path)


def _without_prefect(patch: pytest.MonkeyPatch, home: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("PREFECT_", "PORELAKE_"))]:
        if name != CACHE:
            patch.delenv(name)
    patch.setenv("PREFECT_HOME", str(home))
    patch.setenv("PORELAKE_ENHANCE", "spline")  # the network takes seconds to start


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line in this process: what `porelake` does, without its start."""

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["porelake", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return Ended(int(end.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture
def refuses(command: Command) -> Refuses:
    """Exit 2 and one line on stderr that says what is wrong."""

    def assert_refused(*arguments: object, says: str) -> None:
        ended = command(*arguments)
        assert ended.status == 2, ended
        assert ended.out == ""
        assert ended.err.count("\n") == 1, ended.err
        assert says in ended.err

    return assert_refused
