"""What holds of any tracking: its order, its direction in time, its growth, and what never links."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pores.parameters import TrackParameters
from pores.track import track
from tests.unit.scenes import CADENCE, Disc, Scene, table

SEEDS = st.integers(0, 2**32 - 1)
WIDTH = 2 * 80  # working pixels
TURNED = {"merge": "split", "split": "merge", "birth": "death", "death": "birth"}


def busy(seed, n_frames=13, n_discs=10):
    """Discs that drift at their own speeds through one another, flicker, fade and come back."""
    rng = np.random.default_rng(seed)
    at, v = rng.uniform((15, 15), (145, 105), (n_discs, 2)), rng.normal(0, 2.0, (n_discs, 2))
    radius, sign = rng.uniform(2.5, 8, n_discs), rng.choice([-1, 1], n_discs)
    frames = []
    for i in range(n_frames):
        state = rng.choice(["dark", "faint", "gone"], n_discs, p=[0.84, 0.08, 0.08])
        x, y = (at + v * i + rng.normal(0, 0.7, at.shape)).T
        frames.append(
            [
                Disc(
                    x[j],
                    y[j],
                    radius[j] * rng.uniform(0.93, 1.07),
                    900.0 * sign[j],
                    faint=state[j] == "faint",
                )
                for j in range(n_discs)
                if state[j] != "gone"
            ]
        )
    return Scene(frames)


def mirrored(scene):
    """The scene backwards in time and with west for east, so that rotation runs as it did."""
    discs = [[replace(d, x=WIDTH - 1 - d.x) for d in frame or ()] for frame in reversed(scene.discs)]
    return replace(scene, discs=discs, slots=None)


def named(scene, back=False):
    """Each pore by its frame, centroid and area, so that a mirrored scene has the same names."""
    pores, start = scene.pores(), scene.times()[0]
    names = {}
    for row, name in enumerate(pores["pore_id"]):
        frame = int((pores["t_rec"][row] - start) / CADENCE)
        x, y, area = (float(pores[column][row]) for column in ("x_px", "y_px", "area_px"))
        frame, x = (len(scene.discs) - 1 - frame, WIDTH / 2 - 1 - x) if back else (frame, x)
        names[name] = (
            frame,
            *(round((2 * at + 0.5) * area) for at in (x, y)),
            int(area),
        )  # sums of whole pixels
    return names


def edges(scene, result, back=False):
    """Links as named pairs and whether they keep a track."""
    names = named(scene, back)
    pairs = [
        (names[a], names[b], kind in ("continue", "gap"))
        for a, b, kind in table(result.links, "from_pore_id", "to_pore_id", "kind")
    ]
    return {(b, a, own) if back else (a, b, own) for a, b, own in pairs}


@settings(max_examples=15, deadline=None)
@given(SEEDS)
def test_backwards_in_time_the_graph_is_mirrored(seed):
    scene = busy(seed)
    back = mirrored(scene)
    forth, turned = scene.track(), back.track()
    areas = Counter((frame, area) for frame, _, _, area in named(scene).values())
    if max(areas.values(), default=0) > 1:  # equal areas of a frame go by place: the stated tie
        assert {e[:2] for e in edges(scene, forth)} == {e[:2] for e in edges(back, turned, back=True)}
        return
    assert edges(scene, forth) == edges(back, turned, back=True)
    told = Counter(forth.events["kind"]), Counter(TURNED[kind] for kind in turned.events["kind"])
    assert told[0] == told[1]
    assert sorted(forth.tracks["passing"]) == sorted(turned.tracks["passing"])


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.integers(1, 3))
def test_more_frames_change_nothing_older_than_the_gap_window(seed, more):
    scene = replace(busy(seed, n_frames=16), slots=None)
    fewer = replace(scene, discs=scene.discs[:-more])
    settled = fewer.times()[-1] - np.timedelta64(6 * 720, "s")
    results = scene.track(), fewer.track()
    for name, time in (("links", "to_t"), ("events", "t_rec"), ("tracks", "t_death")):
        columns = [
            column for column in getattr(results[0], name) if column not in ("family_id", "child_track_id")
        ]
        old = [
            [row[1:] for row in table(getattr(one, name), time, *columns) if row[0] < settled.item()]
            for one in results
        ]
        assert list(map(str, old[0])) == list(map(str, old[1])), name


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.integers(-6, 6), st.integers(-6, 6))
def test_a_shift_changes_no_link(seed, dx, dy):
    scene = busy(seed, n_frames=8)
    moved = replace(scene, discs=[[replace(d, x=d.x + 2 * dx, y=d.y) for d in f] for f in scene.discs])
    inside = all(
        12 < d.x + 2 * s < WIDTH - 12 and 12 < d.y < 108 for f in scene.discs for d in f for s in (0, dx)
    )
    if inside:
        assert table(scene.track().links, "from_pore_id", "kind") == table(
            moved.track().links, "from_pore_id", "kind"
        )


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.floats(0.2, 1.0))
def test_what_never_links(seed, window_h):
    scene = busy(seed)
    pores, result = scene.pores(), scene.track(max_gap_h=window_h)
    br = dict(zip(pores["pore_id"], pores["mean_br"], strict=True))
    t = dict(zip(pores["pore_id"], pores["t_rec"], strict=True))
    least = TrackParameters().min_polarity_g
    for a, b in table(result.links, "from_pore_id", "to_pore_id"):
        assert not (br[a] * br[b] < 0 and min(abs(br[a]), abs(br[b])) >= least)
        assert np.timedelta64(0) < t[b] - t[a] <= np.timedelta64(int(window_h * 3600 + 721), "s")


@settings(max_examples=8, deadline=None)
@given(SEEDS)
def test_order_and_doubling_of_faint_rows_change_nothing(seed):
    scene, rng = busy(seed), np.random.default_rng(seed)
    sightings = scene.sightings()
    if sightings.faint is None:
        return
    n = len(sightings.faint["label"])
    rows = rng.permutation(np.concatenate((np.arange(n), rng.integers(0, n, 3 if n else 0))))
    mixed = replace(sightings, faint={name: values[rows] for name, values in sightings.faint.items()})
    plain, got = (track(one, TrackParameters()) for one in (sightings, mixed))
    np.testing.assert_array_equal(got.faint_track_id, plain.faint_track_id[rows])
    for column, values in plain.links.items():
        np.testing.assert_array_equal(values, got.links[column])


@pytest.mark.parametrize("seed", range(4))
def test_a_track_is_in_one_place_at_a_time_faint_features_included(seed):
    scene = busy(seed)
    result, sightings = scene.track(), scene.sightings()
    seen = list(zip(sightings.pores["t_rec"], result.track_id, strict=True))
    seen += [
        pair
        for pair in zip(sightings.faint["t_rec"], result.faint_track_id, strict=True)
        if pair[1] is not None
    ]
    assert len(seen) == len(set(seen))
    assert any(track_id is not None for track_id in result.faint_track_id)
