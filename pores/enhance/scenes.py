"""High-resolution scenes with known truth, and what HMI makes of them: simulated quiet Sun, pores and spots.

The quiet Sun is an image of a magneto-convection simulation, the pores and spots are the project's own
(`pores.simulate.profiles`), drawn at an eighth of a native pixel. HMI's image of a scene and that of a
telescope of twice its aperture (`pores.enhance.telescopes`) are a pair to learn from, or to be judged by.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pores.enhance.telescopes import OVERSAMPLING, hmi, twice_hmi
from pores.simulate.profiles import darkness_and_field
from pores.simulate.script import Kind, Pore, Presence, outline
from pores.simulate.stage import PIXEL_MM

Image = NDArray[np.float32]

SCENE_PX = (64, 128)  # rows and columns of a scene, native pixels
MARGIN_PX = 8  # what is nearer the edge sees the other side of the periodic scene
CALM = 0.3  # contrast of granulation within pores, relative to the quiet Sun
CONTRASTS = (0.75, 1.25)  # of the quiet Sun, relative to the simulation's
PHOTON_NOISE = 0.0006  # of the quiet Sun, white
_PORE_MM2, _SPOT_MM2 = (0.3, 25.0), (25.0, 140.0)
_STEP_MM = PIXEL_MM / OVERSAMPLING


@dataclass(frozen=True, eq=False)
class Pair:
    """An image (ny, nx) and its truth (2 ny, 2 nx), both in units of the quiet Sun's mean."""

    image: Image
    truth: Image


def random_pairs(rng: np.random.Generator, quiet_sun: Image, n: int) -> Iterator[Pair]:
    """Random scenes as `scene_pair` makes them: a third with a sunspot, all with up to seven pores."""
    for number in range(n):
        yield scene_pair(rng, quiet_sun, number % 3 == 0, int(rng.integers(0, 8)))


def scene_pair(rng: np.random.Generator, quiet_sun: Image, spot: bool, n_pores: int) -> Pair:
    """A random scene as HMI sees it, with noise, and as a telescope of twice its aperture does, without.

    Parameters
    ----------
    rng : numpy.random.Generator
    quiet_sun : ndarray
        Intensity of a simulation of the quiet Sun, at an eighth of a native pixel; larger than a scene.
    spot : bool
        Whether there is a sunspot in the middle.
    n_pores : int
        Pores at random places.
    """
    pattern = _pattern(rng, quiet_sun)
    dark = np.zeros_like(pattern)
    cast: list[tuple[Kind, tuple[float, float], float]] = [("pore", _PORE_MM2, 0.9)] * n_pores
    if spot:
        cast.insert(0, ("spot", _SPOT_MM2, 0.0))
    for kind, areas, spread in cast:
        area = float(np.exp(rng.uniform(*np.log(areas))))
        dark = np.maximum(dark, _darkness(rng, pattern.shape, (kind, area), spread))
    scene = 1 - dark + pattern * np.clip(1 - 2 * (1 - CALM) * dark, CALM, 1)
    image, truth = hmi(scene), twice_hmi(scene)
    noise = PHOTON_NOISE * np.sqrt(image.clip(min=0.01)) * rng.standard_normal(image.shape, np.float32)
    inside = slice(MARGIN_PX, -MARGIN_PX)
    fine = slice(2 * MARGIN_PX, -2 * MARGIN_PX)
    return Pair((image + noise).astype(np.float32)[inside, inside], truth[fine, fine])


def _pattern(rng: np.random.Generator, quiet_sun: Image) -> Image:
    """Relative brightness of a random window of the quiet Sun, turned at random, of random contrast."""
    rows, cols = (OVERSAMPLING * n for n in SCENE_PX)
    top, left = (
        int(rng.integers(0, n - size + 1)) for n, size in zip(quiet_sun.shape, (rows, cols), strict=True)
    )
    window = quiet_sun[top : top + rows, left : left + cols]
    turned = window[:: rng.choice((-1, 1)), :: rng.choice((-1, 1))]
    return np.float32(rng.uniform(*CONTRASTS)) * (turned / np.float32(quiet_sun.mean()) - 1)


def _darkness(
    rng: np.random.Generator, shape: tuple[int, ...], what: tuple[Kind, float], spread: float
) -> Image:
    """Darkness of one pore or spot, at a random place within `spread` of the scene's half widths."""
    kind, area = what
    shaped = outline(rng, 0.18)
    strength = float(rng.uniform(0.7, 1.3))
    pore = Pore(
        int(rng.integers(1, 2**31)), "single", kind, 1, strength, ((0.0, area),), ((0.0, 0.0, 0.0),), shaped
    )
    presence = Presence(pore, area, 0.0, 0.0, float(rng.uniform(0, 10)))
    x, y = ((0.5 + spread * float(rng.uniform(-0.5, 0.5))) * n for n in (shape[1], shape[0]))
    dx = ((np.arange(shape[1]) - x) * _STEP_MM).astype(np.float32)
    dy = ((np.arange(shape[0]) - y) * _STEP_MM).astype(np.float32)
    return darkness_and_field(presence, *np.meshgrid(dx, dy))[0]
