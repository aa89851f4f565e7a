"""Detection and classification on images whose features are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pores.detect import classify, detect
from pores.parameters import DetectParameters

FINE_MM2 = 0.0332  # area of a pixel of the x2 grid
FINE_MM = FINE_MM2**0.5
EIGHT = DetectParameters(connectivity=8)
ANY = DetectParameters(min_area_fine_px=1)


def quiet(shape=(120, 160)) -> np.ndarray:
    return np.ones(shape, np.float32)


def disc(image: np.ndarray, centre: tuple[float, float], radius_mm: float, value: float) -> None:
    """Paint a disc (y, x) on the fine grid."""
    y, x = np.indices(image.shape)
    image[np.hypot(y - centre[0], x - centre[1]) * FINE_MM <= radius_mm] = value


def kinds(image: np.ndarray) -> tuple[list[str], np.ndarray]:
    kind, spot = classify(image, detect(image, DetectParameters(), 2), FINE_MM2, DetectParameters())
    return list(kind), spot


@pytest.mark.parametrize(
    ("scale", "width", "found"), [(2, 20, 1), (2, 19, 0), (1, 5, 1), (1, 4, 0)]
)  # a quarter of 20, on the native grid
def test_smallest_feature(scale, width, found) -> None:
    image = quiet()
    image[5, 3 : 3 + width] = 0.4

    assert detect(image, DetectParameters(), scale).n == found


def test_smallest_feature_rounds_up() -> None:
    image = quiet()
    image[5, 3:8] = 0.4

    assert detect(image, DetectParameters(min_area_fine_px=21), 1).n == 0


def test_threshold_itself_is_bright_and_missing_is_not_dark() -> None:
    image = np.full((10, 10), 0.5, np.float32)
    image[:5] = np.nan
    image[9] = np.nextafter(np.float32(0.5), np.float32(0))

    assert (detect(image, ANY, 2).labels > 0).sum() == 10


def test_connectivity() -> None:
    image = quiet((12, 12))
    image[0:5, 0:5] = image[5:10, 5:10] = 0.3  # touch at a corner

    assert detect(image, DetectParameters(), 2).n == 2
    assert detect(image, EIGHT, 2).n == 1


@given(arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12))), st.sampled_from([4, 8]))
@settings(max_examples=80, deadline=None)
def test_labels_are_the_connected_components_in_raster_order(dark, connectivity) -> None:
    image = np.where(dark, 0.2, 1.0).astype(np.float32)
    labels = detect(image, DetectParameters(min_area_fine_px=1, connectivity=connectivity), 2).labels

    assert ((labels > 0) == dark).all()
    np.testing.assert_array_equal(labels, flood(dark, connectivity))


def flood(dark: np.ndarray, connectivity: int) -> np.ndarray:
    """Components by flood fill from each unlabelled pixel in raster order."""
    labels = np.zeros(dark.shape, int)
    steps = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if connectivity == 8 or dy * dx == 0]
    for y, x in np.argwhere(dark):
        if labels[y, x]:
            continue
        label, todo = labels.max() + 1, [(y, x)]
        while todo:
            r, c = todo.pop()
            inside = 0 <= r < dark.shape[0] and 0 <= c < dark.shape[1]
            if inside and dark[r, c] and not labels[r, c]:
                labels[r, c] = label
                todo += [(r + dy, c + dx) for dy, dx in steps]
    return labels


def test_labels_stay_in_raster_order_when_small_ones_go() -> None:
    image = quiet()
    image[0, 0:3] = image[10:15, 60:70] = image[12:20, 5:15] = 0.3
    labels = detect(image, DetectParameters(), 2).labels

    assert labels.dtype == np.int32
    assert (labels[0, 1], labels[11, 65], labels[15, 10]) == (0, 1, 2)


def test_bare_pores_small_and_large() -> None:
    image = quiet()
    disc(image, (40, 40), 2.5, 0.3)  # 20 Mm2 without penumbra
    disc(image, (80, 120), 0.8, 0.4)

    assert kinds(image)[0] == ["pore", "pore"]


def test_umbra_in_penumbra_and_its_fragment() -> None:
    image = quiet()
    disc(image, (60, 70), 8.0, 0.75)
    disc(image, (60, 70), 3.0, 0.2)
    disc(image, (60, 95), 0.7, 0.45)
    kind, spot = kinds(image)

    assert kind == ["umbra", "umbra"]
    assert spot == pytest.approx(np.pi * 64, rel=0.02)


def test_pore_at_the_edge_of_a_spot() -> None:
    image = quiet((120, 200))
    disc(image, (60, 70), 7.0, 0.75)
    disc(image, (60, 70), 3.0, 0.2)
    disc(image, (60, 114), 1.2, 0.4)  # hangs on to the penumbra, bright on the other side
    disc(image, (60, 170), 1.2, 0.4)  # apart

    assert kinds(image)[0] == ["umbra", "pore", "pore"]


def test_two_umbrae_divided_by_a_light_bridge() -> None:
    image = quiet()
    disc(image, (60, 80), 9.0, 0.75)
    disc(image, (60, 80), 4.5, 0.2)
    image[:, 79:82] = np.maximum(image[:, 79:82], 0.8)

    assert kinds(image)[0] == ["umbra", "umbra"]


def test_crowded_pores_are_no_umbrae() -> None:
    image = quiet()
    for dx in range(4):
        for dy in range(3):
            disc(image, (40 + 18 * dy, 50 + 18 * dx), 1.7, 0.7)
            disc(image, (40 + 18 * dy, 50 + 18 * dx), 0.9, 0.4)
    kind, spot = kinds(image)

    assert kind == ["pore"] * 12
    assert np.unique(spot).size == 1


def test_a_spot_at_missing_data_is_judged_by_what_is_known() -> None:
    image = quiet()
    disc(image, (60, 20), 8.0, 0.75)
    disc(image, (60, 20), 3.0, 0.2)
    image[:, :20] = np.nan

    assert kinds(image)[0] == ["umbra"]


def test_a_patch_that_is_dark_all_over() -> None:
    kind, spot = kinds(np.full((40, 40), 0.2, np.float32))

    assert kind == ["pore"]  # nothing of a rim to be seen
    assert spot == pytest.approx([1600 * FINE_MM2])


def test_nothing_dark() -> None:
    regions = detect(quiet(), DetectParameters(), 2)
    kind, spot = classify(quiet(), regions, FINE_MM2, DetectParameters())

    assert regions.n == regions.labels.max() == 0
    assert (kind.dtype, spot.dtype) == (np.dtype(object), np.dtype(np.float64))
    assert kind.shape == spot.shape == (0,)


@pytest.mark.parametrize("flip", [np.flipud, np.fliplr, np.transpose])
def test_kind_does_not_depend_on_direction(flip) -> None:
    image = quiet()
    disc(image, (50, 60), 7.0, 0.75)
    disc(image, (45, 62), 2.5, 0.2)
    disc(image, (100, 130), 1.5, 0.3)

    assert sorted(kinds(flip(image).copy())[0]) == sorted(kinds(image)[0]) == ["pore", "umbra"]
