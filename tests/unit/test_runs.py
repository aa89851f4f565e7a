"""The current run of a HARP."""

from pathlib import Path

from storage.lake import Lake
from storage.runs import CurrentRun, current_run, current_runs, set_current

SERIES, NRT = "hmi.sharp_cea_720s", "hmi.sharp_cea_720s_nrt"


def test_no_run_is_current_at_first(tmp_path: Path) -> None:
    lake = Lake.at(tmp_path / "none")
    assert current_run(lake, SERIES, 377) is None
    assert current_runs(lake) == []
    assert not lake.root.exists()


def test_the_last_one_set_is_current(tmp_path: Path) -> None:
    lake = Lake.at(tmp_path)
    for run_id in ("old", "new", "old"):
        run = CurrentRun(SERIES, 377, run_id)
        set_current(lake, run)
        assert current_run(lake, SERIES, 377) == run
        assert current_runs(lake) == [run]


def test_harps_and_series_are_apart(tmp_path: Path) -> None:
    lake = Lake.at(tmp_path)
    runs = [CurrentRun(SERIES, 377, "a"), CurrentRun(SERIES, 1000, "b"), CurrentRun(NRT, 377, "c")]
    for run in reversed(runs):
        set_current(lake, run)
    assert current_runs(lake) == runs
    assert all(current_run(lake, run.series, run.harpnum) == run for run in runs)
