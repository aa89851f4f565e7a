"""Views and query of ensembles over hand-written rows with known answers."""

import json
from pathlib import Path

import numpy as np
import pytest

from catalog.build import publish
from catalog.query import connect, named
from catalog.schema.ensembles import ENSEMBLES
from pores.errors import InputError
from storage.lake import Lake
from storage.runs import CurrentRun, set_current, set_member
from tests.sql.conftest import PIXEL_MM2, SERIES, Life, Run, make_run, pore_id

NATIVE_MM = (4 * PIXEL_MM2) ** 0.5
Feature = tuple[int, float, float]  # frame, centroid along x in native pixels, area in Mm2


def science(threshold: float, **track: float) -> str:
    return json.dumps({"enhance": "spline", "detect": {"threshold": threshold}, "track": track})


def run_of(run_id: str, config: str, features: list[Feature]) -> Run:
    """A run of HARP 1 with round features on one row, and a track for each."""
    run = make_run(1, run_id, 6, [Life(n, [frame]) for n, (frame, *_) in enumerate(features, 1)], {})
    for row, (_, x, area) in zip(run.tables["pores"], features, strict=True):
        axis = 2 * (area / np.pi) ** 0.5
        shape = {"major_axis_mm": axis, "minor_axis_mm": axis, "orientation_deg": 0.0}
        row |= {"x_px": x, "y_px": 5.0, "area_mm2": area, "area_px": round(area / PIXEL_MM2), **shape}
    run.tables["runs"][0]["config"] = config
    return run


def write(lake: Lake, run: Run, inputs: str = "now", current: bool = False) -> None:
    run.write(lake)
    kept = CurrentRun(SERIES, run.harpnum, run.run_id, run.product, inputs)
    set_member(lake, kept, run.run_id)
    if current:
        set_current(lake, kept)


def ask(lake: Lake, sql: str) -> list[tuple[object, ...]]:
    with connect(lake) as connection:
        return connection.execute(sql).fetchall()


def answers(lake: Lake, **params: str) -> list[tuple[object, ...]]:
    question = named("threshold_study", params)
    with connect(lake) as connection:
        return connection.execute(question.sql, question.values).fetchall()


