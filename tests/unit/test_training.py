"""How the network is trained: small recipes on made-up lessons."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from pores.enhance.doubler import Network
from pores.enhance.lessons import Lesson, scene_patches, teacher_patches
from pores.enhance.recipe import Recipe
from pores.enhance.scenes import Pair
from pores.enhance.student import Student, linear_fit
from pores.enhance.symmetry import ORDER, transformed
from pores.enhance.topologies import compact_halo
from pores.enhance.training import train
from pores.enhance.weights import Weights
from pores.upsample import double

RECIPE = Recipe(steps=60, warm_up=10, scenes=3, channels=8, hidden=2, held_out=(50, 80), patch_px=24)


@pytest.fixture(scope="module")
def lesson() -> Lesson:
    """A teacher that sharpens and, beyond what is linear, darkens what is dark."""
    rng = np.random.default_rng(3)
    image = 1 + 0.2 * ndimage.gaussian_filter(rng.standard_normal((110, 130)), 1.5)
    image[20:30, 20:32] -= 0.5
    fine = double(image)
    sharp = fine + 1.5 * (fine - ndimage.uniform_filter(fine, 5, mode="nearest"))
    sun = 1 + 0.2 * ndimage.gaussian_filter(rng.standard_normal((560, 1100)), 6)
    teacher = Pair(image.astype(np.float32), (0.98 * sharp - 0.1 * (sharp < 0.7)).astype(np.float32))
    return Lesson(teacher, np.ones(image.shape, bool), sun.astype(np.float32))


def error(layers, lesson: Lesson) -> float:
    made = Network.of(Weights("made", "compact", "intensity", layers)).raw([lesson.teacher.image])[0]
    inside = slice(2 * 12, -2 * 12)
    return float(np.sqrt(np.mean((made - lesson.teacher.truth)[inside, inside] ** 2)))


def test_learning_improves_on_the_linear_fit_and_is_the_same_twice(lesson: Lesson) -> None:
    told: list[str] = []
    layers = train(lesson, RECIPE, told.append)
    again = train(lesson, RECIPE)
    start = Student(
        RECIPE, *linear_fit(lesson.teacher, lesson.taught(RECIPE) & lesson.known, RECIPE.linear_px)
    )
    assert error(layers, lesson) < 0.95 * error(start.layers(), lesson)
    assert told[-1].startswith("step 60 of 60")
    for one, other in zip(layers, again, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_nothing_is_learnt_from_the_rows_held_out(lesson: Lesson) -> None:
    poisoned = Pair(lesson.teacher.image, lesson.teacher.truth.copy())
    poisoned.truth[2 * 50 : 2 * 80] = 99
    short = RECIPE.model_copy(update={"steps": 5})
    one, other = train(lesson, short), train(replace(lesson, teacher=poisoned), short)
    for layer, same in zip(one, other, strict=True):
        np.testing.assert_array_equal(layer[0], same[0])


def test_the_linear_fit_finds_a_linear_teacher(lesson: Lesson) -> None:
    image = lesson.teacher.image
    truth = double(image).astype(np.float32)
    kernel, offset = linear_fit(Pair(image, truth), np.ones(image.shape, bool), 13)
    assert offset == pytest.approx(0, abs=1e-3)
    np.testing.assert_allclose(kernel.sum(axis=(0, 1, 2)), 1, atol=5e-3)


def test_what_is_learnt_is_symmetric(lesson: Lesson) -> None:
    layers = train(lesson, RECIPE.model_copy(update={"steps": 3}))
    network = Network.of(Weights("made", "compact", "intensity", layers))
    image = lesson.teacher.image
    for element in range(ORDER):
        turned = network.raw([transformed(image, element)])[0]
        np.testing.assert_allclose(turned, transformed(network.raw([image])[0], element), atol=5e-6)
    assert compact_halo(layers) == network.halo == 6


def test_patches_are_what_they_say(lesson: Lesson) -> None:
    rng = np.random.default_rng(1)
    images, truths = teacher_patches(lesson, RECIPE, 6, rng)
    assert images.shape[1:] == (36, 36, 1)
    assert truths.shape[1:] == (48, 48, 1)
    seen, known = scene_patches(lesson, RECIPE, 6, rng)
    assert seen.shape[1:] == (36, 36, 1)
    assert known.mean() / seen.mean() == pytest.approx(lesson.level(RECIPE), rel=0.02)
    assert lesson.level(RECIPE) == pytest.approx(0.98, abs=0.01)
