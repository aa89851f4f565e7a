"""The guard of the benchmark: what drifts, what is noise, and how it ends."""

import re
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest

from benchmarks import guard as guard_module
from benchmarks import timing
from benchmarks.drift import NAMES, Drift, compared, drift_table, drifts
from benchmarks.groups import QUICK
from benchmarks.guard import guard, main, report
from benchmarks.report import Group, Machine, Table
from benchmarks.stored import stored
from benchmarks.timing import Sample, in_turns

HERE = Machine("2026-11-26", "a processor", "numpy 2", 0.5)
NAME = "chain.usual_over_fits"
BEFORE = (9.0, 10.0, 11.0)


def group(name: str, **figures: Sample) -> Group:
    return Group(
        name, HERE, [Table("", ("",), [], "", {f"{name}.{key}": each for key, each in figures.items()})]
    )


@pytest.mark.parametrize(
    ("rounds", "seems"),
    [
        ((6.9, 7.0, 7.5), True),
        ((6.0, 6.5, 9.5), False),  # a round as before
        ((6.0, 6.5, 7.8), False),  # a round within 30 %
        ((8.0, 8.5, 8.9), False),  # below all rounds before, within 30 %
        ((13.1, 14, 15), True),  # better drifts too: what is stored is no longer true
        ((10.5, 14, 15), False),
    ],
)
def test_drift_is_when_every_round_lies_beyond(rounds: tuple[float, ...], seems: bool) -> None:
    assert Drift(NAME, Sample(BEFORE), Sample(rounds)).seems is seems


def test_names_of_what_is_compared_are_explained() -> None:
    for name in (name for group in QUICK for name in stored()[group].figures if compared(name)):
        for word in re.split(r"_over_|\.", name.partition(".")[2]):
            known = word if f"`{word}`" in NAMES else re.sub(r"_of_(four|11)_", "_of_11_", word)
            others = ("sqlite", "pandas", "polars", "porelake", "laptrack")  # named in the tables
            assert f"`{known.removesuffix('_sqlite')}`" in NAMES or word in others, name


def test_rounds_that_were_stored_wide_hide_no_more_than_they_must() -> None:
    assert not Drift(NAME, Sample((5.0, 10.0, 11.0)), Sample((6.0, 6.1))).seems
    assert Drift(NAME, Sample((5.0, 10.0, 11.0)), Sample((4.0, 4.1))).seems
    assert not Drift(NAME, Sample((9.0, 10.0, 15.0)), Sample((14.0, 14.5))).seems


def test_one_round_that_was_stored_tells_nothing() -> None:
    found = Drift(NAME, Sample((10.0, 10.1)), Sample((1.0, 1.1)))
    assert not found.seems
    assert found.verdict == "too few rounds stored"


def test_groups_that_seem_to_drift_are_measured_again_after_all_others() -> None:
    order = []

    def measure(name: str) -> dict[str, Sample]:
        order.append(name)
        return {f"{name}.over_peer": Sample((1.0,) if name == "x" else BEFORE)}

    before = {name: group(name, over_peer=Sample(BEFORE)) for name in "xyz"}
    found, _ = guard(["x", "y", "z"], before, measure)
    assert "".join(order) == "xyzx"
    assert [each.name for each in found if each.seems] == ["x.over_peer"]


def test_sizes_drift_at_five_per_cent() -> None:
    stored = Sample((1000.0,))
    assert Drift("cubes.bytes_over_fits", stored, Sample((1051.0,))).seems
    assert not Drift("cubes.bytes_over_fits", stored, Sample((1049.0,))).seems


def test_the_table_says_sizes_to_the_digit_that_drifts() -> None:
    table = str(
        drift_table(
            drifts({"cubes.bytes_over_fits": Sample((1.034,))}, {"cubes.bytes_over_fits": Sample((1.032,))})
        )
    )
    assert "| `cubes.bytes_over_fits` | 1.034 | 1.032 | +0% | holds |" in table


