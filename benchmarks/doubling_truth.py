"""Doubled images of simulated scenes against their truth: network, spline, Richardson-Lucy deconvolution."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, signal

from benchmarks.report import Table
from pores.enhance.doubler import Network
from pores.enhance.scenes import Pair, random_pairs
from pores.enhance.telescopes import psf_between, psf_hmi, psf_twice_hmi
from pores.upsample import double

Image = NDArray[np.float32]
Kernel = NDArray[np.float64]
Way = tuple[str, list[Image]]

SCENES, SEED = 30, 4711
EDGE_PX = 12  # fine pixels at the edges of scenes that are not compared
THRESHOLD, SMALLEST_PX = 0.5, 20
ITERATIONS = (5, 10, 20, 40, 80, 160)
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


def deconvolved(image: Image, psf: Kernel, after: Kernel | None) -> dict[int, Image]:
    """The spline-doubled image after some iterations of Richardson-Lucy, blurred by another kernel then.

    Richardson 1972, J. Opt. Soc. Am. 62, 55; Lucy 1974, AJ 79, 745.
    """
    seen = np.pad(double(image).clip(min=1e-3), PSF_REACH, mode="reflect").astype(np.float64)
    made, found = seen.copy(), {}
    inside = slice(PSF_REACH, -PSF_REACH)
    for number in range(1, max(ITERATIONS) + 1):
        made *= _blurred(seen / _blurred(made, psf).clip(min=1e-3), psf)
        if number in ITERATIONS:
            seen_so = made if after is None else _blurred(made, after)
            found[number] = np.asarray(seen_so[inside, inside], np.float32)
    return found


def _blurred(image: NDArray[np.float64], psf: Kernel) -> NDArray[np.float64]:
    return np.asarray(signal.fftconvolve(image, psf, mode="same"))


def best_deconvolution(pairs: Sequence[Pair], name: str, psf: Kernel, after: Kernel | None) -> Way:
    """Richardson-Lucy with the iterations that come nearest to the truth of pores, chosen with it at hand."""
    made = [deconvolved(pair.image, psf, after) for pair in pairs]
    each = {n: [one[n] for one in made] for n in ITERATIONS}
    best = min(ITERATIONS, key=lambda n: figures(pairs, each[n]).rms_at_pores)
    return f"{name}, {best} iterations", each[best]


def ways(pairs: Sequence[Pair], network: Network) -> dict[str, list[Image]]:
    """The scenes doubled in every way that is compared."""
    hmi, twice, between = (psf(PSF_REACH) for psf in (psf_hmi, psf_twice_hmi, psf_between))
    images = [pair.image for pair in pairs]
    return dict(
        (
            ("spline", [double(image) for image in images]),
            best_deconvolution(pairs, "Richardson-Lucy, HMI's function", hmi, None),
            best_deconvolution(pairs, "the same, then blurred to 28 cm", hmi, twice),
            best_deconvolution(pairs, "Richardson-Lucy, function between HMI and 28 cm", between, None),
            ("network", network.all_of(images)),
        )
    )


def figures(pairs: Sequence[Pair], doubled: Sequence[Image]) -> Figures:
    """Compare doubled images with the truth."""
    squares, near, areas, contrasts, n_true = [], [], [], [], 0
    inside = slice(EDGE_PX, -EDGE_PX)
    for pair, image in zip(pairs, doubled, strict=True):
        made, truth = image[inside, inside], pair.truth[inside, inside]
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


def truth_table(pairs: Sequence[Pair], doubled: Mapping[str, Sequence[Image]]) -> Table:
    """Figures of ways of doubling, a row each."""
    rows = []
    for name, images in doubled.items():
        got = figures(pairs, images)
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
