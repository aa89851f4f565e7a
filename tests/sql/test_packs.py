"""Packs: the same answers with them as without, whoever replaces, removes, damages, kills or still reads."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from itertools import product
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from catalog.build import publish
from catalog.check import verify
from catalog.connection import views_of
from catalog.query import connect
from catalog.schema import TABLES
from catalog.schema.published import ALL_RUNS
from pores.errors import PorelakeError
from storage import known, runs
from storage.lake import Lake
from storage.pack_plan import Sizes
from storage.packs import KEPT_S
from storage.runs import CurrentRun, set_current
from tests.damage import change_largest, change_values, cut_short
from tests.sql.conftest import LIVES_1, LIVES_2, SERIES, Life, Run, make_run

NONE, SMALL = Sizes(least=1000), Sizes(least=3, large=4)
Answers = dict[str, list[str]]


def run_of(harpnum: int, run: str = "a", lives: list[Life] | None = None) -> Run:
    """A run of a HARP, named after both."""
    return make_run(harpnum, f"{run}{harpnum}", 10, lives or (LIVES_1 if harpnum % 2 else LIVES_2), {})


def keep(lake: Lake, run: Run) -> None:
    run.write(lake)
    set_current(lake, CurrentRun(SERIES, run.harpnum, run.run_id, run.product))


def answers(lake: Lake, views: Iterable[str] = (*TABLES, ALL_RUNS)) -> Answers:
    """Every row of views: of the tables, which the others stand on."""
    with connect(lake) as connection:
        rows = {view: connection.execute(f"FROM {view}").fetchall() for view in views}
    return {view: sorted(map(told, some)) for view, some in rows.items()}


def told(row: Iterable[object]) -> str:
    """A row as text; sums depend on the order of what was added in their last digit."""
    return repr([float(f"{value:.12g}") if isinstance(value, float) else value for value in row])


def shown(connection: duckdb.DuckDBPyConnection) -> set[str]:
    return {run for (run,) in connection.execute("SELECT run_id FROM pores").fetchall()}


def unpacked(lake: Lake, views: Iterable[str] = (*TABLES, ALL_RUNS)) -> Answers:
    """The same of a lake without packs."""
    copy = Lake.at(lake.root.with_name(f"{lake.root.name}-unpacked"))
    shutil.rmtree(copy.root, ignore_errors=True)
    shutil.copytree(lake.root, copy.root, ignore=lambda *_: ["packs"])
    publish(copy, NONE)
    return answers(copy, views)


def files(lake: Lake, table: str) -> list[Path]:
    """Packs of a table."""
    return [path for path in lake.pack_files() if path.is_relative_to(lake.root / "packs" / table)]


def keys(lake: Lake) -> set[str]:
    return {path.stem for path in lake.pack_manifests()}


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight HARPs, published without packs: of numbers of one and of two digits."""
    lake = Lake.at(tmp_path_factory.mktemp("eight") / "lake")
    for harpnum in range(5, 13):
        keep(lake, run_of(harpnum))
    publish(lake, NONE)
    return lake.root


@pytest.fixture
def lake(eight: Path, tmp_path: Path) -> Lake:
    """Their lake, packed in two packs of four."""
    made = Lake.at(shutil.copytree(eight, tmp_path / "lake"))
    publish(made, SMALL)
    return made


def test_the_same_rows_in_every_view(lake: Lake) -> None:
    assert len(keys(lake)) == 2
    assert len(lake.pack_files()) == 2 * len(TABLES)
    with connect(lake) as connection:
        views = [*sorted(set(views_of(connection)) - {"published"}), "pore_life('9_20110215_001200_002')"]
    found = answers(lake, views)
    assert len(found[views[-1]]) == 5
    assert found == unpacked(lake, views)


def test_packs_of_another_version_are_made_anew_and_nothing_is_wrong_with_them(lake: Lake) -> None:
    before = keys(lake)
    for manifest in lake.pack_manifests():  # the second version did not say which it was
        told = json.loads(manifest.read_text())
        del told["version"]
        manifest.with_stem("0" + manifest.stem[1:]).write_text(json.dumps(told))
        manifest.unlink()
    (lake.root / "packs" / "pores" / ".copies").mkdir()
    assert verify(lake) == []
    publish(lake, SMALL)
    assert keys(lake) == before
    assert verify(lake) == []


