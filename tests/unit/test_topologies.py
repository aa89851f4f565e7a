"""The two networks: what they make of images is what their definition says, written down plainly."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from pores.enhance.compact import Compact
from pores.enhance.engine import compiled
from pores.enhance.topologies import (
    PUBLISHED_HALO,
    compact_halo,
    operations,
    published,
    published_shapes,
    require_compact,
    require_published,
)
from pores.errors import InputError
from tests.unit.networks import compact_layers, published_layers

IMAGES = np.random.default_rng(2).normal(1, 0.3, (2, 11, 14)).astype(np.float32)


def relu(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0)


def correlated(x: np.ndarray, layer: list[np.ndarray]) -> np.ndarray:
    """Features (y, x, n_in) where the kernel fits, in double precision."""
    kernel, bias = (array.astype(float) for array in layer)
    windows = sliding_window_view(x, kernel.shape[:2], axis=(0, 1))
    return np.tensordot(windows, kernel, ([3, 4, 2], [0, 1, 2])) + bias


def reflected(x: np.ndarray, layer: list[np.ndarray]) -> np.ndarray:
    return correlated(np.pad(x, ((1, 1), (1, 1), (0, 0)), mode="reflect"), layer)


def normalised(x: np.ndarray, layer: list[np.ndarray]) -> np.ndarray:
    scale, offset, mean, variance = (array.astype(float) for array in layer)
    return scale * (x - mean) / np.sqrt(variance + 1e-3) + offset


def published_by_hand(image: np.ndarray, layers: list[list[np.ndarray]]) -> np.ndarray:
    """Diaz Baso & Asensio Ramos 2018, section 3, with the order of layers that their program has."""
    left = iter(layers)
    start = relu(reflected(image[:, :, None].astype(float), next(left)))
    x = start
    for _ in range(5):
        inner = relu(normalised(reflected(x, next(left)), next(left)))
        x = x + normalised(reflected(inner, next(left)), next(left))
    x = start + normalised(reflected(x, next(left)), next(left))
    x = x.repeat(2, axis=0).repeat(2, axis=1)
    x = correlated(relu(reflected(x, next(left))), next(left))
    assert next(left, None) is None
    return x[:, :, 0]


def compact_by_hand(image: np.ndarray, layers: list[list[np.ndarray]], halo: int) -> np.ndarray:
    """`image` is cut so that the doubled pixels of all but `halo` are left."""
    *chain, linear = layers
    centred = image[:, :, None].astype(float) - 1

    def inner(x: np.ndarray, size: int) -> np.ndarray:
        cut = (x.shape[0] - size) // 2
        return x[cut : cut + size, cut : x.shape[1] - cut]

    x = relu(correlated(centred, chain[0]))
    for layer in chain[1:-1]:
        x = relu(correlated(x, layer))
    rows = image.shape[0] - 2 * halo
    phases = inner(correlated(x, chain[-1]), rows) + inner(correlated(centred, linear), rows)
    fine = np.empty((2 * phases.shape[0], 2 * phases.shape[1]))
    for phase in range(4):
        fine[phase // 2 :: 2, phase % 2 :: 2] = phases[:, :, phase]
    return relu(1 + fine)


def test_the_published_network_has_its_published_size() -> None:
    layers = published_layers()
    assert sum(int(np.prod(shape)) for layer in published_shapes() for shape in layer) == 446_657
    assert published(layers).count_params() == 446_657
    assert operations(layers, fine=2) * 377 * 744 == pytest.approx(311e9, rel=0.01)


def test_operations_are_counted_on_the_grid_that_they_are_done_on() -> None:
    layers = compact_layers(sizes=(5, 3, 3), channels=8, linear=7)
    assert operations(layers, fine=0) == 2 * (25 * 8 + 9 * 64 + 9 * 8 * 4 + 49 * 4)
    assert operations(layers, fine=1) == 2 * (25 * 8 + 9 * 64 + 9 * 8 * 4 + 4 * 49 * 4)


def test_the_published_network_is_what_its_definition_says() -> None:
    layers = published_layers(seed=1)
    made = compiled(published(layers))(IMAGES[..., None])
    assert made.shape == (2, 22, 28, 1)
    for image, one in zip(IMAGES, made[..., 0], strict=True):
        expected = published_by_hand(image, layers)
        assert expected.std() > 0.01
        np.testing.assert_allclose(one, expected, atol=1e-4 * np.abs(expected).max())


def test_the_published_network_sees_no_further_than_its_halo() -> None:
    """A change of one pixel moves every doubled pixel of those within the halo, and none beyond."""
    model = compiled(published(published_layers(seed=2)))
    row = np.ones((2, 3, 60, 1), np.float32)
    row[1, :, 30] += 0.5
    one, other = model(row)[:, :, :, 0]
    moved = np.flatnonzero((one != other).any(axis=0)) // 2
    assert moved.min() >= 30 - PUBLISHED_HALO
    assert moved.max() <= 30 + PUBLISHED_HALO
    assert np.ptp(moved) >= 2 * PUBLISHED_HALO - 4


@pytest.mark.parametrize(
    ("sizes", "linear", "halo"),
    [((5, 3, 3, 3), 13, 6), ((5, 3, 3, 3), 11, 5), ((7, 3, 5, 3), 5, 7), ((3, 3), 3, 2)],
)
def test_the_compact_network_is_what_its_definition_says(
    sizes: tuple[int, ...], linear: int, halo: int
) -> None:
    layers = compact_layers(3, sizes, linear=linear)
    assert compact_halo(layers) == halo
    images = np.random.default_rng(1).normal(1, 0.3, (2, 20, 23)).astype(np.float32)
    made = Compact(layers)(images[..., None])
    assert made.shape == (2, 2 * (20 - 2 * halo), 2 * (23 - 2 * halo), 1)
    for image, one in zip(images, made[..., 0], strict=True):
        expected = compact_by_hand(image, layers, halo)
        assert expected.std() > 0.1
        np.testing.assert_allclose(one, expected, atol=1e-5 * expected.max())


def test_a_wide_compact_network_is_what_its_definition_says() -> None:
    layers = compact_layers(3, (3, 3, 3), channels=64, linear=3)
    image = np.random.default_rng(1).normal(1, 0.3, (12, 15)).astype(np.float32)
    (made,) = Compact(layers)(image[None, ..., None])[..., 0]
    expected = compact_by_hand(image, layers, compact_halo(layers))
    np.testing.assert_allclose(made, expected, atol=1e-5 * expected.max())


def test_one_network_takes_all_sizes() -> None:
    layers = compact_layers()
    model = Compact(layers)
    for shape in ((1, 13, 40), (3, 30, 13)):
        images = np.ones((*shape, 1), np.float32)
        assert model(images).shape == (shape[0], *(2 * (n - 12) for n in shape[1:]), 1)


def wrong(change: str) -> list[list[np.ndarray]]:
    layers = published_layers()
    if change == "shape":
        layers[3][0] = layers[3][0][:, :, :, :32]
    elif change == "no bias":
        layers[23].pop()
    elif change == "swapped":
        layers[1], layers[2] = layers[2], layers[1]
    elif change == "missing":
        del layers[7]
    elif change == "last missing":
        layers.pop()
    elif change == "more":
        layers.append(layers[-1])
    elif change == "none":
        layers.clear()
    return layers


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("shape", r"^layer 4 has arrays of shapes .*\(3, 3, 64, 32\).* published one .*\(3, 3, 64, 64\)"),
        ("no bias", r"^layer 24 has arrays"),
        ("swapped", r"^layer 2 has arrays"),
        ("missing", r"^layer 8 has arrays"),
        ("last missing", r"^24 layers with weights; the published network has 25$"),
        ("more", r"^26 layers with weights; the published network has 25$"),
        ("none", r"^0 layers with weights"),
    ],
)
@pytest.mark.parametrize("take", [require_published, published])
def test_wrong_layers_are_refused_by_number(take, change: str, says: str) -> None:
    with pytest.raises(InputError, match=says) as told:
        take(wrong(change))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ([], "^0 layers with weights; the compact network has at least 3$"),
        (compact_layers(sizes=(4, 3, 3)), "^layer 1 has arrays"),
        (compact_layers()[1:], "^layer 1 has arrays"),
        ([*compact_layers()[:2], *compact_layers(channels=8)[2:]], "^layer 3 has arrays"),
        (compact_layers()[:-1], "^layer 3 has arrays"),
        ([layer[:1] for layer in compact_layers()], "^layer 1 has arrays"),
        ([[np.float32(1), np.float32(1)]] * 4, "^layer 1 has arrays"),
    ],
)
@pytest.mark.parametrize("take", [require_compact, Compact])
def test_wrong_layers_of_the_compact_network_are_refused(take, layers: list, says: str) -> None:
    with pytest.raises(InputError, match=says):
        take(layers)


def test_right_layers_are_not() -> None:
    require_published(published_layers())
    require_compact(compact_layers())
