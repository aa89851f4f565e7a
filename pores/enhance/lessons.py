"""What the network learns from: the published one's answer to a real image, and scenes with known truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pores.enhance.recipe import Recipe
from pores.enhance.scenes import Image, Pair, random_pairs
from pores.errors import InputError

Patches = tuple[Image, Image]  # (n, y, x, 1) with their halos, and (n, 2 y, 2 x, 1)
Mask = NDArray[np.bool_]

_TEACHER_PATCHES, _PATCHES_A_SCENE = 4000, 12
_AT_SPOT, _DARK = 0.25, 0.7  # share of patches that hold something so dark: there is little of it


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is learnt from.

    Attributes
    ----------
    teacher : Pair
        A real image, 0 where it is missing, and what the published network made of it.
    known : ndarray of bool
        Where the image is not missing.
    quiet_sun : ndarray
        A simulation of the quiet Sun at an eighth of a native pixel.
    """

    teacher: Pair
    known: Mask
    quiet_sun: Image

    def taught(self, recipe: Recipe) -> Mask:
        """Native pixels of the teacher's image that are learnt from."""
        mask = np.ones(self.teacher.image.shape, np.bool_)
        mask[slice(*recipe.held_out)] = False
        return mask

    def level(self, recipe: Recipe) -> float:
        """What the teacher makes of the quiet Sun: mean output over input of its bright taught pixels."""
        image, truth = self.teacher.image, self.teacher.truth
        quiet = self.taught(recipe) & self.known & (image > np.median(image[self.known]))
        return float(truth[quiet.repeat(2, 0).repeat(2, 1)].mean() / image[quiet].mean())


def teacher_patches(lesson: Lesson, recipe: Recipe, halo: int, rng: np.random.Generator) -> Patches:
    """Random patches of the teacher's image that hold no pixel which isn't taught, but for their halos."""
    size = recipe.patch_px
    whole = _whole(lesson.taught(recipe), size)
    dark = whole & _any(lesson.known & (lesson.teacher.image < _DARK), size)
    n_dark = round(_AT_SPOT * _TEACHER_PATCHES) if dark.any() else 0
    corners = [_choose(rng, mask, n) for mask, n in ((whole, _TEACHER_PATCHES - n_dark), (dark, n_dark)) if n]
    return _cut(lesson.teacher, np.concatenate(corners), size, halo)


def scene_patches(lesson: Lesson, recipe: Recipe, halo: int, rng: np.random.Generator) -> Patches:
    """Random patches of random scenes, whose truth is in the teacher's level of the quiet Sun."""
    images, truths = [], []
    for pair in random_pairs(rng, lesson.quiet_sun, recipe.scenes):
        within = np.zeros(pair.image.shape, np.bool_)
        within[halo : pair.image.shape[0] - halo, halo : pair.image.shape[1] - halo] = True
        corners = _choose(rng, _whole(within, recipe.patch_px), _PATCHES_A_SCENE)
        image, truth = _cut(pair, corners, recipe.patch_px, halo)
        images.append(image)
        truths.append(truth)
    return np.concatenate(images), np.concatenate(truths) * np.float32(lesson.level(recipe))


def _whole(mask: Mask, size: int) -> Mask:
    """First corners of the squares that lie in a mask."""
    return ~_any(~mask, size)


def _any(mask: Mask, size: int) -> Mask:
    """First corners of the squares that hold a pixel of a mask."""
    if min(mask.shape) < size:
        return np.zeros((0, 0), np.bool_)
    windows = np.lib.stride_tricks.sliding_window_view(mask, (size, size))
    return np.asarray(windows.any(axis=(2, 3)))


def _choose(rng: np.random.Generator, corners: Mask, n: int) -> NDArray[np.intp]:
    places = np.argwhere(corners)
    if not len(places):
        raise InputError("no patch fits into what is learnt from: make patch_px or the kernels smaller")
    return np.asarray(places[rng.integers(0, len(places), n)])


def _cut(pair: Pair, corners: NDArray[np.intp], size: int, halo: int) -> Patches:
    padded, wide = np.pad(pair.image, halo, mode="reflect"), size + 2 * halo
    images = np.stack([padded[r : r + wide, c : c + wide] for r, c in corners])
    truths = np.stack([pair.truth[2 * r : 2 * (r + size), 2 * c : 2 * (c + size)] for r, c in corners])
    return images[..., None], truths[..., None]