def test_the_rows_of_a_harp_are_found_by_number_and_by_name(lake: Lake) -> None:
    with connect(lake) as connection:
        for harpnum in (9, 10, 12):
            (name, n) = connection.execute(
                f"SELECT min(pore_id), count(*) FROM pores WHERE harpnum = {harpnum}"
            ).fetchall()[0]
            assert n == (44 if harpnum % 2 else 2)
            assert connection.execute(f"SELECT harpnum FROM pores WHERE pore_id = '{name}'").fetchall() == [
                (harpnum,)
            ]


@pytest.mark.parametrize("replaced", [False, True])
def test_only_the_pack_of_the_harp_asked_for_is_opened(lake: Lake, replaced: bool) -> None:
    if replaced:
        keep(lake, run_of(9, "b"))
        publish(lake, SMALL)
    with connect(lake) as connection:
        for table, harpnum in product(TABLES, (5, 8, 10, 12)):
            sql = f"EXPLAIN ANALYZE SELECT count(run_id) FROM {table} WHERE harpnum = {harpnum}"
            (_, plan) = connection.execute(sql).fetchall()[0]
            assert sum(map(int, re.findall(r"Total Files Read: (\d+)", plan))) == 1, table


def test_a_directory_named_like_a_range_is_none(eight: Path, tmp_path: Path) -> None:
    lake = Lake.at(shutil.copytree(eight, tmp_path / "LAST=6" / "first=7" / "lake"))
    publish(lake, SMALL)
    assert answers(lake) == unpacked(lake)


def test_a_replaced_run_is_shown_instead(lake: Lake) -> None:
    before = keys(lake)
    keep(lake, run_of(9, "b", LIVES_1[:2]))
    publish(lake, SMALL)
    assert keys(lake) == before  # one of four is dead
    assert answers(lake) == unpacked(lake)
    with connect(lake) as connection:
        assert connection.execute("SELECT run_id FROM tracks WHERE harpnum = 9").fetchall() == [("b9",)] * 2
        of_harp = "SELECT run_id FROM all_runs WHERE harpnum = 9 ORDER BY 1"
        assert connection.execute(of_harp).fetchall() == [("a9",), ("b9",)]


def test_a_pack_of_superseded_runs_is_given_up(lake: Lake) -> None:
    before = keys(lake)
    for harpnum in (9, 10, 11):
        keep(lake, run_of(harpnum, "b", LIVES_1[:2]))
    publish(lake, SMALL)
    assert len(keys(lake) & before) == 1
    assert answers(lake) == unpacked(lake)
    assert verify(lake) == []


def test_superseded_runs_are_packed_by_themselves_and_may_become_current_again(lake: Lake) -> None:
    for harpnum in range(5, 12):
        keep(lake, run_of(harpnum, "b"))
    publish(lake, SMALL)
    series = {json.loads(path.read_text())["series"] for path in lake.pack_manifests()}
    assert series == {"", SERIES}
    assert answers(lake) == unpacked(lake)
    set_current(lake, CurrentRun(SERIES, 5, "a5", "spline"))
    publish(lake, SMALL)
    found = answers(lake)
    assert len(found[ALL_RUNS]) == len(set(found[ALL_RUNS])) == 15
    assert found == unpacked(lake)
    assert verify(lake) == []


def test_packs_that_were_removed_are_made_again(lake: Lake) -> None:
    before = keys(lake), answers(lake)
    shutil.rmtree(lake.root / "packs")
    publish(lake, SMALL)
    assert (keys(lake), answers(lake)) == before
    files(lake, "tracks")[0].unlink()
    publish(lake, SMALL)
    assert (keys(lake), answers(lake)) == before


