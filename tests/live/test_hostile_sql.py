"""Hostile and greedy SQL over real HTTP: a clear line, nothing changed, and the server goes on."""

import time
from pathlib import Path

import pytest

from storage.lake import Lake
from tests.live.conftest import LIMITS
from tests.live.wire import Wire
from tests.sql.conftest import snapshot
from tests.sql.hostile import GREEDY, HOSTILE, SECRET


@pytest.mark.parametrize("statement", HOSTILE)
def test_hostile_sql_is_refused_in_a_line(wire: Wire, asked_lake: Lake, secret: Path, statement: str) -> None:
    before = snapshot(asked_lake.root)
    for form in ("rows", "csv") if "COPY" in statement else ("rows",):
        reply = wire.ask(statement.format(lake=asked_lake.root, secret=secret), form=form)
        assert reply.status == 400, reply.body
        assert "\n" not in reply.json["error"]
        assert SECRET not in reply.body.decode()
    assert snapshot(asked_lake.root) == before


@pytest.mark.parametrize("name", GREEDY)
def test_greedy_sql_is_stopped(wire: Wire, name: str) -> None:
    began = time.monotonic()
    reply = wire.ask(GREEDY[name])
    assert reply.status == 400, reply.body[:200]
    assert "stopped" in reply.json["error"] or "memory" in reply.json["error"]
    assert time.monotonic() - began < LIMITS.seconds + 8
    assert wire.ask("SELECT 42").json["rows"] == [[42]]
