"""A small archive on loopback, and settings that lose no time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.formats import arrow_schema
from catalog.schema import TABLES
from pores.simulate import SimulationParameters
from storage.jsoc_client import Jsoc
from storage.settings import settings
from storage.simulated import write_series
from tests.jsoc.handle import Jsoc as Server

HARP = 377
N_FRAMES = 8
DEFAULTS = {
    "registered": ["a@b.c"],
    "max_bytes": 10**11,
    "pending_polls": 1,
    "pending_s": 0.0,
    "unknown_polls": 0,
    "offline": False,
    "wait": 0,
    "delay_s": 0.0,
    "rate": None,
}


@pytest.fixture(scope="session")
def sharp_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory of 8 simulated records of four segments; the fourth has no continuum."""
    out = tmp_path_factory.mktemp("archive")
    segments = ("continuum", "Br", "Bp", "Bt")
    parameters = SimulationParameters(
        harpnum=HARP, n_frames=N_FRAMES, shape=(90, 120), segments=segments, no_continuum_frames=(3,)
    )
    write_series(out, parameters, {name: arrow_schema(table) for name, table in TABLES.items()})
    return out


@pytest.fixture(scope="session")
def running_server(sharp_files: Path) -> Iterator[Server]:
    with Server.start(sharp_files) as server:
        yield server


@pytest.fixture
def server(running_server: Server) -> Server:
    """The archive as if it had just been opened: no fault, no export, nothing in its log."""
    running_server.set_faults()
    running_server.set_options(**DEFAULTS)
    running_server.expire()
    running_server.reveal()
    running_server.clear_log()
    return running_server


@pytest.fixture
def swift(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time limits and pauses that suit a server on this machine."""
    for name, value in {
        "TIMEOUT_S": "1.5",
        "BACKOFF_S": "0.01",
        "POLL_S": "0.02",
        "LOST_LIMIT_S": "0.3",
        "PENDING_LIMIT_S": "20",
        "TURN_LIMIT_S": "60",
    }.items():
        monkeypatch.setenv(f"PORELAKE_JSOC_{name}", value)
    monkeypatch.delenv("JSOC_EMAIL", raising=False)


@pytest.fixture
def archive(server: Server, swift: None, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Jsoc]:
    """Make a client of the server: `archive(email, PENDING_LIMIT_S=1)`."""

    def make(email: str | None = "a@b.c", **values: object) -> Jsoc:
        monkeypatch.setenv("PORELAKE_JSOC_URL", server.url)
        for name, value in values.items():
            monkeypatch.setenv(f"PORELAKE_JSOC_{name}", str(value))
        return Jsoc(settings(), email)

    return make
