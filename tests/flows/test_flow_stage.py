"""The stage `flow`: motion across blocks, what is done again, lakes from before there was such a table."""

from pathlib import Path

import numpy as np
import pytest

from catalog.check import verify
from flows.flow import _beside, flow
from flows.harp import Harp
from flows.pipeline import run_request
from flows.request import Request
from pores.flow import SIDES, Shot, velocities
from pores.geometry import CeaGrid
from pores.parameters import FlowParameters, Parameters, TrackParameters
from storage.cubes import Cube
from storage.labels import read_labels
from storage.lake import Lake
from storage.tables import read_table
from tests.flows.runs import BUSY, QUIET, assert_same_tables, files, request
from tests.flows.test_again import current, rows

NOON = np.datetime64("2014-06-10T12:00:00", "ms")  # where a block ends


def test_motion_is_that_of_the_frames_themselves_also_between_blocks(small_lake: Path) -> None:
    """Frame 7 is the first of a block; 9 and 12 can't be used, so that 8 and 10 are neighbours."""
    run = current(small_lake)[BUSY]
    pores, found = (read_table(Lake(small_lake).table(n, BUSY, run)) for n in ("pores", "velocities"))
    frames = read_table(Lake(small_lake).table("frames", BUSY, run))
    times = frames["t_rec"][frames["usable"]]
    assert NOON in times[1:]
    for k, t_rec in enumerate(times):
        of_frame = pores["t_rec"] == t_rec
        beside = times[k - 1] if k else None, times[k + 1] if k + 1 < len(times) else None
        shots = [t and _shot(small_lake, t) for t in (beside[0], t_rec, beside[1])]
        labels = read_labels(small_lake / frames["labels_file"][frames["t_rec"] == t_rec][0], t_rec)
        expected = velocities({n: v[of_frame] for n, v in pores.items()}, labels, shots, FlowParameters())
        rows_of = np.argsort(expected["pore_id"])
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name][found["t_rec"] == t_rec], values[rows_of], err_msg=name)


def test_a_pore_beside_noon_is_followed_across_it(small_lake: Path) -> None:
    statement = (
        "SELECT count(correlation_{}) > 0 FROM velocities WHERE harpnum = {} AND t_rec = TIMESTAMP '{}'"
    )
    before, after = SIDES
    for side, t_rec in ((after, NOON - np.timedelta64(720, "s")), (before, NOON)):
        assert rows(small_lake, statement.format(side, QUIET, t_rec)) == [(True,)]


def test_frames_too_far_apart_tell_nothing(small_series: Path, lake: Path) -> None:
    run_request(request(small_series, lake, parameters={"track": {"max_step_h": 0.1}}))
    columns = ", ".join(f"count(correlation_{side}), count(vx_{side}_km_s)" for side in SIDES)
    assert rows(lake, f"SELECT {columns}, count(*) > 0 FROM velocities") == [(0, 0, 0, 0, True)]


def test_frames_beyond_the_next_block_tell_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of a block's motion says what it and the blocks next to it hold, and no more."""
    hours = [[0, 11], [12], [], [36], [48]]
    times = [[NOON + np.timedelta64(hour, "h") for hour in some] for some in hours]
    monkeypatch.setattr("flows.flow.usable_frames", lambda _, block: [(t, 1.0) for t in times[block]])
    harp = Harp(Request(parameters=Parameters(track=TrackParameters(max_step_h=48.0))), BUSY)
    beside = _beside(harp, range(5))
    (first, second), (third,), _, (fourth,), (fifth,) = times
    assert beside == {
        first: (None, second),
        second: (first, third),
        third: (second, None),
        fourth: (None, fifth),
        fifth: (fourth, None),
    }


def test_its_parameters_make_only_it_and_the_tables_anew(small_series: Path, lake: Path) -> None:
    before = files(lake)
    outcome = run_request(request(small_series, lake, parameters={"flow": {"window_margin_mm": 1.0}}))
    made = [name for name in files(lake).keys() - before.keys() if not name.startswith("tables/")]
    assert made
    assert all("/flow-" in name for name in made)
    assert {done.stage for done in outcome.done if done.said} == {"flow", "track"}


@pytest.mark.parametrize("what", [["tables/velocities"], ["tables/velocities", "stages"]])
def test_a_lake_of_before_is_made_whole(
    small_series: Path, small_lake: Path, lake: Path, what: list[str]
) -> None:
    for path in (lake / what[0]).rglob("*.parquet"):
        path.unlink()
    for path in [path for room in what[1:] for path in (lake / room).rglob("flow-*")]:
        path.unlink()
    run_request(request(small_series, lake))
    assert_same_tables(lake, small_lake)
    assert verify(Lake.at(lake)) == []


def test_nothing_is_said_where_all_is_there(lake: Path) -> None:
    assert flow(request(None, lake), BUSY).said == ""


def _shot(lake: Path, t_rec: np.datetime64) -> Shot:
    with Cube(Lake(lake).cube("hmi.sharp_cea_720s", BUSY)) as cube:
        frame = cube.frame(t_rec, ("continuum",))
    image = frame.segments["continuum"]
    return Shot(t_rec, CeaGrid.from_keywords(frame.keywords, image.shape), image)
