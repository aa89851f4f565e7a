"""Telescopes: where things are in their images, and which spatial frequencies they pass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from scipy.ndimage import convolve, gaussian_filter

from pores.enhance.telescopes import hmi, psf_between, twice_hmi

OVER = 8  # scene pixels to a native one
SHAPE = (24, 40)  # native pixels
SIDE = 64
PIXEL = 0.504  # arcsec
WAVELENGTH, APERTURE, ARCSEC = 6173e-10, 0.14, np.pi / 180 / 3600
CUTOFF = 2 * APERTURE / WAVELENGTH * ARCSEC * PIXEL  # of 28 cm, cycles per native pixel
SCALES = {hmi: 1, twice_hmi: 2}


def noise(shape: tuple[int, int] = SHAPE, blur: float = 0.0, seed: int = 0) -> np.ndarray:
    """A scene of white noise about 1, or of that blurred by so many scene pixels."""
    white = np.random.default_rng(seed).normal(0, 0.1, [OVER * n for n in shape])
    return 1 + gaussian_filter(white, blur, mode="wrap") if blur else 1 + white


def wave(ky: int, kx: int) -> tuple[np.ndarray, dict[int, np.ndarray]]:
    """A scene with `ky` and `kx` waves, and the same waves at the centres of native and fine pixels."""

    def at(per_native: int) -> np.ndarray:
        centres = (np.arange(SIDE * per_native) + 0.5) / per_native
        return np.cos(2 * np.pi * (ky * centres[:, None] + kx * centres + 3) / SIDE)

    return 1 + 0.3 * at(OVER), {1: 0.3 * at(1), 2: 0.3 * at(2)}


def centroid(image: np.ndarray) -> tuple[float, float]:
    """Of what is above 1 in a periodic image: the phase of its longest waves."""
    weight = image.astype(float) - 1
    places = []
    for axis, n in enumerate(weight.shape):
        turns = np.exp(2j * np.pi * np.arange(n) / n)
        places.append(np.angle((weight.sum(axis=1 - axis) * turns).sum()) / (2 * np.pi) * n % n)
    return places[0], places[1]


@pytest.mark.parametrize("telescope", SCALES)
def test_the_mean_is_kept(telescope) -> None:
    scene = noise() + np.linspace(0, 2, OVER * SHAPE[1])
    image = telescope(scene)
    assert image.shape == tuple(SCALES[telescope] * n for n in SHAPE)
    assert image.dtype == np.float32
    assert image.mean(dtype=float) == pytest.approx(scene.mean(), rel=1e-6)
    np.testing.assert_allclose(telescope(np.full_like(scene, 0.7)), 0.7, rtol=1e-6)


@pytest.mark.parametrize("telescope", SCALES)
@given(st.floats(60, 130), st.floats(100, 220))
@trying(max_examples=15)
def test_a_blob_is_where_it_is_on_the_sun(telescope, y: float, x: float) -> None:
    rows, cols = np.ogrid[: OVER * SHAPE[0], : OVER * SHAPE[1]]
    scene = 1 + np.exp(-((rows - y) ** 2 + (cols - x) ** 2) / (2 * 6.0**2))
    per_pixel = OVER / SCALES[telescope]
    expected = [(at + 0.5) / per_pixel - 0.5 for at in (y, x)]
    found = centroid(telescope(scene))
    np.testing.assert_allclose(found, expected, atol=0.01)


def wachter(ky: float, kx: float) -> float:
    """HMI's transfer function by a sum over a plane of Wachter's profile; cycles per native pixel."""
    at = np.arange(-120, 120, 0.1) + 0.05  # arcsec
    y, x = at[:, None], at
    q = np.pi * APERTURE * np.hypot(y, x) * ARCSEC / WAVELENGTH
    psf = 0.9 * np.exp(-((q / 1.8) ** 2)) + 0.1 / (1 + (q / 3) ** 3)
    passed = (psf * np.cos(2 * np.pi * (ky * y + kx * x) / PIXEL)).sum() / psf.sum()
    pixel = np.prod([np.sin(np.pi * k) / (np.pi * k) for k in (ky, kx) if k])
    return float(passed * pixel)


@pytest.mark.parametrize(("ky", "kx"), [(4, 0), (0, 12), (9, 20), (16, 16), (28, 0)])
def test_hmi_passes_waves_as_wachter_et_al_have_it(ky: int, kx: int) -> None:
    scene, at = wave(ky, kx)
    expected = wachter(ky / SIDE, kx / SIDE)
    assert 0.05 < expected < 0.95
    np.testing.assert_allclose(hmi(scene), 1 + expected * at[1], atol=0.01 * 0.3 * expected)


def disc_overlap(shift: float) -> float:
    """Overlap of two discs of diameter 1, so far from each other, relative to one of them."""
    y, x = np.mgrid[-0.5:0.5:2001j, -0.5:1.5:4001j]
    one = np.hypot(y, x) <= 0.5
    return float((one & (np.hypot(y, x - shift) <= 0.5)).sum() / one.sum())


@pytest.mark.parametrize(("ky", "kx"), [(6, 0), (0, 30), (25, 40), (50, 10)])
def test_the_ideal_telescope_passes_waves_as_a_pupil_of_28_cm_does(ky: int, kx: int) -> None:
    scene, at = wave(ky, kx)
    expected = disc_overlap(np.hypot(ky, kx) / SIDE / CUTOFF)
    np.testing.assert_allclose(twice_hmi(scene), 1 + expected * at[2], atol=0.01 * 0.3 * expected)


def test_the_ideal_telescope_passes_nothing_beyond_its_aperture() -> None:
    assert pytest.approx(1.108, abs=0.001) == CUTOFF
    for ky, kx in ((71, 0), (0, 72), (51, 51), (60, 40)):
        assert np.hypot(ky, kx) > CUTOFF * SIDE
        np.testing.assert_allclose(twice_hmi(wave(ky, kx)[0]), 1, atol=1e-6)
    assert np.ptp(twice_hmi(wave(0, 62)[0])) > 0.01


def test_hmi_blurs_more() -> None:
    scene = noise(blur=4)
    assert hmi(scene).std() < 0.7 * twice_hmi(scene).std()


@pytest.mark.parametrize("reach", [4, 12])
def test_the_kernel_between_sums_to_one_and_is_symmetric(reach: int) -> None:
    kernel = psf_between(reach)
    assert kernel.shape == (2 * reach + 1, 2 * reach + 1)
    assert kernel.sum() == pytest.approx(1, abs=1e-12)
    assert kernel.min() >= 0
    assert kernel[reach, reach] == kernel.max()
    for other in (kernel.T, kernel[::-1], kernel[:, ::-1], np.rot90(kernel)):
        np.testing.assert_allclose(other, kernel, atol=1e-12)


@pytest.mark.parametrize(("reach", "beyond"), [(20, 0.04), (60, 0.015)])
def test_the_kernel_between_makes_of_the_better_image_the_other(reach: int, beyond: float) -> None:
    """But for the share of the halo that lies beyond the kernel.

    It is compared on the fine grid, whose pixels lie a quarter of a native one beside the native centres.
    """
    scene = noise(blur=4)
    better, native = twice_hmi(scene).astype(float) - 1, hmi(scene).astype(float) - 1
    blurred = convolve(better, psf_between(reach), mode="wrap")
    ky, kx = np.fft.fftfreq(blurred.shape[0])[:, None], np.fft.rfftfreq(blurred.shape[1])
    moved = np.fft.irfft2(np.fft.rfft2(blurred) * np.exp(1j * np.pi * (ky + kx)), s=blurred.shape)[::2, ::2]
    assert better.std() > 1.5 * native.std()
    share = (moved * native).sum() / (native**2).sum()
    assert 1 <= share < 1 + beyond
    assert (moved - share * native).std() < 0.002 * native.std()
    assert moved.mean() == pytest.approx(native.mean(), abs=1e-6)
