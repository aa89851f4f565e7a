"""A small series, and the lake that an undisturbed run makes of it."""

import os
import shutil
from pathlib import Path

import pytest

from catalog.build import publish
from flows.pipeline import run_request
from storage.lake import Lake
from tests.flows.runs import CACHE, request, write_small_series


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
