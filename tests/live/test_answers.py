"""Questions to the live page over real HTTP, and their answers."""

import csv
import io
import json
import threading
import time

import pyarrow.parquet as pq
import pytest

from catalog.limits import Limits
from flows.live.server import shown
from storage.lake import Lake
from tests.live.wire import Wire
from tests.sql.hostile import GREEDY


def test_an_answer_with_what_its_columns_mean(wire: Wire) -> None:
    answer = wire.ask("SELECT track_id, lifetime_h FROM tracks WHERE harpnum = 1 ORDER BY ALL LIMIT 3").json
    assert [row[1] for row in answer["rows"]] == pytest.approx([1.8, 1.8, 0.4])
    assert answer["columns"][1] | {"description": ""} == {
        "name": "lifetime_h",
        "type": "DOUBLE",
        "unit": "h",
        "description": "",
    }
    assert answer["more"] is False
    assert 0 < answer["seconds"] < 5


def test_values_as_json_has_them(wire: Wire) -> None:
    sql = (
        "SELECT NULL, true, 1, 9007199254740993, 1.5::DOUBLE, 'NaN'::DOUBLE, '-inf'::DOUBLE, [1, NULL],"
        " {'a': 'ü'}, TIMESTAMP '2011-02-15 00:00:01', 'x<b>', repeat('y', 3000), '\\x00'::BLOB"
    )
    row = wire.ask(sql).json["rows"][0]
    assert row[:5] == [None, True, 1, "9007199254740993", 1.5]
    assert row[5:11] == ["NaN", "−∞", "[1, null]", '{"a": "ü"}', "2011-02-15 00:00:01", "x<b>"]
    assert (len(row[11]), row[11][-1]) == (1000, "…")


def test_rows_beyond_the_limit_are_left_out_and_it_says_so(wire: Wire) -> None:
    answer = wire.ask("FROM range(51)").json
    assert (len(answer["rows"]), answer["more"]) == (50, True)
    answer = wire.ask("FROM range(50)").json
    assert (len(answer["rows"]), answer["more"]) == (50, False)


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_a_download_has_all_rows(wire: Wire, form: str) -> None:
    reply = wire.ask("SELECT range AS n FROM range(1000)", form=form)
    assert reply.headers["Content-Disposition"] == f'attachment; filename="answer.{form}"'
    readers = {
        "csv": lambda: [int(row["n"]) for row in csv.DictReader(io.StringIO(reply.body.decode()))],
        "json": lambda: [row["n"] for row in reply.json],
        "parquet": lambda: pq.read_table(io.BytesIO(reply.body))["n"].to_pylist(),
    }
    assert readers[form]() == list(range(1000))


def test_a_download_that_is_too_large_is_refused(wire: Wire) -> None:
    reply = wire.ask("SELECT range, hash(range) FROM range(300000)", form="csv")
    assert reply.status == 400
    assert reply.json["error"].startswith("sql: stopped, for the file grows larger than 1 MiB")
    assert wire.ask("SELECT 1").status == 200


def test_a_download_that_takes_too_long_is_told_so(wire: Wire) -> None:
    reply = wire.ask("SELECT count(*) FROM range(100000000000) AS a, range(1000) AS b", form="csv")
    assert reply.status == 400
    assert reply.json["error"].startswith("sql: stopped after 0.8 s")


def test_a_named_query_with_parameters(wire: Wire) -> None:
    page = wire.get("/ask").body.decode()
    there = json.loads(page.partition('id="catalogue">')[2].partition("</script>")[0])
    query = next(one for one in there if one["name"] == "lifetime_vs_br" and one["kind"] == "query")
    both = [
        wire.ask(query["sql"], query="lifetime_vs_br", params=params).json
        for params in ({}, {"min_obs": "4"})
    ]
    n = [
        sum(row[both[0]["columns"].index(c)] for row in a["rows"] for c in a["columns"] if c["name"] == "n")
        for a in both
    ]
    assert n[0] > n[1] > 0
    assert next(c for c in both[0]["columns"] if c["name"] == "median_lifetime_h")["unit"] == "h"
    changed = wire.ask("SELECT $min_obs + 1", query="lifetime_vs_br", params={"min_obs": "4", "kind": "x"})
    assert changed.json["rows"] == [[5]]
    wrong = wire.ask(query["sql"], query="lifetime_vs_br", params={"min_obs": "many"})
    assert (wrong.status, "min_obs" in wrong.json["error"]) == (400, True)
    assert wire.ask("SELECT 1", query="../../etc/passwd").status == 400
    assert "x" in wire.ask("SELECT $x").json["error"]


def test_others_are_answered_while_greedy_questions_run(asked_lake: Lake) -> None:
    limits = Limits(seconds=4, memory_mib=256, at_once=2, patience_s=0.2)
    with shown(asked_lake, "127.0.0.1", 0, limits) as server:
        wire, replies = Wire(server.server_port), []
        greedy = [
            threading.Thread(target=lambda: replies.append(wire.ask(GREEDY["scan"]).status)) for _ in "ab"
        ]
        assert wire.get("/").status == 200
        greedy[0].start()
        time.sleep(0.3)
        assert wire.ask("SELECT 1").status == 200
        greedy[1].start()
        time.sleep(0.5)
        began = time.monotonic()
        assert wire.get("/").status == 200
        busy = wire.ask("SELECT 1")
        assert (busy.status, "being answered" in busy.json["error"]) == (503, True)
        assert time.monotonic() - began < 2
        for thread in greedy:
            thread.join()
        assert replies == [400, 400]
