"""The other trackers: what each can see and what it can't, on scenes with known truth."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pores.errors import InputError
from pores.features import Features
from pores.parameters import PeerParameters, TrackParameters
from pores.series import FrameSeries, Watch
from pores.track import Sightings, Tracking, track
from pores.trackers import linker, require
from pores.trackers.places import gap_frames, numbered, places_mm
from tests.unit.scenes import Disc, Scene, grid_at, still, table

PEERS = ("nearest", "dbscan", "laptrack", "trackpy")
MERGING = ("nearest", "dbscan", "laptrack")
BRIDGING = ("dbscan", "laptrack", "trackpy")
# Known values, so that what is tested isn't what was chosen for the Sun. A fine pixel is 0.18 Mm.
KNOWN = PeerParameters(
    nearest_reach_mm=2.0,
    dbscan_reach_mm=2.0,
    dbscan_speed_km_s=0.4,
    dbscan_neighbours=1,
    laptrack_reach_mm=2.0,
    laptrack_gap_reach_mm=2.0,
    laptrack_merge_reach_mm=4.0,
    laptrack_split_reach_mm=4.0,
    laptrack_percentile=90.0,
    trackpy_reach_mm=2.0,
    polarity_mm=0.0,
)


def tracked(scene: Scene | Sightings, name: str, **peers: float) -> Tracking:
    seen = scene.sightings() if isinstance(scene, Scene) else scene
    known = PeerParameters.model_validate(KNOWN.model_dump() | peers)
    return track(seen, TrackParameters.model_validate({"tracker": name}), known)


def movers(n: int = 8) -> Scene:
    return Scene([[Disc(30 + 3 * i, 30, 5), Disc(100 - 3 * i, 80, 5)] for i in range(n)])


def merging(n: int = 9) -> Scene:
    """The smaller comes into the larger, 14 fine pixels from centre to centre in the last frame apart."""
    return Scene([[Disc(60, 60, 7), Disc(60 + max(8, 20 - 2 * i), 60, 5)] for i in range(n)])


def vanishing(for_frames: int, n: int = 12) -> Scene:
    return Scene([[] if 3 <= i < 3 + for_frames else [Disc(60, 60)] for i in range(n)])


@pytest.mark.parametrize("name", PEERS)
def test_two_movers_are_two_tracks(name: str) -> None:
    tracking = tracked(movers(), name)
    assert Counter(tracking.links["kind"]) == {"continue": 14}
    assert tracking.tracks["n_obs"].tolist() == [8, 8]
    assert len(tracking.links["from_pore_id"]) == 14
    y = movers().pores()["y_px"] > 25
    assert len(set(zip(tracking.track_id, y, strict=True))) == 2, "each track keeps to its side"


@pytest.mark.parametrize("name", PEERS)
def test_what_can_be_merged_is_and_the_larger_goes_on(name: str) -> None:
    scene = merging()
    alone = Counter(scene.pores()["t_rec"].tolist())
    first = next(i for i, t in enumerate(scene.times().tolist()) if alone[t] == 1)
    tracking = tracked(scene, name)
    merges = table(tracking.events, "kind", "t_rec", "n_from", "n_to")
    merges = [row[1:] for row in merges if row[0] == "merge"]
    if name in MERGING:
        assert merges == [(scene.times().tolist()[first], 2, 1)]
        assert sorted(table(tracking.tracks, "n_obs", "death")) == [(first, "merged"), (9, "censored")]
    else:
        assert merges == []
        assert "merged" not in tracking.tracks["death"]


@pytest.mark.parametrize("name", PEERS)
def test_backwards_a_merge_is_a_split(name: str) -> None:
    back = Scene(merging().discs[::-1])
    births = Counter(tracked(back, name).tracks["birth"])
    if name in MERGING:
        assert births == {"censored": 1, "split": 1}
    else:
        assert "split" not in births


@pytest.mark.parametrize("name", PEERS)
def test_gaps_are_bridged_by_those_that_can(name: str) -> None:
    near = {"dbscan_speed_km_s": 0.1}  # five frames are as far as 0.4 Mm
    for gone in (1, 5, 6):
        tracking = tracked(vanishing(gone), name, **near)
        bridged = name in BRIDGING and gone < 6
        assert len(tracking.tracks["track_id"]) == (1 if bridged else 2), gone
        assert Counter(tracking.links["kind"])["gap"] == int(bridged)


@pytest.mark.parametrize("name", PEERS)
def test_a_missing_frame_and_a_data_gap(name: str) -> None:
    near = {"dbscan_speed_km_s": 0.1}
    missing = Scene(still(4, Disc(60, 60)), slots=[0, 1, 3, 4])
    assert len(tracked(missing, name, **near).tracks["track_id"]) == 1
    away = Scene(still(4, Disc(60, 60)), slots=[0, 1, 9, 10])
    assert tracked(away, name, **near).tracks["n_obs"].tolist() == [2, 2]


@pytest.mark.parametrize("name", PEERS)
@pytest.mark.parametrize(
    ("scene", "tracks"),
    [
        (Scene([]), 0),
        (Scene([None, None]), 0),
        (Scene([[], [], []]), 0),
        (Scene([[Disc(30, 30)]]), 1),
        (Scene([[Disc(30, 30), Disc(80, 80)]]), 2),
        (Scene([[], [Disc(30, 30)], []]), 1),
        (Scene([[], [Disc(30, 30)], [], [Disc(120, 90)]]), 2),
        (Scene([[Disc(30, 30)], None, [Disc(30, 30)]]), 1),
    ],
)
def test_next_to_nothing_is_no_trouble(name: str, scene: Scene, tracks: int) -> None:
    ours, theirs = scene.track(), tracked(scene, name, dbscan_speed_km_s=0.1)
    assert len(theirs.tracks["track_id"]) == tracks
    for which in ("links", "tracks", "events"):
        mine, others = getattr(ours, which), getattr(theirs, which)
        assert {n: v.dtype for n, v in mine.items()} == {n: v.dtype for n, v in others.items()}


@pytest.mark.parametrize("name", PEERS)
def test_the_order_of_rows_and_frames_does_not_matter(name: str) -> None:
    scene = merging()
    rows = np.random.default_rng(4).permutation(len(scene.pores()["label"]))
    straight = scene.sightings()
    turned = replace(straight, pores={n: v[rows] for n, v in straight.pores.items()})
    one, two = tracked(straight, name), tracked(turned, name)
    assert one.track_id[rows].tolist() == two.track_id.tolist()
    for column in one.links:
        assert one.links[column].tolist() == two.links[column].tolist()


def test_three_come_together_or_one_goes_into_three() -> None:
    apart = [Disc(40, 50, 3), Disc(48, 58, 3), Disc(56, 50, 3)]
    joined = [Disc(48, 53, 6)]
    for discs, kind, arity in (
        ([apart, apart, joined, joined], "merge", (3, 1)),
        ([joined, joined, apart, apart], "split", (1, 3)),
    ):
        events = table(tracked(Scene(discs), "nearest").events, "kind", "n_from", "n_to")
        assert [row[1:] for row in events if row[0] == kind] == [arity]


def test_nearest_reaches_eleven_fine_pixels() -> None:
    for way, tracks in ((10, 1), (12, 2)):
        scene = Scene([[Disc(40, 40)], [Disc(40 + way, 40)]])
        assert len(scene.track(tracker="nearest").tracks["track_id"]) == tracks


@pytest.mark.parametrize("name", ["dbscan", "laptrack", "trackpy"])
def test_polarities_set_apart_are_not_linked(name: str) -> None:
    scene = Scene([[Disc(40, 40)], [Disc(40, 40)], [Disc(41, 40, br=-900)], [Disc(41, 40, br=-900)]])
    assert len(tracked(scene, name).tracks["track_id"]) == 1
    assert len(tracked(scene, name, polarity_mm=10.0).tracks["track_id"]) == 2


def test_neighbours_in_one_cluster_go_each_their_own_way() -> None:
    scene = Scene(still(5, Disc(40, 40), Disc(50, 40)))
    tracking = tracked(scene, "dbscan")
    assert Counter(tracking.links["kind"]) == {"continue": 8}
    assert {int(count) for count in Counter(tracking.track_id).values()} == {5}


@pytest.mark.parametrize("name", ["dbscan", "laptrack", "trackpy"])
def test_a_crowd_is_no_trouble(name: str) -> None:
    """Closer together than the reach, so that every feature could go with many."""
    scene = Scene(still(4, *(Disc(10 + 7 * (i % 18), 10 + 7 * (i // 18), 2) for i in range(216))))
    assert tracked(scene, name, trackpy_reach_mm=4.0).tracks["n_obs"].tolist() == [4] * 216


@pytest.mark.parametrize("name", PEERS)
def test_the_drift_of_the_patch_is_taken_out(name: str) -> None:
    """The patch runs ahead of rotation by 15 fine pixels a frame: further than any tracker reaches."""

    def ahead(slot: int) -> object:
        grid = grid_at(slot)
        ahead = 15 * 0.015 / np.cos(np.radians(grid.crval[1]))  # deg of longitude a frame
        return replace(grid, crval=(grid.crval[0] + ahead * slot, grid.crval[1]))

    scene = Scene([[Disc(100 - 15 * i, 60)] for i in range(5)], grids=ahead)
    assert len(tracked(scene, name).tracks["track_id"]) == 1
    watch = Watch.of(scene.series())
    places = places_mm(Features.of(scene.pores(), watch), watch)
    assert np.abs(places - places[2]).max() < 0.05, "Mm"


def test_frames_are_counted_at_their_cadence() -> None:
    slots = np.array([0, 1, 2, 5, 6, 6, 20])
    minutes = 12 * slots + np.array([0, 0, 1, 0, 0, 2, 0])  # two records nearly at once
    times = np.datetime64("2011-02-15", "ms") + minutes * np.timedelta64(60_000, "ms")
    n = len(slots)
    watch = Watch.of(FrameSeries(times, np.ones(n, bool), [grid_at(0)] * n, [None] * n, 2))
    assert numbered(watch).tolist() == [0, 1, 2, 5, 6, 7, 20]
    assert gap_frames(watch, TrackParameters()) == 5


def test_a_tracker_that_is_not_installed_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pores.trackers.find_spec", lambda name: None)
    for name, package in (("dbscan", "scikit-learn"), ("laptrack", "laptrack"), ("trackpy", "trackpy")):
        with pytest.raises(InputError, match=rf"{name}.*{package}.*porelake\[trackers\]"):
            linker(name, PeerParameters())
    for name in ("porelake", "nearest"):
        require(name)


def test_trackers_are_not_loaded_unless_asked_for() -> None:
    program = "import sys, flows.cli, pores.trackers, pores.track; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {"sklearn", "laptrack", "trackpy", "numba", "networkx"} & set(done.stdout.split())