def test_packs_that_cannot_be_opened_are_made_again(lake: Lake) -> None:
    before = keys(lake), answers(lake)
    whole = {path: path.read_bytes() for path in files(lake, "tracks")}
    one, other = whole
    cut_short(one)
    change_largest(other, "mean_br", -400.0)
    publish(lake, SMALL)
    assert {path: path.read_bytes() for path in whole} == whole
    assert (keys(lake), answers(lake)) == before


def test_damage_does_not_spread_to_packs(eight: Path, tmp_path: Path) -> None:
    lake = Lake.at(shutil.copytree(eight, tmp_path / "lake"))
    change_values(lake.table("tracks", 10, "a10"))
    with pytest.raises(PorelakeError, match=r"harpnum=10/a10\.parquet: .*CRC.*; `porelake verify` says what"):
        publish(lake, SMALL)
    assert [path for path in files(lake, "tracks") if "last=12" in path.parts] == []


def test_verify_tells_of_a_pack_that_is_missing(lake: Lake) -> None:
    lost = files(lake, "tracks")[0]
    lost.unlink()
    said = f"packs: {lost.relative_to(lake.root)}: is missing; `porelake publish` makes it again"
    assert [str(finding) for finding in verify(lake)][:1] == [said]


def test_what_else_lies_beside_the_tables_is_passed_over(lake: Lake) -> None:
    before, tables = answers(lake), lake.root / "tables" / "runs"
    for name in ("notes", "harpnum=9 (copy)"):
        shutil.copytree(tables / "harpnum=9", tables / name)
    publish(lake, SMALL)
    assert answers(lake) == before


def test_rows_lie_in_order_of_harpnum(lake: Lake) -> None:
    for table in ("pores", "frames", "runs"):
        for path in files(lake, table):
            numbers = pq.read_table(path)["harpnum"].to_pylist()
            assert numbers == sorted(numbers)


def test_a_file_that_does_not_fit_leaves_the_old_catalogue(eight: Path, tmp_path: Path) -> None:
    lake = Lake.at(shutil.copytree(eight, tmp_path / "lake"))
    publish(lake, NONE)
    before = lake.catalog.read_bytes()
    path = lake.table("tracks", 10, "a10")
    pq.write_table(pq.read_table(path).drop_columns(["mean_br"]), path)
    with pytest.raises(PorelakeError, match=r"harpnum=10/a10\.parquet: not a table of this version"):
        publish(lake, SMALL)
    assert lake.catalog.read_bytes() == before
    assert list(lake.root.glob("packs/**/*.partial")) == []


KILLED = """
import os, sys
from catalog.build import publish
from storage import packing
from storage.lake import Lake
from storage.pack_plan import Sizes

def die(*_):
    os.kill(os.getpid(), 9)

if sys.argv[2] == "writing":
    packing.read_rows = die
else:
    packing.set_whole = die
publish(Lake.at(sys.argv[1]), Sizes(3, 4))
"""


@pytest.mark.parametrize("when", ["writing", "written"])
def test_a_publisher_killed_while_it_packs_leaves_nothing(eight: Path, tmp_path: Path, when: str) -> None:
    lake = Lake.at(shutil.copytree(eight, tmp_path / "lake"))
    publish(lake, NONE)
    before = answers(lake)
    done = subprocess.run([sys.executable, "-c", KILLED, lake.root, when], check=False, timeout=60)
    assert done.returncode == -9
    left = set(lake.root.glob("packs/**/*.parquet*"))
    assert left
    assert answers(lake) == before
    publish(lake, NONE)
    assert set(lake.root.glob("packs/*/*")) == set()
    publish(lake, SMALL)
    assert answers(lake) == before


def test_who_reads_the_old_catalogue_goes_on(lake: Lake) -> None:
    before = keys(lake)
    with connect(lake) as old:
        for harpnum in range(5, 13):
            keep(lake, run_of(harpnum, "b", LIVES_1[:1]))
        publish(lake, SMALL)
        assert keys(lake).isdisjoint(before)
        publish(lake, SMALL)
        assert shown(old) == {f"a{harpnum}" for harpnum in range(5, 13)}
    with connect(lake) as new:
        assert shown(new) == {f"b{harpnum}" for harpnum in range(5, 13)}
    long_ago = time.time() - KEPT_S - 10
    for key in before:
        os.utime(lake.pack_manifest(key).with_suffix(".retired"), (long_ago, long_ago))
    publish(lake, SMALL)
    assert {path.stem for path in lake.root.glob("packs/**/*")}.isdisjoint(before)


