"""A tiny series, a server over it, and the real client."""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import drms
import pytest

from catalog.formats import arrow_schema
from catalog.schema import TABLES
from pores.simulate.parameters import SimulationParameters
from storage.simulated import write_series
from tests.jsoc.handle import Jsoc

HARPNUM = 377  # 6 records, from 2014.06.10_10:00:00_TAI on


@pytest.fixture(scope="session")
def tiny_series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six records of three segments; the second has no continuum, the fifth's QUALITY has the sign bit."""
    return _write(tmp_path_factory.mktemp("tiny"), seed=1)


@pytest.fixture(scope="session")
def other_series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same records with other pixels."""
    return _write(tmp_path_factory.mktemp("other"), seed=2)


def _write(out: Path, seed: int) -> Path:
    parameters = SimulationParameters.of(
        "clean",
        seed=seed,
        harpnum=HARPNUM,
        noaa_ars=(11158, 11160),
        n_frames=6,
        shape=(60, 80),
        t_start=datetime(2014, 6, 10, 10),
        segments=("continuum", "Br", "bitmap"),
        no_continuum_frames=(1,),
        bad_quality_frames=(3, 4),
    )
    write_series(out, parameters, {name: arrow_schema(table) for name, table in TABLES.items()})
    return out


@pytest.fixture
def jsoc(tiny_series: Path) -> Iterator[Jsoc]:
    """A server over the tiny series."""
    with Jsoc.start(tiny_series) as server:
        yield server


@pytest.fixture
def client(jsoc: Jsoc) -> drms.Client:
    """The real client."""
    return client_of(jsoc)


def client_of(jsoc: Jsoc) -> drms.Client:
    config = drms.ServerConfig(
        name="loopback",
        cgi_baseurl=jsoc.url,
        cgi_show_series="show_series",
        cgi_jsoc_info="jsoc_info",
        cgi_jsoc_fetch="jsoc_fetch",
        cgi_check_address="checkAddress.sh",
        cgi_show_series_wrapper="showextseries",
        show_series_wrapper_dbhost="hmidb2",
        http_download_baseurl=jsoc.url.removesuffix("cgi-bin/ajax/"),
    )
    return drms.Client(config)


@pytest.fixture
def export(client: drms.Client) -> Callable[..., Any]:
    """Ask for an export, and wait for it."""

    def exported(ds: str, method: str = "url", protocol: str = "fits") -> Any:
        request = client.export(ds, method=method, protocol=protocol, email="a@b.c")
        request.wait(sleep=0, timeout=20)
        return request

    return exported