def test_only_what_means_the_same_on_every_machine_is_compared() -> None:
    names = (
        "chain.usual_over_fits run.prefect_share tracking.linearity tracking.over_laptrack lake.bytes_per_row"
    )
    assert all(compared(name) for name in names.split())
    assert not any(compared(name) for name in ("sql.select_1_s", "cores.peak_mb", "chain.overhead_ms"))


def test_a_figure_in_one_only_is_told() -> None:
    found = drifts({"a.over_b": Sample((1.0,))}, {"c.over_d": Sample((1.0,)), "e_s": Sample((1.0,))})
    assert [(each.name, each.verdict) for each in found] == [
        ("a.over_b", "not measured"),
        ("c.over_d", "not stored yet"),
    ]
    assert "Not measured, though stored: a.over_b." in report(found, {})


def measuring(*looks: tuple[float, ...]) -> Callable[[str], dict[str, Sample]]:
    left = list(looks)
    return lambda name: {f"{name}.over_peer": Sample(left.pop(0))}


def test_what_seems_to_drift_once_only_holds() -> None:
    before = {"x": group("x", over_peer=Sample(BEFORE))}
    (once,), _ = guard(["x"], before, measuring((6.0, 6.5), (9.0, 10.0)))
    assert once.verdict == "holds"
    (twice,), _ = guard(["x"], before, measuring((6.0, 6.5), (6.1, 6.9)))
    assert twice.seems
    assert len(twice.measured.values) == 4  # type: ignore[union-attr]
    assert "Drift of x.over_peer" in report([twice], {})


class BusyMachine:
    """A clock on which works take the seconds that they are said to, and up to three times as long."""

    def __init__(self) -> None:
        self.now, self.rng = 0.0, np.random.default_rng(1)

    def perf_counter(self) -> float:
        return self.now

    def work(self, seconds: float) -> Callable[[], None]:
        def done() -> None:
            self.now += seconds * self.rng.uniform(1, 3)

        return done


def test_a_work_that_became_slower_is_found_and_a_busy_machine_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    machine = BusyMachine()
    monkeypatch.setattr(timing, "time", machine)

    def ratios(ours_s: float) -> dict[str, Sample]:
        times = in_turns({"ours": machine.work(ours_s), "peer": machine.work(1.0)}, 5)
        return {"x.peer_over_ours": times["peer"] / times["ours"]}

    def found(ours_s: float) -> Drift:
        before = {"x": Group("x", HERE, [Table("", ("",), [], "", ratios(0.1))])}
        (drift,), _ = guard(["x"], before, lambda _: ratios(ours_s))
        return drift

    assert not any(found(0.1).seems for _ in range(200))
    assert all(found(1.5).seems for _ in range(20))


def ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, measure: Callable[..., Group]) -> tuple[int, str]:
    monkeypatch.setattr(guard_module, "QUICK", ("x", "y"))
    monkeypatch.setattr(guard_module, "stored", lambda _: {"x": group("x", over_peer=Sample(BEFORE))})
    monkeypatch.setattr(guard_module, "measured", measure)
    monkeypatch.setattr(guard_module, "bench", nullcontext)  # it sets the environment of a process of its own
    monkeypatch.setattr(sys, "argv", ["guard", "--out", str(tmp_path / "out" / "drift.md")])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0), (tmp_path / "out" / "drift.md").read_text()


def test_drift_ends_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    code, said = ended(monkeypatch, tmp_path, lambda name, _: group(name, over_peer=Sample((1.0,))))
    assert code == 0
    assert "| `x.over_peer` | 10.0 (9.00-11.0) | 1.00 (1.00-1.00) | -90% | **drift beyond 30%** |" in said
    assert "| `y.over_peer` |  | 1.00 |  | not stored yet |" in said


def test_a_benchmark_that_fails_does_not_and_the_others_are_measured(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def measure(name: str, _: object) -> Group:
        if name == "x":
            raise AssertionError("areas\ndiffer")
        return group(name, over_peer=Sample((1.0,)))

    code, said = ended(monkeypatch, tmp_path, measure)
    assert code == 1
    assert "The benchmark failed: x: AssertionError: areas differ." in said
    assert "y.over_peer" in said
    assert "Traceback" in capsys.readouterr().err
