"""All frames at once: what is reckoned for a whole series is what each pair of frames gives by itself."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pores import features, motion
from pores.features import Features
from pores.grids import Grids
from pores.motion import Places, expected, expected_each
from pores.parameters import TrackParameters
from pores.runs import Runs
from pores.series import Watch
from pores.tracking import compare, footprints
from pores.tracking.chains import roots
from pores.tracking.compare import Comparer
from pores.tracking.footprints import Footprints
from pores.tracking.link import Chances, one_to_one
from pores.tracking.nodes import Nodes
from pores.tracking.overlap import Moves, Side, overlaps
from pores.tracking.prospects import Prospects
from tests.unit.scenes import grid_at
from tests.unit.test_track_properties import busy

SEEDS = st.integers(0, 2**32 - 1)
SHAPE = (14, 17)


def images(rng, n_frames):
    """Label images of blocks, some of which touch or are empty."""
    made = []
    for _ in range(n_frames):
        image = np.zeros(SHAPE, np.int32)
        for label in range(1, int(rng.integers(1, 6))):
            y, x = rng.integers(0, SHAPE[0] - 3), rng.integers(0, SHAPE[1] - 4)
            image[y : y + 4, x : x + 5][rng.random((*image[y : y + 4, x : x + 5].shape,)) < 0.7] = label
        made.append(image)
    return made


def moved(mask, dx, dy):
    out = np.zeros_like(mask)
    for y, x in zip(*np.nonzero(mask), strict=True):
        if 0 <= y + dy < mask.shape[0] and 0 <= x + dx < mask.shape[1]:
            out[y + dy, x + dx] = True
    return out


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 2))
def test_overlaps_are_those_of_moved_images(seed, step):
    rng = np.random.default_rng(seed)
    frames = images(rng, 4)
    masks = [(k, image == label) for k, image in enumerate(frames) for label in np.unique(image[image > 0])]
    k = np.array([frame for frame, _ in masks], np.intp)
    runs = []
    for frame, image in enumerate(frames):
        one = Runs.of(image)
        owner = np.searchsorted(np.unique(image[image > 0]), one.label) + np.searchsorted(k, frame)
        runs.append(np.array([owner, one.y, one.x, one.length]))
    n, shift = len(masks), rng.integers(-3, 4, (2, 2, len(masks)))
    known = rng.random((2, n)) < 0.5
    in_time = k < len(frames) - step, k >= step
    before, after = (np.flatnonzero((rng.random(n) < 0.8) & some) for some in in_time)
    sides = [
        Side(some, Moves(*shift[i][:, some].astype(float), known[i][some]))
        for i, some in enumerate((before, after))
    ]
    footprints_of = Footprints.of(runs, np.searchsorted(k, np.arange(len(frames) + 1)))
    pairs = overlaps(footprints_of, *sides, (0, len(frames) - step), step)
    expected_pairs = {}
    for a in before:
        for b in after:
            if k[b] - k[a] != step:
                continue
            forth = (moved(masks[a][1], *shift[0][:, a]) & masks[b][1]).sum()
            back = (moved(masks[b][1], *shift[1][:, b]) & masks[a][1]).sum()
            mean = {(True, False): forth, (False, True): back}.get(
                (bool(known[0, a]), bool(known[1, b])), (forth + back) / 2
            )
            if forth or back:
                expected_pairs[a, b] = mean / min(masks[a][1].sum(), masks[b][1].sum())
    found = dict(zip(zip(pairs.source, pairs.target, strict=True), pairs.overlap, strict=True))
    assert found == pytest.approx(expected_pairs)


@pytest.mark.parametrize("seed", [3, 4])
def test_how_much_is_reckoned_together_changes_nothing(seed, monkeypatch):
    scene = busy(seed)
    whole = scene.track()
    for module in (footprints, compare, motion, features):
        monkeypatch.setattr(module, "_AT_A_TIME", 7)
    parts = scene.track()
    for name in ("links", "tracks", "events"):
        for column, values in getattr(whole, name).items():
            assert list(map(str, getattr(parts, name)[column])) == list(map(str, values)), column


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_the_assignment_is_the_best_there_is(seed):
    rng = np.random.default_rng(seed)
    allowed = rng.random((4, 4)) < 0.45
    cost = rng.uniform(0, 2, (4, 4))
    source, target = np.nonzero(allowed)
    links = one_to_one([Chances(source, 10 + target, cost[source, target])])
    made = list(zip(links.source, links.target - 10, strict=True))
    assert len(set(links.source)) == len(set(links.target)) == len(made)
    assert all(allowed[pair] for pair in made)
    best = min(
        (
            -sum(allowed[i, j] for i, j in enumerate(way)),
            sum(cost[i, j] * allowed[i, j] for i, j in enumerate(way)),
        )
        for way in permutations(range(4))
    )
    assert (-len(made), sum(cost[pair] for pair in made)) == pytest.approx(best)


def test_places_on_the_grid_of_each_frame(monkeypatch):
    rng, grids = (
        np.random.default_rng(1),
        [grid_at(slot, latitude) for slot, latitude in ((0, 15.0), (9, -40.0))],
    )
    k = np.array([0, 1, 1, 0, 1])
    places = Places(
        *rng.uniform(115, 125, (1, 5)),
        *rng.uniform(-50, 50, (1, 5)),
        *rng.normal(0, 1e-3, (2, 5)),
        np.ones(5),
    )
    dt = rng.uniform(-5000, 5000, 5)
    monkeypatch.setattr(motion, "_AT_A_TIME", 2)
    x, y = expected_each(places, dt, Grids.of(grids), k)
    for i in range(5):
        one = expected(places.of(np.array([i])), dt[i], grids[k[i]])
        assert (x[i], y[i]) == (pytest.approx(one[0][0], abs=1e-9), pytest.approx(one[1][0], abs=1e-9))


def test_roots_of_chains():
    before = np.array([-1, 0, 1, -1, 2, 3, 4, -1])
    assert roots(before).tolist() == [0, 0, 0, 3, 0, 3, 0, 7]
    assert roots(np.empty(0, np.intp)).tolist() == []


@pytest.mark.parametrize("step", [1, 2])
def test_near_is_what_touches_of_all_pairs(step):
    scene = busy(5)
    watch = Watch.of(scene.series())
    given = Features.of(scene.pores(), watch)
    nodes = Nodes.of(given, watch, scene.sightings())
    comparer = Comparer(nodes, watch, TrackParameters())
    flow = Prospects.by_flow(nodes.all, watch, nodes.places, None)
    a, b = comparer.steps(step)
    some = a[::3], b[::4]
    there, back = flow.there(a, step), flow.back(b, step)
    x, y, k = nodes.all["x_px"], nodes.all["y_px"], nodes.all.k
    reach = 3 * np.add.outer(nodes.places.radius[a], nodes.places.radius[b])
    on, of = (
        np.hypot(
            np.subtract.outer(x[a] + moved_a[0], x[b] + moved_b[0]),
            np.subtract.outer(y[a] + moved_a[1], y[b] + moved_b[1]),
        )
        <= reach
        for moved_a, moved_b in (((there.dx, there.dy), (0, 0)), ((0, 0), (back.dx, back.dy)))
    )
    pair = np.subtract.outer(k[a], k[b]) == -step
    touch = pair & ((on & np.isin(a, some[0])[:, None]) | (of & np.isin(b, some[1])))
    assert 0 < touch.sum() < pair.sum()
    near = comparer.near(some, (a, b), step, flow)
    assert near[0].tolist() == a[touch.any(axis=1)].tolist()
    assert near[1].tolist() == b[touch.any(axis=0)].tolist()


def test_runs_end_where_a_row_does():
    runs = Runs.of(np.array([[1, 1, 0, 2], [2, 0, 2, 2]]))
    assert [tuple(map(int, run)) for run in zip(runs.label, runs.y, runs.x, runs.length, strict=True)] == [
        (1, 0, 0, 2), (2, 0, 3, 1), (2, 1, 0, 1), (2, 1, 2, 2),
    ]  # fmt: skip
