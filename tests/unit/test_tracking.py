"""Form of a tracking result, its properties on busy scenes, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from catalog.schema import EVENTS, LINKS, TRACKS
from pores.errors import InputError
from pores.parameters import TrackParameters
from pores.track import Sightings, track
from tests.unit.scenes import Disc, Scene, grid_at, pore, table

A = Disc(40, 60)


class TestShape:
    def test_no_features_give_typed_empty_columns(self):
        result = Scene([[], []]).track()
        for columns, declared in ((result.links, LINKS), (result.tracks, TRACKS), (result.events, EVENTS)):
            assert [len(values) for values in columns.values()] == [0] * len(columns)
            _check_types(columns, declared)
        assert result.track_id.shape == (0,)

    def test_no_frames(self):
        assert len(Scene([]).track().tracks["track_id"]) == 0

    def test_no_usable_frame(self):
        assert len(Scene([None, None]).track().tracks["track_id"]) == 0

    def test_columns_are_those_of_the_schema(self):
        result = Scene([[A], [A, Disc(80, 60)], [A]]).track()
        for columns, declared in ((result.links, LINKS), (result.tracks, TRACKS), (result.events, EVENTS)):
            assert list(columns) == [c.name for c in declared.without("product", "run_id").columns]
            _check_types(columns, declared)

    def test_every_track_begins_and_ends_in_one_event(self):
        whole, parts = [Disc(42, 60, 4), Disc(50, 60, 6)], [Disc(39, 60, 4), Disc(51, 60, 6)]
        result = Scene([parts, whole, parts, whole, [A]]).track()
        births = {ids[0] for kind, ids in table(result.events, "kind", "to_track_ids") if kind == "birth"}
        assert births == {t for t, birth in table(result.tracks, "track_id", "birth") if birth != "split"}
        deaths = {ids[0] for kind, ids in table(result.events, "kind", "from_track_ids") if kind == "death"}
        assert deaths == {t for t, death in table(result.tracks, "track_id", "death") if death != "merged"}

    def test_kind_is_that_of_the_majority(self):
        umbra = replace(A, kind="umbra")
        assert Scene([[A], [umbra], [umbra]]).track().tracks["kind"][0] == "umbra"
        assert Scene([[A], [A], [umbra]]).track().tracks["kind"][0] == "pore"

    def test_a_thousand_features(self):
        discs = [Disc(10 + 12 * (i % 40), 10 + 12 * (i // 40), 3 + (i % 3) / 2) for i in range(1000)]
        grids = lambda slot: grid_at(slot, shape=(160, 250))  # noqa: E731
        result = Scene([discs, [replace(d, x=d.x + 1) for d in discs]], grids=grids).track()
        assert list(result.tracks["n_obs"]) == [2] * 1000

    def test_label_images_are_asked_in_time_order_and_once(self):
        scene, asked = Scene([[A], [], None, [A], [A]]), []
        frames = scene.reordered([4, 0, 3, 1, 2])

        def labels(i):
            asked.append(i)
            return frames.image(i)

        track(Sightings(frames.pores(), frames.series(), labels), TrackParameters())
        assert asked == [1, 2, 0]


class TestTrouble:
    def test_a_pore_of_an_unusable_frame(self):
        scene = Scene([[A], [A]])
        with pytest.raises(InputError, match=f"{pore(1)}.*no usable frame"):
            track(Sightings(scene.pores(), Scene([[A], None]).series(), scene.image), TrackParameters())

    def test_a_label_that_the_image_does_not_have(self):
        scene = Scene([[A], [A]])
        with pytest.raises(InputError, match="no pixel of label 1"):
            track(
                Sightings(scene.pores(), scene.series(), lambda i: np.zeros((120, 160), np.int32)),
                TrackParameters(),
            )

    def test_two_harps(self):
        scene = Scene([[A], [A]])
        pores = scene.pores() | {"harpnum": np.array([377, 378])}
        with pytest.raises(InputError, match="377, 378"):
            track(Sightings(pores, scene.series(), scene.image), TrackParameters())

    def test_a_missing_column(self):
        scene = Scene([[A]])
        pores = {name: values for name, values in scene.pores().items() if name != "mean_br"}
        with pytest.raises(InputError, match="mean_br"):
            track(Sightings(pores, scene.series(), scene.image), TrackParameters())

    def test_rows_that_contradict_one_another(self):
        scene = Scene([[A]])
        pores = {name: np.repeat(values, 2) for name, values in scene.pores().items()}
        pores["x_px"] = pores["x_px"] + [0.0, 1.0]
        with pytest.raises(InputError, match="two rows"):
            track(Sightings(pores, scene.series(), scene.image), TrackParameters())

    def test_a_usable_frame_without_grid(self):
        series = Scene([[A]]).series()
        with pytest.raises(InputError, match="without a grid"):
            replace(series, grids=[None])


def _check_types(columns, declared):
    numpy_type = {"int32": "i4", "float64": "f8", "timestamp": "M8[ms]", "bool": "?"}
    for name, values in columns.items():
        assert values.dtype == np.dtype(numpy_type.get(declared.column(name).type, "O")), name


# A busy scene: discs that move, merge, split, flicker and change polarity, an unusable frame and a data gap.
def busy(seed, n_frames=14, n_discs=12):
    rng = np.random.default_rng(seed)
    at = rng.uniform((10, 10), (150, 110), (n_discs, 2))
    radius, sign = rng.uniform(2, 8, n_discs), rng.choice([-1, 1], n_discs)
    frames = []
    for _ in range(n_frames):
        at = at + rng.normal(0, 2, at.shape)
        shown = rng.random(n_discs) < 0.8
        frames.append(
            [
                Disc(x, y, r, 500.0 * s)
                for (x, y), r, s, yes in zip(at, radius, sign, shown, strict=True)
                if yes
            ]
        )
    frames[5] = None
    return Scene(frames, slots=[i + 8 * (i > 9) for i in range(n_frames)])


def same(a, b):
    for name in ("links", "tracks", "events"):
        for column, values in getattr(a, name).items():
            np.testing.assert_array_equal(values, getattr(b, name)[column], err_msg=f"{name}.{column}")


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_and_doubling_of_rows_and_frames_change_nothing(seed):
    scene, rng = busy(seed), np.random.default_rng(seed)
    expected = scene.track()
    pores, series = scene.pores(), scene.series()
    rows = rng.permutation(
        np.concatenate((np.arange(len(pores["label"])), rng.integers(0, len(pores["label"]), 5)))
    )
    order = rng.permutation(np.concatenate((np.arange(len(series.t_rec)), [3, 5, 11])))
    frames = scene.reordered(order)
    got = track(
        Sightings({name: values[rows] for name, values in pores.items()}, frames.series(), frames.image),
        TrackParameters(),
    )
    same(expected, got)
    np.testing.assert_array_equal(got.track_id, expected.track_id[rows])


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_relabelling_changes_names_only(seed):
    def relabel(image):
        n = image.max()
        return np.concatenate(([0], np.random.default_rng(seed + int(n)).permutation(n) + 1)).astype(
            np.int32
        )[image]

    scene = busy(seed)
    plain, other = scene.track(), replace(scene, relabel=relabel).track()
    assert sorted(plain.links["kind"]) == sorted(other.links["kind"])
    place = ("t_birth", "t_death", "birth", "death", "n_obs", "max_area_mm2", "mean_lon")
    assert sorted(table(plain.tracks, *place)) == sorted(table(other.tracks, *place))
    where = ("t_rec", "kind", "cause", "x_px", "y_px", "n_from", "n_to")
    assert sorted(table(plain.events, *where)) == sorted(table(other.events, *where))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_every_result_must_hold(seed):
    scene = busy(seed)
    result, pores = scene.track(), scene.pores()
    t_of, track_of = (
        dict(zip(pores["pore_id"], pores["t_rec"], strict=True)),
        dict(zip(pores["pore_id"], result.track_id, strict=True)),
    )
    br = dict(zip(pores["pore_id"], pores["mean_br"], strict=True))
    for a, b, kind in table(result.links, "from_pore_id", "to_pore_id", "kind"):
        assert np.timedelta64(0) < t_of[b] - t_of[a] <= np.timedelta64(6 * 720, "s")
        assert (track_of[a] == track_of[b]) == (kind in ("continue", "gap"))
        assert not (br[a] * br[b] < 0 and min(abs(br[a]), abs(br[b])) >= 50)
    seen = list(zip(pores["t_rec"], result.track_id, strict=True))
    assert len(set(seen)) == len(seen), "a track is in one place at a time"
    own = sum(kind in ("continue", "gap") for kind in result.links["kind"])
    assert own == len(seen) - len(result.tracks["track_id"])
    for parent, child, birth, death in table(
        result.tracks, "parent_track_id", "child_track_id", "birth", "death"
    ):
        assert (parent is not None) == (birth == "split")
        assert (child is not None) == (death == "merged")
    for n_from, n_to, before, after in table(
        result.events, "n_from", "n_to", "from_track_ids", "to_track_ids"
    ):
        assert (n_from, n_to) == (len(set(before)), len(set(after)))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
@example(4123)  # a contact whose links the one before it changed
def test_one_frame_more_changes_nothing_before_the_gap_window(seed):
    scene = replace(busy(seed), slots=None)
    fewer = replace(scene, discs=scene.discs[:-1])
    settled = scene.times()[-2] - np.timedelta64(6 * 720, "s")

    def ended(columns):
        return [
            row for row in table(columns, "t_death", "track_id", "birth", "death") if row[0] < settled.item()
        ]

    assert ended(scene.track().tracks) == ended(fewer.track().tracks)
