"""What a lineage plot shows of a small family that is written down here."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from flows.chronicle import Chronicle
from flows.lineage_layout import WEST, Layout, Mark, lay_out
from flows.ribbons import equivalent_diameter
from pores.spread import RSUN_MM

T0 = np.datetime64("2014-06-10T12:00:00", "ms")
STEP = np.timedelta64(720, "s")
LON, LAT = 120.0, 0.0
A, B, C = "9_20140610_120000_001", "9_20140610_121200_001", "9_20140610_130000_001"


def column(values: Sequence[Any]) -> np.ndarray:
    if values and isinstance(values[0], str | list | type(None)):
        objects = np.empty(len(values), object)
        objects[:] = values
        return objects
    return np.array(values)


def columns(names: str, rows: Sequence[Sequence[Any]]) -> dict[str, np.ndarray]:
    return {name: column([row[i] for row in rows]) for i, name in enumerate(names.split())}


def family(north: bool = False) -> Chronicle:
    """A lives for 8 frames, unseen in frame 2; B merges into it in frame 4; C splits off in frame 5.

    Frame 6 is unusable, frame 3 is missing. B is faint before its life, in frame 0, C after it, in 8 and 9.
    """
    seen = {A: (0, 1, 4, 5, 7), B: (1, 2), C: (5, 7)}
    at = {A: 0.0, B: 0.5, C: -0.5}  # deg
    area, br = {A: 4.0, B: 1.0, C: 2.0}, {A: 1500.0, B: 1000.0, C: np.nan}
    pores = [
        (
            f"{k}{i}",
            track,
            T0 + i * STEP,
            LON + (not north) * at[track],
            LAT + north * at[track],
            area[track],
            br[track],
        )
        for track, frames in seen.items()
        for i in frames
        for k in "ABC"[list(seen).index(track)]
    ]
    links = [
        *(("A0", "A1", "continue"), ("A1", "A4", "gap"), ("A4", "A5", "continue"), ("A5", "A7", "gap")),
        *(("B1", "B2", "continue"), ("B2", "A4", "merge")),
        *(("A4", "C5", "split"), ("C5", "C7", "gap")),
    ]
    where = {row[0]: row for row in pores}
    events = [
        ("birth", "censored", "A0", 0, 1, [], [A]),
        ("birth", "emerged", "B1", 0, 1, [], [B]),
        ("merge", "merge", "A4", 2, 1, [A, B], [A]),
        ("split", "split", "A5", 1, 2, [A], [A, C]),
        ("death", "censored", "A7", 1, 0, [A], []),
        ("death", "decayed", "C7", 1, 0, [C], []),
    ]
    tracks = [(A, "pore"), (B, "umbra"), (C, "pore")]
    return Chronicle(
        9,
        (12345,),
        columns("t_rec usable", [(T0 + i * STEP, i != 6) for i in (0, 1, 2, 4, 5, 6, 7, 8, 9)]),
        columns("track_id family_id kind", [(name, A, kind) for name, kind in tracks]),
        columns("pore_id track_id t_rec lon lat area_mm2 mean_br", pores),
        columns(
            "faint_id track_id t_rec lon lat area_mm2 mean_br",
            [
                (f"f{track}{i}", track, T0 + i * STEP, LON + at[track], LAT, 0.5, 900.0)
                for track, i in ((B, 0), (C, 8), (C, 9))
            ],
        ),
        columns(
            "from_pore_id to_pore_id kind from_t to_t",
            [(*row, where[row[0]][2], where[row[1]][2]) for row in links],
        ),
        columns(
            "kind cause n_from n_to from_track_ids to_track_ids t_rec lon lat",
            [(*row[:2], *row[3:], *where[row[2]][2:5]) for row in events],
        ),
    )


def spans(layout: Layout, track: int) -> list[tuple[float, float]]:
    return [(round(float(part.t[0]), 6), round(float(part.t[-1]), 6)) for part in layout.of(track)]


def test_tracks_are_ribbons_as_long_as_they_were_seen() -> None:
    layout = lay_out(family())
    assert layout.names == (A, B, C)
    assert layout.cadence == 0.2
    assert spans(layout, 0) == [(0, 0.2), (0.8, 1.0), (1.35, 1.45)]  # a single observation: half a step
    assert spans(layout, 1) == [(0.2, 0.4)]
    assert spans(layout, 2) == [(0.95, 1.05), (1.35, 1.45)]
    assert layout.umbrae == {1}


def test_ribbons_are_where_and_as_wide_as_the_features() -> None:
    layout = lay_out(family())
    assert layout.angle == 0
    degree = np.pi / 180 * RSUN_MM
    a, b, c = (np.concatenate([part.s for part in layout.of(track)]) for track in range(3))
    drift = 0.18 / 24 * 1.4 * degree  # of the plane against Carrington longitude, in the 1.4 hours at most
    assert b.mean() - a.mean() == pytest.approx(degree / 2, abs=drift)
    assert c.mean() - a.mean() == pytest.approx(-degree / 2, abs=drift)
    for track, area in ((0, 4.0), (1, 1.0), (2, 2.0)):
        for part in layout.of(track):
            assert part.width == pytest.approx(np.full(len(part.t), equivalent_diameter(np.array(area))))
    assert layout.of(0)[0].br.tolist() == [1500, 1500]
    assert np.isnan(layout.of(2)[0].br).all()


def test_positions_follow_the_spread_of_the_family_or_are_west() -> None:
    assert lay_out(family(north=True)).angle == pytest.approx(90, abs=1)
    west = lay_out(family(north=True), WEST)
    assert west.angle == 0
    assert max(np.ptp(part.s) for part in west.stretches) < 0.2
    assert np.ptp([part.s[0] for part in lay_out(family(north=True)).stretches]) > 10


def test_faint_observations_are_apart_from_the_life() -> None:
    faint = lay_out(family()).faint
    assert [part.track for part in faint] == [1, 2]
    assert [(round(float(part.t[0]), 6), round(float(part.t[-1]), 6)) for part in faint] == [
        (-0.05, 0.05),
        (1.6, 1.8),
    ]
    assert all(part.width.max() == equivalent_diameter(np.array(0.5)) for part in faint)


def test_every_gap_merge_and_split_of_the_links_is_drawn() -> None:
    layout = lay_out(family())
    found = [(join.kind, join.track, round(join.start[0], 6), round(join.end[0], 6)) for join in layout.joins]
    assert found == [
        ("gap", 0, 0.2, 0.8),
        ("gap", 0, 1.0, 1.4),
        ("merge", 1, 0.4, 0.8),
        ("split", 2, 0.8, 1.0),
        ("gap", 2, 1.0, 1.4),
    ]
    gap, _, merge, split, _ = layout.joins
    assert (gap.unseen, merge.unseen, split.unseen) == (True, True, False)  # B merges over two steps
    assert merge.start[1] - merge.end[1] == pytest.approx(np.pi / 360 * RSUN_MM, abs=0.2)
    # A join is no wider than the feature that ends or begins by it.
    assert merge.start[2] == merge.end[2] == float(equivalent_diameter(np.array(1.0)))
    assert split.start[2] == split.end[2] == float(equivalent_diameter(np.array(2.0)))
    assert (merge.br, np.isnan(split.br)) == (1000, True)


def test_every_event_has_its_mark() -> None:
    marks = lay_out(family()).marks
    assert [(mark.kind, round(mark.t, 6), mark.arity) for mark in marks] == [
        ("censored", 0, 1),
        ("emerged", 0.2, 1),
        ("merge", 0.8, 2),
        ("split", 1.0, 2),
        ("censored", 1.4, 1),
        ("decayed", 1.4, 1),
    ]
    assert isinstance(marks[0], Mark)
    assert marks[1].s > marks[2].s > marks[5].s


def test_times_without_a_usable_frame_are_shaded() -> None:
    shaded = [(round(start, 6), round(end, 6)) for start, end in lay_out(family()).dark]
    assert shaded == [(0.5, 0.7), (1.1, 1.3)]
    whole = family()
    frames = {name: np.delete(values, 5) for name, values in whole.frames.items()}
    assert lay_out(replace(whole, frames=frames)).dark[1] == pytest.approx((1.1, 1.3))  # missing: as unusable


def test_the_order_of_rows_does_not_matter() -> None:
    whole = family()
    turned = {
        name: {key: values[::-1] for key, values in getattr(whole, name).items()}
        for name in ("pores", "events", "frames")
    }
    one, other = lay_out(whole), lay_out(replace(whole, **turned))
    for mine, theirs in zip(one.stretches, other.stretches, strict=True):
        assert mine.s == pytest.approx(theirs.s)
        assert mine.t.tolist() == theirs.t.tolist()
    assert {(mark.kind, mark.t) for mark in one.marks} == {(mark.kind, mark.t) for mark in other.marks}
    assert np.array(one.dark) == pytest.approx(np.array(other.dark))


def test_a_family_is_its_tracks_and_what_is_told_of_them() -> None:
    whole = family()
    mine = np.array([A, A, C], object)
    parted = replace(whole, tracks={**whole.tracks, "family_id": mine})
    alone = parted.of_family(C)
    assert alone.tracks["track_id"].tolist() == [C]
    assert alone.pores["pore_id"].tolist() == ["C5", "C7"]
    assert alone.links["to_pore_id"].tolist() == ["C5", "C7"]
    assert alone.events["kind"].tolist() == ["split", "death"]
    assert len(alone.frames["t_rec"]) == 9
    assert alone.faint["faint_id"].tolist() == [f"f{C}8", f"f{C}9"]
