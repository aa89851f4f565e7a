"""Symmetric kernels: what they make of a turned image is what they make of the image, turned."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from pores.enhance.symmetry import ORDER, orbits, symmetric, transformed

SCALAR, REGULAR, PHASES = ("scalar", 1), ("regular", 16), ("phases", 4)
CHAIN = [(5, SCALAR, REGULAR), (3, REGULAR, REGULAR), (3, REGULAR, PHASES)]
PAIRS = [
    (size, inputs, outputs)
    for inputs, outputs in product((SCALAR, REGULAR), (SCALAR, REGULAR, PHASES))
    for size in (1, 3)
]
TURNS = [(quarters, mirrored) for quarters in range(4) for mirrored in (False, True)]


def turned(image: np.ndarray, quarters: int, mirrored: bool) -> np.ndarray:
    return np.rot90(image.T if mirrored else image, quarters)


def correlated(x: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Features (y, x, n_in) with a kernel (size, size, n_in, n_out), where it fits."""
    return np.einsum("yxcij,ijcd->yxd", sliding_window_view(x, kernel.shape[:2], axis=(0, 1)), kernel)


def interleaved(phases: np.ndarray) -> np.ndarray:
    """Phase 2 r + c of a native pixel is in row r and column c of its doubled pixels."""
    fine = np.empty((2 * phases.shape[0], 2 * phases.shape[1]))
    for r, c in product((0, 1), (0, 1)):
        fine[r::2, c::2] = phases[:, :, 2 * r + c]
    return fine


def doubled(image: np.ndarray, kernels: list[np.ndarray]) -> np.ndarray:
    x = image[:, :, None]
    for kernel in kernels[:-1]:
        x = np.maximum(correlated(x, kernel), 0)
    return interleaved(correlated(x, kernels[-1]))


def free_kernels(seed: int, chain: list = CHAIN) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(0, 0.3, (size, size, inputs[1], outputs[1])) for size, inputs, outputs in chain]


def symmetric_kernels(seed: int, chain: list = CHAIN) -> list[np.ndarray]:
    return [symmetric(k, orbits(*layer)) for k, layer in zip(free_kernels(seed, chain), chain, strict=True)]


@given(st.integers(0, 2**32 - 1))
@trying(max_examples=10)
def test_a_chain_of_symmetric_kernels_commutes_with_the_eight_turns(seed: int) -> None:
    image = np.random.default_rng(seed).normal(0, 1, (14, 17))
    kernels = symmetric_kernels(seed)
    made = doubled(image, kernels)
    assert made.shape == (2 * (14 - 8), 2 * (17 - 8))
    assert made.std() > 0.01
    for turn in TURNS:
        np.testing.assert_allclose(doubled(turned(image, *turn), kernels), turned(made, *turn), atol=1e-6)


def test_a_linear_kernel_of_phases_commutes_too() -> None:
    layer = (5, SCALAR, PHASES)
    image, kernels = np.random.default_rng(4).normal(0, 1, (9, 12)), symmetric_kernels(3, [layer])
    made = doubled(image, kernels)
    assert not np.allclose(made[::2], made[1::2]), "the phases of a pixel differ"
    for turn in TURNS:
        np.testing.assert_allclose(doubled(turned(image, *turn), kernels), turned(made, *turn), atol=1e-6)


def test_kernels_that_are_not_symmetric_commute_with_no_turn_but_one() -> None:
    image, kernels = np.random.default_rng(1).normal(0, 1, (14, 17)), free_kernels(1)
    made = doubled(image, kernels)
    alike = [np.allclose(doubled(turned(image, *t), kernels), turned(made, *t), atol=1e-3) for t in TURNS]
    assert sum(alike) == 1


@pytest.mark.parametrize("layer", PAIRS)
def test_symmetric_is_an_orthogonal_projection(layer: tuple) -> None:
    where = orbits(*layer)
    one, other = (free_kernels(seed, [layer])[0] for seed in (0, 1))
    part = symmetric(one, where)
    assert part.shape == one.shape
    np.testing.assert_allclose(symmetric(part, where), part, atol=1e-12)
    assert np.sum(part * other) == pytest.approx(np.sum(one * symmetric(other, where)))
    for row in where:
        np.testing.assert_allclose(part.ravel()[row], part.ravel(), atol=1e-12)


@pytest.mark.parametrize("layer", PAIRS)
def test_nothing_is_tied_that_the_group_does_not_tie(layer: tuple) -> None:
    """Where a side is regular, the group moves every value to seven others: an eighth of them is free."""
    size, inputs, outputs = layer
    where = orbits(*layer)
    n_free = len({frozenset(column) for column in where.T.tolist()})
    if "regular" in (inputs[0], outputs[0]):
        assert n_free == where.shape[1] // ORDER
    else:
        assert (
            n_free
            == {(1, "scalar"): 1, (3, "scalar"): 3, (1, "phases"): 1, (3, "phases"): 6}[size, outputs[0]]
        )


@pytest.mark.parametrize("layer", PAIRS)
def test_the_transforms_of_a_kernel_are_a_group(layer: tuple) -> None:
    rows = [tuple(row) for row in orbits(*layer).tolist()]
    everything = tuple(range(len(rows[0])))
    assert rows[0] == everything, "the first element leaves all as it is"
    assert all(tuple(sorted(row)) == everything for row in rows)
    composed = {(g, h): tuple(rows[g][i] for i in rows[h]) for g, h in product(range(ORDER), repeat=2)}
    assert set(composed.values()) <= set(rows)
    for g in range(ORDER):
        assert any(composed[g, h] == everything for h in range(ORDER)), "every element has an inverse"


@pytest.mark.parametrize("outputs", [REGULAR, PHASES])
def test_the_group_is_that_of_the_square_and_acts_as_on_images(outputs: tuple) -> None:
    """Composed as `transformed` composes turns; six of the eight are their own inverses."""
    rows = [tuple(row) for row in orbits(3, SCALAR, outputs).tolist()]
    assert len(set(rows)) == ORDER
    square = np.arange(16).reshape(4, 4)
    images = [transformed(square, g) for g in range(ORDER)]
    for g, h in product(range(ORDER), repeat=2):
        both = transformed(images[g], h)
        gh = next(k for k in range(ORDER) if np.array_equal(images[k], both))
        assert rows[gh] == tuple(rows[g][i] for i in rows[h])
    assert sum(rows[0] == tuple(row[i] for i in row) for row in rows) == 6
    assert {images[g].tobytes() for g in range(ORDER)} == {turned(square, *t).tobytes() for t in TURNS}


def test_channels_of_a_regular_layer_are_moved_without_a_fixed_one() -> None:
    """A kernel of one pixel from one value to eight: each transform takes each from another channel."""
    where = orbits(1, SCALAR, ("regular", ORDER))
    assert all(sorted(column) == list(range(ORDER)) for column in where.T.tolist())
