"""Scenes with known truth: two telescopes' images of the same Sun."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from pores.enhance.scenes import MARGIN_PX, PHOTON_NOISE, SCENE_PX, Pair, random_pairs, scene_pair

NATIVE = tuple(n - 2 * MARGIN_PX for n in SCENE_PX)
FLAT = np.full((8 * SCENE_PX[0], 8 * SCENE_PX[1]), 2.5, np.float32)


def quiet_sun(level: float = 1.0) -> np.ndarray:
    """Something granular of 15 % contrast, larger than a scene."""
    pattern = gaussian_filter(np.random.default_rng(8).standard_normal((560, 1100)), 7, mode="wrap")
    return (level * (1 + 0.15 * pattern / pattern.std())).astype(np.float32)


SUN = quiet_sun()


def pair(seed: int, spot: bool = False, n_pores: int = 0, sun: np.ndarray = SUN) -> Pair:
    return scene_pair(np.random.default_rng(seed), sun, spot, n_pores)


@pytest.fixture(scope="module")
def dozen() -> list[Pair]:
    return list(random_pairs(np.random.default_rng(5), SUN, 12))


def native(truth: np.ndarray) -> np.ndarray:
    """Means of two by two fine pixels."""
    return truth.reshape(truth.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))


def test_shapes(dozen: list[Pair]) -> None:
    assert len(dozen) == 12
    for one in dozen:
        assert one.image.shape == NATIVE
        assert one.truth.shape == (2 * NATIVE[0], 2 * NATIVE[1])
        assert one.image.dtype == one.truth.dtype == np.float32


def test_equal_seeds_equal_pairs() -> None:
    one, same, other = (pair(seed, spot=True, n_pores=2) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.image, same.image)
    np.testing.assert_array_equal(one.truth, same.truth)
    assert np.abs(one.truth - other.truth).max() > 0.1


def test_both_images_have_the_same_mean(dozen: list[Pair]) -> None:
    for one in dozen:
        assert one.image.mean(dtype=float) == pytest.approx(one.truth.mean(dtype=float), rel=0.003)


def test_both_images_are_of_the_same_place(dozen: list[Pair]) -> None:
    """A shift by one fine pixel to any side would be seen."""
    inner = np.s_[2:-2, 2:-2]
    for one in dozen:
        alike = {
            (dy, dx): np.corrcoef(
                one.image[inner].ravel(), native(np.roll(one.truth, (dy, dx), (0, 1)))[inner].ravel()
            )[0, 1]
            for dy in (-1, 0, 1)
            for dx in (-1, 0, 1)
        }
        assert max(alike, key=alike.__getitem__) == (0, 0)


def test_truth_shows_more(dozen: list[Pair]) -> None:
    for one in dozen:
        assert np.diff(one.truth[:, ::2], axis=1).std() > 1.2 * np.diff(one.image, axis=1).std()


def test_hardly_anything_is_darker_than_black(dozen: list[Pair]) -> None:
    """What is left of granules in the darkest umbrae may be, in a few pixels of the sharper image."""
    for one in dozen:
        assert one.image.min() > 0
        assert one.truth.min() > -0.1
        assert (one.truth < 0).mean() < 0.001


@pytest.mark.parametrize("seed", range(4))
def test_pores_are_darker_in_truth(seed: int) -> None:
    one = pair(seed, n_pores=1, sun=FLAT)
    assert one.image.min() < 0.95
    assert one.truth.min() < one.image.min()
    dark = one.truth < 0.85
    assert dark.any()
    assert one.truth[dark].mean() < np.repeat(np.repeat(one.image, 2, 0), 2, 1)[dark].mean()
    y, x = np.argwhere(dark).mean(axis=0)
    blurred_y, blurred_x = np.argwhere(one.image < (1 + one.image.min()) / 2).mean(axis=0)
    assert np.hypot(y - (2 * blurred_y + 0.5), x - (2 * blurred_x + 0.5)) < 1.5


def test_every_third_scene_has_a_spot_in_its_middle(dozen: list[Pair]) -> None:
    rows, cols = (slice(n // 2 - 2, n // 2 + 2) for n in NATIVE)
    middle = [float(one.image[rows, cols].mean()) for one in dozen]
    assert max(middle[::3]) < 0.5
    assert np.mean(np.array(middle) < 0.5) < 0.5


@pytest.mark.parametrize("seed", [1, 2])
def test_noise_is_that_of_photons_and_the_truth_has_none(seed: int) -> None:
    one = pair(seed, sun=FLAT)
    np.testing.assert_allclose(one.truth, 1, atol=1e-5)
    assert one.image.std() == pytest.approx(PHOTON_NOISE, rel=0.04)
    assert one.image.mean() == pytest.approx(1, abs=4 * PHOTON_NOISE / np.sqrt(one.image.size))
    neighbours = np.corrcoef(one.image[:, 1:].ravel(), one.image[:, :-1].ravel())[0, 1]
    assert abs(neighbours) < 0.06


def test_the_unit_of_the_simulation_does_not_matter() -> None:
    ours, theirs = pair(6, n_pores=2), pair(6, n_pores=2, sun=quiet_sun(level=37.0))
    np.testing.assert_allclose(ours.truth, theirs.truth, atol=1e-4)
    np.testing.assert_allclose(ours.image, theirs.image, atol=1e-4)


def test_a_scene_as_large_as_the_simulation() -> None:
    assert pair(1, sun=SUN[: 8 * SCENE_PX[0], : 8 * SCENE_PX[1]]).image.shape == NATIVE