A, B, C = 10.0, 14.0, 30.0
JOINED = (4 * A + B) / 5


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Three features in a frame; below, one is in two pieces and one gone; above, two of them are one.

    C has 1 Mm2 times e to the power of 5 for each unit of threshold.
    """
    made = Lake.at(tmp_path_factory.mktemp("ensemble"))
    now = [(0, A, 4.0), (0, B, 1.0), (0, C, 1.0)]
    low = [(0, A - 1, 1.0), (0, A + 1, 1.5), (0, C, np.exp(-0.5)), (1, B, 1.0)]
    high = [(0, JOINED, 6.0), (0, C, np.exp(0.5))]
    write(made, run_of("now", science(0.5), now), current=True)
    write(made, run_of("low", science(0.4), low))
    write(made, run_of("high", science(0.6), high))
    write(made, run_of("alike", science(0.5, max_gap_h=2.0), now))
    write(made, run_of("old", science(0.3), [(0, B, 1.0)]), inputs="before")
    publish(made)
    return made


def test_which_runs_there_are(lake: Lake) -> None:
    columns = "run_id, threshold, is_current, stale, differs, n_features, n_tracks"
    assert ask(lake, f"SELECT {columns} FROM ensemble_runs ORDER BY 1") == [
        ("alike", 0.5, False, False, '{"track.max_gap_h":2.0}', 3, 3),
        ("high", 0.6, False, False, '{"detect.threshold":0.6}', 2, 2),
        ("low", 0.4, False, False, '{"detect.threshold":0.4}', 4, 4),
        ("now", 0.5, True, False, "{}", 3, 3),
        ("old", 0.3, False, True, '{"detect.threshold":0.3}', None, None),
    ]
    assert ask(lake, "SELECT count(*), count(DISTINCT run_id) FROM ensemble_pores") == [(12, 4)]
    assert ask(lake, "SELECT count(*), count(DISTINCT run_id) FROM ensemble_tracks") == [(12, 4)]
    assert ask(lake, "SELECT count(*) FROM pores") == [(3,)]


def test_stability(lake: Lake) -> None:
    """Of three different detections: A is in all, in pieces below and with B above; B is not found below."""
    sql = """
    SELECT pore_id, n_members, n_found, stability, n_merged, n_split, threshold_from, threshold_to,
        area_min_mm2, area_max_mm2, ln_area_slope
    FROM pore_stability ORDER BY pore_id"""
    a, b, c = ask(lake, sql)
    assert [row[0] for row in (a, b, c)] == [pore_id(1, 0, label) for label in (1, 2, 3)]
    assert a[1:8] == (3, 3, 1.0, 1, 1, 0.4, 0.6)
    assert a[8:10] == (2.5, 4.0)  # the pieces together; not where it is one with B
    assert a[10] == pytest.approx(np.log(4 / 2.5) / 0.1)
    assert b[1:8] == (3, 2, pytest.approx(2 / 3), 1, 0, 0.5, 0.6)
    assert b[8:] == (1.0, 1.0, None)
    assert c[1:8] == (3, 3, 1.0, 0, 0, 0.4, 0.6)
    assert c[10] == pytest.approx(5.0)


def test_how_far_apart_the_same_feature_may_be(tmp_path: Path) -> None:
    """The larger one's ellipse reaches sqrt(4/3) of its axes, along it and across it; by frame."""
    radius_px = (4 / np.pi) ** 0.5 / NATIVE_MM
    diagonal_px = 4 * np.cos(np.pi / 4) / NATIVE_MM
    mine = [(0, A, 4.0), (1, A, 4.0), (2, A, 1.0), (3, A, 1.0), (4, A, 15.0), (5, A, 15.0)]
    near, far = A + 1.14 * radius_px, A + 1.17 * radius_px
    places = [(0, near, 1.0), (1, far, 1.0), (2, near, 4.0), (3, far, 4.0)]
    now = run_of("now", science(0.5), mine)
    other = run_of("other", science(0.4), [*places, *((k, A + diagonal_px, 1.0) for k in (4, 5))])
    for k, orientation in ((4, 45.0), (5, -45.0)):
        now.tables["pores"][k] |= {
            "major_axis_mm": 10.0,
            "minor_axis_mm": 2.0,
            "orientation_deg": orientation,
        }
        other.tables["pores"][k]["y_px"] += diagonal_px
    lake = Lake.at(tmp_path)
    write(lake, now, current=True)
    write(lake, other)
    publish(lake)
    found = ask(lake, "SELECT n_found FROM pore_stability ORDER BY t_rec")
    assert found == [(2,), (1,), (2,), (1,), (2,), (1,)]


def lives_of(
    harpnum: int, run_id: str, threshold: float, frames: list[int], merged: int = 0, unseen: int = 0
) -> Run:
    """A run of pores that are seen in so many frames; the first ones merge, of the last no birth is seen."""
    lives = [
        Life(
            n,
            list(range(1, 1 + seen)),
            500.0 + n,
            birth="emerged" if n <= len(frames) - unseen else "censored",
            death="merged" if n <= merged else "decayed",
        )
        for n, seen in enumerate(frames, 1)
    ]
    run = make_run(harpnum, run_id, 12, lives, {})
    run.tables["runs"][0]["config"] = science(threshold)
    return run


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """Two HARPs at 0.5, one of them at 0.4 and both at 0.6."""
    made = Lake.at(tmp_path_factory.mktemp("studied"))
    write(made, lives_of(1, "a5", 0.5, [2, 6, 6], merged=1), current=True)
    write(made, lives_of(2, "b5", 0.5, [6, 11, 11]), current=True)
    write(made, lives_of(1, "a4", 0.4, [2, 2, 2, 11, 11, 11, 11], unseen=4))
    write(made, lives_of(1, "a6", 0.6, [6, 6, 6, 6]))
    write(made, lives_of(2, "b6", 0.6, [11, 11, 11, 11], merged=2))
    publish(made)
    return made


