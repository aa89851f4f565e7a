"""Making the project's own network: the data it learns from, its scores, and the file with its card."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from pores.enhance.doubler import Network
from pores.enhance.lessons import Lesson
from pores.enhance.recipe import Recipe
from pores.enhance.scenes import SCENE_PX, Image, Pair, random_pairs
from pores.enhance.scores import agreement
from pores.enhance.telescopes import OVERSAMPLING
from pores.enhance.training import train
from pores.enhance.weights import Weights
from pores.errors import InputError
from pores.simulate.stage import PIXEL_MM
from pores.upsample import double
from storage.one_image import read_image
from storage.outputs import writable
from storage.weights_file import write_weights

IMAGE, ANSWER, SIMULATION = "nhmi.fits", "nhmio.fits", "simulation.npy"
SIMULATION_KM = 48.0  # side of a pixel
QUIET = 0.85  # of the median: what is darker within `_AROUND_PX` isn't granulation
TAUGHT_SHARE = 2 / 3  # of the simulation's rows; the others give the scenes of the scores
_AROUND_PX, _TEST_SCENES, _TEST_SEED = 15, 12, 99
_EDGE_PX = 12  # fine pixels of a scene that are not scored
LICENCE = "BSD-3-Clause, as porelake"
DATA = (
    "An HMI continuum image of 2011-11-02 near the east limb and the output of the network of Diaz Baso &"
    " Asensio Ramos 2018 (A&A 614, A5) for it, and a MURaM image of the quiet Sun: HelioML (helioml.org),"
    " chapter 3, BSD-3-Clause. Simulated pores and sunspots: porelake."
)
WHAT = (
    "A small residual network of porelake's own that doubles the resolution of HMI continuum images. It"
    " agrees with the network `enhance` of Diaz Baso & Asensio Ramos to the figures below; it isn't that one."
)


@dataclass(frozen=True, eq=False)
class Material:
    """What the network learns from, and what it is judged by.

    Attributes
    ----------
    lesson : Lesson
    unseen_sun : ndarray
        The rows of the simulation that scenes to learn from have nothing of.
    """

    lesson: Lesson
    unseen_sun: Image


def material(directory: Path) -> Material:
    """Read what is learnt from.

    Raises
    ------
    InputError
        If a file is missing or isn't what it should be.
    """
    image, answer = (read_image(directory / name) for name in (IMAGE, ANSWER))
    if answer.shape != tuple(2 * n for n in image.shape):
        raise InputError(f"{directory}: {ANSWER} is {answer.shape}, not twice {IMAGE}'s {image.shape}")
    known = np.isfinite(image)
    sun = _simulation(directory / SIMULATION)
    split = round(TAUGHT_SHARE * len(sun))
    teacher = Pair(np.where(known, image, 0).astype(np.float32), answer)
    return Material(Lesson(teacher, known, _resampled(sun[:split])), _resampled(sun[split:]))


def make_network(directory: Path, out: Path, recipe: Recipe, tell: Callable[[str], object]) -> Weights:
    """Train the network and write its weights with their card."""
    place = writable(out)  # before half an hour's work
    given = material(directory)
    layers = train(given.lesson, recipe, tell)
    plain = Weights("untold", "compact", "intensity", layers)
    network = Network.of(plain)
    scores = score(network, given, recipe)
    card = {
        "what": WHAT,
        "data": DATA,
        "licence": LICENCE,
        "level": f"{network.answer:.5f}",
        "recipe": json.dumps(recipe.model_dump(mode="json"), sort_keys=True),
        "scores": json.dumps(scores, sort_keys=True),
    }
    weights = Weights(plain.name, plain.topology, plain.quantity, layers, card)
    write_weights(place, weights)
    return weights


def score(network: Network, given: Material, recipe: Recipe) -> dict[str, dict[str, float]]:
    """Figures on what nothing was learnt from: against the published network, and the truth of scenes."""
    lesson = given.lesson
    unseen = (~lesson.taught(recipe) & lesson.known).repeat(2, 0).repeat(2, 1)
    image = lesson.teacher.image
    bright = ndimage.minimum_filter(image, _AROUND_PX) > QUIET * np.median(image[lesson.known])
    quiet = unseen & bright.repeat(2, 0).repeat(2, 1)
    teacher = lesson.teacher.truth
    return {
        "teacher": agreement(network.raw([image])[0], teacher, unseen, quiet).rounded(),
        "teacher, spline": agreement(double(image), teacher, unseen, quiet).rounded(),
        **_scores_of_scenes(network, given.unseen_sun),
    }


def _scores_of_scenes(network: Network, sun: Image) -> dict[str, dict[str, float]]:
    rng = np.random.default_rng(_TEST_SEED)
    squares: dict[str, list[float]] = {"truth": [], "truth, spline": []}
    inside = slice(_EDGE_PX, -_EDGE_PX)
    for pair in random_pairs(rng, sun, _TEST_SCENES):
        for name, made in (("truth", network.all_of([pair.image])[0]), ("truth, spline", double(pair.image))):
            squares[name].append(float(np.mean((made - pair.truth)[inside, inside] ** 2)))
    return {name: {"rms": round(float(np.sqrt(np.mean(values))), 4)} for name, values in squares.items()}


def _simulation(path: Path) -> Image:
    try:
        sun = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no image of the quiet Sun as numpy saves one ({error})") from error
    if sun.ndim != 2 or min(sun.shape) < 600 or not np.isfinite(sun).all():
        raise InputError(f"{path}: {sun.shape} is no image of at least 600 x 600 pixels, all of them known")
    return np.asarray(sun / sun.mean(), np.float32)


def _resampled(sun: Image) -> Image:
    """The simulation at an eighth of a native pixel, reflected where it is smaller than a scene."""
    fine = ndimage.zoom(sun, SIMULATION_KM / (PIXEL_MM * 1000 / OVERSAMPLING), order=3)
    short = [max(OVERSAMPLING * n - size, 0) for n, size in zip(SCENE_PX, fine.shape, strict=True)]
    return np.asarray(np.pad(fine, [(0, n) for n in short], mode="reflect"), np.float32)
