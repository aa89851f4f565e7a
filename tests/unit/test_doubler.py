"""The network that comes with porelake, and how networks are applied: what must hold of a doubled image."""

import numpy as np
import pytest
from scipy import ndimage

from flows.enhancement import network
from pores.enhance.doubler import Network
from pores.enhance.scenes import Pair, scene_pair
from pores.enhance.symmetry import ORDER, transformed
from pores.enhance.tiles import Canvas, Tiling, fill
from pores.parameters import OWN_WEIGHTS, DetectParameters, Parameters
from pores.upsample import double
from storage.weights import own_weights

PIXEL_MM = 0.3644


@pytest.fixture(scope="module")
def ours() -> Network:
    return network(OWN_WEIGHTS)


def pair_of(seed: int, spot: bool, n_pores: int) -> Pair:
    """A scene on a granular pattern whose contrast, as HMI sees it, is near the Sun's."""
    rng = np.random.default_rng(seed)
    sun = ndimage.gaussian_filter(rng.standard_normal((560, 1100)), 12, mode="wrap")
    return scene_pair(rng, (1 + 0.05 * sun / sun.std()).astype(np.float32), spot, n_pores)


def scene(
    seed: int = 1, shape: tuple[int, int] = (150, 190), spot: bool = True, n_pores: int = 6
) -> np.ndarray:
    """An image as HMI would take it, made larger by reflection."""
    pair = pair_of(seed, spot, n_pores)
    rows, cols = (-(-n // size) for n, size in zip(shape, pair.image.shape, strict=True))
    mirrored = np.block([[pair.image[:: (-1) ** i, :: (-1) ** j] for j in range(cols)] for i in range(rows)])
    return mirrored[: shape[0], : shape[1]].copy()


def test_weights_are_small_and_tell_what_they_are() -> None:
    weights = own_weights()
    assert set(weights.card) == {"what", "data", "licence", "level", "recipe", "scores"}
    assert weights.name == "porelake-x2"
    assert sum(array.size for layer in weights.layers for array in layer) * 4 < 1_000_000


@pytest.mark.parametrize("element", range(ORDER))
def test_turning_before_or_after_is_the_same(ours: Network, element: int) -> None:
    image = scene()
    image[40:52, 60:64] = np.nan
    turned = ours.all_of([transformed(image, element)])[0]
    np.testing.assert_allclose(turned, transformed(ours.all_of([image])[0], element), atol=5e-6)


def test_the_quiet_sun_stays_one_and_pores_darken(ours: Network) -> None:
    image = scene()
    fine = ours.all_of([image])[0]
    quiet = ndimage.minimum_filter(image, 15) > 0.85
    assert fine[quiet.repeat(2, 0).repeat(2, 1)].mean() == pytest.approx(image[quiet].mean(), rel=2e-3)
    assert fine.mean() == pytest.approx(image.mean(), rel=3e-3)
    assert fine.min() < image.min() - 0.03
    assert fine.std() > 1.05 * image.std()


def test_the_level_is_a_constant_of_the_weights(ours: Network) -> None:
    """It hangs on the simulated granulation: a change of that would change every result by network."""
    assert ours.level == pytest.approx(0.98316, abs=2e-5)


def test_brighter_or_darker_as_a_whole_is_not_more_or_less_sharp(ours: Network) -> None:
    image = scene(spot=False)
    one, other = (ours.all_of([image * factor])[0] / factor for factor in (1.0, 0.97))
    np.testing.assert_allclose(one, other, atol=0.03)


@pytest.mark.parametrize("depth", [0.3, 0.7, 0.9])
def test_nothing_is_below_zero_or_rings_beside_an_umbra(ours: Network, depth: float) -> None:
    y, x = np.mgrid[:80, :90]
    image = (1 - depth / (1 + np.exp((np.hypot(y - 40, x - 45) - 12) / 0.8))).astype(np.float32)
    fine = ours.all_of([image])[0]
    assert fine.min() >= 0
    assert fine.min() > image.min() - 0.12
    assert fine.max() < 1.15


def test_a_blob_stays_where_it_is(ours: Network) -> None:
    y, x = np.mgrid[:64, :70]
    for row, col in ((30.0, 33.0), (30.3, 33.4), (31.5, 34.5)):
        image = (1 - 0.5 * np.exp(-((y - row) ** 2 + (x - col) ** 2) / (2 * 2.5**2))).astype(np.float32)
        dark = 1 - ours.all_of([image])[0].astype(np.float64)
        dark[dark < 0.1] = 0
        fy, fx = ndimage.center_of_mass(dark)
        assert fy == pytest.approx(2 * row + 0.5, abs=0.02)
        assert fx == pytest.approx(2 * col + 0.5, abs=0.02)


def test_missing_pixels_are_missing_and_make_no_pores(ours: Network) -> None:
    image = scene(spot=False, n_pores=0)
    image[:, :30] = np.nan
    image[70:75, 100:140] = np.nan
    image[120, 150] = np.nan
    fine = ours.all_of([image])[0]
    np.testing.assert_array_equal(np.isnan(fine), np.isnan(image).repeat(2, 0).repeat(2, 1))
    assert np.nanmin(fine) > 0.6
    assert np.nanmax(fine) < 1.4


def test_edges_are_as_steady_as_the_middle(ours: Network) -> None:
    image = scene(spot=False, n_pores=0)
    fine = ours.all_of([image])[0]
    edge = np.concatenate((fine[0], fine[-1], fine[:, 0], fine[:, -1]))
    assert edge.std() < 1.6 * fine.std()
    assert edge.min() > 0.6


def test_what_is_missing_changes_nothing_far_away(ours: Network) -> None:
    image = scene()
    holed = image.copy()
    holed[60:70, 80:90] = np.nan
    far = np.ones(image.shape, bool)
    far[60 - 2 * ours.halo : 70 + 2 * ours.halo, 80 - 2 * ours.halo : 90 + 2 * ours.halo] = False
    one, other = ours.all_of([image, holed])
    away = far.repeat(2, 0).repeat(2, 1)
    np.testing.assert_allclose(one[away], other[away], atol=1e-6)


def test_seams_of_tiles_can_not_be_seen(ours: Network) -> None:
    image = scene()
    tiled = ours.raw([image])[0]
    for size in (17, 64, 1000):
        tiling = Tiling((image.shape[0], image.shape[1]), ours.halo, ours.pads, size)
        canvas = Canvas(tiling.padded(image), tiling, np.empty_like(tiled))
        fill([(canvas, tiling.every())], ours.forward, 7)
        np.testing.assert_allclose(canvas.out, tiled, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (64, 64), (65, 63)])
def test_images_of_any_size(ours: Network, shape: tuple[int, int]) -> None:
    fine = ours.all_of([np.ones(shape, np.float32)])[0]
    assert fine.shape == (2 * shape[0], 2 * shape[1])
    np.testing.assert_allclose(fine, 1, atol=0.01)


def test_an_image_without_data_stays_without(ours: Network) -> None:
    assert np.isnan(ours.all_of([np.full((20, 30), np.nan)])[0]).all()


def test_several_frames_at_once_are_the_same_as_one_by_one(ours: Network) -> None:
    images = [scene(seed) for seed in (1, 2)] + [scene(3, (70, 90))]
    for one, image in zip(ours.all_of(images), images, strict=True):
        np.testing.assert_allclose(one, ours.all_of([image])[0], atol=1e-5)


def test_nearer_to_the_truth_than_the_spline(ours: Network) -> None:
    pair = pair_of(11, True, 5)
    inside = slice(12, -12)
    network_error, spline_error = (
        np.std((made - pair.truth)[inside, inside])
        for made in (ours.all_of([pair.image])[0], double(pair.image))
    )
    assert network_error < 0.6 * spline_error


@pytest.mark.parametrize("seed", range(6))
def test_tiles_that_are_needed_are_enough(ours: Network, seed: int) -> None:
    image = scene(seed, (200, 330), spot=seed % 2 == 0)
    image[:, 300:310] = np.nan
    asked = DetectParameters()
    whole, part = ours.all_of([image])[0], ours.for_detection(image, asked, PIXEL_MM)
    made = part != 1
    np.testing.assert_allclose(part[made], whole[made], atol=1e-6)
    assert (whole[~made & np.isfinite(whole)] >= asked.faint_threshold).all()


def test_quiet_frames_cost_next_to_nothing(ours: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    image = scene(3, (300, 400), spot=False, n_pores=0)
    calls: list[int] = []
    counted = Network("counted", lambda x: (calls.append(len(x)), ours.forward(x))[1], ours.halo, ours.pads)
    assert counted.level == pytest.approx(ours.level, abs=1e-5)
    calls.clear()
    assert (counted.for_detection(image, DetectParameters(), PIXEL_MM) == 1).all()
    assert not calls


def test_parameters_name_the_weights() -> None:
    assert Parameters().weights == OWN_WEIGHTS
    assert Parameters(enhance="spline").weights == ""
    assert Parameters(weights="a" * 40).weights == "a" * 40
    with pytest.raises(ValueError, match="pattern"):
        Parameters(weights="enhance-intensity")
    with pytest.raises(ValueError, match="only a network"):
        Parameters(enhance="spline", weights="a" * 40)
