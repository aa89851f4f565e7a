"""What the published network does, and how near ours comes: figures of decision 0012 and the model card.

`python -m benchmarks.studies.enhancement DIRECTORY`: the directory holds nhmi.fits, nhmio.fits and
simulation.npy of HelioML, chapter 3.
"""

import argparse
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.studies.enhancement_seeds import nearest_to_missed
from flows.enhancement import network
from flows.network import Material, material
from pores.enhance.recipe import Recipe
from pores.enhance.scenes import PHOTON_NOISE
from pores.enhance.student import linear_fit
from pores.enhance.telescopes import ratio_between
from pores.parameters import OWN_WEIGHTS
from pores.upsample import double

SIZES, RESPONSE_PX = (9, 11, 13, 15, 21), 15
CYCLES = np.arange(0.05, 0.46, 0.05)  # per native pixel
INSIDE_FROM = 200  # column of the teacher's image that is well inside the limb
LEVELS = (0.0, 0.4, 0.7, 2.0)  # of the spline-doubled image


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.studies.enhancement", description=__doc__)
    parser.add_argument("directory", type=Path)
    given = material(parser.parse_args().directory)
    linear_kernels(given)
    response(given)
    by_level(given)
    noise(given)
    nearest_to_missed(given.unseen_sun)


def linear_kernels(given: Material) -> None:
    """How well symmetric linear kernels on native pixels reproduce the published network."""
    taught = given.lesson.taught(Recipe()) & given.lesson.known
    unseen = ~given.lesson.taught(Recipe()) & given.lesson.known
    for size in SIZES:
        kernel, offset = linear_fit(given.lesson.teacher, taught, size)
        error = _linear(given.lesson.teacher.image, kernel, offset) - given.lesson.teacher.truth
        print(f"linear kernel {size} x {size}: rms {_rms(error, unseen):.4f} on rows kept out")


def response(given: Material) -> None:
    """A linear kernel's response to waves in the quiet Sun, beside the ratio of the two telescopes."""
    image = given.lesson.teacher.image
    bright = given.lesson.known & (image > 0.85) & (np.arange(image.shape[1]) > image.shape[1] // 2)
    kernel, _ = linear_fit(given.lesson.teacher, bright, RESPONSE_PX)
    offsets = np.arange(RESPONSE_PX) - RESPONSE_PX // 2
    angles = np.linspace(0, np.pi / 4, 7)
    for k in CYCLES:
        waves = [_answer(kernel[:, :, 0, 0], offsets, k * np.sin(a), k * np.cos(a)) for a in angles]
        print(
            f"{k:.2f} cycles per native pixel: kernel {np.mean(waves):.2f}, telescopes {ratio_between(k):.2f}"
        )


def by_level(given: Material) -> None:
    """Agreement of our network with the published one where the image is dark, and where it is not."""
    teacher, known = given.lesson.teacher, given.lesson.known.repeat(2, 0).repeat(2, 1)
    error = network(OWN_WEIGHTS).raw([teacher.image])[0] - teacher.truth
    spline = double(teacher.image)
    disc = known & (np.arange(known.shape[1]) > 2 * INSIDE_FROM)
    for low, high in pairwise(LEVELS):
        here = disc & (spline >= low) & (spline < high)
        print(f"{low}-{high}: rms {_rms(error, here, 1):.4f}, bias {error[here].mean():+.4f}")


def noise(given: Material) -> None:
    """What becomes of white noise."""
    image = given.lesson.teacher.image[:, 250:]
    white = PHOTON_NOISE * np.random.default_rng(0).standard_normal(image.shape, np.float32)
    one, other = network(OWN_WEIGHTS).all_of([image, image + white])
    print(f"noise of {PHOTON_NOISE}: {np.std((other - one)[40:-40, 40:-40]):.4f} doubled")


def _linear(image: NDArray[np.float32], kernel: NDArray[np.float32], offset: float) -> NDArray[np.float64]:
    fine = np.empty((2 * image.shape[0], 2 * image.shape[1]))
    for phase in range(4):
        made = ndimage.correlate(image.astype(np.float64) - 1, kernel[:, :, 0, phase], mode="mirror")
        fine[phase // 2 :: 2, phase % 2 :: 2] = made + offset + 1
    return fine


def _answer(kernel: NDArray[np.float32], offsets: NDArray[np.int64], ky: float, kx: float) -> float:
    """Real part of the response of the first phase, a quarter of a pixel up and left of the centre."""
    wave = np.exp(2j * np.pi * (ky * (offsets[:, None] + 0.25) + kx * (offsets[None, :] + 0.25)))
    return float((kernel * wave).sum().real)


def _rms(error: NDArray[np.floating], where: NDArray[np.bool_], scale: int = 2) -> float:
    return float(np.sqrt(np.mean(error[where.repeat(scale, 0).repeat(scale, 1)] ** 2)))


if __name__ == "__main__":
    main()
