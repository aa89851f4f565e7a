"""Tiles: together they are the whole image at once, whatever its size and the batch's."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from scipy.ndimage import correlate1d

from pores.enhance.tiles import WHOLE_PX, Canvas, Place, Tiling, fill

SIZE = 64  # native pixels of a tile
PHASES = np.array([[1, 2], [3, 5]], np.float32)  # so that doubled pixels tell which one they are
sides = st.one_of(st.integers(1, 2 * SIZE + 20), st.sampled_from([SIZE - 1, SIZE, SIZE + 1]))
shapes = st.tuples(sides, sides)
sizes = st.sampled_from([SIZE, 20, WHOLE_PX])
pads = pytest.mark.parametrize("pads", [True, False])
Network = Callable[[np.ndarray], np.ndarray]


def boxed(image: np.ndarray, halo: int) -> np.ndarray:
    """Sums over boxes of 2 halo + 1 pixels, where these fit; exact for whole numbers."""
    ones = np.ones(2 * halo + 1)
    sums = correlate1d(correlate1d(image.astype(float), ones, axis=0), ones, axis=1)
    return sums[halo : sums.shape[0] - halo, halo : sums.shape[1] - halo]


def whole(image: np.ndarray, halo: int) -> np.ndarray:
    """What the network makes of an image at once, reflected about its edge pixels."""
    fine = boxed(np.pad(image, halo, mode="reflect"), halo).repeat(2, 0).repeat(2, 1)
    return (fine * np.tile(PHASES, image.shape)).astype(np.float32)


def network(halo: int, pads: bool, seen: list[tuple[int, ...]] | None = None) -> Network:
    """Images (n, y, x, 1) doubled: the whole of them, or what is further than the halo from their edges."""

    def forward(images: np.ndarray) -> np.ndarray:
        assert images.ndim == 4
        if seen is not None:
            seen.append(images.shape[:3])
        made = [whole(image, halo) for image in images[..., 0]]
        cut = 0 if pads else 2 * halo
        return np.stack([one[cut : one.shape[0] - cut, cut : one.shape[1] - cut] for one in made])[..., None]

    return forward


def image_of(shape: tuple[int, int], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 100, shape).astype(np.float32)


def canvas(image: np.ndarray, halo: int, pads: bool, size: int = SIZE) -> Canvas:
    tiling = Tiling(image.shape, halo, pads, size)
    out = np.full((2 * image.shape[0], 2 * image.shape[1]), np.nan, np.float32)
    return Canvas(tiling.padded(image), tiling, out)


def covered(one: Canvas, places: set[Place]) -> np.ndarray:
    """Doubled pixels of some tiles."""
    mask = np.zeros(one.out.shape, bool)
    for place in places:
        mask[one.tiling.fine(place)] = True
    return mask


@pads
@given(shapes, sizes, st.sampled_from([1, 3, 13]), st.integers(1, 5))
@trying(max_examples=40)
def test_all_tiles_are_the_whole_image(
    pads: bool, shape: tuple[int, int], size: int, halo: int, batch: int
) -> None:
    image = image_of(shape)
    one = canvas(image, halo, pads, size)
    fill([(one, one.tiling.every())], network(halo, pads), batch)
    np.testing.assert_array_equal(one.out, whole(image, halo))


@pads
@given(shapes, sizes, st.data())
@trying(max_examples=40)
def test_some_tiles_are_that_part_of_the_whole_image(
    pads: bool, shape: tuple[int, int], size: int, data: st.DataObject
) -> None:
    image, halo = image_of(shape), 5
    one = canvas(image, halo, pads, size)
    places = data.draw(st.sets(st.sampled_from(one.tiling.every())))
    fill([(one, sorted(places))], network(halo, pads), 2)
    made = covered(one, places)
    np.testing.assert_array_equal(np.isfinite(one.out), made)
    np.testing.assert_array_equal(one.out[made], whole(image, halo)[made])


@pads
def test_windows_are_alike_and_no_larger_than_they_must_be(pads: bool) -> None:
    tiling = Tiling((SIZE + 9, 3 * SIZE + 1), 13, pads, SIZE)
    assert tiling.tile == (SIZE, SIZE)
    assert tiling.count == (2, 4)
    padded = tiling.padded(image_of(tiling.shape))
    assert {tiling.window(padded, place).shape for place in tiling.every()} == {tiling.window_shape}
    tall = SIZE + 9 if pads else SIZE + 26
    assert tiling.window_shape == (tall, SIZE + 26)


@pads
@given(st.lists(st.sampled_from([(70, 30), (30, 70), (64, 64), (65, 129)]), min_size=1), st.integers(1, 4))
@trying(max_examples=30)
def test_batches_are_of_at_most_the_given_size(pads: bool, shapes: list[tuple[int, int]], batch: int) -> None:
    seen: list[tuple[int, ...]] = []
    images = [image_of(shape, seed) for seed, shape in enumerate(shapes)]
    canvases = [canvas(image, 4, pads) for image in images]
    fill([(one, one.tiling.every()) for one in canvases], network(4, pads, seen), batch)
    assert max(n for n, _, _ in seen) <= batch
    assert sum(n for n, _, _ in seen) == sum(len(one.tiling.every()) for one in canvases)
    for one, image in zip(canvases, images, strict=True):
        np.testing.assert_array_equal(one.out, whole(image, 4))


@pads
def test_several_images_of_one_size_are_worked_on_together(pads: bool) -> None:
    seen: list[tuple[int, ...]] = []
    images = [image_of((40, 50), seed) for seed in range(5)] + [image_of((2 * SIZE, 20), 9)]
    canvases = [canvas(image, 2, pads) for image in images]
    fill([(one, one.tiling.every()) for one in canvases], network(2, pads, seen), 3)
    assert [n for n, _, _ in seen] == [3, 2, 2]
    for one, image in zip(canvases, images, strict=True):
        np.testing.assert_array_equal(one.out, whole(image, 2))


def test_no_tiles_no_work() -> None:
    seen: list[tuple[int, ...]] = []
    one = canvas(image_of((40, 50)), 2, pads=False)
    fill([(one, [])], network(2, False, seen), 3)
    assert not seen
    assert np.isnan(one.out).all()
