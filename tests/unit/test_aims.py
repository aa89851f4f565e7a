"""The page of the benchmark: what is to be reached, met or missed, and what was stored."""

import re
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks
from benchmarks.__main__ import PAGE, text
from benchmarks.aims import ROWS, Aim, aims_table, figure_names
from benchmarks.report import Group, Machine, Table, page
from benchmarks.stored import load, save, stored
from benchmarks.timing import Sample

HERE = Machine("2026-11-26", "a processor", "numpy 2", 0.5)
READING = Table(
    "Reading", ("what", "ms"), [("cube", Sample((0.1, 0.3, 0.2)))], "How.", {"a.b": Sample((1, 2))}
)


def cells(table: str, what: str) -> list[str]:
    line = next(line for line in table.splitlines() if f"| {what} |" in line)
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_nine_rows_are_asked_for() -> None:
    assert len(ROWS) == 9
    names = [aim.figure for row in ROWS for aim in row.aims]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("rounds", "verdict"), [((7, 9, 10), "met"), ((7, 7.9, 10), "missed")])
def test_the_median_decides(rounds: tuple[float, ...], verdict: str) -> None:
    table = aims_table({"chain.usual_over_fits": Sample(rounds)})
    said = cells(table, "FITS files to rows, times faster than the usual way")
    assert said[0] == "1. Frame chain"
    assert said[2:4] == ["at least 8", f"{rounds[1]:.2f} (7.00-10.0)"]
    assert said[4] == verdict


def test_a_reason_is_linked_where_one_is_told() -> None:
    missed = {aim.figure: Sample((1e9 if aim.at_most else 0,)) for row in ROWS for aim in row.aims}
    said = cells(aims_table(missed), "Prefect's share of 1500 records")
    assert said[4] == "missed: [why](speed.md#5-orchestration)"
    assert cells(aims_table(missed), "`porelake sql`, warm")[4] == "missed"


def test_at_most_is_met_from_below() -> None:
    aim = Aim("", "", at_most=0.25)
    assert aim.met(Sample((0.1, 0.25, 9)))
    assert not aim.met(Sample((0.1, 0.26, 9)))


def test_floors_and_peers_that_were_measured_are_beside() -> None:
    beside = {"mission.headline_s": Sample((1.0,)), "mission.headline_polars_s": Sample((9.0, 8.0, 9.5))}
    said = cells(aims_table(beside), "lifetime against Br")
    assert said[6] == "polars 9.00 s"
    assert figure_names("polars {a.b_s} s, pandas {c} s") == ["a.b_s", "c"]


def test_what_was_not_measured_says_so() -> None:
    said = cells(aims_table({}), "lifetime against Br")
    assert said[3] == "not measured"
    assert said[4] == ""


def test_sections_of_reasons_exist() -> None:
    said = (Path(__file__).parents[2] / "docs" / "speed.md").read_text()
    headings = re.findall(r"^## (.*)$", said, re.MULTILINE)
    assert [f"{number}. {row.name}" for number, row in enumerate(ROWS, 1)] == headings[: len(ROWS)]


def test_a_group_is_the_same_when_it_was_stored(tmp_path: Path) -> None:
    save(Group("reading", HERE, [READING]), tmp_path / "reading.json")
    (found,) = stored(tmp_path).values()
    assert found == load(tmp_path / "reading.json")
    assert str(found.tables[0]) == str(READING)
    assert found.figures == {"a.b": Sample((1, 2))}
    assert found.machine == HERE


def test_page_has_the_aims_first_then_machine_and_tables() -> None:
    text = page("| aims |", [Group("reading", HERE, [READING], "the record")])
    assert text.startswith("# Performance\n\n| aims |")
    assert "the record" in text
    assert "a processor" in text
    assert "## Reading\n\nHow.\n\n| what | ms |\n| --- | ---: |\n| cube | 0.20 (0.10-0.30) |" in text


def test_the_page_is_that_of_what_is_stored() -> None:
    if not (found := stored()):
        pytest.skip("nothing was stored yet: `make bench`")
    assert PAGE.read_text() == text(found)


def test_each_group_says_when_it_was_measured_and_on_how_busy_a_machine() -> None:
    busy = replace(HERE, day="2026-11-25", load=5.3, versions="numpy 2, duckdb 1")
    groups = [
        Group("quiet", HERE, []),
        Group("busy", busy, []),
        Group("far", replace(HERE, processor="x"), []),
    ]
    said = page("", groups)
    assert "| `quiet` | 2026-11-26 | 0.5 |  |" in said
    assert "| `busy` | 2026-11-25 | 5.3 | duckdb 1 |" in said
    assert "| `far` | 2026-11-26 | 0.5 | x |" in said


def test_tables_of_another_day_say_so() -> None:
    before = Group(
        "old", replace(HERE, day="2026-01-01", processor="another"), [replace(READING, title="Old")]
    )
    text = page("", [before, Group("reading", HERE, [READING])])
    assert "## Old\n\nMeasured on 2026-01-01, another.\n\nHow." in text
    assert text.count("Measured on") == 1


def test_what_is_measured_is_said_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmarks, "bench", lambda *_: nullcontext())
    monkeypatch.setattr(benchmarks, "measured", lambda name, _: Group(name, HERE, [READING]))
    places = ["--out", str(tmp_path / "page.md"), "--stored", str(tmp_path / "stored")]
    monkeypatch.setattr("sys.argv", ["benchmarks", "--only", "cubes", *places])
    benchmarks.main()
    assert str(READING) in capsys.readouterr().out
    assert str(READING) in (tmp_path / "page.md").read_text()
