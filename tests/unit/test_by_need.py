"""What is made for some pixels, or for all features at once, is what the whole image has, or each of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from skimage.measure import find_contours

from pores.detect import Shades
from pores.outline import Outlines
from pores.parameters import DetectParameters
from pores.quiet_sun import fixed_bins
from pores.ranked import Ranked
from pores.regions import Regions
from pores.rims import rim_shares
from pores.upsample import FinePixels, double, double_window

SHAPES = st.sampled_from([(1, 1), (5, 90), (24, 48), (25, 47), (61, 83), (120, 73)])
SEEDS = st.integers(0, 10**6)


def noise(shape, seed, holes=0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    image = (1 + 0.3 * rng.normal(size=shape)).astype(np.float32)
    for _ in range(holes):
        y, x = rng.integers(0, shape)
        image[y : y + rng.integers(1, 30), x : x + rng.integers(1, 30)] = np.nan
    return image


def grains(seed, holes=0, size=(70, 90)) -> np.ndarray:
    """An image about 0.5, smooth over some pixels: dark features of all shapes, also at its edges."""
    rng = np.random.default_rng(seed)
    smooth = ndimage.gaussian_filter(rng.normal(size=size), 2.2)
    image = (0.55 + 0.12 * smooth / smooth.std()).astype(np.float32)
    for _ in range(holes):
        y, x = rng.integers(0, size)
        image[y : y + 6, x : x + 9] = np.nan
    return image


def labelled(image: np.ndarray, cut: bool = False) -> np.ndarray:
    """Features of an image; some in two along a line, if asked for: their parts touch."""
    dark = image < 0.5
    if not cut:
        return ndimage.label(dark)[0].astype(np.int32)
    sides = [
        ndimage.label(dark & side)[0]
        for side in (np.indices(dark.shape)[1] < 41, np.indices(dark.shape)[1] >= 41)
    ]
    return np.where(sides[1] > 0, sides[1] + sides[0].max(), sides[0]).astype(np.int32)


class TestDoubling:
    @given(SHAPES, SEEDS, st.integers(1, 60))
    @settings(max_examples=40, deadline=None)
    def test_pixels_are_those_of_the_whole_image_to_the_last_bit(self, shape, seed, number):
        image, rng = noise(shape, seed), np.random.default_rng(seed)
        y, x = (rng.integers(0, 2 * n, number) for n in shape)
        np.testing.assert_array_equal(
            FinePixels.at(y, x).of(image, -image), [double(image)[y, x], -double(image)[y, x]]
        )

    @given(SHAPES, SEEDS, st.integers(1, 4))
    @settings(max_examples=40, deadline=None)
    def test_beside_gaps_too(self, shape, seed, holes):
        image = noise(shape, seed, holes)
        y, x = (side.ravel() for side in np.indices((2 * shape[0], 2 * shape[1])))
        np.testing.assert_allclose(FinePixels.at(y, x).of(image)[0], double(image)[y, x], atol=1e-6)

    @given(SHAPES, SEEDS)
    @settings(max_examples=30, deadline=None)
    def test_windows_are_parts_of_the_whole_to_the_last_bit(self, shape, seed):
        image, rng = noise(shape, seed), np.random.default_rng(seed)
        (r0, r1), (c0, c1) = (np.sort(rng.integers(0, n + 1, 2)) for n in shape)
        part = double_window(image, slice(r0, r1), slice(c0, c1))
        np.testing.assert_array_equal(part, double(image)[2 * r0 : 2 * r1, 2 * c0 : 2 * c1])

    def test_no_pixels_are_no_values(self):
        none = np.zeros(0, np.intp)
        assert FinePixels.at(none, none).of(noise((30, 40), 0)).shape == (1, 0)
        assert FinePixels.at(none, none).of().shape == (0, 0)


def contours(image: np.ndarray, labels: np.ndarray, number: int) -> list[np.ndarray]:
    """The outline of a feature by scikit-image, feature by feature, as the definition has it."""
    inside = np.pad(labels == number, 1)
    bright = np.pad(np.nan_to_num(image.astype(float), nan=1.0), 1, constant_values=1.0)
    beside = ndimage.binary_dilation(inside) & ~np.pad(labels > 0, 1)
    inner, outer = bright[inside].max(), bright[beside].min(initial=np.inf)
    if not inner < outer < np.inf:
        bright, level = np.where(inside, 0.0, 1.0), 0.5
    else:
        level = (inner + outer) / 2
    bright = np.where(~inside & (bright < level), 2 * level - bright, bright)
    return [
        line - 1 for line in find_contours(bright, level, fully_connected="high", positive_orientation="low")
    ]


class TestOutlines:
    @pytest.mark.parametrize("cut", [False, True])
    @pytest.mark.parametrize("holes", [0, 3])
    def test_they_are_scikit_images(self, cut, holes):
        for seed in range(8):
            image = grains(seed, holes)
            labels = labelled(image, cut)
            found, field = Outlines.of(Regions.of(labels), image), noise(image.shape, seed)
            lengths = found.total_length(np.full(found.n, 2.0), np.full(found.n, 3.0))
            means = found.mean(field[tuple(found.pixels(field.shape))])
            for i in range(found.n):
                lines = contours(image, labels, i + 1)
                steps = [np.hypot(*(np.diff(line, axis=0) * (2.0, 3.0)).T).sum() for line in lines]
                assert lengths[i] == pytest.approx(sum(steps), rel=1e-9)
                assert means[i] == pytest.approx(mean_along(field, lines), rel=1e-6)

    def test_all_dark_is_outlined_along_the_border(self):
        image = np.full((12, 20), 0.2, np.float32)
        (length,) = Outlines.of(Regions.of(labelled(image)), image).total_length(np.ones(1), np.ones(1))
        (line,) = contours(image, labelled(image), 1)
        assert length == pytest.approx(np.hypot(*np.diff(line, axis=0).T).sum())
        assert 2 * (12 + 20) - 8 < length < 2 * (12 + 20)


def mean_along(image: np.ndarray, lines: list[np.ndarray]) -> float:
    total = length = 0.0
    for line in lines:
        values, steps = (
            ndimage.map_coordinates(image, line.T, order=1, mode="nearest"),
            np.hypot(*np.diff(line, axis=0).T),
        )
        total, length = total + (values[1:] + values[:-1]) / 2 @ steps, length + steps.sum()
    return total / length


class TestRims:
    @given(SEEDS, st.floats(0.2, 0.9), st.integers(0, 2))
    @settings(max_examples=40, deadline=None)
    def test_they_are_what_the_distances_say(self, seed, pixel_mm, holes):
        image, asked = grains(seed, holes), DetectParameters(penumbra_threshold=0.6)
        labels = labelled(image)
        looked = np.random.default_rng(seed).random(labels.max()) < 0.6
        found = rim_shares(image, Regions.of(labels), pixel_mm, asked, looked)
        for i in range(labels.max()):
            distance = ndimage.distance_transform_edt(labels != i + 1) * pixel_mm
            rim = image[(distance > asked.rim_inner_mm) & (distance <= asked.rim_outer_mm)]
            rim = rim[np.isfinite(rim)]
            assert found[i] == (np.mean(rim < 0.6) if looked[i] and rim.size else 0)

    @pytest.mark.parametrize("inner_mm", [3.0, 3.4, 20.0])
    def test_nothing_lies_between_a_distance_and_a_smaller_one(self, inner_mm):
        image, asked = grains(1), DetectParameters(rim_inner_mm=inner_mm)
        shares = rim_shares(image, Regions.of(labelled(image)), 0.18, asked)
        assert shares.size
        assert not shares.any()

    def test_nothing_around_what_fills_the_patch(self):
        image = np.full((12, 20), 0.2, np.float32)
        assert rim_shares(image, Regions.of(labelled(image)), 0.18, DetectParameters()) == [0]


class TestShades:
    @pytest.mark.parametrize("connectivity", [4, 8])
    @pytest.mark.parametrize(
        "levels", [(0.5, 0.6, 0.85), (0.6, 0.5, 0.55), (0.01, 0.02, 0.03), (0.98, 0.97, 0.99)]
    )
    def test_each_level_has_its_own_regions(self, levels, connectivity):
        asked = DetectParameters(
            threshold=levels[0],
            faint_threshold=levels[1],
            penumbra_threshold=levels[2],
            connectivity=connectivity,
        )
        image = grains(1, 2)
        image[0, 0] = image[-1, -1] = 0.0  # ends of one mask and beginnings of the next
        shades, around = Shades.of(image, asked), ndimage.generate_binary_structure(2, connectivity // 4)
        for level, (pixels, region) in zip(
            (levels[0], levels[1], max(levels[0], levels[2])),
            (shades.dark, shades.faint, shades.grey),
            strict=True,
        ):
            true = ndimage.label(image < level, around)[0].ravel()
            np.testing.assert_array_equal(pixels, np.flatnonzero(true))
            np.testing.assert_array_equal(region + 1, true[pixels])

    def test_nothing_is_below_any_level(self):
        shades = Shades.of(np.full((5, 6), np.nan, np.float32), DetectParameters())
        assert [len(part) for pair in (shades.dark, shades.faint, shades.grey) for part in pair] == [0] * 6


class TestRanks:
    @given(SEEDS, st.integers(1, 3000), st.sampled_from([1e-4, 1.0, 6e4]))
    @settings(max_examples=60, deadline=None)
    def test_they_are_those_of_the_sorted_sample(self, seed, n, scale):
        rng = np.random.default_rng(seed)
        values = (scale * rng.lognormal(0, rng.choice([0.001, 0.03, 2.0]), n)).astype(np.float32)
        values[rng.integers(0, n, n // 3)] = values[0]
        limits = np.sort(np.append(scale * rng.lognormal(0, 0.5, 40), values[:5]))
        ranked = Ranked.of(values)
        assert ranked.median == np.median(values)
        np.testing.assert_array_equal(
            ranked.below(limits), np.searchsorted(np.sort(values), limits.astype(np.float32))
        )

    def test_the_level_is_that_of_a_histogram(self):
        values = (6e4 * np.random.default_rng(2).normal(1, 0.03, 50_000)).astype(np.float32)
        middle = float(np.median(values))
        counts, _ = np.histogram(values, 199, (0.5025 * middle, 1.4975 * middle))
        near = np.arange(-3, 4) + counts.argmax()
        curvature, slope, _ = np.polyfit(near - counts.argmax(), counts[near], 2)
        peak = counts.argmax() + 1 - slope / (2 * curvature)
        assert fixed_bins(values) == pytest.approx(middle * (0.5 + 0.005 * peak), rel=1e-12)
