"""Another tracker by --tracker: a run of its own beside ours."""

from pathlib import Path

import pytest

from flows.cli import main
from tests.flows.runs import BUSY, porelake, tables


def test_runs_of_two_trackers_lie_side_by_side(lake: Path) -> None:
    before = tables(lake)
    done = porelake("track", "--from", "lake", "--lake", lake, "--tracker", "dbscan", "--workers", 1)
    assert (done.returncode, done.stderr) == (0, "")
    assert "track.tracker porelake -> dbscan" in done.stdout
    after = tables(lake)
    assert before.keys() < after.keys()
    assert all(after[name].equals(before[name]) for name in before)
    runs = {name for name in after if f"runs/harpnum={BUSY}/" in name}
    assert len(runs) == 2
    (new,) = runs - before.keys()
    assert '"tracker":"dbscan"' in after[new]["config"][0].as_py()
    software = [after[name]["software"][0].as_py() for name in (new, *(runs & before.keys()))]
    assert ["scikit-learn" in text for text in software] == [True, False]
    done = porelake("track", "--from", "lake", "--lake", lake, "--workers", 1)
    assert "current again" in done.stdout
    assert tables(lake).keys() == after.keys()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--tracker", "btrack"), "'btrack' is not one of 'porelake', 'nearest', 'dbscan'"),
        (("--tracker", "laptrack"), "the package laptrack isn't installed; install porelake[trackers]"),
        (("--set", "track.tracker=trackpy"), "the package trackpy isn't installed"),
    ],
)
def test_what_tracks_nothing_is_said_in_a_line(
    options: tuple[str, str],
    says: str,
    tmp_path: Path,
    small_series: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("pores.trackers.find_spec", lambda name: None)
    run = ["porelake", "run", "--from", str(small_series), "--lake", str(tmp_path / "lake"), *options]
    monkeypatch.setattr("sys.argv", run)
    with pytest.raises(SystemExit) as end:
        main()
    said = capsys.readouterr()
    assert end.value.code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert says in said.err
    assert not (tmp_path / "lake").exists(), "nothing was begun"
