"""Doubled images of simulated scenes against their truth: network, spline, Richardson-Lucy deconvolution."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from benchmarks.report import Table
from pores.enhance.scenes import Pair, random_pairs
from pores.enhance.telescopes import psf_between
from pores.upsample import double

Image = NDArray[np.float32]
Doubling = Callable[[Image], Image]

SCENES, SEED = 60, 4711
EDGE_PX = 12  # fine pixels at the edges of scenes that are not compared
THRESHOLD, SMALLEST_PX = 0.5, 20
ITERATIONS = (3, 5, 8, 12, 20, 30, 50, 80)
PSF_REACH = 60  # fine pixels: the halo of the point spread function is wide


@dataclass(frozen=True)
class Figures:
    """How far a way of doubling is from the truth.

    Attributes
    ----------
    rms, rms_at_pores : float
        In units of the quiet Sun: everywhere, and within pores and six fine pixels around.
    areas, contrasts : ndarray
        Of each true pore that was found: area over true area, and the error of its mean intensity.
    found : float
        Share of true pores that are found.
    """

    rms: float
    rms_at_pores: float
    areas: NDArray[np.float64]
    contrasts: NDArray[np.float64]
    found: float


def scenes(sun: Image) -> list[Pair]:
    """Scenes with pores and spots on a part of the quiet Sun that nothing was learnt from."""
    return list(random_pairs(np.random.default_rng(SEED), sun, SCENES))


def richardson_lucy(image: Image, iterations: int) -> Image:
    """The spline-doubled image deconvolved by the very point spread function of the scenes.

    Richardson 1972, J. Opt. Soc. Am. 62, 55; Lucy 1974, AJ 79, 745.
    """
    reach = PSF_REACH
    seen = np.pad(double(image).clip(min=1e-3), reach, mode="reflect")
    psf = psf_between(PSF_REACH)
    made = seen.copy()
    for _ in range(iterations):
        made *= signal.fftconvolve(seen / _blurred(made, psf), psf, mode="same")
    return np.asarray(made[reach:-reach, reach:-reach], np.float32)


def _blurred(image: Image, psf: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(signal.fftconvolve(image, psf, mode="same").clip(min=1e-3))


def best_iterations(pairs: Sequence[Pair]) -> int:
    """The number of iterations of Richardson-Lucy that is nearest to the truth: chosen with it at hand."""
    return min(ITERATIONS, key=lambda n: figures(pairs, lambda image: richardson_lucy(image, n)).rms)


def figures(pairs: Sequence[Pair], doubling: Doubling) -> Figures:
    """Compare a way of doubling with the truth."""
    squares, near, areas, contrasts, n_true = [], [], [], [], 0
    inside = slice(EDGE_PX, -EDGE_PX)
    for pair in pairs:
        made, truth = doubling(pair.image)[inside, inside], pair.truth[inside, inside]
        error = (made - truth) ** 2
        squares.append(error.mean())
        around = ndimage.binary_dilation(truth < THRESHOLD, iterations=6)
        near += error[around].tolist()
        for mask in _pores(truth):
            n_true += 1
            ours = _overlapping(made, mask)
            if ours is not None:
                areas.append(ours.sum() / mask.sum())
                contrasts.append(float(made[ours].mean() - truth[mask].mean()))
    return Figures(
        float(np.sqrt(np.mean(squares))),
        float(np.sqrt(np.mean(near))),
        np.array(areas),
        np.array(contrasts),
        len(areas) / n_true,
    )


def truth_table(pairs: Sequence[Pair], ways: Mapping[str, Doubling]) -> Table:
    """Figures of ways of doubling, a row each."""
    rows = []
    for name, doubling in ways.items():
        got = figures(pairs, doubling)
        rows.append(
            (
                name,
                f"{got.rms:.4f}",
                f"{got.rms_at_pores:.4f}",
                f"{100 * got.found:.1f} %",
                f"{100 * (np.median(got.areas) - 1):+.1f} %",
                f"{100 * np.median(np.abs(got.areas - 1)):.1f} %",
                f"{np.median(got.contrasts):+.4f}",
                f"{np.median(np.abs(got.contrasts)):.4f}",
            )
        )
    head = (
        "way",
        "rms",
        "rms at pores",
        "found",
        "area, median",
        "area error, median",
        "intensity, median",
        "intensity error, median",
    )
    return Table("Against the truth", head, rows)


def _pores(image: Image) -> list[NDArray[np.bool_]]:
    """Masks of dark regions that are large enough and away from the edge."""
    labels, n = ndimage.label(image < THRESHOLD)
    masks = [labels == i for i in range(1, n + 1)]
    return [m for m in masks if m.sum() >= SMALLEST_PX and not _at_edge(m)]


def _at_edge(mask: NDArray[np.bool_]) -> bool:
    return bool(mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())


def _overlapping(image: Image, mask: NDArray[np.bool_]) -> NDArray[np.bool_] | None:
    """The dark region of an image that shares most with a mask; None if none is large enough."""
    labels, _ = ndimage.label(image < THRESHOLD)
    shared = np.bincount(labels[mask])
    shared[0] = 0
    if not shared.any():
        return None
    found: NDArray[np.bool_] = labels == int(np.argmax(shared))
    return found if found.sum() >= SMALLEST_PX else None
