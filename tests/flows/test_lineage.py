"""`porelake lineage`: families and HARPs of a lake drawn, and what is said of wrong input."""

import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest

from flows.chronicle import Chronicle, chronicle_of_family, chronicle_of_run
from flows.cli import main
from flows.lineage_layout import WEST, lay_out
from flows.lineage_plot import write_lineage
from flows.pipeline import run_request
from storage.lake import Lake
from storage.runs import run_of
from tests.flows.runs import MERGING, request, write_merging_series

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line in this process."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["porelake", "lineage", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with a family of three; read only."""
    out = tmp_path_factory.mktemp("merging")
    write_merging_series(out / "series")
    run_request(request(out / "series", out / "lake"))
    return out / "lake"


@pytest.fixture(scope="module")
def whole(drawn: Path) -> Chronicle:
    return chronicle_of_run(Lake.at(drawn), run_of(Lake.at(drawn), MERGING))


@pytest.fixture(scope="module")
def merged(whole: Chronicle) -> str:
    """A track that others merged into."""
    return str(next(track for track in whole.tracks["child_track_id"] if track is not None))


def test_a_harp_is_laid_out_as_its_tables_say(whole: Chronicle) -> None:
    layout = lay_out(whole, WEST)
    links = Counter(whole.links["kind"])
    assert Counter(join.kind for join in layout.joins) == {k: n for k, n in links.items() if k != "continue"}
    assert Counter(mark.kind for mark in layout.marks) == Counter(whole.events["cause"])
    assert {"merge", "gap"} <= set(links)
    for i, (name, n) in enumerate(zip(layout.names, whole.tracks["n_obs"], strict=True)):
        mine = whole.pores["track_id"] == name
        times = np.sort((whole.pores["t_rec"][mine] - layout.t0) / np.timedelta64(1, "h"))
        parts = layout.of(i)
        single = sum(part.t[0] not in times for part in parts)  # drawn as two points
        assert sum(len(part.t) for part in parts) - single == n
        assert min(part.t[0] for part in parts) == pytest.approx(times[0], abs=layout.cadence / 4)
    middles = sorted((start + end) / 2 for start, end in layout.dark)
    assert middles == pytest.approx([6 * layout.cadence])


def test_the_arity_of_a_mark_is_that_of_the_links(whole: Chronicle) -> None:
    into = Counter(whole.links["to_pore_id"])
    merges = sorted(n for n in into.values() if n > 1)
    assert merges == [3]
    assert sorted(mark.arity for mark in lay_out(whole).marks if mark.kind == "merge") == merges


def test_a_family_is_closed(drawn: Path, merged: str) -> None:
    family = chronicle_of_family(Lake.at(drawn), merged)
    assert len(family.tracks["track_id"]) == 3
    assert set(family.pores["track_id"]) == set(family.tracks["track_id"])
    known = set(family.pores["pore_id"])
    assert known.issuperset([*family.links["from_pore_id"], *family.links["to_pore_id"]])
    assert "merge" in family.events["kind"]
    assert len(family.frames["t_rec"]) == 15


def test_the_family_of_a_track(drawn: Path, merged: str, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "family.png"
    status, said, error = command(merged, "--lake", drawn, "--out", out)
    assert (status, error) == (0, "")
    lines = said.splitlines()
    assert lines[-1] == str(out)
    assert any(re.fullmatch(rf" +\d+  {merged}  .* h  \w+, .*", line) for line in lines)
    number = next(line.split()[0] for line in lines if merged in line.split()[:2])
    assert any(line.endswith(f"merged into {number}") for line in lines)
    picture = matplotlib.image.imread(out)[..., :3]
    assert picture.shape[1] == 1562
    blue = (picture[..., 2] - picture[..., 0] > 0.2).mean()
    red = (picture[..., 0] - picture[..., 2] > 0.2).mean()
    assert max(blue, red) > 0.03


def test_forms_of_pictures_and_equal_bytes(drawn: Path, tmp_path: Path) -> None:
    lake = Lake.at(drawn)
    for name, start in (("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.SVG", b"<?xml")):
        out = tmp_path / name
        said = write_lineage(lake, None, MERGING, out)
        assert out.read_bytes().startswith(start)
        assert said.endswith(str(out))
    write_lineage(lake, None, MERGING, tmp_path / "again.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "again.png").read_bytes()
    assert not list(tmp_path.glob("*.partial*"))


def test_wrong_input(drawn: Path, merged: str, tmp_path: Path, command: Command) -> None:
    out = ("--out", tmp_path / "out.png", "--lake", drawn)
    absent = f"{MERGING}_20140610_000000_099"
    pore = str(chronicle_of_run(Lake.at(drawn), run_of(Lake.at(drawn), MERGING)).pores["pore_id"][-1])
    for arguments, says in (
        ((absent, *out), f"{absent}: no such track in the current run of HARP {MERGING}; `porelake sql"),
        ((pore, *out), f"it is a feature of track {MERGING}_"),
        (("7_20140610_000000_001", *out), "no run of HARP 7"),
        (("seven", *out), "seven: no track_id; one is <harpnum>_"),
        (("--harp", 7, *out), "HARP 7: the lake"),
        (out, "name a track, as TRACK_ID, or a HARP, as --harp N"),
        ((merged, "--harp", MERGING, *out), "name a track, as TRACK_ID, or a HARP, as --harp N"),
        (
            (merged, "--lake", drawn, "--out", "x.jpg"),
            "--out x.jpg: a name that ends in .png, .pdf, .svg",
        ),
        ((merged, "--lake", tmp_path / "none", *out[:2]), f"{tmp_path / 'none'}"),
        ((merged, "--lake", drawn), "--out"),
    ):
        status, said, error = command(*arguments)
        assert (status, said, error.count("\n")) == (2, "", 1), error
        assert says in error
    assert not list(tmp_path.iterdir())


def test_a_lake_of_before_there_was_a_table(
    drawn: Path, merged: str, tmp_path: Path, command: Command
) -> None:
    shutil.copytree(drawn, tmp_path / "lake")
    next((tmp_path / "lake").glob("tables/faint/*/*.parquet")).unlink()
    status, said, error = command(merged, "--lake", tmp_path / "lake", "--out", tmp_path / "out.png")
    assert (status, said, error.count("\n")) == (1, "", 1)
    assert f"`porelake run --from lake --harp {MERGING}` makes it again" in error
