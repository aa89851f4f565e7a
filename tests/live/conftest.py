"""A lake of hand-written rows, shown over HTTP with tight limits."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.limits import Limits
from flows.live.server import shown
from storage.lake import Lake
from tests.flows.conftest import command, refuses  # noqa: F401 - fixtures
from tests.live.wire import Wire
from tests.sql.conftest import Make, good_runs, make_lake  # noqa: F401 - a fixture
from tests.sql.hostile import SECRET

LIMITS = Limits(seconds=0.8, memory_mib=256, rows=50, file_mib=1, patience_s=5)


@pytest.fixture(scope="session")
def asked_lake(tmp_path_factory: pytest.TempPathFactory, make_lake: Make) -> Lake:  # noqa: F811
    """Two HARPs without images; read only."""
    return make_lake(tmp_path_factory.mktemp("asked") / "lake", good_runs())


@pytest.fixture(scope="session")
def wire(asked_lake: Lake) -> Iterator[Wire]:
    """A server that shows it."""
    with shown(asked_lake, "127.0.0.1", 0, LIMITS) as server:
        yield Wire(server.server_port)


@pytest.fixture(scope="session")
def secret(asked_lake: Lake) -> Path:
    """A file beside the lake."""
    path = asked_lake.root.parent / "secret.csv"
    path.write_text(f"a\n{SECRET}\n")
    return path