def test_one_harp_more_costs_its_own_size(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(known, "_SETTLED_NS", 0)
    monkeypatch.setattr(known, "_FEW", 0)
    publish(lake, SMALL)
    for path in lake.root.glob("tables/*/*/*"):
        path.write_bytes(b"not to be read")
    read: list[Path] = []
    monkeypatch.setattr(runs, "_told", _noting(runs._told, read))
    before = answers_of_tables(lake)
    keep(lake, run_of(20))
    publish(lake, SMALL)
    assert read == [lake.pointer(SERIES, 20)]
    assert answers_of_tables(lake)["harps"] == before["harps"] + 1


def _noting(function: Callable[[Path], object], read: list[Path]) -> Callable[[Path], object]:
    def noted(path: Path) -> object:
        read.append(path)
        return function(path)

    return noted


def answers_of_tables(lake: Lake) -> dict[str, int]:
    with connect(lake) as connection:
        return {table: len(connection.execute(f"FROM {table}").fetchall()) for table in TABLES}


def test_a_pointer_that_changes_at_once_again_is_read_again(lake: Lake) -> None:
    """File systems' clocks tick slowly; what changed in this moment is not taken as known."""
    for run in ("b", "c"):
        keep(lake, run_of(9, run))
        publish(lake, SMALL)
        with connect(lake) as connection:
            assert connection.execute("SELECT run_id FROM runs WHERE harpnum = 9").fetchall() == [
                (f"{run}9",)
            ]


def damage(lake: Lake) -> str:
    path = files(lake, "pores")[0]
    at = pq.read_metadata(path).row_group(0).column(1).dictionary_page_offset or 0
    raw = bytearray(path.read_bytes())
    raw[at - 1] ^= 255  # the last value of the column before
    path.write_bytes(raw)
    return str(path.relative_to(lake.root))


def flip(lake: Lake) -> str:
    path = files(lake, "pores")[0]
    change_values(path)
    return rf"{path.relative_to(lake.root)}: not a table of this version, or damaged: .*CRC"


def mislead(lake: Lake) -> str:
    change_largest(files(lake, "tracks")[0], "mean_br", -400.0)
    return "its footer does not fit the checksum"


def shorten(lake: Lake) -> str:
    path = lake.table("tracks", 9, "a9")
    pq.write_table(pq.read_table(path).slice(1), path)
    return "8 rows|9 rows of HARP 9, its own file has 8"


def exchange(lake: Lake) -> str:
    one, other = files(lake, "links")
    shutil.copy(one, other)
    return r"packs/links/first=\d+/last=\d+/\w+.parquet: HARP \d+ where HARP \d+ should be"


def double(lake: Lake) -> str:
    path = files(lake, "frames")[0]
    table = pq.read_table(path)
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
        writer.write_table(table.slice(0, 10))
    return "5 HARPs, not 4"


def lie(lake: Lake) -> str:
    lake.pack_manifest(min(keys(lake))).write_text("{}")
    return r"packs/manifests/\w+.json: says no pack of its name"


@pytest.mark.parametrize("fault", [damage, flip, mislead, shorten, exchange, double, lie])
def test_verify_tells_of_a_pack_that_is_no_good(lake: Lake, fault: Callable[[Lake], str]) -> None:
    assert verify(lake) == []
    says = fault(lake)
    found = [str(finding) for finding in verify(lake) if finding.check == "packs"]
    assert len(found) == 1, found
    assert re.search(says, found[0]), found
    assert found[0].endswith("remove it, and `porelake publish` makes it again")
    (lake.root / found[0].split(": ")[1]).unlink()
    publish(lake, SMALL)
    assert not any(finding.check == "packs" for finding in verify(lake))