def by_threshold(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    return [(row[1], *row[3:5], *row[6:]) for row in rows]


def test_how_an_answer_moves(studied: Lake) -> None:
    """Beside each answer stands that of the current runs of the same HARPs: at 0.4 of the first one only."""
    found = by_threshold(answers(studied, answer="n_tracks"))
    assert found == [
        (0.4, False, 1, 7.0, 3.0, pytest.approx(4 / 3)),
        (0.5, True, 2, 6.0, 6.0, 0.0),
        (0.6, False, 2, 8.0, 6.0, pytest.approx(1 / 3)),
    ]
    # lifetimes in steps of 0.2 h: at 0.5 of 0.2, three of 1.0, two of 2.0
    found = by_threshold(answers(studied, answer="median_lifetime_h"))
    assert found == [
        (0.4, False, 1, 0.2, 1.0, pytest.approx(-0.8)),
        (0.5, True, 2, 1.0, 1.0, 0.0),
        (0.6, False, 2, 1.0, 1.0, 0.0),
    ]
    found = by_threshold(answers(studied, answer="merges_per_track_h"))
    assert [row[3] for row in found] == [0.0, pytest.approx(1 / 7.2), pytest.approx(2 / 12)]


def test_the_median_is_that_of_lifetimes_by_where_rounding_keeps_the_curve_above_half(tmp_path: Path) -> None:
    lives = [Life(n, list(range(1, n + 2))) for n in range(1, 25)]
    lake = Lake.at(tmp_path)
    for run_id, threshold in (("now", 0.5), ("low", 0.4)):
        run = make_run(1, run_id, 27, lives, {})
        run.tables["runs"][0]["config"] = science(threshold)
        write(lake, run, current=run_id == "now")
    publish(lake)
    ((other,),) = ask(lake, "SELECT survival_median_h FROM lifetimes_by(true, 'seen', 'pore', 2, 0)")
    found = answers(lake, answer="median_lifetime_h")
    assert [row[6:8] for row in found] == [(pytest.approx(2.4), pytest.approx(2.4))] * 2
    assert other == pytest.approx(2.4)


def test_all_answers_at_once_and_the_parameters(studied: Lake) -> None:
    rows = answers(studied)
    assert [row[5] for row in rows[::3]] == sorted({str(row[5]) for row in rows})
    assert len(rows) == 18
    only = answers(studied, answer="n_tracks", min_obs="6")
    assert [row[6] for row in only] == [4.0, 5.0, 8.0]
    assert [row[6] for row in answers(studied, answer="n_features", kind="umbra")] == [0.0, 0.0, 0.0]
    with pytest.raises(InputError, match="--param answer=no such: must be one of n_features"):
        answers(studied, answer="no such")
    fields = by_threshold(answers(studied, answer="mean_abs_br"))
    assert fields[0][3] == pytest.approx((2 * (501 + 502 + 503) + 11 * (504 + 505 + 506 + 507)) / 50)


def test_a_lake_without_ensembles(empty_lake: Lake, make_lake, runs, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for lake in (empty_lake, make_lake(tmp_path, runs)):
        for view in (*ENSEMBLES, "ensemble_runs", "pore_stability"):
            assert ask(lake, f"FROM {view}") == [], view
        assert answers(lake) == []


def test_every_column_of_pores_and_tracks_is_there(lake: Lake) -> None:
    for name in ("pores", "tracks"):
        names = [row[0] for row in ask(lake, f"DESCRIBE ensemble_{name}")]
        assert names == [*(row[0] for row in ask(lake, f"DESCRIBE {name}")), "threshold", "is_current"]
        mine = ask(lake, f"SELECT {', '.join(names[:-2])} FROM ensemble_{name} WHERE is_current ORDER BY ALL")
        assert mine == ask(lake, f"FROM {name} ORDER BY ALL")
